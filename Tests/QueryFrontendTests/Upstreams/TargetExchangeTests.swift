import HTTPTransport
import Synchronization
import TenantFederation
import Testing

@testable import QueryFrontend

/// One target behind a script and a clock that the test moves.
struct ExchangeHarness: Sendable {
    let transport: ScriptedTransport
    let exchange: TargetExchange
    let clock: ManualClock
    let metrics = FrontendMetrics()

    struct FixedWallClock: WallClock {
        let unixNanoseconds: Int64 = 784_111_740_000_000_000
    }

    init(
        _ clock: ManualClock = ManualClock(movesItself: true), maxRetries: Int = 2, chance: Double = 0,
        configure: (inout FederationConfiguration.ProxyTarget) -> Void = { _ in },
        script: @escaping ScriptedTransport.Script
    ) throws {
        var target = FederationConfiguration.ProxyTarget(name: "one", url: try TargetURL("http://one/deep"))
        configure(&target)
        transport = ScriptedTransport(script)
        self.clock = clock
        exchange = TargetExchange(
            target: target, transport: transport, maxRetries: maxRetries, connectTimeout: .seconds(5),
            environment: TargetEnvironment(clock: clock, wallClock: FixedWallClock(), chance: { chance }),
            metrics: metrics)
    }

    /// What a search of one tenant ended with.
    func ask(
        within time: Duration = .seconds(60), method: String = "GET", budget: ByteBudget = ByteBudget(limit: 1 << 20),
        account: SubRequestAccount = SubRequestAccount()
    ) async -> Result<HTTPClientResult, any Error> {
        let context = SubRequestContext(tenant: "a", deadline: clock.now + time, account: account, budget: budget)
        do {
            return .success(
                try await exchange.send(method: method, path: "/api/search", operation: .search, context))
        } catch {
            return .failure(error)
        }
    }

    var circuit: CircuitBreaker.State { exchange.health.snapshot(now: clock.now).circuit }
    var asked: [String] { transport.requests.map(\.path) }

    /// The sample of a series of this target: its name, and labels beside `upstream="one"`.
    func metric(_ name: String, _ labels: String = "") -> String? {
        let start = "tempo_federation_upstream_\(name){upstream=\"one\"\(labels)} "
        let lines = String(decoding: metrics.registry.expose(), as: UTF8.self).split(separator: "\n")
        return lines.first { $0.hasPrefix(start) }.map { String($0.dropFirst(start.count)) }
    }
}

extension Result<HTTPClientResult, any Error> {
    /// The status, or what the failure is.
    var summary: String {
        switch self {
        case .success(let result): "\(result.status)"
        case .failure(let error as UpstreamError): error.shortReason
        case .failure(let error): "\(type(of: error))"
        }
    }
}

/// Answers by number, one after the other, the last one for ever; probes apart.
final class AnswerList: Sendable {
    enum Item: Sendable {
        case status(Int)
        case fields(Int, [(String, String)])
        case fault(HTTPClientError.Code)
    }

    private let items: Mutex<[Item]>

    init(_ items: [Item]) { self.items = Mutex(items) }

    func set(_ items: [Item]) { self.items.withLock { $0 = items } }

    func next() throws -> ScriptedAnswer {
        let item = items.withLock { $0.count > 1 ? $0.removeFirst() : $0.first ?? .status(200) }
        switch item {
        case .status(let status): return .text(status, "scripted")
        case .fields(let status, let fields):
            return ScriptedAnswer(status: status, fields: HTTPFields(fields), body: Array("scripted".utf8))
        case .fault(let code): throw HTTPClientError(code: code, message: "scripted \(code)")
        }
    }
}

@Suite(.timeLimit(.minutes(20))) struct TargetCircuitTests {
    private static let search = "/deep/api/search"
    private static let echo = "/deep/api/echo"

    private static func single(_ target: inout FederationConfiguration.ProxyTarget) {
        target.resilience.retries = 1
        target.resilience.breaker.failures = 3
    }

    @Test(arguments: [
        AnswerList.Item.status(502), .status(503), .fault(.connect), .fault(.connectionClosed), .fault(.nameResolution),
        .fault(.malformedResponse),
    ])
    func `failures in a row open the circuit, a probe closes it`(_ fault: AnswerList.Item) async throws {
        let searches = AnswerList([fault])
        let probes = AnswerList([.fault(.connect)])
        let harness = try ExchangeHarness { target in
            Self.single(&target)
            target.basicAuth = .init(username: "u", password: "p")
            target.headers = [.init(name: "X-Key", value: "k")]
        } script: {
            try ($0.path == Self.echo ? probes : searches).next()
        }
        for _ in 0..<3 { _ = await harness.ask() }
        #expect(harness.circuit == .open)
        #expect(harness.metric("breaker_state") == "2")
        let refused = await harness.ask()
        #expect(refused.summary == "circuit open")
        #expect(harness.asked == Array(repeating: Self.search, count: 3))
        // The target is still gone: one probe, and nothing else, each time it is due.
        harness.clock.advance(.seconds(1))
        for _ in 0..<5 { #expect(await harness.ask().summary == "circuit open") }
        #expect(harness.asked.count { $0 == Self.echo } == 1)
        #expect(harness.asked.count == 4)
        // It is back, although it does not serve the path of the probe.
        probes.set([.status(404)])
        searches.set([.status(200)])
        harness.clock.advance(.seconds(2))
        #expect(await harness.ask().summary == "200")
        #expect(harness.circuit == .closed)
        #expect(harness.metric("breaker_state") == "0")
        let probe = try #require(harness.transport.requests.last { $0.path == Self.echo })
        #expect(probe.fields["Authorization"] == "Basic dTpw")
        #expect(probe.fields["X-Key"] == "k")
        #expect(probe.tenant == nil)
        #expect(harness.exchange.state.snapshot.inFlight == 0)
    }

    @Test(arguments: [
        AnswerList.Item.status(200), .status(302), .status(400), .status(401), .status(404), .status(422), .status(429),
        .status(500), .status(501), .fault(.poolExhausted), .fault(.bodyTooLarge), .fault(.invalidRequest),
        .fault(.cancelled),
        // Nobody was waited for: the query was over.
        .fault(.deadlineExceeded),
    ])
    func `what speaks of the question does not`(_ item: AnswerList.Item) async throws {
        let answers = AnswerList([item])
        let harness = try ExchangeHarness(configure: Self.single) { _ in try answers.next() }
        for _ in 0..<10 { _ = await harness.ask() }
        #expect(harness.circuit == .closed)
        #expect(harness.asked.count == 10)
    }

    @Test func `a target that is waited for in vain has failed`() async throws {
        let clock = ManualClock()
        let harness = try ExchangeHarness(clock, configure: Self.single) { _ in
            clock.advance(.milliseconds(200))
            throw HTTPClientError(code: .deadlineExceeded, message: "scripted")
        }
        for _ in 0..<3 { #expect(await harness.ask(within: .milliseconds(200)).summary == "timeout") }
        #expect(await harness.ask().summary == "circuit open")
    }

    @Test(arguments: [
        (HTTPClientError.Code.deadlineExceeded, CircuitBreaker.State.closed),
        // A connection is not to take as long as an answer.
        (.connectTimeout, .open),
    ])
    func `a target that was not given its usual time has not failed`(
        _ code: HTTPClientError.Code, _ circuit: CircuitBreaker.State
    ) async throws {
        let clock = ManualClock()
        let isCut = Mutex(false)
        let harness = try ExchangeHarness(clock) { target in
            Self.single(&target)
            target.resilience.hedgeAfter = .after(.zero)
        } script: { _ in
            clock.advance(.milliseconds(isCut.withLock { $0 } ? 200 : 300))
            if isCut.withLock({ $0 }) { throw HTTPClientError(code: code, message: "scripted") }
            return .text(200, "scripted")
        }
        for _ in 0..<LatencyWindow.leastCount { #expect(await harness.ask().summary == "200") }
        isCut.withLock { $0 = true }
        for _ in 0..<3 { #expect(await harness.ask(within: .milliseconds(200)).summary == "timeout") }
        #expect(harness.circuit == circuit)
    }

    @Test func `answers between failures keep it closed`() async throws {
        let answers = AnswerList([
            .status(503), .status(503), .status(200), .status(503), .status(504), .status(404), .status(502),
            .status(503), .status(500), .status(503), .status(599), .status(200),
        ])
        let harness = try ExchangeHarness(configure: Self.single) { _ in try answers.next() }
        for _ in 0..<12 { _ = await harness.ask() }
        #expect(harness.circuit == .closed)
    }

    @Test func `a probe that is broken off does not keep the circuit half open`() async throws {
        let gate = Gate()
        let isDown = Mutex(true)
        let harness = try ExchangeHarness(configure: Self.single) { request in
            if request.path == Self.echo {
                try await gate.wait()
                return .text(200, "echo")
            }
            return .text(isDown.withLock { $0 } ? 503 : 200, "scripted")
        }
        for _ in 0..<3 { _ = await harness.ask() }
        harness.clock.advance(.seconds(1))
        let asking = Task { await harness.ask() }
        await harness.transport.received(4)
        #expect(await harness.ask().summary == "circuit open")
        asking.cancel()
        #expect(await asking.value.summary == "CancellationError")
        isDown.withLock { $0 = false }
        gate.open()
        #expect(await harness.ask().summary == "200")
        #expect(harness.circuit == .closed)
    }

    @Test(arguments: [(200, "200", 6), (503, "circuit open", 0)])
    func `who comes while a probe runs shares its outcome`(_ probe: Int, _ summary: String, _ passed: Int) async throws
    {
        let gate = Gate()
        let isDown = Mutex(true)
        let clock = ManualClock()
        let harness = try ExchangeHarness(clock, configure: Self.single) { request in
            if request.path == Self.echo {
                try await gate.wait()
                return .text(probe, "echo")
            }
            return .text(isDown.withLock { $0 } ? 503 : 200, "scripted")
        }
        for _ in 0..<3 { _ = await harness.ask() }
        clock.advance(.seconds(1))
        isDown.withLock { $0 = false }
        let probing = Task { await harness.ask() }
        await harness.transport.received(4)
        let others = (0..<5).map { _ in Task { await harness.ask() } }
        let gone = Task { await harness.ask() }
        // Each has its place among those who wait, and its own end of it.
        await clock.sleepers(6)
        gone.cancel()
        #expect(await gone.value.summary == "CancellationError")
        gate.open()
        #expect(await probing.value.summary == summary)
        for other in others { #expect(await other.value.summary == summary) }
        #expect(harness.asked.count == 4 + passed)
        #expect(harness.exchange.health.probes.waiting == 0)
        #expect(clock.sleeping == 0)
    }

    @Test func `nobody waits for another's probe longer than for one of its own`() async throws {
        let gate = Gate()
        let clock = ManualClock()
        let harness = try ExchangeHarness(clock, configure: Self.single) { request in
            if request.path == Self.echo { try await gate.wait() }
            return .text(503, "scripted")
        }
        for _ in 0..<3 { _ = await harness.ask() }
        clock.advance(.seconds(1))
        let probing = Task { await harness.ask() }
        await harness.transport.received(4)
        let short = Task { await harness.ask(within: .milliseconds(500)) }
        let long = Task { await harness.ask() }
        await clock.sleepers(2)
        clock.advance(.milliseconds(500))
        #expect(await short.value.summary == "circuit open")
        clock.advance(.milliseconds(1500))
        #expect(await long.value.summary == "circuit open")
        #expect(harness.circuit == .halfOpen)
        gate.open()
        #expect(await probing.value.summary == "circuit open")
        #expect(harness.asked.count == 4)
    }

    @Test func `a question about the target is asked once and tells the circuit nothing`() async throws {
        let answers = AnswerList([.status(503)])
        let harness = try ExchangeHarness(configure: { $0.resilience.breaker.failures = 3 }) { _ in try answers.next() }
        func probe() async throws -> Int {
            let context = SubRequestContext(tenant: nil, deadline: harness.clock.now + .seconds(60))
            return try await harness.exchange.send(
                path: "/api/status/buildinfo", operation: .metadata, isProbe: true, context
            ).status
        }
        for _ in 0..<5 { #expect(try await probe() == 503) }
        answers.set([.fault(.connect)])
        for _ in 0..<5 { await #expect(throws: UpstreamError.self) { _ = try await probe() } }
        #expect(harness.asked.count == 10)
        #expect(harness.circuit == .closed)
        #expect(harness.exchange.health.snapshot(now: harness.clock.now).failuresInARow == 0)
    }

    @Test func `a probe that finds a broken server leaves it alone`() async throws {
        let harness = try ExchangeHarness(configure: Self.single) { _ in .text(503, "scripted") }
        for _ in 0..<3 { _ = await harness.ask() }
        harness.clock.advance(.seconds(1))
        #expect(await harness.ask().summary == "circuit open")
        #expect(harness.asked.count == 4)
        #expect(harness.circuit == .open)
    }
}

@Suite(.timeLimit(.minutes(20))) struct TargetRetryTests {
    @Test func `a Retry-After is waited for, in seconds and as a date`() async throws {
        for text in ["3", "Sun, 06 Nov 1994 08:49:03 GMT"] {
            let answers = AnswerList([.fields(503, [("Retry-After", text)]), .status(200)])
            let harness = try ExchangeHarness { _ in try answers.next() }
            let account = SubRequestAccount()
            #expect(await harness.ask(account: account).summary == "200")
            #expect(harness.clock.slept == [.seconds(3)])
            #expect(account.attempts == 2)
            #expect(account.retries == 1)
            #expect(harness.metric("retries_total") == "1")
        }
    }

    @Test func `one that does not fit is the end`() async throws {
        for (within, timeout) in [(2, 30), (60, 2)] {
            let answers = AnswerList([.fields(503, [("Retry-After", "2")]), .status(200)])
            let harness = try ExchangeHarness(configure: { $0.timeout = .seconds(timeout) }) { _ in try answers.next() }
            #expect(await harness.ask(within: .seconds(within)).summary == "503")
            #expect(harness.clock.slept.isEmpty)
            #expect(harness.asked.count == 1)
        }
    }

    @Test func `pauses grow, by chance, and none goes past the timeout of the target`() async throws {
        let harness = try ExchangeHarness(maxRetries: 10, chance: 1) { target in
            target.timeout = .milliseconds(700)
            target.resilience.breaker.failures = 0
        } script: { _ in
            throw HTTPClientError(code: .connectionClosed, message: "scripted")
        }
        let started = harness.clock.now
        #expect(await harness.ask().summary == "unreachable")
        #expect(harness.clock.slept == [.milliseconds(50), .milliseconds(100), .milliseconds(200)])
        #expect(harness.clock.now - started < .milliseconds(700))
    }

    @Test func `the target's retries count before max_retries`() async throws {
        for (retries, attempts) in [(nil, 2), (0, 1), (1, 1), (4, 4)] as [(Int?, Int)] {
            let harness = try ExchangeHarness(configure: { $0.resilience.retries = retries }) { _ in .text(500, "x") }
            #expect(await harness.ask().summary == "500")
            #expect(harness.asked.count == attempts)
        }
    }

    @Test func `what may have changed something is not repeated`() async throws {
        let harness = try ExchangeHarness { _ in .text(500, "x") }
        _ = await harness.ask(method: "POST")
        #expect(harness.asked.count == 1)
    }

    @Test func `repetitions are a share of the requests and ten`() async throws {
        let harness = try ExchangeHarness {
            $0.resilience.breaker.failures = 0
        } script: { _ in
            .text(500, "x")
        }
        for _ in 0..<200 { #expect(await harness.ask().summary == "500") }
        let repetitions = harness.asked.count - 200
        #expect(repetitions <= 10 + 20)
        #expect(repetitions >= 10 + 15)
        // A minute later there are ten more.
        harness.clock.advance(.seconds(60))
        let before = harness.asked.count
        for _ in 0..<10 { _ = await harness.ask() }
        #expect(harness.asked.count == before + 20)
    }

    @Test func `bytes of answers that were not used are given back`() async throws {
        let answers = AnswerList([.status(500), .status(200)])
        let harness = try ExchangeHarness { _ in try answers.next() }
        let budget = ByteBudget(limit: 1000)
        #expect(await harness.ask(budget: budget).summary == "200")
        #expect(budget.usedBytes == "scripted".utf8.count)
    }
}
