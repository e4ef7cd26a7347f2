import Dispatch

/// Runs one job after the other, in the order in which they became ready: the order of arrival is the test's to choose.
final class SerialTaskExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "serial-task-executor")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
