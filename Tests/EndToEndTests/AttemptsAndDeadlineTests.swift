import Foundation
import TestSupport
import Testing

/// How often a target is asked, how long it is waited for, and what a second copy of it is good for.
@Suite(.ownThreads) struct AttemptsAndDeadlineTests {
    private static let trace = "/api/v2/traces/\(HandMadeAnswers.traceID)"
    private static let search = "/api/search?q=%7B%7D&start=1&end=100"

    @Test func `max_retries counts attempts, and only server errors are repeated`() throws {
        for (setting, attempts) in [(0, 1), (1, 1), (2, 2), (5, 5)] {
            let upstream = try ScriptedUpstream { request in
                .answer(.text(request.tenant == "refusing" ? 400 : 500, "as \(request.tenant)"))
            }
            defer { upstream.stop() }
            let frontend = try RunningFrontend(
                [.init(name: "one", port: upstream.port, more: ["breaker: {failures: 0}", "retry_budget: 1"])],
                .init(root: ["query_frontend:", "  max_retries: \(setting)"]))
            defer { frontend.stop() }
            for target in [Self.trace, Self.search] {
                let seen = upstream.requests.count
                #expect(try frontend.get(target, tenants: "failing").status == 500)
                #expect(upstream.requests.count - seen == attempts, "max_retries \(setting) at \(target)")
                #expect(try frontend.get(target, tenants: "refusing").status == 400)
                #expect(upstream.requests.count - seen == attempts + 1, "max_retries \(setting) at \(target)")
            }
        }
    }

    @Test func `api_timeout ends the whole query with Tempo's words`() throws {
        let upstream = try ScriptedUpstream { _ in .silence }
        defer { upstream.stop() }
        let frontend = try RunningFrontend(
            [.init(name: "one", port: upstream.port)], .init(root: ["query_frontend:", "  api_timeout: 700ms"]))
        defer { frontend.stop() }
        for target in [Self.trace, Self.search] {
            let started = ProcessInfo.processInfo.systemUptime
            let answer = try frontend.get(target, tenants: "a|b")
            #expect(answer.status == 503)
            #expect(answer.text == "unable to process request in the configured timeout")
            #expect(ProcessInfo.processInfo.systemUptime - started < 20)
        }
        #expect(upstream.waitForOpenConnections(atMost: 0))
    }

    @Test func `no more sub-requests run at once than the configuration says`() throws {
        let upstream = try ScriptedUpstream { .gated("go", .answer(HandMadeAnswers.good($0))) }
        defer { upstream.stop() }
        let frontend = try RunningFrontend(
            [.init(name: "one", port: upstream.port)], .init(federation: ["max_concurrent_requests_per_query: 3"]))
        defer { frontend.stop() }
        let connection = try RawConnection(port: frontend.port)
        let tenants = (0..<12).map { "tenant\($0)" }.joined(separator: "|")
        try connection.send("GET \(Self.trace) HTTP/1.1\r\nHost: x\r\nX-Scope-OrgID: \(tenants)\r\n\r\n")
        #expect(upstream.waitForRequests(3))
        // A fourth would come at once if it could: an exchange with the program in between gives it the time.
        #expect(try frontend.get("/api/echo", tenants: nil).status == 200)
        #expect(upstream.requests.count == 3)
        upstream.open(gate: "go")
        let answer = try connection.response()
        #expect(answer.status == 200)
        #expect(upstream.requests.count == 12)
        for index in 0..<12 { #expect(answer.text.contains("work of tenant\(index)")) }
    }

    @Test func `of a replica group the spans are united, counts come from one, and one may fail`() throws {
        let fault = FaultSwitch()
        let first = try ScriptedUpstream { .answer(HandMadeAnswers.good($0)) }
        defer { first.stop() }
        let second = try ScriptedUpstream { fault.behaviour(for: $0) }
        defer { second.stop() }
        let frontend = try RunningFrontend([
            .init(name: "primary", port: first.port),
            .init(name: "copy", port: second.port, more: ["replica_of: primary"]),
        ])
        defer { frontend.stop() }
        for isDown in [false, true] {
            if isDown { fault.set { _ in .answer(.text(500, "down")) } }
            let found = try frontend.get(Self.search, tenants: "solo")
            #expect(found.status == 200, "\(found.text)")
            let traces = try JSONValue(parsing: found.body)["traces"]?.elements ?? []
            #expect(traces.count == 1)
            #expect(traces.first?["spanSets"]?.elements.first?["matched"]?.integer == 1)
            let trace = try frontend.get(Self.trace, tenants: "solo", accept: "application/protobuf")
            #expect(trace.status == 200, "\(trace.text)")
            #expect(try TempoSchemas.spans(ofTraceByIDResponse: trace.body).count == 1)
            #expect(trace["X-Tempo-Federation"] != "partial")
        }
    }

    @Test func `prefixes of our own address and of a target's are kept apart`() throws {
        let upstream = try ScriptedUpstream { request in
            let path = "/deep/tempo"
            guard request.path.hasPrefix(path) else { return .answer(.pageNotFound) }
            return .answer(
                HandMadeAnswers.good(
                    ScriptedRequest(
                        method: request.method, target: String(request.target.dropFirst(path.count)),
                        fields: request.fields)))
        }
        defer { upstream.stop() }
        let text = RunningFrontend.configuration(
            [.init(name: "one", port: upstream.port)], .init(root: ["http_api_prefix: /tempo"])
        ).replacingOccurrences(of: ":\(upstream.port)", with: ":\(upstream.port)/deep/tempo/")
        let frontend = try RunningFrontend(configuration: text)
        defer { frontend.stop() }
        #expect(try frontend.get("/tempo" + Self.trace, tenants: "a|b").text.contains("work of b"))
        #expect(try frontend.get("/tempo/api/echo", tenants: nil).status == 200)
        #expect(try frontend.get("/ready", tenants: nil).status == 200)
        #expect(try frontend.get(Self.trace, tenants: "a|b").status == 404)
        #expect(try frontend.get("/tempo/ready", tenants: nil).status == 404)
        #expect(upstream.requests.allSatisfy { $0.path.hasPrefix("/deep/tempo/api/") })
    }
}
