import Synchronization
import TempoAPI
import TenantFederation
import Testing
import TraceQL

@testable import QueryFrontend

/// Bytes, accounts and failures of those who share an answer.
@Suite(.timeLimit(.minutes(20))) struct CachingUpstreamTests {
    /// Gives what its script says for lookups; takes the bytes from the query's budget as a target's answer does.
    private final class ScriptedUpstream: Upstream {
        let name = "one"
        let capabilities = UpstreamCapabilities()
        let gate = Gate()
        private let calls = Mutex(0)
        private let script: @Sendable (Int) throws -> [UInt8]

        init(_ script: @escaping @Sendable (Int) throws -> [UInt8]) { self.script = script }

        var count: Int { calls.withLock { $0 } }

        func trace(_ lookup: TraceLookup, _ context: SubRequestContext) -> PartialAnswers<TraceAnswer> {
            PartialAnswers(single: {
                let number = self.calls.withLock { calls in
                    calls += 1
                    return calls
                }
                context.account.addAttempt()
                try await self.gate.wait()
                let bytes = try self.script(number)
                guard context.budget.take(bytes.count) else {
                    throw UpstreamError(.answerTooLarge, message: "too large", target: self.name)
                }
                context.account.addReceivedBytes(bytes.count)
                return .trace(bytes)
            })
        }

        private func none<Part: Sendable>() -> PartialAnswers<Part> { PartialAnswers(single: { nil }) }
        func search(_ query: SearchQuery, _ context: SubRequestContext) -> PartialAnswers<SearchResponse> { none() }
        func tagNames(_ query: TagNamesQuery, _ context: SubRequestContext) -> PartialAnswers<SearchTagsResponse> {
            none()
        }
        func scopedTagNames(
            _ query: TagNamesQuery, _ context: SubRequestContext
        ) -> PartialAnswers<SearchTagsV2Response> { none() }
        func tagValues(_ query: TagValuesQuery, _ context: SubRequestContext) -> PartialAnswers<SearchTagValuesResponse>
        { none() }
        func typedTagValues(
            _ query: TagValuesQuery, _ context: SubRequestContext
        ) -> PartialAnswers<SearchTagValuesV2Response> { none() }
    }

    private static func caching(_ base: ScriptedUpstream, keeps: Bool = true) throws -> CachingUpstream {
        var configuration = ResultCacheConfiguration()
        configuration.enabled = keeps
        configuration.singleFlight = true
        let cache = ResultCache(
            configuration, limits: .default, metrics: FrontendMetrics(), clock: ServiceHarness.FixedClock())
        return try #require(cache?.caching(base, sendsAuthorization: true) as? CachingUpstream)
    }

    private static func context(
        limit: Int = 0, deadline: ContinuousClock.Instant = .now + .seconds(86_400)
    ) -> SubRequestContext {
        SubRequestContext(tenant: "a", deadline: deadline, budget: ByteBudget(limit: limit))
    }

    private static func ask(_ upstream: CachingUpstream, _ context: SubRequestContext) async throws -> [Int] {
        var sizes: [Int] = []
        for try await part in upstream.trace(TraceLookup(traceID: "1"), context) {
            if case .trace(let bytes) = part { sizes.append(bytes.count) }
        }
        return sizes
    }

    private static func until(_ condition: () -> Bool) async {
        while !condition() { await Task.yield() }
    }

    private static let finished: [UInt8] = {
        let span = TraceSpan(spanID: [1], startTimeUnixNano: 5, endTimeUnixNano: 6)
        return Trace(resourceSpans: [ResourceSpans(scopeSpans: [ScopeSpans(spans: [span])])]).protobuf
    }()

    @Test func `each who holds an answer takes its bytes, and only who asked has attempts`() async throws {
        let base = ScriptedUpstream { _ in [UInt8](repeating: 0, count: 100) }
        let upstream = try Self.caching(base)
        let contexts = (0..<4).map { _ in Self.context(limit: 1000) }
        try await withThrowingTaskGroup(of: [Int].self) { group in
            for context in contexts { group.addTask { try await Self.ask(upstream, context) } }
            await Self.until { upstream.waiting == 3 }
            base.gate.open()
            for try await sizes in group { #expect(sizes == [100]) }
        }
        #expect(base.count == 1)
        #expect(contexts.allSatisfy { $0.budget.usedBytes == 100 && $0.account.receivedBytes == 100 })
        #expect(contexts.map(\.account.attempts).sorted() == [0, 0, 0, 1])
        #expect(contexts.filter { $0.account.cacheUse == .joined }.count == 3)
        #expect(contexts.filter { $0.account.cacheUse == .miss }.count == 1)
    }

    @Test func `a kept answer's bytes are taken by each who gets it, and given back where it is refused`() async throws
    {
        let base = ScriptedUpstream { _ in Self.finished }
        let upstream = try Self.caching(base)
        base.gate.open()
        let size = Self.finished.count
        _ = try await Self.ask(upstream, Self.context())
        let second = Self.context(limit: size)
        #expect(try await Self.ask(upstream, second) == [size])
        #expect(second.budget.usedBytes == size)
        #expect(second.account.cacheUse == .hit)
        #expect(second.account.attempts == 0)
        let narrow = Self.context(limit: size - 1)
        let error = await #expect(throws: UpstreamError.self) { try await Self.ask(upstream, narrow) }
        #expect(error?.code == .answerTooLarge)
        #expect(error?.message.contains("federation.query_max_response_bytes") == true)
        #expect(narrow.budget.usedBytes == 0)
        #expect(base.count == 1)
    }

    @Test func `who has no bytes left fails alone`() async throws {
        let base = ScriptedUpstream { _ in [UInt8](repeating: 0, count: 100) }
        let upstream = try Self.caching(base)
        let poor = Self.context(limit: 50)
        let others = (0..<2).map { _ in Self.context(limit: 1000) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let error = await #expect(throws: UpstreamError.self) { try await Self.ask(upstream, poor) }
                #expect(error?.code == .answerTooLarge)
            }
            await Self.until { base.count == 1 }
            for context in others {
                group.addTask {
                    let sizes = try await Self.ask(upstream, context)
                    #expect(sizes == [100])
                }
            }
            await Self.until { upstream.waiting == 2 }
            base.gate.open()
            try await group.waitForAll()
        }
        #expect(base.count == 2)
        #expect(poor.budget.usedBytes == 0)
        #expect(others.allSatisfy { $0.budget.usedBytes == 100 })
    }

    @Test func `who waited and has no bytes left fails alone`() async throws {
        let base = ScriptedUpstream { _ in [UInt8](repeating: 0, count: 100) }
        let upstream = try Self.caching(base)
        let rich = Self.context()
        let poor = Self.context(limit: 50)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let sizes = try await Self.ask(upstream, rich)
                #expect(sizes == [100])
            }
            await Self.until { base.count == 1 }
            group.addTask {
                let error = await #expect(throws: UpstreamError.self) { try await Self.ask(upstream, poor) }
                #expect(error?.code == .answerTooLarge)
            }
            await Self.until { upstream.waiting == 1 }
            base.gate.open()
            try await group.waitForAll()
        }
        #expect(base.count == 1)
        #expect(poor.budget.usedBytes == 0)
    }

    /// The code, and whether all who wait see it.
    @Test(arguments: [
        (UpstreamError.Code.status(500), true), (.status(429), true), (.transport, true), (.misrouted, true),
        (.circuitOpen, true), (.malformedAnswer, true), (.answerTooLarge, true), (.timeout, true),
    ])
    func `a target's failure is everybody's and is not kept`(_ code: UpstreamError.Code, _ isShared: Bool) async throws
    {
        let failure = UpstreamError(code, message: "no", target: "one")
        let base = ScriptedUpstream { number in
            if number == 1 { throw failure }
            return Self.finished
        }
        let upstream = try Self.caching(base)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    do {
                        _ = try await Self.ask(upstream, Self.context())
                        return false
                    } catch {
                        return (error as? UpstreamError) == failure
                    }
                }
            }
            await Self.until { upstream.waiting == 2 }
            base.gate.open()
            for await hasFailed in group { #expect(hasFailed == isShared) }
        }
        #expect(base.count == 1)
        #expect(try await Self.ask(upstream, Self.context()) == [Self.finished.count])
        #expect(base.count == 2)
    }

    @Test func `a deadline of one's own is nobody else's`() async throws {
        let base = ScriptedUpstream { number in
            if number == 1 { throw UpstreamError(.timeout, message: "late", target: "one") }
            return Self.finished
        }
        let upstream = try Self.caching(base)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // Its deadline is over already; it asks all the same, as the first.
                let error = await #expect(throws: UpstreamError.self) {
                    try await Self.ask(upstream, Self.context(deadline: .now))
                }
                #expect(error?.code == .timeout)
            }
            await Self.until { base.count == 1 }
            group.addTask {
                let sizes = try await Self.ask(upstream, Self.context())
                #expect(sizes == [Self.finished.count])
            }
            await Self.until { upstream.waiting == 1 }
            // Who waits with a deadline that is over leaves at once.
            let error = await #expect(throws: UpstreamError.self) {
                try await Self.ask(upstream, Self.context(deadline: .now))
            }
            #expect(error?.code == .timeout)
            base.gate.open()
            try await group.waitForAll()
        }
        #expect(base.count == 2)
    }

    @Test func `who wants it fresh neither waits for another nor is waited for`() async throws {
        let base = ScriptedUpstream { _ in Self.finished }
        let upstream = try Self.caching(base)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for directive in [
                CacheDirective(), CacheDirective(maxAge: .zero), CacheDirective(maxAge: .zero, stores: false),
            ] {
                let before = base.count
                group.addTask {
                    var context = Self.context()
                    context.cacheDirective = directive
                    _ = try await Self.ask(upstream, context)
                    #expect(context.account.cacheUse == (directive.maxAge == nil ? .miss : .bypass))
                }
                await Self.until { base.count == before + 1 }
            }
            base.gate.open()
            try await group.waitForAll()
        }
        #expect(base.count == 3)
    }
}
