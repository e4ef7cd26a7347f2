import Dispatch

/// Threads for the store's blocking work, so that a long query holds neither an event loop nor the threads that pushes,
/// merges and everything else run on.
///
/// The gate bounds how many of them there are.
final class StoreWorkers: TaskExecutor {
    private let queue = DispatchQueue(label: "tempo-query-frontend.store", attributes: .concurrent)
    private let gate: WorkGate

    /// - Parameter count: questions answered at once.
    init(count: Int) {
        gate = WorkGate(places: count, maxWaiters: 10_000)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
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
        try await withTaskExecutorPreference(self) { try await Self.perform(work) }
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
