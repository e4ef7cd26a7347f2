import Foundation
import TestSupport
import Testing

/// The tenant header over the wire: empty tenants, repeated and unlike headers, and a frontend without multitenancy (rows 1, 26 and
/// 29 of DEPARTURES.md).
@Suite(.ownThreads) struct TenancyTests {
    private struct Row: Decodable {
        let source: String
        /// Header lines; none when empty.
        let lines: [String]
        let status: Int
        /// The whole body; nil when it is an answer.
        let body: String?
        /// Tenants that the target is asked for, sorted.
        let asked: [String]?
        /// "on" (default), "off": multitenancy_enabled; "single": multi_tenant_queries_enabled false.
        let mode: String?
    }

    private static let endpoints = [
        "/api/search?q=%7B%7D&start=1&end=100", "/api/v2/traces/\(HandMadeAnswers.traceID)",
        "/api/traces/\(HandMadeAnswers.traceID)", "/api/search/tags?start=1&end=100",
        "/api/v2/search/tags?start=1&end=100", "/api/search/tag/x/values?start=1&end=100",
        "/api/v2/search/tag/.x/values?start=1&end=100",
    ]

    @Test func `each header is answered as its row says`() throws {
        let rows = try Corpus.load("tenancy", in: .module, atLeast: 40, as: Row.self)
        let upstream = try ScriptedUpstream { .answer(HandMadeAnswers.good($0)) }
        defer { upstream.stop() }
        for mode in ["on", "off", "single"] {
            var settings = RunningFrontend.Settings(multitenancy: mode != "off")
            if mode == "single" { settings.root = ["query_frontend:", "  multi_tenant_queries_enabled: false"] }
            let frontend = try RunningFrontend([.init(name: "one", port: upstream.port)], settings)
            defer { frontend.stop() }
            for row in rows where (row.mode ?? "on") == mode {
                let endpoints = row.source.hasPrefix("every") ? Self.endpoints : [Self.endpoints[0], Self.endpoints[1]]
                for endpoint in endpoints {
                    let seen = upstream.requests.count
                    let answer = try frontend.get(
                        endpoint, tenants: nil, fields: row.lines.map { ("X-Scope-OrgID", $0) })
                    let place = "\(row.source) \(row.lines) at \(endpoint): \(answer.status) \(answer.text.prefix(200))"
                    #expect(answer.status == row.status, "\(place)")
                    if let body = row.body { #expect(answer.text == body, "\(place)") }
                    if row.status == 401 {
                        #expect(answer["X-Content-Type-Options"] == "nosniff", "\(place)")
                        #expect(answer["Content-Type"] == "text/plain; charset=utf-8", "\(place)")
                    }
                    let asked = upstream.requests[seen...].filter { !$0.completesTraces }.map(\.tenant).sorted()
                    #expect(asked == row.asked ?? [], "\(place)")
                }
            }
        }
    }

    @Test func `no tenant is needed for what holds no data`() throws {
        let upstream = try ScriptedUpstream { .answer(HandMadeAnswers.good($0)) }
        defer { upstream.stop() }
        let frontend = try RunningFrontend([.init(name: "one", port: upstream.port)])
        defer { frontend.stop() }
        for target in ["/api/echo", "/ready", "/metrics", "/status", "/api/status/buildinfo", "/status/upstreams"] {
            #expect(try frontend.get(target, tenants: nil).status == 200, "\(target)")
        }
        #expect(upstream.requests.allSatisfy { $0.path != "/api/echo" || $0.tenant.isEmpty })
    }

    @Test func `more tenants than allowed are refused with both numbers`() throws {
        let upstream = try ScriptedUpstream { .answer(HandMadeAnswers.good($0)) }
        defer { upstream.stop() }
        let frontend = try RunningFrontend(
            [.init(name: "one", port: upstream.port)], .init(federation: ["max_tenants: 3"]))
        defer { frontend.stop() }
        #expect(try frontend.get(Self.endpoints[0], tenants: "a|b|c|a|b").status == 200)
        let refused = try frontend.get(Self.endpoints[0], tenants: "a|b|c|d|e")
        #expect(refused.status == 400)
        #expect(refused.text.contains("5"))
        #expect(refused.text.contains("3"))
    }

    @Test func `a target with a fixed tenant is asked once`() throws {
        let upstream = try ScriptedUpstream { .answer(HandMadeAnswers.good($0)) }
        defer { upstream.stop() }
        let frontend = try RunningFrontend([
            .init(name: "fixed", port: upstream.port, more: ["tenant: theirs"])
        ])
        defer { frontend.stop() }
        let answer = try frontend.get(Self.endpoints[1], tenants: "foo|bar")
        #expect(answer.status == 200)
        #expect(upstream.requests.map(\.tenant) == ["theirs"])
    }
}
