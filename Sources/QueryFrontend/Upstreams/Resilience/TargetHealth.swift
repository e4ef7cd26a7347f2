import Synchronization

/// What was learned of one target from its requests, and what follows for the next: circuit, budgets, latencies.
final class TargetHealth: Sendable {
    /// What the status pages show.
    struct Snapshot: Sendable {
        var circuit = CircuitBreaker.State.closed
        var failuresInARow = 0
        /// Latencies of the answers of the last ten minutes, shortest first, by kind of question.
        var latencies: [Operation: [Duration]] = [:]
    }

    private struct State: Sendable {
        var circuit: CircuitBreaker
        var retries: TokenBudget
        var hedges: TokenBudget
        var latencies: [Operation: LatencyWindow] = [:]
        /// Why the latest request failed.
        var lastFailure = ""
    }

    private let state: Mutex<State>
    /// Those who wait for the end of a probe.
    let probes = ProbeWaiters()
    private let hedgeAfter: TargetResilience.HedgeAfter
    private let circuitGauge: Gauge
    /// A second request of a fast target comes no sooner than this.
    private static let leastHedgeDelay = Duration.milliseconds(5)
    /// Of a hundred ordinary requests, so many may have a second one beside them.
    static let hedgesInHundred = 5.0
    /// Repetitions that a target may get in a minute, whatever its budget.
    static let freeRetriesPerMinute = 10.0

    init(_ settings: TargetResilience, circuitGauge: Gauge) {
        self.circuitGauge = circuitGauge
        hedgeAfter = settings.hedgeAfter
        state = Mutex(
            State(
                circuit: CircuitBreaker(
                    .init(
                        failures: settings.breaker.failures, openFor: settings.breaker.openFor,
                        maxOpenFor: settings.breaker.maxOpenFor)),
                retries: TokenBudget(
                    share: settings.retryBudget, capacity: Self.freeRetriesPerMinute,
                    perMinute: Self.freeRetriesPerMinute, initial: Self.freeRetriesPerMinute),
                hedges: TokenBudget(share: Self.hedgesInHundred / 100, capacity: 10)))
        circuitGauge.set(CircuitBreaker.State.closed.number)
    }

    func snapshot(now: ContinuousClock.Instant) -> Snapshot {
        state.withLock { state in
            Snapshot(
                circuit: state.circuit.state, failuresInARow: state.circuit.failuresInARow,
                latencies: state.latencies.mapValues { $0.recent(now: now) })
        }
    }

    // MARK: Circuit

    /// Whether a request may go there, and why the latest failed.
    func admit(now: ContinuousClock.Instant) -> (admission: CircuitBreaker.Admission, lastFailure: String) {
        state.withLock { state in
            let admission = update(&state) { $0.admit(now: now) }
            return (admission, state.lastFailure)
        }
    }

    func probed(isAlive: Bool, now: ContinuousClock.Instant) {
        state.withLock { state in update(&state) { $0.probed(isAlive: isAlive, now: now) } }
        probes.wake()
    }

    func abandonedProbe() {
        state.withLock { state in update(&state) { $0.abandonedProbe() } }
        probes.wake()
    }

    var isProbing: Bool { state.withLock { $0.circuit.state == .halfOpen } }

    /// The target answered for itself.
    /// - Parameter latency: nil for an answer from which nothing is learned.
    func answered(_ operation: Operation, latency: Duration?, era: UInt64, now: ContinuousClock.Instant) {
        state.withLock { state in
            update(&state) { $0.succeeded(era: era) }
            if let latency { state.latencies[operation, default: LatencyWindow()].record(latency, now: now) }
        }
    }

    /// The target answered that something went wrong, which may be the question's fault.
    func erred(era: UInt64) { state.withLock { state in update(&state) { $0.erred(era: era) } } }

    /// The target failed: a 5xx other than 500, no answer, or none in time.
    func failed(_ reason: String, era: UInt64, now: ContinuousClock.Instant) {
        state.withLock { state in
            state.lastFailure = reason
            update(&state) { $0.failed(era: era, now: now) }
        }
    }

    private func update<R>(_ state: inout State, _ change: (inout CircuitBreaker) -> R) -> R {
        let before = state.circuit.state
        let result = change(&state.circuit)
        if state.circuit.state != before { circuitGauge.set(state.circuit.state.number) }
        return result
    }

    // MARK: Budgets

    /// An ordinary request is made, by which extra ones are earned.
    func earn() {
        state.withLock { state in
            state.retries.earn()
            state.hedges.earn()
        }
    }

    func takeRetry(now: ContinuousClock.Instant) -> Bool { state.withLock { $0.retries.take(now: now) } }

    func takeHedge(now: ContinuousClock.Instant) -> Bool {
        state.withLock { $0.circuit.state == .closed && $0.hedges.take(now: now) }
    }

    func giveBackHedge() { state.withLock { $0.hedges.giveBack() } }

    /// What 95 of 100 answers to such questions did not exceed of late; nil: not known.
    func usualWait(_ operation: Operation) -> Duration? { state.withLock { $0.latencies[operation]?.learned } }

    /// How long a request is waited for before a second one is sent beside it; nil: there is none.
    func hedgeDelay(_ operation: Operation, now: ContinuousClock.Instant) -> Duration? {
        switch hedgeAfter {
        case .after(let duration):
            guard duration > .zero else { return nil }
            return state.withLock { $0.hedges.hasToken(now: now) } ? duration : nil
        case .learned:
            return state.withLock { state in
                guard let learned = state.latencies[operation]?.learned, state.hedges.hasToken(now: now) else {
                    return nil
                }
                return max(learned, Self.leastHedgeDelay)
            }
        }
    }
}
