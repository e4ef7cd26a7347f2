import Foundation
import TestSupport
import Testing

/// The requests that Grafana's Tempo data source sends, byte for byte, and what it needs of the answers.
@Suite(.ownThreads) struct GrafanaRequestTests {
    /// The fields of a request through Grafana's data source proxy.
    private static let fields = [
        ("User-Agent", "Grafana/13.1.3"), ("Accept-Encoding", "gzip"), ("X-Grafana-User", "admin"),
        ("X-Dashboard-Uid", "adx1"), ("X-Panel-Id", "4"), ("X-Query-Group-Id", "f2f1"),
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ]
    private static let tenants = "ruby|jade|onyx"
    private static let window = "start=1795222878&end=1795223178"
    private static let traceID = "4dc2a627940eee3cba6f875c2e84496e"

    /// The members that the strict decoder of the data source knows.
    private static let known: [String: Set<String>] = [
        "search": ["traces", "metrics"],
        "trace": [
            "traceID", "rootServiceName", "rootTraceName", "startTimeUnixNano", "durationMs", "spanSet", "spanSets",
            "serviceStats",
        ],
        "metrics": [
            "inspectedTraces", "inspectedBytes", "totalBlocks", "completedJobs", "totalJobs", "totalBlockBytes",
            "inspectedSpans",
        ],
        "spanSet": ["spans", "matched", "attributes"],
        "span": ["spanID", "name", "startTimeUnixNano", "durationNanos", "attributes"],
    ]

    private func expectKnown(_ value: JSONValue, _ kind: String) {
        let unknown = Set(value.members.keys).subtracting(Self.known[kind] ?? [])
        #expect(unknown.isEmpty, "\(kind) has unknown members \(unknown)")
    }

    @Test func `the data source's calls are answered as it needs them`() throws {
        let replay = try RunningReplay()
        defer { replay.stop() }
        let frontend = try RunningFrontend([.init(name: "replay", port: replay.port)])
        defer { frontend.stop() }
        func get(_ target: String, accept: String? = nil) throws -> RawResponse {
            // Plain, so that the body can be read here.
            try frontend.get(
                target, tenants: Self.tenants, accept: accept, fields: Self.fields.filter { $0.0 != "Accept-Encoding" })
        }

        // Save & test.
        let echo = try get("/api/echo")
        #expect(echo.status == 200)
        #expect(echo.text == "echo\n")
        let build = try get("/api/status/buildinfo")
        #expect(build.status == 200)
        let version = try #require(JSONValue(parsing: build.body)["version"]?.text)
        // Search streaming is gated on 2.2, metrics streaming on 2.7.
        let parts = version.drop { $0 == "v" }.split(separator: ".").prefix(2).compactMap { Int($0) }
        #expect(parts.count == 2)
        #expect(parts.lexicographicallyPrecedes([2, 7]) == false, "version \(version)")

        // Trace, with and without a window.
        for target in [
            "/api/v2/traces/\(Self.traceID)", "/api/v2/traces/\(Self.traceID)?start=1795222878&end=1795223178",
        ] {
            let trace = try get(target, accept: "application/protobuf")
            #expect(trace.status == 200)
            #expect(trace["Content-Type"] == "application/protobuf")
            #expect(try TempoSchemas.spans(ofTraceByIDResponse: trace.body).count == 9, "\(target)")
        }
        let missing = try get("/api/v2/traces/00000000000000000000000000abcdef", accept: "application/protobuf")
        #expect(missing.status == 200)
        #expect(try TempoSchemas.spans(ofTraceByIDResponse: missing.body).isEmpty)

        // As Grafana really asks: packed where the system has zlib, and the same bytes once unpacked (.ci/clients does).
        let packed = try frontend.get(
            "/api/v2/traces/\(Self.traceID)", tenants: Self.tenants, accept: "application/protobuf", fields: Self.fields
        )
        #expect(packed.status == 200)
        if packed["Content-Encoding"] == "gzip" {
            #expect(packed.body.starts(with: [0x1F, 0x8B]))
        } else {
            #expect(packed["Content-Encoding"] == nil)
            #expect(try TempoSchemas.spans(ofTraceByIDResponse: packed.body).count == 9)
        }

        // Search: strict JSON.
        let search = try get(
            "/api/search?end=1795223178&limit=20&q=%7Bresource.service.name%3D%22frontend%22%7D&spss=3&start=1795222878"
        )
        #expect(search.status == 200)
        #expect(search["Content-Type"] == "application/json")
        let found = try JSONValue(parsing: search.body)
        expectKnown(found, "search")
        expectKnown(try #require(found["metrics"]), "metrics")
        #expect(found["traces"]?.elements.count == 12)
        for trace in found["traces"]?.elements ?? [] {
            expectKnown(trace, "trace")
            #expect(trace["spanSet"] != nil)
            for set in (trace["spanSets"]?.elements ?? []) + [trace["spanSet"] ?? .null] {
                expectKnown(set, "spanSet")
                for span in set["spans"]?.elements ?? [] { expectKnown(span, "span") }
            }
        }
        // Its empty search of Save & test with streaming off.
        #expect(try get("/api/search?q=%7B%7D&limit=1&\(Self.window)").status == 200)

        // Tag names and values.
        for target in [
            "/api/v2/search/tags?limit=5000", "/api/v2/search/tags?limit=5000&\(Self.window)",
            "/api/v2/search/tags?end=1795223178&limit=5000&scope=resource&start=1795222878",
        ] {
            let tags = try get(target)
            #expect(tags.status == 200, "\(target): \(tags.text)")
            #expect(Set(try JSONValue(parsing: tags.body).members.keys).isSubset(of: ["scopes", "metrics"]))
        }
        let values = try get(
            "/api/v2/search/tag/resource.service.name/values?limit=5000&q=%7B%7D&tag=resource.service.name&\(Self.window)"
        )
        #expect(values.status == 200, "\(values.text)")
        let names = try JSONValue(parsing: values.body)["tagValues"]?.elements.compactMap { $0["value"]?.text }
        #expect(names == names?.sorted())
        #expect(names?.contains("frontend") == true)
        #expect(
            try JSONValue(parsing: values.body)["tagValues"]?.elements.allSatisfy { $0["type"]?.text == "string" }
                == true)
        for name in ["event%3Aname", "span.http.status_code", "status", "resource.team"] {
            #expect(try get("/api/v2/search/tag/\(name)/values?limit=5000&\(Self.window)").status == 200, "\(name)")
        }
    }

    @Test func `names with slashes, blanks and quotes reach the target as they were`() throws {
        let upstream = try ScriptedUpstream { _ in
            .answer(.json(#"{"tagValues":[{"type":"string","value":"x"}],"metrics":{}}"#))
        }
        defer { upstream.stop() }
        let frontend = try RunningFrontend([.init(name: "one", port: upstream.port)])
        defer { frontend.stop() }
        let name = #"span."a b/c d""#
        let escaped = try #require(name.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        let answer = try frontend.get(
            "/api/v2/search/tag/\(escaped)/values?limit=5000&q=%7B%7D&tag=x", tenants: "a|b")
        #expect(answer.status == 200, "\(answer.text)")
        #expect(upstream.requests.count == 2)
        for request in upstream.requests {
            #expect(request.path.removingPercentEncoding == "/api/v2/search/tag/\(name)/values")
        }
        #expect(Set(upstream.requests.map(\.tenant)) == ["a", "b"])
    }

    @Test func `credentials and trace context travel on, the rest of Grafana's fields does not`() throws {
        let upstream = try ScriptedUpstream { .answer(HandMadeAnswers.good($0)) }
        defer { upstream.stop() }
        let frontend = try RunningFrontend([.init(name: "one", port: upstream.port)])
        defer { frontend.stop() }
        _ = try frontend.get(
            "/api/v2/traces/\(HandMadeAnswers.traceID)", tenants: "a|b", accept: "application/protobuf",
            fields: Self.fields + [("Authorization", "Bearer t0ken"), ("Cookie", "session=1")])
        #expect(upstream.requests.count == 2)
        for request in upstream.requests {
            #expect(request["Authorization"] == "Bearer t0ken")
            #expect(request["traceparent"]?.contains("4bf92f3577b34da6a3ce929d0e0e4736") == true)
            #expect(request["Accept"] == "application/protobuf")
            for name in ["Cookie", "X-Grafana-User", "X-Dashboard-Uid", "X-Panel-Id", "X-Query-Group-Id"] {
                #expect(request[name] == nil, "\(name) reached the target")
            }
        }
        #expect(!frontend.process.standardError.contains("t0ken"))
    }
}
