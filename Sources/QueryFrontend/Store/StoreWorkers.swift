/// Does the store's blocking work on threads of its own, so that a long query holds neither an event loop nor the threads that
/// pushes, merges and timers run on.
final class StoreWorkers: Sendable {
    private let threads: WorkerThreads
    private let gate: WorkGate

    /// - Parameter count: questions answered at once.
    init(count: Int) {
        gate = WorkGate(places: count, maxWaiters: 10_000)
        // One more, for what does not wait at the gate.
        threads = WorkerThreads(count: max(1, count) + 1)
    }

    /// Does blocking work once there is a place for it.
    ///
    /// The work finds its task cancelled when `deadline` passes or the caller is cancelled, and is waited for.
    /// - Throws: ``DeadlinePassed``, ``WorkGate/Full``, `CancellationError`, or what `work` throws.
    func run<R: Sendable>(
        until deadline: ContinuousClock.Instant, _ work: @escaping @Sendable () throws -> R
    ) async throws -> R {
        try await withDeadline(deadline) {
            try await self.gate.enter()
            defer { self.gate.leave() }
            return try await self.elsewhere(work)
        }
    }

    /// Does blocking work now, beside what has a place: opening the store.
    func elsewhere<R: Sendable>(_ work: @escaping @Sendable () throws -> R) async throws -> R {
        try await withTaskExecutorPreference(threads) { try await Self.perform(work) }
    }

    @concurrent
    private static func perform<R: Sendable>(_ work: @Sendable () throws -> R) async throws -> R { try work() }
}

/// The time for some work is over.
struct DeadlinePassed: Error {}

/// Runs `body` until `deadline`; then its task is cancelled and, once it has ended, ``DeadlinePassed`` thrown.
private func withDeadline<R: Sendable>(
    _ deadline: ContinuousClock.Instant, _ body: @escaping @Sendable () async throws -> R
) async throws -> R {
    try await withThrowingTaskGroup(of: R?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(until: deadline, clock: .continuous)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let result = first else { throw DeadlinePassed() }
        return result
    }
}
