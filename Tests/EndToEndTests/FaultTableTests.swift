import Foundation
import TestSupport
import Testing

/// What one faulty tenant does to a query of two, `good|bad`, at one target or at two.
@Suite(.ownThreads) struct FaultTableTests {
    /// One row: how the upstream treats tenant `bad`, and what the client must see.
    private struct Row {
        var name: String
        /// Given the request of tenant `bad`.
        var fault: @Sendable (ScriptedRequest) -> ScriptedBehaviour
        /// nil: the fault is none to the client, the answer is whole.
        var status: Int?
        /// Must stand in the body of the failure.
        var text = ""
        /// Requests of tenant `bad` that the upstream sees.
        var attempts = 1
        /// Status when the targets are two; the same as `status` unless given.
        var statusOfTwoTargets: Int?
        var field: (name: String, value: String)?
    }

    private static let timeout = "1500ms"

    private static let rows: [Row] = [
        Row(name: "silence after accept", fault: { _ in .silence }, status: 504, text: "target"),
        Row(
            name: "slow head", fault: { .slowHead(HandMadeAnswers.good($0), pause: 0.2) }, status: 504, text: "target"),
        Row(
            name: "slow drip", fault: { .slowDrip(HandMadeAnswers.good($0), piece: 1, pause: 0.2) }, status: 504,
            text: "target"),
        Row(
            name: "early close", fault: { .earlyClose(HandMadeAnswers.good($0), afterBodyBytes: 10) }, status: 502,
            text: "target", attempts: 2),
        Row(name: "closed unanswered", fault: { _ in .closeUnanswered }, status: 502, text: "target", attempts: 2),
        Row(name: "reset", fault: { _ in .reset }, status: 502, text: "target", attempts: 2),
        Row(
            name: "reset in the body", fault: { .resetInBody(HandMadeAnswers.good($0), afterBodyBytes: 10) },
            status: 502, text: "target", attempts: 2),
        Row(
            name: "more bytes declared than sent",
            fault: {
                let answer = HandMadeAnswers.good($0)
                return .wrongLength(answer, declared: answer.body.count + 50)
            }, status: 502, text: "target", attempts: 2),
        Row(
            name: "fewer bytes declared than sent",
            fault: {
                let answer = HandMadeAnswers.good($0)
                return .wrongLength(answer, declared: answer.body.count - 3)
            }, status: 502, text: "target"),
        Row(
            name: "empty body",
            fault: { _ in .answer(ScriptedAnswer(200, fields: [("Content-Type", "application/json")])) }, status: 502,
            text: "target"),
        Row(
            name: "bad chunk", fault: { .badChunk(HandMadeAnswers.good($0)) }, status: 502, text: "target", attempts: 2),
        Row(
            name: "no HTTP at all", fault: { _ in .raw(Array("SSH-2.0-OpenSSH_9.6\r\n\r\n".utf8)) }, status: 502,
            text: "target", attempts: 2),
        Row(
            name: "good in chunks",
            fault: {
                var answer = HandMadeAnswers.good($0)
                answer.chunkSize = 7
                return .answer(answer)
            }, status: nil),
        Row(
            name: "5xx then fine",
            fault: { $0.attempt == 1 ? .answer(.text(503, "overloaded")) : .answer(HandMadeAnswers.good($0)) },
            status: nil, attempts: 2),
        Row(
            name: "reset then fine", fault: { $0.attempt == 1 ? .reset : .answer(HandMadeAnswers.good($0)) },
            status: nil, attempts: 2),
        Row(
            name: "500", fault: { _ in .answer(.text(500, "boom")) }, status: 500, text: "boom", attempts: 2,
            statusOfTwoTargets: 502),
        Row(
            name: "503", fault: { _ in .answer(.text(503, "overloaded")) }, status: 503, text: "overloaded",
            attempts: 2,
            statusOfTwoTargets: 502),
        Row(name: "400", fault: { _ in .answer(.text(400, "bad request, said bad")) }, status: 400, text: "said bad"),
        Row(name: "422", fault: { _ in .answer(.text(422, "too large, said bad")) }, status: 422, text: "said bad"),
        Row(
            name: "429 with Retry-After",
            fault: { _ in .answer(.text(429, "job queue full", fields: [("Retry-After", "7")])) }, status: 429,
            text: "job queue full", field: ("Retry-After", "7")),
        Row(name: "401", fault: { _ in .answer(.text(401, "who are you")) }, status: 502, text: "target"),
        Row(name: "403", fault: { _ in .answer(.text(403, "not you")) }, status: 502, text: "target"),
        Row(name: "418", fault: { _ in .answer(.text(418, "teapot")) }, status: 502, text: "target"),
        Row(
            name: "redirect", fault: { _ in .answer(ScriptedAnswer(302, fields: [("Location", "/elsewhere")])) },
            status: 502, text: "target"),
        Row(
            name: "oversized body",
            fault: { _ in .flood(status: 200, contentType: "application/protobuf", bytes: 8 << 20) }, status: 502,
            text: "target"),
        Row(
            name: "invalid protobuf", fault: { _ in .answer(.protobuf([0x0A, 0xFF, 0xFF, 0xFF, 0x7F, 1])) },
            status: 502,
            text: "target"),
        Row(
            name: "unlike content", fault: { _ in .answer(.text(200, "<html>hello</html>")) }, status: 502,
            text: "target"),
    ]

    private static let endpoints = [
        "/api/v2/traces/\(HandMadeAnswers.traceID)", "/api/traces/\(HandMadeAnswers.traceID)",
        "/api/search?q=%7B%7D&start=1&end=100", "/api/v2/search/tags?start=1&end=100",
        "/api/search/tag/x/values?start=1&end=100",
    ]

    private static func upstream(_ fault: @escaping @Sendable (ScriptedRequest) -> ScriptedBehaviour) throws
        -> ScriptedUpstream
    {
        try ScriptedUpstream { $0.tenant == "bad" ? fault($0) : .answer(HandMadeAnswers.good($0)) }
    }

    /// Every fault is seen as it is: nothing is learned from the rows before.
    private static func more(_ extra: String...) -> [String] {
        [
            "timeout: \(timeout)", "max_body_bytes: 1048576", "breaker: {failures: 0}", "retry_budget: 1",
            "hedge_after: 0",
        ] + extra
    }

    @Test func `every fault of one tenant fails the query with its status, in time and without a leak`() throws {
        let fault = FaultSwitch()
        let upstream = try Self.upstream { fault.behaviour(for: $0) }
        defer { upstream.stop() }
        let frontend = try RunningFrontend([.init(name: "one", port: upstream.port, more: Self.more())])
        defer { frontend.stop() }
        try warmUp(frontend)
        let before = DescriptorCount.of(processID: frontend.process.processID)
        for row in Self.rows {
            fault.set(row.fault)
            for endpoint in Self.endpoints {
                let seen = upstream.requests.count
                let started = ProcessInfo.processInfo.systemUptime
                let answer = try frontend.get(endpoint, tenants: "good|bad")
                let seconds = ProcessInfo.processInfo.systemUptime - started
                let place = "\(row.name) at \(endpoint): \(answer.status) \(answer.text.prefix(200))"
                #expect(seconds < 20, "\(place) took \(seconds) s")
                #expect(answer.status == row.status ?? 200, "\(place)")
                if !row.text.isEmpty { #expect(answer.text.contains(row.text), "\(place)") }
                if let field = row.field { #expect(answer[field.name] == field.value, "\(place)") }
                if row.status == nil {
                    let mark = try #require(answer["X-Tempo-Federation"], "\(place)")
                    #expect(mark != "partial", "\(place)")
                }
                let asked = upstream.requests[seen...].filter { $0.tenant == "bad" }.count
                // A kept connection that breaks before its answer counts as stale: each attempt may be repeated once for that.
                #expect((row.attempts...(2 * row.attempts)).contains(asked), "\(place): asked \(asked) times")
                fault.forgetAttempts()
            }
        }
        try expectNoLeak(frontend, before: before, upstream: upstream)
    }

    @Test func `with partial answers allowed the good tenant's data comes, marked`() throws {
        let fault = FaultSwitch()
        let upstream = try Self.upstream { fault.behaviour(for: $0) }
        defer { upstream.stop() }
        let frontend = try RunningFrontend(
            [.init(name: "one", port: upstream.port, more: Self.more())], .init(allowPartial: true))
        defer { frontend.stop() }
        try warmUp(frontend)
        let before = DescriptorCount.of(processID: frontend.process.processID)
        for row in Self.rows where row.status != nil {
            fault.set(row.fault)
            for endpoint in Self.endpoints {
                let answer = try frontend.get(endpoint, tenants: "good|bad")
                let place = "\(row.name) at \(endpoint): \(answer.status) \(answer.text.prefix(200))"
                #expect(answer.status == 200, "\(place)")
                #expect(answer["X-Tempo-Federation"] == "partial", "\(place)")
                #expect(answer["X-Tempo-Federation-Reason"]?.contains("bad") == true, "\(place)")
                #expect(answer.text.contains("good"), "\(place)")
                if endpoint.hasPrefix("/api/v2/traces") {
                    let json = try JSONValue(parsing: answer.body)
                    #expect(json["status"] == .string("PARTIAL"), "\(place)")
                    #expect(json["message"]?.text?.isEmpty == false, "\(place)")
                }
                fault.forgetAttempts()
            }
        }
        // Nobody answers: partial becomes the error again.
        fault.set { _ in .answer(.text(503, "overloaded")) }
        #expect(try frontend.get(Self.endpoints[2], tenants: "bad|bad").status == 503)
        try expectNoLeak(frontend, before: before, upstream: upstream)
    }

    @Test func `of two targets the failing one is named`() throws {
        let fault = FaultSwitch()
        let healthy = try ScriptedUpstream { .answer(HandMadeAnswers.good($0)) }
        defer { healthy.stop() }
        let faulty = try ScriptedUpstream { fault.behaviour(for: $0) }
        defer { faulty.stop() }
        let frontend = try RunningFrontend([
            .init(name: "healthy", port: healthy.port, more: Self.more()),
            .init(name: "faulty", port: faulty.port, more: Self.more()),
        ])
        defer { frontend.stop() }
        for row in Self.rows {
            fault.set(row.fault)
            let answer = try frontend.get(Self.endpoints[0], tenants: "good")
            let place = "\(row.name): \(answer.status) \(answer.text.prefix(200))"
            #expect(answer.status == row.statusOfTwoTargets ?? row.status ?? 200, "\(place)")
            if answer.status == 502 || answer.status == 504 { #expect(answer.text.contains("faulty"), "\(place)") }
            #expect(!answer.text.contains("healthy"), "\(place)")
            fault.forgetAttempts()
        }
    }

    @Test func `a refused connection is a bad gateway, and a partial answer where allowed`() throws {
        let healthy = try ScriptedUpstream { .answer(HandMadeAnswers.good($0)) }
        defer { healthy.stop() }
        let refused = try ScriptedUpstream.refusedPort()
        for allowPartial in [false, true] {
            let frontend = try RunningFrontend(
                [
                    .init(name: "healthy", port: healthy.port, more: Self.more()),
                    .init(name: "gone", port: refused, more: Self.more()),
                ], .init(allowPartial: allowPartial))
            defer { frontend.stop() }
            for endpoint in Self.endpoints {
                let answer = try frontend.get(endpoint, tenants: "good")
                #expect(answer.status == (allowPartial ? 200 : 502), "\(endpoint): \(answer.text)")
                if allowPartial {
                    #expect(answer["X-Tempo-Federation"] == "partial")
                    #expect(answer["X-Tempo-Federation-Reason"]?.contains("gone") == true)
                } else {
                    #expect(answer.text.contains("gone"), "\(endpoint): \(answer.text)")
                }
            }
        }
    }

    @Test func `a 401 meant for the caller passes when the caller's Authorization was sent`() throws {
        let upstream = try Self.upstream { _ in .answer(.text(401, "who are you")) }
        defer { upstream.stop() }
        let frontend = try RunningFrontend([
            .init(name: "open", port: upstream.port, more: Self.more())
        ])
        defer { frontend.stop() }
        let answer = try frontend.get(
            Self.endpoints[0], tenants: "good|bad", fields: [("Authorization", "Basic dTpw")])
        #expect(answer.status == 401)
        #expect(answer.text.contains("who are you"))
        #expect(upstream.requests.allSatisfy { $0["Authorization"] == "Basic dTpw" })

        let own = try RunningFrontend([
            .init(
                name: "own", port: upstream.port,
                more: Self.more("basic_auth:", "  username: us", "  password: secret"))
        ])
        defer { own.stop() }
        let seen = upstream.requests.count
        let refused = try own.get(Self.endpoints[0], tenants: "good|bad", fields: [("Authorization", "Basic dTpw")])
        #expect(refused.status == 502)
        #expect(upstream.requests[seen...].allSatisfy { $0["Authorization"] == "Basic dXM6c2VjcmV0" })
        #expect(!own.process.standardError.contains("secret"))
    }

    @Test func `not found is an answer, a missing path is not`() throws {
        let upstream = try ScriptedUpstream { request in
            switch request.tenant {
            case "empty": .answer(ScriptedAnswer(404))
            case "emptyV2":
                request.path.hasPrefix("/api/v2/")
                    ? .answer(.protobuf(ProtobufField.encode(1, []) + ProtobufField.encode(2, [])))
                    : .answer(ScriptedAnswer(404))
            case "old":
                request.path.hasPrefix("/api/v2/traces/")
                    ? .answer(.pageNotFound) : .answer(HandMadeAnswers.good(request))
            case "astray": .answer(.pageNotFound)
            default: .answer(HandMadeAnswers.good(request))
            }
        }
        defer { upstream.stop() }
        let id = HandMadeAnswers.traceID
        func frontend() throws -> RunningFrontend {
            try RunningFrontend([.init(name: "one", port: upstream.port, more: Self.more())])
        }
        do {
            let frontend = try frontend()
            defer { frontend.stop() }
            for tenants in ["empty|good", "emptyV2|good"] {
                let found = try frontend.get("/api/traces/\(id)", tenants: tenants)
                #expect(found.status == 200)
                #expect(found.text.contains("work of good"))
                #expect(try frontend.get("/api/v2/traces/\(id)", tenants: tenants).text.contains("work of good"))
            }
            let first = try frontend.get("/api/traces/\(id)", tenants: "empty|emptyV2")
            #expect(first.status == 404)
            #expect(first.body.isEmpty)
            let second = try frontend.get("/api/v2/traces/\(id)", tenants: "empty|emptyV2")
            #expect(second.status == 200)
            #expect(second.text == #"{"trace":{},"metrics":{}}"#)
        }
        do {
            let frontend = try frontend()
            defer { frontend.stop() }
            #expect(try frontend.get("/api/v2/traces/\(id)", tenants: "good|old").status == 200)
            let both = try frontend.get("/api/traces/\(id)", tenants: "good|old")
            #expect(both.text.contains("work of old"))
            #expect(both.text.contains("work of good"))
        }
        let astray = try frontend()
        defer { astray.stop() }
        for target in ["/api/v2/traces/\(id)", "/api/search?q=%7B%7D&start=1&end=100"] {
            let answer = try astray.get(target, tenants: "astray|good")
            #expect(answer.status == 502, "\(target)")
            #expect(answer.text.contains("target one"), "\(answer.text)")
        }
    }

    @Test func `trace parts that come twice count once`() throws {
        let upstream = try ScriptedUpstream { request in
            let part = HandMadeAnswers.trace("same")
            return .answer(.protobuf(ProtobufField.encode(1, part + part) + ProtobufField.encode(2, [])))
        }
        defer { upstream.stop() }
        let frontend = try RunningFrontend([.init(name: "one", port: upstream.port)])
        defer { frontend.stop() }
        let answer = try frontend.get(
            "/api/v2/traces/\(HandMadeAnswers.traceID)", tenants: "a|b", accept: "application/protobuf")
        #expect(answer.status == 200)
        #expect(try TempoSchemas.spans(ofTraceByIDResponse: answer.body).count == 1)
    }

    @Test func `a client that goes away takes its sub-requests with it`() throws {
        let upstream = try ScriptedUpstream { _ in .silence }
        defer { upstream.stop() }
        let frontend = try RunningFrontend([.init(name: "one", port: upstream.port, more: ["timeout: 60s"])])
        defer { frontend.stop() }
        let connection = try RawConnection(port: frontend.port)
        try connection.send("GET \(Self.endpoints[0]) HTTP/1.1\r\nHost: x\r\nX-Scope-OrgID: a|b|c\r\n\r\n")
        #expect(upstream.waitForRequests(3))
        #expect(upstream.openConnections == 3)
        connection.breakOff()
        #expect(upstream.waitForOpenConnections(atMost: 0))
    }

    /// Opens what the program keeps open, so that the first count of descriptors is one of a running state.
    private func warmUp(_ frontend: RunningFrontend) throws {
        for endpoint in Self.endpoints { _ = try frontend.get(endpoint, tenants: "good|fine") }
    }

    private func expectNoLeak(_ frontend: RunningFrontend, before: Int?, upstream: ScriptedUpstream) throws {
        guard let before else { return }
        // Every fault of a tenant is followed by good answers, so the pool may hold a connection or two more than before.
        let after = try #require(
            DescriptorCount.settled(of: frontend.process.processID, atMost: before + 2))
        #expect(after <= before + 2, "\(before) descriptors before, \(after) after")
        #expect(upstream.openConnections <= 6)
    }
}
