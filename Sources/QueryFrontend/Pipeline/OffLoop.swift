/// Where work that takes long without waiting is done: event loops carry sockets and small work only.
enum OffLoop {
    /// Work over more bytes than this leaves the event loop.
    static let threshold = 256 * 1024

    /// Runs `work` on the global executor when `cost` bytes are above the threshold, else right here.
    static func run<R: Sendable, E: Error>(
        cost: Int, _ work: @Sendable () throws(E) -> R
    ) async throws(E) -> R {
        guard cost > threshold else { return try work() }
        return try await withTaskExecutorPreference(globalConcurrentExecutor) { () async throws(E) -> R in
            try await elsewhere(work)
        }
    }

    /// The same for work that also waits.
    static func runAsync<R: Sendable>(
        cost: Int, _ work: @Sendable () async throws -> R
    ) async throws -> R {
        guard cost > threshold else { return try await work() }
        return try await withTaskExecutorPreference(globalConcurrentExecutor) { try await elsewhereAsync(work) }
    }

    @concurrent
    private static func elsewhereAsync<R: Sendable>(_ work: @Sendable () async throws -> R) async throws -> R {
        try await work()
    }

    @concurrent
    private static func elsewhere<R: Sendable, E: Error>(_ work: @Sendable () throws(E) -> R) async throws(E) -> R {
        try work()
    }
}
