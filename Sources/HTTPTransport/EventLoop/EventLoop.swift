import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One thread that waits for sockets and timers and runs the tasks that prefer it.
///
/// `@unchecked Sendable`: everything marked as confined is touched by the loop's own thread only (each entry point checks
/// or documents it); what other threads may touch is in `shared`, behind its mutex, or immutable.
final class EventLoop: TaskExecutor, @unchecked Sendable {
    private enum Work: Sendable {
        case job(UnownedJob)
        case call(@Sendable () -> Void)
    }

    private struct Shared {
        var inbox: [Work] = []
        /// The loop is waiting, or about to: whoever adds work must wake it.
        var isSleeping = false
        var isStopping = false
        var isStopped = false
    }

    private let shared = Mutex(Shared())
    private let waker: Waker
    /// Runs what is left when the thread has ended, one at a time as the thread did.
    private let fallback = DispatchQueue(label: "stopped-event-loop")
    private let openDescriptors = Atomic<Int>(0)

    // Confined to the loop's thread.
    private let poller: any Poller
    private var queue: [Work] = []
    private var batch: [Work] = []
    private var timers = TimerHeap()
    /// The time when the loop last woke, in nanoseconds of the monotonic clock.
    private(set) var now: UInt64 = SystemCalls.monotonicNanoseconds()
    private var dateSecond: Int = -1
    private var dateBytes: [UInt8] = []

    init(poller: any Poller) {
        self.poller = poller
        waker = poller.waker
    }

    // MARK: Which loop is this

    private static let threadKey: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    /// The loop whose thread is running, or nil.
    static var current: EventLoop? {
        // The pointer is set for the whole life of the loop's thread, which keeps the loop alive.
        guard let pointer = pthread_getspecific(threadKey) else { return nil }
        return Unmanaged<EventLoop>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// Whether the running thread is this loop's.
    var isCurrent: Bool {
        pthread_getspecific(Self.threadKey) == UnsafeMutableRawPointer(Unmanaged.passUnretained(self).toOpaque())
    }

    // MARK: Work

    func enqueue(_ job: consuming ExecutorJob) {
        add(.job(UnownedJob(job)))
    }

    /// Runs `body` on the loop, later. After the loop has stopped it is run where it is, since nothing else can happen.
    func execute(_ body: @escaping @Sendable () -> Void) {
        add(.call(body))
    }

    private func add(_ work: Work) {
        if isCurrent { return queue.append(work) }
        let (wake, rejected) = shared.withLock { shared in
            if shared.isStopped { return (false, true) }
            shared.inbox.append(work)
            let wake = shared.isSleeping
            shared.isSleeping = false
            return (wake, false)
        }
        if wake { waker.wake() }
        // Tasks must still be able to finish when their loop has ended.
        if rejected { fallback.async { self.perform(work) } }
    }

    private func perform(_ work: Work) {
        switch work {
        case .job(let job): job.runSynchronously(on: asUnownedTaskExecutor())
        case .call(let body): body()
        }
    }

    /// The thread's main function; returns when `stop` was called and no work is left.
    func run() {
        pthread_setspecific(Self.threadKey, Unmanaged.passUnretained(self).toOpaque())
        while true {
            takeInbox()
            if !queue.isEmpty {
                // Only what is there now: work added meanwhile waits until sockets had their turn.
                swap(&queue, &batch)
                for work in batch { perform(work) }
                batch.removeAll(keepingCapacity: true)
            }
            while let timer = timers.popDue(at: now) { timer.action?() }
            let timeout = queue.isEmpty ? prepareToSleep() : 0
            guard let timeout else { break }
            poller.wait(timeout: timeout) { channel, events in channel.deliver(events) }
            now = SystemCalls.monotonicNanoseconds()
        }
        poller.close()
        pthread_setspecific(Self.threadKey, nil)
    }

    private func takeInbox() {
        shared.withLock { shared in
            shared.isSleeping = false
            guard !shared.inbox.isEmpty else { return }
            queue.append(contentsOf: shared.inbox)
            shared.inbox.removeAll(keepingCapacity: true)
        }
    }

    /// The timeout of the next wait in milliseconds, or nil when the loop is to end.
    private func prepareToSleep() -> Int32? {
        enum Next { case work, sleep, end }
        let next: Next = shared.withLock { shared in
            guard shared.inbox.isEmpty else { return .work }
            if shared.isStopping {
                shared.isStopped = true
                return .end
            }
            shared.isSleeping = true
            return .sleep
        }
        switch next {
        case .work: return 0
        case .end: return nil
        case .sleep:
            guard let first = timers.earliest else { return -1 }
            if first <= now { return 0 }
            return Int32(min((first - now + 999_999) / 1_000_000, 60_000))
        }
    }

    /// Ends the thread once it has nothing to run.
    func stop() {
        let wake = shared.withLock { shared in
            shared.isStopping = true
            let wake = shared.isSleeping
            shared.isSleeping = false
            return wake
        }
        if wake { waker.wake() }
    }

    // MARK: Channels and timers (loop's thread only)

    func register(_ channel: Channel) -> Int32 {
        let number = poller.add(channel)
        if number == 0 { openDescriptors.wrappingAdd(1, ordering: .relaxed) }
        return number
    }

    func updateInterest(_ channel: Channel) { poller.update(channel) }

    func deregister(_ channel: Channel) {
        poller.remove(channel)
        openDescriptors.wrappingSubtract(1, ordering: .relaxed)
    }

    func schedule(_ timer: LoopTimer, at deadline: UInt64) { timers.schedule(timer, at: deadline) }

    /// Number of sockets that the loop watches. Any thread.
    var descriptorCount: Int { openDescriptors.load(ordering: .relaxed) }

    /// The value of a `Date` field, made once a second.
    func withDate(_ body: ([UInt8]) -> Void) {
        let second = max(0, time(nil))
        if second != dateSecond {
            dateSecond = second
            dateBytes = HTTPDate.format(second: second)
        }
        body(dateBytes)
    }

    /// The time on the loop's clock after so many nanoseconds from now, where "now" is not the time of the last wake-up: work
    /// that has run since must not shorten a wait. Saturates. Any thread.
    func deadline(after nanoseconds: UInt64) -> UInt64 {
        let (sum, overflowed) = SystemCalls.monotonicNanoseconds().addingReportingOverflow(nanoseconds)
        return overflowed ? LoopTimer.never : sum
    }

    /// Lets the loop's other work run. (`Task.yield` would go by way of the global executor.)
    func yield() async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            queue.append(.call { continuation.resume() })
        }
    }

    /// Waits on the loop until `deadline`; cancellation does not end it early, so it is for short pauses.
    func pause(until deadline: UInt64) async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let timer = LoopTimer()
            timer.action = { continuation.resume() }
            schedule(timer, at: deadline)
        }
    }
}
