import Foundation
import Synchronization
import TestSupport
import Testing

/// Three members under load: one dead, one slow, one that fails now and then. Every query is answered in time, nothing piles up,
/// and what comes back is asked again.
@Suite(.ownThreads, .timeLimit(.minutes(20))) struct FailingMembersTests {
    enum Death: String, CaseIterable, Sendable {
        case refuses, hangs
    }

    private static let endpoints = [
        "/api/v2/traces/\(HandMadeAnswers.traceID)", "/api/search?q=%7B%7D&start=1&end=100",
        "/api/v2/search/tags?start=1&end=100",
    ]
    private static let clients = 16
    private static let rounds = 3
    /// Seconds of `api_timeout`, and of each target's `timeout`.
    private static let queryTime = 4
    private static let targetTime = 2
    /// A query that is not answered by then is stuck: its time, and a machine that has much else to do.
    private static let patience = Double(queryTime) + 40

    @Test(arguments: Death.allCases, [true, false])
    func `no query outlasts its time, nothing piles up, and members come back`(_ death: Death, _ allowPartial: Bool)
        throws
    {
        let dead = try ScriptedUpstream { _ in .silence }
        defer { dead.stop() }
        let slow = try ScriptedUpstream { .slowHead(HandMadeAnswers.good($0), pause: 0.002) }
        defer { slow.stop() }
        let fault = FaultSwitch()
        let count = Atomic<Int>(0)
        fault.set { request in
            switch count.add(1, ordering: .relaxed).newValue % 4 {
            case 0: .answer(HandMadeAnswers.good(request))
            case 1: .answer(.text(503, "overloaded", fields: [("Retry-After", "1")]))
            case 2: .reset
            default: .closeUnanswered
            }
        }
        let flapping = try ScriptedUpstream { fault.behaviour(for: $0) }
        defer { flapping.stop() }
        let more = ["timeout: \(Self.targetTime)s"]
        let frontend = try RunningFrontend(
            [
                .init(
                    name: "dead", port: death == .refuses ? ScriptedUpstream.refusedPort() : dead.port, more: more),
                .init(name: "slow", port: slow.port, more: more),
                .init(name: "flapping", port: flapping.port, more: more),
            ],
            .init(
                allowPartial: allowPartial,
                root: ["query_frontend:", "  api_timeout: \(Self.queryTime)s"]))
        defer { frontend.stop() }
        let before = DescriptorCount.of(processID: frontend.process.processID)

        let answers = try load(frontend)
        #expect(answers.count == Self.clients * Self.rounds * Self.endpoints.count)
        for (endpoint, answer) in answers {
            let place = "\(endpoint): \(answer.status) \(answer.text.prefix(200))"
            if allowPartial {
                #expect(answer.status == 200, "\(place)")
                #expect(answer["X-Tempo-Federation"] == "partial", "\(place)")
                #expect(answer["X-Tempo-Federation-Reason"]?.contains("dead") == true, "\(place)")
            } else {
                #expect([502, 503, 504].contains(answer.status), "\(place)")
            }
            #expect(answer["Server-Timing"]?.hasPrefix("total;dur=") == true, "\(place)")
        }
        // The dead one was asked by the queries that were under way when it was found out, and then left alone.
        if death == .hangs {
            let asked = dead.requests.count { $0.path != "/api/echo" }
            #expect(asked < answers.count / 2, "\(asked)")
        }
        #expect(try waitUntil { try Self.upstreams(frontend).allSatisfy { $0["in_flight"]?.integer == 0 } })
        #expect(try Self.upstream("dead", frontend)?["circuit"]?.text != "closed")
        if let before {
            // Two members keep a connection for each client that was there at once; there were nine queries of each.
            let most = before + 2 * Self.clients + 8
            let after = try #require(DescriptorCount.settled(of: frontend.process.processID, atMost: most))
            #expect(after <= most, "\(before) descriptors before, \(after) after")
        }

        // It is well again: asked within the longest time that a circuit stays open.
        fault.set { .answer(HandMadeAnswers.good($0)) }
        #expect(
            try waitUntil {
                let answer = try frontend.get(Self.endpoints[2], tenants: "good", timeout: Self.patience)
                return answer["Server-Timing"]?.contains("desc=\"good@flapping\"") == true
            })
        #expect(try Self.upstream("flapping", frontend)?["circuit"]?.text == "closed")
        let metrics = try frontend.get("/metrics", tenants: nil).text
        #expect(metrics.contains("tempo_federation_upstream_breaker_state{upstream=\"flapping\"} 0"))
        #expect(metrics.contains("tempo_federation_upstream_breaker_state{upstream=\"slow\"} 0"))
        #expect(!metrics.contains("tempo_federation_upstream_breaker_state{upstream=\"dead\"} 0"))
    }

    @Test func `a member that hung comes back, and answers are whole again`() throws {
        let fault = FaultSwitch()
        let healthy = try ScriptedUpstream { .answer(HandMadeAnswers.good($0)) }
        defer { healthy.stop() }
        let hanging = try ScriptedUpstream { fault.behaviour(for: $0) }
        defer { hanging.stop() }
        fault.set { _ in .silence }
        let frontend = try RunningFrontend(
            [
                .init(name: "healthy", port: healthy.port),
                .init(name: "hanging", port: hanging.port, more: ["timeout: 500ms", "breaker: {failures: 1}"]),
            ], .init(allowPartial: true))
        defer { frontend.stop() }
        let first = try frontend.get(Self.endpoints[2], tenants: "good")
        #expect(first["X-Tempo-Federation-Reason"] == "missing good@hanging: timeout")
        let second = try frontend.get(Self.endpoints[2], tenants: "good")
        #expect(second["X-Tempo-Federation-Reason"] == "missing good@hanging: circuit open")
        #expect(hanging.requests.count { $0.path == "/api/v2/search/tags" } == 1)
        fault.set { .answer(HandMadeAnswers.good($0)) }
        #expect(
            try waitUntil {
                try frontend.get(Self.endpoints[2], tenants: "good")["X-Tempo-Federation"] == "exact"
            })
        #expect(hanging.requests.contains { $0.path == "/api/echo" && $0["X-Scope-OrgID"] == nil })
    }

    /// All clients at once, each one query after the other.
    private func load(_ frontend: RunningFrontend) throws -> [(String, RawResponse)] {
        let answers = Mutex<[(String, RawResponse)]>([])
        let failures = Mutex<[String]>([])
        let group = DispatchGroup()
        for client in 0..<Self.clients {
            group.enter()
            Thread.detachNewThread {
                defer { group.leave() }
                for step in 0..<Self.rounds * Self.endpoints.count {
                    let endpoint = Self.endpoints[(client + step) % Self.endpoints.count]
                    do {
                        let answer = try frontend.get(endpoint, tenants: "good", timeout: Self.patience)
                        answers.withLock { $0.append((endpoint, answer)) }
                    } catch {
                        failures.withLock { $0.append("\(endpoint): \(error)") }
                    }
                }
            }
        }
        group.wait()
        #expect(failures.withLock { $0 }.isEmpty)
        return answers.withLock { $0 }
    }

    /// Asks until it is so, at most half a minute.
    private func waitUntil(_ isSo: () throws -> Bool) throws -> Bool {
        let end = ProcessInfo.processInfo.systemUptime + 30
        while ProcessInfo.processInfo.systemUptime < end {
            if try isSo() { return true }
            Thread.sleep(forTimeInterval: 0.05)
        }
        return try isSo()
    }

    private static func upstreams(_ frontend: RunningFrontend) throws -> [JSONValue] {
        let page = try frontend.get("/status/upstreams?format=json", tenants: nil)
        return try JSONValue(parsing: page.body)["upstreams"]?.elements ?? []
    }

    private static func upstream(_ name: String, _ frontend: RunningFrontend) throws -> JSONValue? {
        try upstreams(frontend).first { $0["name"]?.text == name }
    }
}
