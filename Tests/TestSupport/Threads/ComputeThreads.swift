import Foundation
public import Testing

/// Two threads for tests that compute for long, in turn.
///
/// On the few threads that all tests share they would keep those waiting that wait with a bound.
public final class ComputeExecutor: TaskExecutor {
    /// The only one needed.
    public static let shared = ComputeExecutor(threads: 2)

    private let condition = NSCondition()
    // Guarded by `condition`.
    private nonisolated(unsafe) var jobs: [UnownedJob] = []

    private init(threads: Int) {
        for _ in 0..<threads {
            Thread.detachNewThread { [self] in work() }
        }
    }

    /// Puts the job at the end of the queue.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        condition.lock()
        jobs.append(job)
        condition.signal()
        condition.unlock()
    }

    private func work() {
        while true {
            condition.lock()
            while jobs.isEmpty { condition.wait() }
            let job = jobs.removeFirst()
            condition.unlock()
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}

/// Runs the tests of a suite on the threads of ``ComputeExecutor``.
public struct ComputeThreads: SuiteTrait, TestTrait, TestScoping {
    /// True: every test of a suite runs so.
    public var isRecursive: Bool { true }

    /// Runs a test with the executor preferred.
    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(ComputeExecutor.shared) {
            try await function()
        }
    }
}

extension Trait where Self == ComputeThreads {
    /// Runs tests on two threads that compute.
    public static var computeThreads: ComputeThreads { ComputeThreads() }
}
