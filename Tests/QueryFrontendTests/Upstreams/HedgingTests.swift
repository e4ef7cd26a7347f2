import HTTPTransport
import Synchronization
import TenantFederation
import Testing

@testable import QueryFrontend

/// Second requests beside slow ones. The test holds the answers and moves the clock.
@Suite(.timeLimit(.minutes(20))) struct HedgingTests {
    /// Lets each request through when the test says so, by the order of arrival, from 1.
    private final class Valve: Sendable {
        private let gates: [Gate]
        private let arrived = Atomic<Int>(0)
        private let isOpen = Atomic<Bool>(true)
        /// What the numbered request is answered with; 200 otherwise.
        let answers = Mutex<[Int: ScriptedAnswer]>([:])

        init(_ count: Int = 4) { gates = (0..<count).map { _ in Gate() } }

        func close() { isOpen.store(false, ordering: .relaxed) }
        func open(_ number: Int) { gates[number - 1].open() }

        func pass() async throws -> ScriptedAnswer {
            guard !isOpen.load(ordering: .relaxed) else { return .text(200, "at once") }
            let number = arrived.add(1, ordering: .relaxed).newValue
            try await gates[number - 1].wait()
            return answers.withLock { $0[number] } ?? .text(200, "answer \(number)")
        }
    }

    /// A target that has answered `count` times in ten milliseconds each.
    private static func target(
        _ valve: Valve, answered count: Int = 40,
        configure: (inout FederationConfiguration.ProxyTarget) -> Void = { _ in }
    ) async throws -> ExchangeHarness {
        let clock = ManualClock()
        let harness = try ExchangeHarness(clock, configure: configure) { _ in try await valve.pass() }
        // Told rather than asked: by the time of an answer, a second request could be due.
        let health = harness.exchange.health
        for _ in 0..<count {
            health.earn()
            clock.advance(.milliseconds(10))
            health.answered(.search, latency: .milliseconds(10), era: 0, now: clock.now)
        }
        valve.close()
        return harness
    }

    private static func asking(
        _ harness: ExchangeHarness, _ budget: ByteBudget, _ account: SubRequestAccount
    ) -> Task<Result<HTTPClientResult, any Error>, Never> {
        Task { await harness.ask(budget: budget, account: account) }
    }

    private func body(_ result: Result<HTTPClientResult, any Error>) -> String {
        (try? result.get()).map { String(decoding: $0.body, as: UTF8.self) } ?? result.summary
    }

    @Test func `the second answers first: the first is cancelled and its bytes are not held`() async throws {
        let valve = Valve()
        let harness = try await Self.target(valve)
        let budget = ByteBudget(limit: 1000)
        let account = SubRequestAccount()
        let before = harness.asked.count
        let asking = Self.asking(harness, budget, account)
        await harness.transport.received(before + 1)
        await harness.clock.sleepers(1)
        harness.clock.advance(.milliseconds(9))
        #expect(harness.asked.count == before + 1)
        harness.clock.advance(.milliseconds(1))
        await harness.transport.received(before + 2)
        valve.open(2)
        #expect(body(await asking.value) == "answer 2")
        #expect(harness.transport.cancelled == 1)
        #expect(harness.transport.inFlight == 0)
        #expect(budget.usedBytes == "answer 2".utf8.count)
        #expect(account.attempts == 2)
        #expect(account.hedges == 1)
        #expect(account.retries == 0)
        #expect(harness.metric("hedges_total", ",won=\"true\"") == "1")
        #expect(harness.metric("retries_total") == "0")
        #expect(harness.exchange.state.snapshot.inFlight == 0)
        #expect(harness.clock.sleeping == 0)
    }

    @Test func `the first answers after all`() async throws {
        let valve = Valve()
        let harness = try await Self.target(valve)
        let budget = ByteBudget(limit: 1000)
        let before = harness.asked.count
        let asking = Self.asking(harness, budget, SubRequestAccount())
        await harness.clock.sleepers(1)
        harness.clock.advance(.milliseconds(10))
        await harness.transport.received(before + 2)
        valve.open(1)
        #expect(body(await asking.value) == "answer 1")
        #expect(harness.transport.cancelled == 1)
        #expect(budget.usedBytes == "answer 1".utf8.count)
        #expect(harness.metric("hedges_total", ",won=\"false\"") == "1")
    }

    @Test func `a failure of one waits for the other`() async throws {
        for (failing, other) in [(1, 2), (2, 1)] {
            for status in [500, 429] {
                let valve = Valve()
                valve.answers.withLock { $0[failing] = .text(status, "failed") }
                let harness = try await Self.target(valve)
                let budget = ByteBudget(limit: 1000)
                let before = harness.asked.count
                let asking = Self.asking(harness, budget, SubRequestAccount())
                await harness.clock.sleepers(1)
                harness.clock.advance(.milliseconds(10))
                await harness.transport.received(before + 2)
                valve.open(failing)
                valve.open(other)
                #expect(body(await asking.value) == "answer \(other)")
                #expect(budget.usedBytes == "answer \(other)".utf8.count)
                #expect(harness.transport.inFlight == 0)
            }
        }
    }

    @Test func `both failing, the first tells why`() async throws {
        let valve = Valve()
        valve.answers.withLock {
            $0[1] = .text(500, "first")
            $0[2] = .text(503, "second one")
        }
        let harness = try await Self.target(valve) { $0.resilience.retries = 1 }
        let budget = ByteBudget(limit: 1000)
        let before = harness.asked.count
        let asking = Self.asking(harness, budget, SubRequestAccount())
        await harness.clock.sleepers(1)
        harness.clock.advance(.milliseconds(10))
        await harness.transport.received(before + 2)
        valve.open(1)
        valve.open(2)
        #expect(body(await asking.value) == "first")
        #expect(budget.usedBytes == "first".utf8.count)
    }

    @Test func `cancelling the query ends both`() async throws {
        let valve = Valve()
        let harness = try await Self.target(valve)
        let before = harness.asked.count
        let asking = Self.asking(harness, ByteBudget(limit: 1000), SubRequestAccount())
        await harness.clock.sleepers(1)
        harness.clock.advance(.milliseconds(10))
        await harness.transport.received(before + 2)
        asking.cancel()
        #expect(await asking.value.summary == "CancellationError")
        #expect(harness.transport.cancelled == 2)
        #expect(harness.transport.inFlight == 0)
        #expect(harness.clock.sleeping == 0)
    }

    @Test func `there is no second request without its token, its delay or its time`() async throws {
        // Not enough answers to learn from.
        let few = Valve()
        let young = try await Self.target(few, answered: LatencyWindow.leastCount - 1)
        // Turned off.
        let none = Valve()
        let off = try await Self.target(none) { $0.resilience.hedgeAfter = .after(.zero) }
        // What is not idempotent.
        for (harness, valve, method) in [(young, few, "GET"), (off, none, "GET")] {
            let before = harness.asked.count
            let slept = harness.clock.slept.count
            let asking = Task { await harness.ask(method: method) }
            await harness.transport.received(before + 1)
            harness.clock.advance(.seconds(10))
            valve.open(1)
            #expect(await asking.value.summary == "200")
            #expect(harness.asked.count == before + 1)
            #expect(harness.clock.slept.count == slept)
        }
        let valve = Valve()
        let harness = try await Self.target(valve)
        let before = harness.asked.count
        let slept = harness.clock.slept.count
        for (method, time) in [("POST", Duration.seconds(60)), ("GET", .milliseconds(10))] {
            let asking = Task { await harness.ask(within: time, method: method) }
            await harness.transport.received(before + (method == "POST" ? 1 : 2))
            valve.open(method == "POST" ? 1 : 2)
            #expect(await asking.value.summary == "200")
        }
        #expect(harness.clock.slept.count == slept)
    }

    @Test func `a fixed delay needs nothing learned, and second requests stay within five of a hundred`() throws {
        let now = ContinuousClock.now
        var settings = TargetResilience()
        settings.hedgeAfter = .after(.milliseconds(50))
        let health = TargetHealth(settings, circuitGauge: Gauge())
        var seconds = 0
        for _ in 0..<1000 {
            health.earn()
            guard let delay = health.hedgeDelay(.search, now: now) else { continue }
            #expect(delay == .milliseconds(50))
            if health.takeHedge(now: now) { seconds += 1 }
        }
        #expect(seconds == 50)
    }
}

@Suite(.timeLimit(.minutes(20))) struct MaxConcurrentTests {
    private static func target(
        _ clock: ManualClock, _ gate: Gate, places: Int = 2
    ) throws -> ExchangeHarness {
        try ExchangeHarness(clock, configure: { $0.resilience.maxConcurrent = places }) { _ in
            try await gate.wait()
            return .text(200, "done")
        }
    }

    @Test func `the rest waits for room, at most until its deadline`() async throws {
        let gate = Gate()
        let clock = ManualClock()
        let harness = try Self.target(clock, gate)
        let first = (0..<2).map { _ in Task { await harness.ask() } }
        await harness.transport.received(2)
        let patient = Task { await harness.ask() }
        let hasty = Task { await harness.ask(within: .seconds(1)) }
        let leaving = Task { await harness.ask() }
        await clock.sleepers(3)
        leaving.cancel()
        #expect(await leaving.value.summary == "CancellationError")
        clock.advance(.seconds(1))
        #expect(await hasty.value.summary == "status 429")
        #expect(harness.transport.requests.count == 2)
        gate.open()
        for task in first + [patient] { #expect(await task.value.summary == "200") }
        #expect(harness.transport.mostInFlight == 2)
        #expect(harness.exchange.gate?.waiting == 0)
        #expect(harness.circuit == .closed)
        #expect(clock.sleeping == 0)
        // All places are free again.
        for _ in 0..<5 { #expect(await harness.ask().summary == "200") }
    }

    @Test func `who finds no room to wait is refused at once`() async throws {
        let gate = Gate()
        let clock = ManualClock()
        let harness = try Self.target(clock, gate, places: 1)
        let running = (0..<1 + ConcurrencyGate.waitersAPlace).map { _ in Task { await harness.ask() } }
        await clock.sleepers(ConcurrencyGate.waitersAPlace)
        #expect(await harness.ask().summary == "status 429")
        gate.open()
        for task in running { #expect(await task.value.summary == "200") }
    }
}
