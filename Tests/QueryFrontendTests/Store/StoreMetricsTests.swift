import Foundation
import HTTPTransport
import TempoAPI
import TenantFederation
import TestSupport
import Testing
import TraceStore

@testable import QueryFrontend

/// Metrics over tenants of the embedded store: `a|b` is answered as one tenant that holds the spans of both.
@Suite(.timeLimit(.minutes(20))) struct StoreMetricsTests {
    private struct NoTransport: UpstreamTransport {
        func send(
            _ request: HTTPClientRequest, maxBodyBytes: Int, budget: ByteBudget
        ) async throws -> HTTPClientResult {
            throw HTTPClientError(code: .connect, message: "no target is asked")
        }
    }

    private static let start: Int64 = 1_795_219_000

    private static func span(_ number: Int) -> String {
        let begin = start * 1_000_000_000 + Int64(number) * 7_300_000_000
        let size = number % 3 == 0 ? "" : #",{"key":"size","value":{"intValue":"\#(number * 37 % 500)"}}"#
        return #"""
            {"traceId":"\#(String(format: "%032x", number + 1))","spanId":"\#(String(format: "%016x", number + 1))",\#
            "name":"op\#(number % 4)","kind":2,"startTimeUnixNano":"\#(begin)","endTimeUnixNano":\#
            "\#(begin + Int64(number + 1) * 3_000_000)","status":{"code":\#(number % 5 == 0 ? 2 : 0)},\#
            "attributes":[{"key":"route","value":{"stringValue":"/r\#(number % 3)"}}\#(size)]}
            """#
    }

    private static func request(_ numbers: [Int], service: String) -> [UInt8] {
        let spans = numbers.map(span).joined(separator: ",")
        return Array(
            #"""
            {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"\#(service)"}}]},\#
            "scopeSpans":[{"spans":[\#(spans)]}]}]}
            """#.utf8)
    }

    private static let queries = [
        "{} | rate()", "{} | count_over_time() by (resource.service.name)",
        "{ name = \"op1\" } | rate() by (span.route)",
        "{} | min_over_time(duration)", "{} | max_over_time(span.size) by (span.route)",
        "{ span.size >= 0 } | sum_over_time(span.size) by (name)", "{} | avg_over_time(duration) by (span.route)",
        "{} | avg_over_time(span.size)", "{} | histogram_over_time(duration)",
        "{} | quantile_over_time(duration, .5, .99) by (name)", "{} | count_over_time() by (name) | topk(2)",
        "{} | rate() by (span.route) | bottomk(1)", "{} | count_over_time() by (name) > 2",
        "({ status = error } | count_over_time() by (name)) / ({} | count_over_time() by (name))",
        "{} | rate() with (exemplars=false)", "{ name = \"none\" } | rate()", "{ false } | rate()",
    ]

    private func withService(
        requireExact: Bool = false, _ change: (inout FederationConfiguration) -> Void = { _ in },
        _ body: (FrontendService) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        var configuration = FrontendConfiguration()
        configuration.multitenancyEnabled = true
        configuration.storage.localPath = folder.path
        configuration.federation.requireExact = requireExact
        change(&configuration.federation)
        let logger = Logger(level: .error)
        let overrides = OverridesStore()
        let store = EmbeddedStore(
            configuration: configuration, overrides: overrides, logger: logger, clock: ServiceHarness.FixedClock())
        try await store.open()
        let service = FrontendService(
            configuration: configuration, overrides: overrides, store: store, transport: NoTransport(), logger: logger,
            metrics: FrontendMetrics(), clock: ServiceHarness.FixedClock())
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await store.run() }
            let opened = try #require(store.store)
            let (one, other) = (Array(0..<40), Array(40..<77))
            for (tenant, parts) in [
                ("a", [(one, "web")]), ("b", [(other, "db")]), ("both", [(one, "web"), (other, "db")]),
            ] {
                for (numbers, service) in parts {
                    _ = try await opened.push(Self.request(numbers, service: service), encoding: .json, tenant: tenant)
                }
            }
            try await body(service)
            group.cancelAll()
            while let result = await group.nextResult() { _ = result }
        }
    }

    private func get(
        _ service: FrontendService, _ path: String, _ query: String, tenant: String
    ) async throws -> ServiceAnswer {
        let items = QueryItems([
            ("q", query), ("start", "\(Self.start - 60)"), ("end", "\(Self.start + 600)"), ("step", "60"),
            ("exemplars", "8"),
        ])
        let request = HTTPServerRequest(
            method: "GET", target: path + "?" + items.encoded, fields: HTTPFields([("X-Scope-OrgID", tenant)]),
            body: HTTPRequestBody([]))
        return try await ServiceAnswer(await service.respond(to: request))
    }

    @Test func `two tenants answer as one that holds the spans of both`() async throws {
        try await withService { service in
            for query in Self.queries {
                for path in ["/api/metrics/query_range", "/api/metrics/query"] {
                    let merged = try await get(service, path, query, tenant: "a|b")
                    let whole = try await get(service, path, query, tenant: "both")
                    #expect(merged.status == 200, "\(query): \(merged.text)")
                    #expect(whole.status == 200, "\(query): \(whole.text)")
                    let series = (merged.json?["series"], whole.json?["series"])
                    #expect(
                        series.0 == series.1,
                        "\(path) \(query): \(merged.text.prefix(400)) but \(whole.text.prefix(400))")
                    #expect(merged.fields["X-Tempo-Federation"] == "exact", "\(query)")
                    #expect(whole.fields["X-Tempo-Federation"] == nil, "\(query)")
                }
            }
        }
    }

    @Test func `what relates spans of two tenants is exact within the bounds, and else by what it is`() async throws {
        let queries = [
            "{} >> {} | count_over_time()", "{} | count() > 1 | rate() by (name)",
            "{ traceDuration > 100ms } | count_over_time() by (rootName)", "{} | compare({ status = error })",
        ]
        try await withService(requireExact: true) { service in
            for query in queries {
                let one = try await get(service, "/api/metrics/query_range", query, tenant: "a")
                #expect(one.status == 200, "\(one.text)")
                #expect(one.fields["X-Tempo-Federation"] == nil)
                let two = try await get(service, "/api/metrics/query_range", query, tenant: "a|b")
                let both = try await get(service, "/api/metrics/query_range", query, tenant: "both")
                #expect(two.fields["X-Tempo-Federation"] == "exact", "\(two.text)")
                #expect(two.json?["series"] == both.json?["series"], "\(query): \(two.text.prefix(400))")
            }
        }
        try await withService(requireExact: true, { $0.crossTenantEvaluation.enabled = false }) { service in
            for query in queries {
                let two = try await get(service, "/api/metrics/query_range", query, tenant: "a|b")
                #expect(two.status == 422 && two.text.contains("federation.require_exact"), "\(two.text)")
            }
        }
        try await withService({ $0.crossTenantEvaluation.maxCandidateTraces = 20 }) { service in
            let related = try await get(service, "/api/metrics/query", queries[0], tenant: "a|b")
            #expect(related.status == 422 && related.text.contains("max_candidate_traces"), "\(related.text)")
            let compared = try await get(service, "/api/metrics/query", queries[3], tenant: "a|b")
            #expect(compared.fields["X-Tempo-Federation"] == "tenant-local")
            let roots = try await get(
                service, "/api/metrics/query", "{ nestedSetParent < 0 } | rate() by (rootName)", tenant: "a|b")
            #expect(roots.fields["X-Tempo-Federation"] == "tenant-local")
        }
    }

    @Test func `what the store would be asked is explained`() async throws {
        try await withService { service in
            for (query, asked) in [
                ("{} | rate()", ["/api/metrics/query_range", "/api/metrics/query_range"]),
                ("{} >> {} | rate()", ["/api/search", "/api/search"]),
                (
                    "({} | count() > 2 | rate()) / ({} | rate())",
                    ["/api/search", "/api/search", "/api/metrics/query_range", "/api/metrics/query_range"]
                ),
            ] {
                let answer = try await get(service, "/api/federation/explain", query, tenant: "a|b")
                let requests = answer.json?["subRequests"]?.elements ?? []
                #expect(requests.compactMap { $0["path"]?.text } == asked, "\(answer.text)")
                #expect(requests.allSatisfy { $0["target"]?.text == "store" }, "\(answer.text)")
                #expect((answer.json?["evaluation"] != nil) == query.contains(where: { "c>".contains($0) }))
            }
        }
    }

    @Test func `series are told apart by tenant`() async throws {
        try await withService { service in
            let path = "/api/metrics/query"
            let counts = try await get(
                service, path, "{} | count_over_time() by (resource.__tenant_id__)", tenant: "a|b")
            #expect(
                counts.json?["series"]
                    == (try JSONValue(
                        parsing: Array(
                            #"""
                            [{"labels":[{"key":"resource.__tenant_id__","value":{"stringValue":"a"}}],"value":40},\#
                            {"labels":[{"key":"resource.__tenant_id__","value":{"stringValue":"b"}}],"value":37}]
                            """#.utf8))))
            let means = try await get(
                service, path, "{} | avg_over_time(duration) by (resource.__tenant_id__)", tenant: "a|b")
            #expect(means.json?["series"]?.elements.count == 2, "\(means.text)")
            let none = try await get(
                service, path, "{ resource.__tenant_id__ = \"c\" } | count_over_time()", tenant: "a|b")
            #expect(none.status == 200)
            #expect(none.json?["series"] == nil, "\(none.text)")
        }
    }
}
