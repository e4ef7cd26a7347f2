import HTTPTransport
import TempoAPI
import TenantFederation
import TestSupport
import Testing

@testable import QueryFrontend

/// Two clusters whose clocks are apart, asked for a trace that went through both.
struct ClockSkewServiceTests {
    private static let traceID = "0a0102030405060708090a0b0c0d0e0f"
    private static let start: UInt64 = 1_700_000_000_000_000_000
    private static let field = "X-Tempo-Federation-Clock-Skew"

    private static func config(_ correction: String) -> String {
        """
        multitenancy_enabled: true
        server: {http_server_write_timeout: 30m}
        federation:
          proxy_targets: [{name: eu, url: 'http://eu'}, {name: us, url: 'http://us'}]
          clock_skew_correction: \(correction)
        """
    }

    private static func span(
        _ id: UInt8, parent: UInt8? = nil, _ kind: SpanKind, _ start: UInt64, _ end: UInt64
    ) -> TraceSpan {
        TraceSpan(
            traceID: [UInt8](repeating: 1, count: 16), spanID: [0, 0, 0, 9, 0, 0, 0, id],
            parentSpanID: parent.map { [0, 0, 0, 9, 0, 0, 0, $0] } ?? [], name: "s\(id)", kind: kind,
            startTimeUnixNano: Self.start + start * 1_000_000, endTimeUnixNano: Self.start + end * 1_000_000)
    }

    private static func answer(_ spans: [TraceSpan]) -> ScriptedAnswer {
        let trace = Trace(resourceSpans: [ResourceSpans(scopeSpans: [ScopeSpans(spans: spans)])])
        return .protobuf(TraceByIDResponse(trace: trace, metrics: TraceByIDMetrics()).protobuf)
    }

    /// Clients in `eu` whose servers are in `us`, which is so many milliseconds ahead.
    private static func harness(_ correction: String, ahead: Int) throws -> ServiceHarness {
        try ServiceHarness(config(correction)) { request in
            if request.target == "eu" {
                return answer([span(1, .server, 1000, 2000), span(2, parent: 1, .client, 1100, 1200)])
            }
            let shown = { (time: Int) in UInt64(time + ahead) }
            return answer([
                span(3, parent: 2, .server, shown(1110), shown(1190)),
                span(4, parent: 3, .internal, shown(1120), shown(1130)),
            ])
        }
    }

    private func spans(_ answer: ServiceAnswer) throws -> [String: UInt64] {
        let trace = try TraceByIDResponse.decode(protobuf: answer.body).trace
        let spans = (trace?.resourceSpans ?? []).flatMap { $0.scopeSpans.flatMap(\.spans) }
        return Dictionary(
            spans.map { ($0.name, ($0.startTimeUnixNano &- Self.start) / 1_000_000) }, uniquingKeysWith: { $1 })
    }

    private static let protobuf = [("Accept", "application/protobuf")]

    @Test func `detecting tells in header, log, metrics and state, and changes no byte`() async throws {
        let plain = try Self.harness("{enabled: false}", ahead: -150)
        let harness = try Self.harness("{enabled: true}", ahead: -150)
        for path in ["/api/v2/traces/", "/api/traces/"] {
            for accept in ["application/protobuf", "application/json", "application/vnd.grafana.llm"] {
                let answer = try await harness.get(path + Self.traceID, fields: [("Accept", accept)])
                let expected = try await plain.get(path + Self.traceID, fields: [("Accept", accept)])
                #expect(answer.status == 200)
                #expect(answer.body == expected.body)
                #expect(answer.fields[Self.field] == "eu->us=-150ms;pairs=1;before=1")
                #expect(answer.fields["X-Tempo-Federation"] == "exact")
                #expect(expected.fields[Self.field] == nil)
            }
        }
        #expect(harness.log.lines.contains { $0.contains("clock_skew=\"eu->us=-150ms;pairs=1;before=1\"") })
        #expect(!plain.log.lines.contains { $0.contains("clock_skew") })
        let page = String(decoding: harness.metrics.registry.expose(), as: UTF8.self)
        #expect(page.contains("tempo_federation_clock_skew_total{from=\"eu\",to=\"us\"} 6\n"))
        #expect(page.contains("tempo_federation_clock_offset_seconds{from=\"eu\",to=\"us\"} -0.15\n"))
        #expect(!page.contains("from=\"us\""))
        #expect(harness.service.exchanges.map(\.state.snapshot.clockSkew) == [.milliseconds(150), .milliseconds(-150)])
        #expect(plain.service.exchanges.allSatisfy { $0.state.snapshot.clockSkew == nil })
    }

    @Test func `clocks within what a trace allows are measured and not told`() async throws {
        let harness = try Self.harness("{enabled: true, mode: adjust}", ahead: 5)
        let answer = try await harness.get("/api/v2/traces/" + Self.traceID, fields: Self.protobuf)
        #expect(answer.fields[Self.field] == nil)
        #expect(answer.fields["X-Tempo-Federation"] == "exact")
        #expect(try spans(answer) == ["s1": 1000, "s2": 1100, "s3": 1115, "s4": 1125])
        let page = String(decoding: harness.metrics.registry.expose(), as: UTF8.self)
        #expect(page.contains("tempo_federation_clock_offset_seconds{from=\"eu\",to=\"us\"} 0.005\n"))
        #expect(!page.contains("tempo_federation_clock_skew_total"))
    }

    @Test func `adjusting shifts the later cluster in every form, and says so`() async throws {
        let harness = try Self.harness("{enabled: true, mode: adjust}", ahead: -150)
        for path in ["/api/v2/traces/", "/api/traces/"] {
            let answer = try await harness.get(path + Self.traceID, fields: Self.protobuf)
            #expect(answer.fields[Self.field] == "us;shifted=+150ms, eu->us=-150ms;pairs=1;before=1")
            #expect(answer.fields["X-Tempo-Federation"] == "approximate")
            #expect(
                answer.fields["X-Tempo-Federation-Reason"] == "spans of us shifted by +150ms (clock_skew_correction)")
            let trace =
                path == "/api/traces/"
                ? try Trace.decode(protobuf: answer.body) : try TraceByIDResponse.decode(protobuf: answer.body).trace
            let starts = (trace?.resourceSpans ?? []).flatMap { $0.scopeSpans.flatMap(\.spans) }
                .map { ($0.startTimeUnixNano - Self.start) / 1_000_000 }
            #expect(starts == [1000, 1100, 1110, 1120])
        }
        let whole = try await harness.get("/api/v2/traces/" + Self.traceID, fields: Self.protobuf)
        let message = try TraceByIDResponse.decode(protobuf: whole.body)
        // The trace is whole, only its times are not as they were.
        #expect(message.status == .complete && message.message.isEmpty)
        let json = try await harness.get("/api/v2/traces/" + Self.traceID)
        #expect(json.body == message.json)
        let simplified = try await harness.get(
            "/api/v2/traces/" + Self.traceID, fields: [("Accept", "application/vnd.grafana.llm")])
        var expected: [UInt8] = []
        message.appendLLMJSON(to: &expected)
        #expect(simplified.body == expected)
    }

    @Test func `more than the bound is cut and told`() async throws {
        let harness = try Self.harness("{enabled: true, mode: adjust, max_adjustment: 100ms}", ahead: 400)
        let answer = try await harness.get("/api/v2/traces/" + Self.traceID, fields: Self.protobuf)
        #expect(answer.fields[Self.field] == "us;shifted=-100ms;cut, eu->us=+400ms;pairs=1;before=0")
        #expect(try spans(answer) == ["s1": 1000, "s2": 1100, "s3": 1410, "s4": 1420])
    }

    @Test func `a filter sees the adjusted trace, which stays marked`() async throws {
        let harness = try Self.harness("{enabled: true, mode: adjust}", ahead: 400)
        let answer = try await harness.get(
            "/api/v2/traces/\(Self.traceID)?q=%7Bname%3D%22s3%22%7D", fields: Self.protobuf)
        #expect(answer.fields[Self.field] == "us;shifted=-400ms, eu->us=+400ms;pairs=1;before=0")
        #expect(try spans(answer)["s3"] == 1110)
    }

    /// Tenants of one target share its clocks.
    @Test func `tenants of one target are not compared`() async throws {
        let config = """
            multitenancy_enabled: true
            server: {http_server_write_timeout: 30m}
            federation:
              proxy_targets: [{name: eu, url: 'http://eu'}]
              clock_skew_correction: {enabled: true, mode: adjust}
            """
        let harness = try ServiceHarness(config) { request in
            request.tenant == "a"
                ? Self.answer([Self.span(2, .client, 1100, 1200)])
                : Self.answer([Self.span(3, parent: 2, .server, 10, 20)])
        }
        let answer = try await harness.get("/api/v2/traces/" + Self.traceID, tenant: "a|b", fields: Self.protobuf)
        #expect(answer.fields[Self.field] == nil)
        #expect(try spans(answer) == ["s2": 1100, "s3": 10])
    }

    @Test func `a missing cluster does not keep the others from being compared`() async throws {
        let config = """
            multitenancy_enabled: true
            server: {http_server_write_timeout: 30m}
            federation:
              allow_partial_responses: true
              proxy_targets: [{name: eu, url: 'http://eu'}, {name: ap, url: 'http://ap'}, {name: us, url: 'http://us'}]
              clock_skew_correction: {enabled: true, mode: adjust}
            """
        let harness = try ServiceHarness(config) { request in
            switch request.target {
            case "eu": Self.answer([Self.span(2, .client, 1100, 1200)])
            case "us": Self.answer([Self.span(3, parent: 2, .server, 1060, 1140)])
            default: .text(500, "down")
            }
        }
        let answer = try await harness.get("/api/v2/traces/" + Self.traceID, fields: Self.protobuf)
        #expect(answer.fields[Self.field] == "us;shifted=+50ms, eu->us=-50ms;pairs=1;before=1")
        #expect(answer.fields["X-Tempo-Federation"] == "partial")
        #expect(try spans(answer) == ["s2": 1100, "s3": 1110])
    }
}
