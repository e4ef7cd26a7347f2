import Foundation
import TestSupport
import Testing

/// What is not federated yet: whole with one tenant of one target, refused by name with several.
@Suite(.ownThreads) struct PassThroughTests {
    private static let requests: [(method: String, target: String)] = [
        ("GET", "/api/metrics/query_range?q=%7B%7D%20%7C%20rate()&start=1795222878&end=1795223178&step=30s"),
        ("GET", "/api/metrics/query?q=%7B%7D%20%7C%20rate()&start=1795222878&end=1795223178"),
        ("POST", "/api/v2/traces/diff"),
        ("GET", "/api/v2/traces/\(HandMadeAnswers.traceID)?q=%7B%7D"),
        ("POST", "/api/mcp"),
    ]

    @Test func `one tenant of one target gets the target's own answer`() throws {
        let upstream = try ScriptedUpstream { request in
            .answer(
                ScriptedAnswer(
                    request.path == "/api/mcp" ? 404 : 200,
                    fields: [("Content-Type", "application/json"), ("X-From", "target")],
                    body: Array("\(request.method) \(request.target) \(request.tenant) ".utf8) + request.body))
        }
        defer { upstream.stop() }
        let frontend = try RunningFrontend([.init(name: "one", port: upstream.port)])
        defer { frontend.stop() }
        for (method, target) in Self.requests {
            let body = method == "POST" ? Array(#"{"base":{}}"#.utf8) : []
            let answer = try RawConnection.request(
                method, port: frontend.port, target, fields: [("X-Scope-OrgID", "solo")], body: body)
            #expect(answer.status == (target == "/api/mcp" ? 404 : 200), "\(target): \(answer.text)")
            #expect(answer["X-From"] == "target", "\(target)")
            #expect(answer.text.hasPrefix("\(method) "), "\(target): \(answer.text)")
            #expect(answer.text.contains(" solo "), "\(target): \(answer.text)")
            if !body.isEmpty { #expect(answer.text.hasSuffix(#"{"base":{}}"#), "\(target): \(answer.text)") }
        }
        let query = try #require(upstream.requests.first)
        #expect(query.parameter("q") == "{} | rate()")
        #expect(query.parameter("step") == "30s")
    }

    @Test func `HEAD has the head of GET, its length too, and no body`() throws {
        let long = [UInt8](repeating: 0x20, count: 300_000)
        let upstream = try ScriptedUpstream { request in
            .answer(
                ScriptedAnswer(
                    200, fields: [("Content-Type", "application/json"), ("X-From", "target")],
                    body: Array(request.path.utf8) + (request.query.contains("long") ? long : [])))
        }
        defer { upstream.stop() }
        let frontend = try RunningFrontend([.init(name: "one", port: upstream.port)])
        defer { frontend.stop() }
        for (_, target) in Self.requests.filter({ $0.method == "GET" }) {
            for target in [target, target + "&long=1"] {
                let get = try frontend.get(target, tenants: "solo")
                let head = try frontend.get(target, tenants: "solo", method: "HEAD")
                #expect(get.status == 200)
                #expect(head.status == 200)
                #expect(head["X-From"] == "target")
                #expect(head["Content-Length"] == "\(get.body.count)", "\(target)")
                #expect(head.body.isEmpty)
            }
        }
        #expect(upstream.requests.filter { $0.method == "HEAD" }.count == 6)
    }

    /// Those of the requests that are answered for one tenant of one target only.
    private static let refused = requests.filter { $0.method == "POST" }

    @Test func `several tenants or targets are refused by name`() throws {
        let upstream = try ScriptedUpstream { .answer(HandMadeAnswers.good($0)) }
        defer { upstream.stop() }
        let one = try RunningFrontend([.init(name: "one", port: upstream.port)])
        defer { one.stop() }
        let two = try RunningFrontend([
            .init(name: "one", port: upstream.port), .init(name: "two", port: upstream.port),
        ])
        defer { two.stop() }
        for (method, target) in Self.refused {
            for (frontend, tenants) in [(one, "a|b"), (two, "a")] {
                let answer = try frontend.get(target, tenants: tenants, method: method)
                #expect(answer.status == 501, "\(target) as \(tenants): \(answer.text)")
                #expect(answer.text.contains(target), "\(target): \(answer.text)")
            }
        }
        let summary = try one.get("/api/metrics/summary?q=%7B%7D&groupBy=name", tenants: "a|b")
        #expect(summary.status == 400)
        #expect(summary.text == "multi-tenant query unsupported")
        #expect(upstream.requests.isEmpty)
    }

    @Test func `the metrics of a single recorded tenant come through unchanged`() throws {
        let replay = try RunningReplay()
        defer { replay.stop() }
        let frontend = try RunningFrontend([.init(name: "replay", port: replay.port)])
        defer { frontend.stop() }
        for (_, target) in Self.requests.prefix(2) {
            let direct = try replay.get(target, tenant: "jade")
            let through = try frontend.get(target, tenants: "jade")
            #expect(direct.status == 200, "\(direct.text)")
            #expect(through.status == 200, "\(through.text)")
            #expect(through.body == direct.body)
            #expect(through["Content-Type"] == "application/json")
        }
    }
}
