import HTTPTransport
import TempoAPI
import Testing

@testable import QueryFrontend
import TestSupport

/// What one row of a table cannot say: concurrency, cancellation, and what a frontend remembers from one query to the next.
@Suite(.timeLimit(.minutes(2))) struct FrontendServiceTests {
    private static let emptySearch = ScriptedAnswer.json(#"{"traces":[],"metrics":{}}"#)
    private static let tags = ScriptedAnswer.json(#"{"tagNames":["x"],"metrics":{}}"#)
    private static let traceID = "0a0102030405060708090a0b0c0d0e0f"

    // MARK: Concurrency

    @Test(arguments: [1, 3, 20])
    func `no more sub-requests are in flight than one query may have`(_ most: Int) async throws {
        let gates = (0..<100).map { _ in Gate() }
        let harness = try ServiceHarness(
            """
            multitenancy_enabled: true
            federation: {max_concurrent_requests_per_query: \(most), proxy_targets: [{name: one, url: 'http://one'}]}
            """
        ) { request in
            try await gates[Int(request.tenant ?? "") ?? 0].wait()
            return .json(#"{"tagNames":["\#(request.tenant ?? "")"],"metrics":{}}"#)
        }
        let tenants = (0..<100).map(String.init)
        let answer = try await withThrowingTaskGroup(of: ServiceAnswer.self) { group in
            group.addTask { try await harness.get("/api/search/tags", tenant: tenants.joined(separator: "|")) }
            // One at a time is released, so that another can come only into its place.
            for count in most...100 {
                await harness.transport.received(count)
                #expect(harness.transport.requests.count == count)
                let next = harness.transport.requests[count - most]
                gates[Int(next.tenant ?? "") ?? 0].open()
            }
            for gate in gates { gate.open() }
            guard let answer = try await group.next() else { throw CancellationError() }
            return answer
        }
        #expect(answer.status == 200)
        #expect(answer.json?["tagNames"]?.elements.compactMap(\.text) == tenants.sorted())
        #expect(harness.transport.mostInFlight == most)
        #expect(Set(harness.transport.requests.compactMap(\.tenant)).count == 100)
        #expect(harness.transport.inFlight == 0)
    }

    @Test func `a query above max_concurrent_queries is refused, and the next one is not`() async throws {
        let gate = Gate()
        let harness = try ServiceHarness(
            """
            multitenancy_enabled: true
            federation: {max_concurrent_queries: 1, proxy_targets: [{name: one, url: 'http://one'}]}
            """
        ) { _ in
            try await gate.wait()
            return Self.tags
        }
        try await withThrowingTaskGroup(of: ServiceAnswer.self) { group in
            group.addTask { try await harness.get("/api/search/tags") }
            await harness.transport.received(1)
            let refused = try await harness.get("/api/search/tags")
            #expect(refused.status == 429)
            #expect(refused.text == "too many queries are running (federation.max_concurrent_queries)")
            // Pages and refusals of the header do not count as queries.
            #expect(try await harness.get("/ready").status == 200)
            #expect(try await harness.get("/api/search/tags", tenant: nil).status == 401)
            gate.open()
            #expect(try await group.next()?.status == 200)
        }
        #expect(try await harness.get("/api/search/tags").status == 200)
        #expect(harness.transport.requests.count == 2)
    }

    @Test func `a refused or failed query gives its place back`() async throws {
        let harness = try ServiceHarness(
            """
            multitenancy_enabled: true
            federation: {max_concurrent_queries: 1, proxy_targets: [{name: one, url: 'http://one'}]}
            """
        ) { request in request.attempt == 1 ? .text(400, "bad") : Self.tags }
        #expect(try await harness.get("/api/search/tags").status == 400)
        #expect(try await harness.get("/api/search/tags", tenant: "a b").status == 400)
        #expect(try await harness.get("/api/search/tags").status == 200)
    }

    /// A client that reads slowly: the first piece waits at the gate.
    private struct SlowWriter: HTTPBodyWriter {
        let gate: Gate
        func write(_ bytes: [UInt8]) async throws { try await gate.wait() }
    }

    @Test func `a trace that is still being sent keeps the place of its query`() async throws {
        let trace = TraceByIDResponse(
            trace: Trace(resourceSpans: [ResourceSpans(scopeSpans: [ScopeSpans(spans: [TraceSpan(name: "x")])])]))
        let harness = try ServiceHarness(
            """
            multitenancy_enabled: true
            federation: {max_concurrent_queries: 1, proxy_targets: [{name: one, url: 'http://one'}]}
            """
        ) { _ in .protobuf(trace.protobuf) }
        let request = HTTPServerRequest(
            method: "GET", target: "/api/traces/0a", fields: HTTPFields([("X-Scope-OrgID", "a")]))
        let gate = Gate()
        try await withThrowingTaskGroup(of: Void.self) { group in
            var response: HTTPResponse? = await harness.service.respond(to: request)
            let body = response?.body
            response = nil
            guard case .stream(_, let produce)? = body else { throw CancellationError() }
            group.addTask { try await produce(SlowWriter(gate: gate)) }
            #expect(try await harness.get("/api/traces/0a").status == 429)
            gate.open()
            try await group.waitForAll()
        }
        #expect(try await harness.get("/api/traces/0a").status == 200)
        // A response that nobody reads gives its place back, too.
        _ = await harness.service.respond(to: request)
        #expect(try await harness.get("/api/traces/0a").status == 200)
    }

    // MARK: Cancellation

    @Test(arguments: ["/api/search", "/api/traces/0a", "/api/search/tags", "/api/v2/search/tag/.x/values"])
    func `a client that goes away cancels what its query asked`(_ target: String) async throws {
        let gate = Gate()
        let harness = try ServiceHarness(ServiceHarness.twoTargets) { _ in
            try await gate.wait()
            return Self.tags
        }
        let answer = try await Self.cancelling(harness, target, tenant: "a|b", after: 4)
        #expect(answer.status == 499)
        #expect(answer.text == "context canceled")
        #expect(harness.transport.cancelled == 4)
        #expect(harness.transport.inFlight == 0)
        #expect(harness.transport.requests.count == 4)
        let page = String(decoding: harness.metrics.registry.expose(), as: UTF8.self)
        #expect(page.contains(#"result="canceled""#))
    }

    @Test func `cancelling one sub-request of one tenant or of what passes through does the same`() async throws {
        for target in ["/api/search", "/api/metrics/query?q={}|rate()"] {
            let gate = Gate()
            let harness = try ServiceHarness { _ in
                try await gate.wait()
                return Self.tags
            }
            let answer = try await Self.cancelling(harness, target, tenant: "a", after: 1)
            #expect(answer.status == 499)
            #expect(harness.transport.cancelled == 1)
            #expect(harness.transport.requests.count == 1)
        }
    }

    private static func cancelling(
        _ harness: ServiceHarness, _ target: String, tenant: String, after count: Int
    ) async throws -> ServiceAnswer {
        try await withThrowingTaskGroup(of: ServiceAnswer.self) { group in
            group.addTask { try await harness.get(target, tenant: tenant) }
            await harness.transport.received(count)
            group.cancelAll()
            guard let answer = try await group.next() else { throw CancellationError() }
            return answer
        }
    }

    // MARK: Deadlines

    @Test func `a sub-request is given the nearest of all deadlines`() async throws {
        for (settings, timeout, atMost) in [
            ("", "30s", Duration.seconds(29)), ("query_frontend: {api_timeout: 5s}", "30s", .seconds(5)),
            ("query_frontend: {api_timeout: 5s}", "2s", .seconds(2)),
            ("server: {http_server_write_timeout: 11s}", "30s", .seconds(10)),
        ] {
            let harness = try ServiceHarness(
                """
                multitenancy_enabled: true
                federation: {proxy_targets: [{name: one, url: 'http://one', timeout: \(timeout)}]}
                \(settings)
                """, hasDefaultTimes: true
            ) { _ in Self.tags }
            let before = ContinuousClock.now
            _ = try await harness.get("/api/search/tags")
            let after = ContinuousClock.now
            let deadline = try #require(harness.transport.requests.first?.deadline)
            #expect(deadline >= before + atMost, "\(settings)")
            #expect(deadline <= after + atMost, "\(settings)")
        }
    }

    // MARK: Memory

    @Test func `a target without v2 lookups is remembered, each target apart`() async throws {
        let trace = try Trace.decode(json: Array(#"{"batches":[{"scopeSpans":[{"spans":[{"name":"x"}]}]}]}"#.utf8))
        let harness = try ServiceHarness(ServiceHarness.twoTargets) { request in
            if request.target == "two" { return ScriptedAnswer(status: 404) }
            if request.path.hasPrefix("/api/v2/") { return .text(404, "404 page not found\n") }
            return .protobuf(trace.protobuf)
        }
        for _ in 0..<3 { #expect(try await harness.get("/api/v2/traces/" + Self.traceID).status == 200) }
        let asked = harness.transport.requests.map { $0.target + " " + $0.path }
        #expect(asked.count { $0 == "one /api/v2/traces/" + Self.traceID } == 1)
        #expect(asked.count { $0 == "one /api/traces/" + Self.traceID } == 3)
        #expect(asked.count { $0 == "two /api/v2/traces/" + Self.traceID } == 3)
        #expect(asked.count == 7)
    }

    @Test func `a missing trace does not make a target one without v2`() async throws {
        let harness = try ServiceHarness { _ in ScriptedAnswer(status: 404) }
        for _ in 0..<2 { #expect(try await harness.get("/api/traces/" + Self.traceID).status == 404) }
        #expect(harness.transport.requests.allSatisfy { $0.path.hasPrefix("/api/v2/traces/") })
    }

    @Test func `a target that serves neither lookup is not remembered as one without v2`() async throws {
        let harness = try ServiceHarness { request in
            let isEarly = request.attempt == 1
            return isEarly ? .text(404, "404 page not found\n") : ScriptedAnswer(status: 404)
        }
        #expect(try await harness.get("/api/traces/" + Self.traceID).status == 502)
        #expect(try await harness.get("/api/traces/" + Self.traceID).status == 404)
        let paths = harness.transport.requests.map(\.path)
        #expect(paths == ["/api/v2/traces/", "/api/traces/", "/api/v2/traces/"].map { $0 + Self.traceID })
    }

    // MARK: Size

    @Test(arguments: ["application/json", "application/protobuf"])
    func `answers that are worked on away from the event loop are the same`(_ accept: String) async throws {
        let values = (0..<40_000).map { "value-\($0)" }
        let harness = try ServiceHarness(ServiceHarness.twoTargets) { request in
            let half = request.target == "one" ? values.prefix(30_000) : values.suffix(30_000)
            return .protobuf(SearchTagValuesResponse(tagValues: Array(half)).protobuf)
        }
        let answer = try await harness.get("/api/search/tag/x/values", fields: [("Accept", accept)])
        #expect(answer.status == 200)
        let whole =
            accept == "application/json"
            ? try SearchTagValuesResponse.decode(json: answer.body)
            : try SearchTagValuesResponse.decode(protobuf: answer.body)
        #expect(whole.tagValues == values.sorted())
    }

    @Test func `a large trace is merged and streamed whole`() async throws {
        // Each part is above the size that leaves the event loop.
        let padding = String(repeating: "x", count: 100)
        let spans = (0..<4_000).map { index in
            TraceSpan(
                spanID: withUnsafeBytes(of: UInt64(index + 1).bigEndian) { Array($0) },
                name: "span \(index) \(padding)",
                startTimeUnixNano: UInt64(index))
        }
        @Sendable func part(_ own: [TraceSpan]) -> ScriptedAnswer {
            .protobuf(
                TraceByIDResponse(trace: Trace(resourceSpans: [ResourceSpans(scopeSpans: [ScopeSpans(spans: own)])]))
                    .protobuf)
        }
        let harness = try ServiceHarness(ServiceHarness.twoTargets) { request in
            part(request.target == "one" ? Array(spans.prefix(3_000)) : Array(spans.suffix(3_000)))
        }
        for accept in ["application/json", "application/protobuf"] {
            let answer = try await harness.get("/api/traces/" + Self.traceID, fields: [("Accept", accept)])
            #expect(answer.status == 200)
            #expect(answer.body.count > OffLoop.threshold)
            let merged =
                accept == "application/json"
                ? try Trace.decode(json: answer.body) : try Trace.decode(protobuf: answer.body)
            let found = merged.resourceSpans.flatMap(\.scopeSpans).flatMap(\.spans)
            #expect(found.count == 4_000)
            #expect(Set(found.map(\.spanID)).count == 4_000)
        }
    }

    @Test func `a part that is broken inside a span is refused before the first byte`() async throws {
        // One span whose attributes are no message: resourceSpans 1, scopeSpans 2, spans 2, attributes 9.
        let broken: [UInt8] = [0x0A, 0x08, 0x0A, 0x06, 0x12, 0x04, 0x12, 0x02, 0x4A, 0x7F]
        let harness = try ServiceHarness(ServiceHarness.twoTargets) { request in
            .protobuf(request.target == "one" ? broken : TraceByIDResponse(trace: Trace()).protobuf)
        }
        let answer = try await harness.get("/api/v2/traces/" + Self.traceID)
        #expect(answer.status == 502)
        #expect(answer.text.hasPrefix("target one gave an answer that cannot be read: "))
    }

    // MARK: Pages

    @Test func `an answer that is too large shows that its target can be reached`() async throws {
        let harness = try ServiceHarness { request in
            throw HTTPClientError(code: request.attempt == 1 ? .bodyTooLarge : .poolExhausted, message: "x")
        }
        for _ in 0..<2 {
            _ = try await harness.get("/api/search/tags")
            let page = try await harness.get("/status/upstreams", tenant: nil).text
            #expect(page.contains("| yes "))
        }
    }

    @Test func `the page of upstreams tells what happened`() async throws {
        let harness = try ServiceHarness(ServiceHarness.twoTargets) { request in
            if request.target == "two" { throw HTTPClientError(code: .connect, message: "no way") }
            return Self.tags
        }
        _ = try await harness.get("/api/search/tags")
        let page = try await harness.get("/status/upstreams", tenant: nil).text
        let rows = page.split(separator: "\n").map { $0.split(separator: "|").map { $0.trimmingBlanks } }
        let one = try #require(rows.first { $0.first == "one" })
        let two = try #require(rows.first { $0.first == "two" })
        // name, url, reachable, in flight, requests, failures, mean latency, last answer, last error
        #expect(one[2...5] == ["yes", "0", "1", "0"])
        #expect(one[7] == "2026-11-21T00:13:20Z")
        #expect(one[8] == "-")
        #expect(two[2...5] == ["no", "0", "1", "1"])
        #expect(two[8].hasPrefix("2026-11-21T00:13:20Z"))
        #expect(two[8].contains("no way"))
    }

    @Test func `an error text from outside cannot break the page of upstreams`() async throws {
        let harness = try ServiceHarness { _ in .text(500, "a\n| evil | row |\r\n\u{1B}[31m") }
        _ = try await harness.get("/api/search/tags")
        let page = try await harness.get("/status/upstreams", tenant: nil).text
        #expect(page.split(separator: "\n").count == 5)
        #expect(!page.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    }

    @Test func `metrics count queries, sub-requests and attempts`() async throws {
        let harness = try ServiceHarness(ServiceHarness.twoTargets) { request in
            request.target == "two" && request.attempt == 1 ? .text(500, "x") : Self.tags
        }
        _ = try await harness.get("/api/search/tags", tenant: "b|a|b")
        _ = try await harness.get("/api/search/tags", tenant: "a b")
        let page = try await harness.get("/metrics", tenant: nil).text
        for line in [
            #"tempo_query_frontend_queries_total{tenant="a|b",op="metadata",result="completed"} 1"#,
            #"tempo_query_frontend_multitenant_success_total{tenant="a"} 2"#,
            #"tempo_federation_upstream_requests_total{upstream="one",op="metadata",status="200"} 2"#,
            #"tempo_federation_upstream_requests_total{upstream="two",op="metadata",status="200"} 2"#,
            #"tempo_federation_upstream_retries_total{upstream="two"} 2"#,
            #"tempo_federation_upstream_inflight{upstream="two"} 0"#,
            #"tempo_federation_tenants_per_query_count 1"#,
            #"tempo_request_duration_seconds_count{method="GET",route="api_search_tags",status_code="200",ws="false"} 1"#,
            #"tempo_request_duration_seconds_count{method="GET",route="api_search_tags",status_code="400",ws="false"} 1"#,
        ] {
            #expect(page.contains(line), "\(line)")
        }
        // A refused tenant list never becomes a label.
        #expect(!page.contains("a b"))
    }

    @Test func `readiness follows the phase`() async throws {
        let harness = try ServiceHarness { _ in Self.tags }
        let expected: [(FrontendService.Phase, Int, String)] = [
            (.starting, 503, "Some services are not Running:\nStarting: 1\n"), (.running, 200, "ready\n"),
            (.stopping, 503, "Application is stopping\n"),
        ]
        for (phase, status, text) in expected {
            harness.service.phase = phase
            let answer = try await harness.get("/ready", tenant: nil)
            #expect(answer.status == status)
            #expect(answer.text == text)
        }
    }

    @Test func `each query leaves one line with what was asked and what came`() async throws {
        let harness = try ServiceHarness(ServiceHarness.twoTargets) { request in
            request.asker == "b@two" ? .text(429, "slow down") : Self.tags
        }
        _ = try await harness.get("/api/search/tags?limit=3", tenant: "a|b")
        #expect(harness.log.lines.count == 1)
        let line = try #require(harness.log.lines.first)
        for part in [
            "msg=\"query stats\"", "tenant=a|b", "tenants=2", "method=GET", "status=429", "targets=2", "sub_requests=4",
            "attempts=4", "failed=\"b@two=status 429\"", "err=\"slow down\"",
        ] {
            #expect(line.contains(part), "\(part) in \(line)")
        }
    }
}

extension Substring {
    fileprivate var trimmingBlanks: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
