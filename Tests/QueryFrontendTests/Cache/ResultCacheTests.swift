import HTTPTransport
import TempoAPI
import TenantFederation
import TestSupport
import Testing

@testable import QueryFrontend

/// The cache as a client sees it: how often targets are asked, and what comes back.
@Suite(.timeLimit(.minutes(20))) struct ResultCacheTests {
    private static func config(
        targets: String = "{name: one, url: 'http://one'}, {name: two, url: 'http://two'}",
        cache: String = "enabled: true", more: String = ""
    ) -> String {
        "multitenancy_enabled: true\n"
            + "federation: {proxy_targets: [\(targets)], result_cache: {\(cache)}\(more.isEmpty ? "" : ", " + more)}\n"
    }

    private static let now = ServiceHarness.unixSeconds
    private static let traceID = "0123456789abcdef0123456789abcdef"

    private static func trace(endingAt seconds: Int64, status: PartialStatus = .complete) -> ScriptedAnswer {
        let span = TraceSpan(
            traceID: [UInt8](repeating: 1, count: 16), spanID: [1, 2, 3, 4, 5, 6, 7, 8], name: "work",
            startTimeUnixNano: UInt64(seconds - 1) * 1_000_000_000, endTimeUnixNano: UInt64(seconds) * 1_000_000_000)
        let trace = Trace(resourceSpans: [ResourceSpans(scopeSpans: [ScopeSpans(spans: [span])])])
        let message = status == .complete ? "" : "cut"
        return .protobuf(TraceByIDResponse(trace: trace, status: status, message: message).protobuf)
    }

    /// Answers every question of the API, old and whole.
    private static let whole: ScriptedTransport.Script = { request in
        switch request.path {
        case "/api/v2/search/tags": return .json(#"{"scopes":[{"name":"span","tags":["a","b"]}]}"#)
        case "/api/search/tags": return .json(#"{"tagNames":["a","b"]}"#)
        case "/api/search": return .json(#"{"traces":[],"metrics":{"completedJobs":1,"totalJobs":1}}"#)
        case "/api/metrics/query_range":
            return .json(#"{"series":[],"metrics":{"completedJobs":1,"totalJobs":1}}"#)
        case "/api/metrics/query":
            return .json(#"{"series":[],"metrics":{"completedJobs":1,"totalJobs":1}}"#)
        case let path where path.hasPrefix("/api/v2/search/tag/"):
            return .json(#"{"tagValues":[{"type":"string","value":"x"}]}"#)
        case let path where path.hasPrefix("/api/search/tag/"): return .json(#"{"tagValues":["x"]}"#)
        case let path where path.hasPrefix("/api/v2/traces/"): return trace(endingAt: now - 3600)
        default: return .text(404, "404 page not found")
        }
    }

    private static let window = "start=\(now - 7200)&end=\(now - 3600)"

    @Test(arguments: [
        "/api/v2/traces/\(traceID)", "/api/traces/\(traceID)", "/api/search?q=%7B%7D&\(window)",
        "/api/search?tags=a%3Db&\(window)", "/api/search/tags", "/api/v2/search/tags?scope=span",
        "/api/search/tag/a/values", "/api/v2/search/tag/span.a/values",
        "/api/metrics/query_range?q=%7B%7D%7Crate()&step=60s&\(window)",
        "/api/metrics/query?q=%7B%7D%7Crate()&\(window)",
    ])
    func `what is asked again is not asked of targets again`(_ target: String) async throws {
        let harness = try ServiceHarness(Self.config(), script: Self.whole)
        let first = try await harness.get(target, tenant: "a|b")
        #expect(first.status == 200, "\(first.text)")
        #expect(first.fields["X-Tempo-Federation-Cache"] == "miss")
        let asked = harness.transport.requests.count
        #expect(asked >= 4)
        let second = try await harness.get(target, tenant: "a|b")
        #expect(second.fields["X-Tempo-Federation-Cache"] == "hit")
        #expect(second.body == first.body)
        #expect(second.status == 200)
        #expect(harness.transport.requests.count == asked)
        // One of the tenants is known, the other not.
        let third = try await harness.get(target, tenant: "b|c")
        #expect(third.status == 200)
        #expect(third.fields["X-Tempo-Federation-Cache"] == "partial-hit")
        #expect(harness.transport.requests.dropFirst(asked).allSatisfy { $0.tenant == "c" })
        #expect(harness.log.lines[0].contains(" cached=0 "))
        #expect(harness.log.lines[1].contains(" attempts=0 upstream_bytes=0 "))
        #expect(!harness.log.lines[1].contains(" cached=0 "))
    }

    @Test func `without the cache nothing is said of it and everything is asked`() async throws {
        let harness = try ServiceHarness(ServiceHarness.twoTargets, script: Self.whole)
        for _ in 0..<2 {
            let answer = try await harness.get("/api/v2/search/tags")
            #expect(answer.fields["X-Tempo-Federation-Cache"] == nil)
        }
        #expect(harness.transport.requests.count == 4)
        #expect(!harness.log.lines.joined().contains("cached="))
    }

    @Test func `answers grow old`() async throws {
        let clock = MovedClock()
        let harness = try ServiceHarness(
            Self.config(cache: "enabled: true, tags_ttl: 1m, lookup_ttl: 10m, closed_ttl: 1h"), clock: clock,
            script: Self.whole)
        for (target, life) in [
            ("/api/search/tags?\(Self.window)", Duration.seconds(60)),
            ("/api/v2/traces/\(Self.traceID)", .seconds(600)),
            ("/api/search?q=%7B%7D&\(Self.window)", .seconds(3600)),
        ] {
            _ = try await harness.get(target)
            clock.advance(life - .nanoseconds(1))
            #expect(try await harness.get(target).fields["X-Tempo-Federation-Cache"] == "hit")
            clock.advance(.nanoseconds(1))
            #expect(try await harness.get(target).fields["X-Tempo-Federation-Cache"] == "miss")
        }
    }

    @Test func `tags up to now are kept while the window moves`() async throws {
        // 20 s before the next whole minute.
        let clock = MovedClock((Self.now - 20) * 1_000_000_000)
        let harness = try ServiceHarness(
            Self.config(cache: "enabled: true, tags_ttl: 1m"), clock: clock, script: Self.whole)
        var uses: [String?] = []
        for _ in 0..<14 {
            uses.append(try await harness.get("/api/v2/search/tags").fields["X-Tempo-Federation-Cache"])
            clock.advance(.seconds(10))
        }
        #expect(uses.filter { $0 == "miss" }.count == 3)
        #expect(uses.filter { $0 == "hit" }.count == 11)
    }

    @Test(arguments: [
        // Windows that end now, or are not there.
        "/api/search?q=%7B%7D&start=\(now - 3600)&end=\(now)", "/api/search?q=%7B%7D",
        "/api/metrics/query_range?q=%7B%7D%7Crate()&step=60s&start=\(now - 3600)&end=\(now - 60)",
        "/api/metrics/query?q=%7B%7D%7Crate()&start=\(now - 3600)&end=\(now - 60)",
    ])
    func `what may still change is asked again`(_ target: String) async throws {
        let harness = try ServiceHarness(Self.config(), script: Self.whole)
        for round in 1...2 {
            let answer = try await harness.get(target)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.fields["X-Tempo-Federation-Cache"] == "miss")
            #expect(harness.transport.requests.count == 2 * round)
        }
    }

    /// A panel of the last day that is asked again a minute later: only its ends are asked for.
    @Test func `a panel that moves asks for its ends only`() async throws {
        let clock = MovedClock()
        let harness = try ServiceHarness(
            Self.config(targets: "{name: one, url: 'http://one'}"), clock: clock, script: Self.whole)
        func ask(_ minute: Int64) async throws -> (use: String?, asked: Int) {
            let before = harness.transport.requests.count
            let end = Self.now + minute * 60
            let answer = try await harness.get(
                "/api/metrics/query_range?q=%7B%7D%7Crate()&step=60s&start=\(end - 86_000)&end=\(end)", tenant: "a|b")
            #expect(answer.status == 200, "\(answer.text)")
            return (answer.fields["X-Tempo-Federation-Cache"], harness.transport.requests.count - before)
        }
        let first = try await ask(0)
        #expect(first.use == "miss")
        #expect(first.asked >= 12)
        clock.advance(.seconds(60))
        let second = try await ask(1)
        #expect(second.use == "partial-hit")
        // Of each tenant the two ends, and the part before the last, which is not closed yet.
        #expect(second.asked == 6)
        clock.advance(.seconds(120))
        // Now it is.
        #expect(try await ask(3).asked == 6)
        #expect(try await ask(3).asked == 2)
    }

    /// What is not whole, by target and what it answers.
    private static let unkept: [(String, ScriptedAnswer)] = [
        ("/api/v2/traces/\(traceID)", ScriptedAnswer(status: 404)),
        ("/api/v2/traces/\(traceID)", trace(endingAt: now - 3600, status: .partial)),
        ("/api/v2/traces/\(traceID)", trace(endingAt: now - 60)),
        ("/api/v2/traces/\(traceID)", .protobuf([0xFF, 0xFF, 0xFF])),
        ("/api/v2/traces/\(traceID)", .text(500, "no")), ("/api/v2/traces/\(traceID)", .text(429, "no")),
        ("/api/v2/traces/\(traceID)", .text(422, "too large")),
        ("/api/search?q=%7B%7D&limit=1&\(window)", .json(#"{"traces":[{"traceID":"1","startTimeUnixNano":"5"}]}"#)),
        ("/api/search?q=%7B%7D&\(window)", .json(#"{"traces":[],"metrics":{"completedJobs":1,"totalJobs":2}}"#)),
        ("/api/search?q=%7B%7D&\(window)", .json("not json")),
        (
            "/api/metrics/query_range?q=%7B%7D%7Crate()&step=60s&\(window)",
            .json(#"{"series":[],"status":"PARTIAL","message":"max series"}"#)
        ),
        ("/api/v2/search/tags?limit=2", .json(#"{"scopes":[{"name":"span","tags":["a","b"]}]}"#)),
        ("/api/search/tags", .text(503, "no")),
    ]

    @Test(arguments: 0..<unkept.count)
    func `what is not whole or failed is asked again`(_ index: Int) async throws {
        let (target, scripted) = Self.unkept[index]
        let harness = try ServiceHarness(Self.config(targets: "{name: one, url: 'http://one'}")) { _ in scripted }
        var asked = 0
        for _ in 1...2 {
            let answer = try await harness.get(target, tenant: "a|b")
            let use = answer.fields["X-Tempo-Federation-Cache"]
            #expect(use == nil || use == "miss")
            #expect(harness.transport.requests.count > asked, "\(target)")
            asked = harness.transport.requests.count
        }
    }

    @Test func `one tenant's failure keeps nothing of it, and what is whole is kept`() async throws {
        let harness = try ServiceHarness(
            Self.config(targets: "{name: one, url: 'http://one'}", more: "allow_partial_responses: true")
        ) { request in
            request.tenant == "b" && request.attempt <= 2 ? .text(500, "no") : try await Self.whole(request)
        }
        let first = try await harness.get("/api/v2/traces/\(Self.traceID)", tenant: "a|b")
        #expect(first.fields["X-Tempo-Federation"] == "partial")
        let second = try await harness.get("/api/v2/traces/\(Self.traceID)", tenant: "a|b")
        #expect(second.fields["X-Tempo-Federation"] == "exact")
        #expect(second.fields["X-Tempo-Federation-Cache"] == "partial-hit")
        #expect(harness.transport.requests.map(\.tenant).sorted { ($0 ?? "") < ($1 ?? "") } == ["a", "b", "b", "b"])
    }

    // MARK: Whose answers

    @Test func `what one caller was answered another never sees`() async throws {
        let harness = try ServiceHarness(
            Self.config(targets: "{name: one, url: 'http://one'}"), allowedHeaders: ["X-Team"]
        ) { request in
            switch request.fields["Authorization"] {
            case "Bearer a": .json(#"{"tagNames":["of-a"]}"#)
            case "Bearer b": .json(#"{"tagNames":["of-b"]}"#)
            default: .text(401, "who are you")
            }
        }
        func ask(_ fields: [(String, String)], tenant: String = "t") async throws -> (Int, String, String?) {
            let answer = try await harness.get("/api/search/tags", tenant: tenant, fields: fields)
            return (answer.status, answer.text, answer.fields["X-Tempo-Federation-Cache"])
        }
        #expect(try await ask([("Authorization", "Bearer a")]).1.contains("of-a"))
        #expect(try await ask([("Authorization", "Bearer b")]).1.contains("of-b"))
        #expect(try await ask([("Authorization", "Bearer a")]).2 == "hit")
        #expect(try await ask([("Authorization", "Bearer c")]).0 != 200)
        #expect(try await ask([]).0 != 200)
        #expect(try await ask([("Authorization", "Bearer a"), ("X-Team", "x")]).2 == "miss")
        #expect(try await ask([("Authorization", "Bearer a")], tenant: "u").2 == "miss")
        // Where in a trace of its own a request stands changes nothing.
        #expect(try await ask([("Authorization", "Bearer a"), ("traceparent", "00-1-2-00")]).2 == "hit")
        #expect(harness.transport.requests.count == 6)
    }

    @Test func `callers share what a target is asked in its own name`() async throws {
        let harness = try ServiceHarness(
            Self.config(targets: "{name: one, url: 'http://one', basic_auth: {username: u, password: p}}"),
            script: Self.whole)
        _ = try await harness.get("/api/search/tags", fields: [("Authorization", "Bearer a")])
        let second = try await harness.get("/api/search/tags", fields: [("Authorization", "Bearer b")])
        #expect(second.fields["X-Tempo-Federation-Cache"] == "hit")
    }

    @Test func `what the client says about kept answers`() async throws {
        let clock = MovedClock()
        let harness = try ServiceHarness(
            Self.config(targets: "{name: one, url: 'http://one'}"), clock: clock, script: Self.whole)
        func ask(_ directive: String?) async throws -> String? {
            try await harness.get(
                "/api/search/tags?\(Self.window)", fields: directive.map { [("Cache-Control", $0)] } ?? []
            )
            .fields["X-Tempo-Federation-Cache"]
        }
        #expect(try await ask("no-store") == "miss")
        // It was not kept.
        #expect(try await ask(nil) == "miss")
        #expect(try await ask("no-store") == "miss")
        #expect(try await ask(nil) == "hit")
        clock.advance(.seconds(30))
        #expect(try await ask("max-age=30") == "hit")
        #expect(try await ask("max-age=29") == "miss")
        // Asked anew, and kept anew.
        #expect(try await ask("max-age=29") == "hit")
        clock.advance(.seconds(50))
        #expect(try await ask("no-cache") == "miss")
        clock.advance(.seconds(50))
        #expect(try await ask(nil) == "hit")
        #expect(harness.transport.requests.count == 5)
    }

    // MARK: At the same time

    @Test(arguments: ["enabled: true", "single_flight: true"])
    func `what many ask at the same time is asked once`(_ cache: String) async throws {
        let gate = Gate()
        let harness = try ServiceHarness(
            Self.config(
                targets: "{name: one, url: 'http://one'}", cache: cache,
                more: "tenant_attribute: '', target_attribute: ''")
        ) { request in
            try await gate.wait()
            return try await Self.whole(request)
        }
        let caching = try #require(harness.service.targets[0].upstream as? CachingUpstream)
        // Recent, so that nothing is kept.
        let target = "/api/search?q=%7B%7D"
        let joined = harness.metrics.cacheRequests.with("search", "joined")
        try await withThrowingTaskGroup(of: ServiceAnswer.self) { group in
            for _ in 0..<10 { group.addTask { try await harness.get(target) } }
            await harness.transport.received(1)
            while caching.waiting < 9 { await Task.yield() }
            gate.open()
            for try await answer in group { #expect(answer.status == 200) }
        }
        let asked = harness.transport.requests.count
        #expect(asked == 1)
        #expect(joined.value == 9)
        let after = try await harness.get(target)
        #expect(after.fields["X-Tempo-Federation-Cache"] == "miss")
        #expect(harness.transport.requests.count == asked + 1)
    }

    @Test func `single_flight alone keeps nothing`() async throws {
        let harness = try ServiceHarness(Self.config(cache: "single_flight: true"), script: Self.whole)
        for _ in 0..<2 {
            #expect(try await harness.get("/api/search/tags").fields["X-Tempo-Federation-Cache"] == "miss")
        }
        #expect(harness.transport.requests.count == 4)
        #expect(harness.metrics.cacheBytes.with().value == 0)
    }

    // MARK: Bytes

    @Test func `a kept answer counts among the bytes that a query may hold`() async throws {
        let clock = MovedClock()
        // Two of these answers do not fit into one query.
        let harness = try ServiceHarness(
            Self.config(
                targets: "{name: one, url: 'http://one'}", more: "query_max_response_bytes: 150"), clock: clock,
            script: Self.whole)
        let size = Self.trace(endingAt: Self.now - 3600).body.count
        #expect(size > 75 / 2 && size <= 150)
        for _ in 0..<5 {
            #expect(try await harness.get("/api/v2/traces/\(Self.traceID)", tenant: "a").status == 200)
            #expect(try await harness.get("/api/v2/traces/\(Self.traceID)", tenant: "b").status == 200)
        }
        #expect(harness.transport.requests.count == 2)
        let tenants = (0..<3).map { "t\($0)" } + ["a", "b"]
        let many = try await harness.get("/api/v2/traces/\(Self.traceID)", tenant: tenants.joined(separator: "|"))
        #expect(many.status == 502)
        #expect(many.text.contains("query_max_response_bytes"))
    }

    @Test func `metrics tell bytes, entries and what became of sub-requests`() async throws {
        let harness = try ServiceHarness(
            Self.config(cache: "enabled: true, max_bytes: 30000, max_entry_bytes: 3750"), script: Self.whole)
        for number in 0..<50 {
            _ = try await harness.get("/api/v2/search/tag/span.a\(number)/values")
            _ = try await harness.get("/api/v2/search/tag/span.a\(number)/values")
        }
        let page = String(decoding: harness.metrics.registry.expose(), as: UTF8.self)
        #expect(page.contains(#"tempo_federation_cache_requests_total{op="metadata",result="miss"} 100"#))
        #expect(page.contains(#"tempo_federation_cache_requests_total{op="metadata",result="hit"} 100"#))
        let bytes = harness.metrics.cacheBytes.with().value
        let entries = harness.metrics.cacheEntries.with().value
        #expect(bytes > 15000 && bytes <= 30000)
        #expect(entries > 0 && entries * Double(CachedAnswer.overhead) < bytes)
        #expect(harness.metrics.cacheEvictions.with().value == 100 - UInt64(entries))
    }

    @Test func `an answer that is too large is not kept`() async throws {
        let harness = try ServiceHarness(
            Self.config(cache: "enabled: true, max_bytes: 100000, max_entry_bytes: 1000")
        ) { _ in
            .json(#"{"tagNames":["\#(String(repeating: "x", count: 1000))"]}"#)
        }
        for _ in 0..<2 { _ = try await harness.get("/api/search/tags") }
        #expect(harness.transport.requests.count == 4)
    }

    /// Many tenants, long names, long queries: the memory stays within its bound.
    @Test func `hostile clients do not get more memory than there is`() async throws {
        let harness = try ServiceHarness(
            Self.config(
                targets: "{name: one, url: 'http://one'}",
                cache: "enabled: true, max_bytes: 100000, max_entry_bytes: 10000"), script: Self.whole)
        for number in 0..<80 {
            let tenant = "t\(number)" + String(repeating: "x", count: 100)
            let long = String(repeating: "y", count: number * 300)
            _ = try await harness.get("/api/v2/search/tag/span.\(long)/values", tenant: tenant)
            _ = try await harness.get("/api/search/tags", tenant: tenant, fields: [("Authorization", long)])
        }
        let bytes = harness.metrics.cacheBytes.with().value
        #expect(bytes > 20_000 && bytes <= 100_000)
    }

    // MARK: Configuration

    @Test(arguments: [
        ("max_bytes: 0", "federation.result_cache.max_bytes: must be greater than 0, is 0"),
        ("max_entry_bytes: -1", "federation.result_cache.max_entry_bytes: must be greater than 0, is -1"),
        ("closed_after: -1s", "federation.result_cache.closed_after: must not be negative, is -1s"),
        ("closed_ttl: -1s", "federation.result_cache.closed_ttl: must not be negative, is -1s"),
        ("lookup_ttl: -1s", "federation.result_cache.lookup_ttl: must not be negative, is -1s"),
        ("tags_ttl: -1s", "federation.result_cache.tags_ttl: must not be negative, is -1s"),
        (
            "enabled: true, max_bytes: 10, max_entry_bytes: 11",
            "federation.result_cache.max_entry_bytes: must not exceed max_bytes (10), is 11"
        ),
        (
            "enabled: true, closed_after: 29s",
            "federation.result_cache.closed_after: must be at least query_frontend.query_end_cutoff (30s), is 29s"
        ),
    ])
    func `a cache that cannot work is refused at the start`(_ cache: String, _ text: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try ServiceHarness(Self.config(cache: cache), script: Self.whole)
        }
        #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
    }

    @Test func `a cache before the embedded store is warned of`() throws {
        let loaded = try ConfigurationLoader.load(
            try CommandLineOptions.parse(["-config.file=main"]), environment: [:],
            readFile: { (_: String) throws(FileReadError) in
                Array("target: all\nfederation: {result_cache: {enabled: true}}\n".utf8)
            })
        #expect(loaded.warnings.contains { $0.message.contains("federation.result_cache") })
    }

    @Test func `the page of the configuration shows it`() async throws {
        let harness = try ServiceHarness(Self.config(cache: "enabled: true, tags_ttl: 5s"), script: Self.whole)
        let page = try await harness.get("/status/config?mode=diff", tenant: nil)
        #expect(page.text.contains("  result_cache:\n    enabled: true\n    tags_ttl: 5s\n"), "\(page.text)")
    }
}
