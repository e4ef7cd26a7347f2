/// Leaves a target alone while it fails: a pure value that is told how requests ended and what time it is.
///
/// Closed, it lets everything pass. After `failures` failed requests in a row it opens: nothing passes for `openFor`. Then one
/// caller at a time asks the target whether it is there (half open), and the others may wait for what comes of it. If it is,
/// requests pass again, and the first of them that ends decides: an answer closes the circuit for good, a failure opens it
/// again, for twice as long, up to `maxOpenFor`. A 500 decides nothing.
struct CircuitBreaker: Sendable {
    struct Settings: Sendable, Equatable {
        /// Failed requests in a row that open the circuit; 0: it never opens.
        var failures = 5
        /// How long the circuit stays open at first.
        var openFor: Duration = .seconds(1)
        /// The longest time it stays open.
        var maxOpenFor: Duration = .seconds(10)
    }

    enum State: String, Sendable, CaseIterable {
        case closed
        case halfOpen = "half-open"
        case open

        /// As `tempo_federation_upstream_breaker_state` counts: 0 closed, 1 half open, 2 open.
        var number: Double {
            switch self {
            case .closed: 0
            case .halfOpen: 1
            case .open: 2
            }
        }
    }

    enum Admission: Sendable, Equatable {
        /// The request may pass. How it ends is to be told with this era, so that requests that began before the circuit last
        /// opened count for nothing.
        case pass(era: UInt64)
        /// The caller has to ask the target whether it is there, and to tell with `probed` or `abandonedProbe`.
        case probe
        /// Another caller asks the target. How that ends decides.
        case probing
        /// Nothing passes for so long.
        case refused(Duration)
    }

    private let settings: Settings
    private(set) var state = State.closed
    /// Failed requests in a row of the present era.
    private(set) var failuresInARow = 0
    /// How often the circuit has opened.
    private(set) var era: UInt64 = 0
    /// A probe was answered; the first request that ends decides.
    private(set) var isOnTrial = false
    private var openUntil: ContinuousClock.Instant?
    private var nextOpenFor: Duration

    init(_ settings: Settings) {
        self.settings = settings
        nextOpenFor = settings.openFor
    }

    mutating func admit(now: ContinuousClock.Instant) -> Admission {
        switch state {
        case .closed: return .pass(era: era)
        case .halfOpen: return .probing
        case .open:
            if let openUntil, now < openUntil { return .refused(openUntil - now) }
            state = .halfOpen
            return .probe
        }
    }

    /// The probe that `admit` asked for has ended.
    mutating func probed(isAlive: Bool, now: ContinuousClock.Instant) {
        guard state == .halfOpen else { return }
        guard isAlive else { return open(now) }
        state = .closed
        isOnTrial = true
        failuresInARow = 0
    }

    /// The probe was broken off and tells nothing; the next caller may probe at once.
    mutating func abandonedProbe() {
        guard state == .halfOpen else { return }
        state = .open
        openUntil = nil
    }

    mutating func succeeded(era: UInt64) {
        guard era == self.era, state == .closed else { return }
        failuresInARow = 0
        isOnTrial = false
        nextOpenFor = settings.openFor
    }

    /// The target is there, but its answer does not show that it is well: the row of failures ends, a trial does not.
    mutating func erred(era: UInt64) {
        guard era == self.era, state == .closed, !isOnTrial else { return }
        failuresInARow = 0
    }

    mutating func failed(era: UInt64, now: ContinuousClock.Instant) {
        guard settings.failures > 0, era == self.era, state == .closed else { return }
        failuresInARow += 1
        if isOnTrial || failuresInARow >= settings.failures { open(now) }
    }

    private mutating func open(_ now: ContinuousClock.Instant) {
        state = .open
        isOnTrial = false
        era &+= 1
        openUntil = now + nextOpenFor
        nextOpenFor = min(nextOpenFor * 2, max(settings.maxOpenFor, settings.openFor))
    }
}
