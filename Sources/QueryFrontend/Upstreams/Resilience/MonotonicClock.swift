/// The clock that attempts, pauses and circuits go by, injected so that they can be tested without waiting.
protocol MonotonicClock: Sendable {
    var now: ContinuousClock.Instant { get }

    /// - Throws: `CancellationError`.
    func sleep(until instant: ContinuousClock.Instant) async throws
}

struct SystemMonotonicClock: MonotonicClock {
    var now: ContinuousClock.Instant { .now }

    func sleep(until instant: ContinuousClock.Instant) async throws {
        try await Task.sleep(until: instant, tolerance: .milliseconds(1), clock: .continuous)
    }
}

/// Time and chance, as a target's attempts need them.
struct TargetEnvironment: Sendable {
    var clock: any MonotonicClock = SystemMonotonicClock()
    var wallClock: any WallClock = SystemWallClock()
    /// Evenly spread from 0 to 1.
    var chance: @Sendable () -> Double = { Double.random(in: 0..<1) }
}
