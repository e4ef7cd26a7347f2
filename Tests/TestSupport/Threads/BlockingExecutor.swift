import Foundation

/// Runs each job on a thread of its own, so that a test may block without holding one of the few threads that all tests share.
///
/// Use it with `withTaskExecutorPreference`: unlike work handed to a bare thread, the task keeps its task-local values, by which the test
/// library knows what test an expectation belongs to.
public final class BlockingExecutor: TaskExecutor {
    /// The only one needed: it has no state.
    public static let shared = BlockingExecutor()

    /// Starts a thread for the job.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        Thread.detachNewThread { [self] in
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}
