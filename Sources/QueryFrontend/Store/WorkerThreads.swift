import Dispatch
import Foundation
import Synchronization

/// Threads for blocking work that take jobs in the order of their coming. They are started with the first job and end with this
/// value.
///
/// Not Dispatch's own queues: on Linux these share their threads with everything that is `async`, so that work which fills them
/// would hold up timers, and with them its own deadline.
final class WorkerThreads: TaskExecutor {
    /// What the threads share; they must not hold the executor itself.
    private final class Jobs: Sendable {
        private let waiting = Mutex<[@Sendable () -> Void]>([])
        private let available = DispatchSemaphore(value: 0)

        func add(_ job: @escaping @Sendable () -> Void) {
            waiting.withLock { $0.append(job) }
            available.signal()
        }

        /// Wakes so many threads without a job.
        func stop(_ count: Int) {
            for _ in 0..<count { available.signal() }
        }

        /// Works until it is woken without a job.
        func work() {
            while true {
                available.wait()
                let job = waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() }
                guard let job else { return }
                job()
            }
        }
    }

    private let jobs = Jobs()
    private let count: Int
    private let isStarted = Atomic<Bool>(false)

    /// - Parameter count: threads, at least 1.
    init(count: Int) {
        self.count = max(1, count)
    }

    deinit {
        if isStarted.load(ordering: .relaxed) { jobs.stop(count) }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if !isStarted.exchange(true, ordering: .relaxed) {
            for _ in 0..<count { Thread.detachNewThread { [jobs] in jobs.work() } }
        }
        jobs.add { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
