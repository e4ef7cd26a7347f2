import Dispatch
import Foundation
import Synchronization

/// Some event loops, each a thread that drives sockets and is a `TaskExecutor`: a task that prefers it runs on that thread.
///
/// Servers and clients share a group. Its threads start at once and end with `shutdown`.
public final class EventLoopGroup: Sendable {
    /// How a loop waits for its sockets.
    public enum Backend: Sendable, CaseIterable {
        /// The best way of the platform: epoll on Linux, poll(2) elsewhere.
        case platformDefault
        /// poll(2), which every platform has.
        case poll
    }

    let loops: [EventLoop]
    private let nextIndex = Atomic<Int>(0)
    private let threads = DispatchGroup()

    /// How many loops there are.
    public var loopCount: Int { loops.count }

    /// Starts the loops.
    /// - Parameters:
    ///   - loopCount: number of loops, at least 1; nil takes one for each processor core.
    ///   - backend: how they wait.
    /// - Throws: `TransportError` when the system gives no descriptors for it.
    public init(loopCount: Int? = nil, backend: Backend = .platformDefault) throws {
        let count = max(1, loopCount ?? ProcessInfo.processInfo.activeProcessorCount)
        var loops: [EventLoop] = []
        for _ in 0..<count { loops.append(EventLoop(poller: try Self.makePoller(backend))) }
        self.loops = loops
        for (index, loop) in loops.enumerated() {
            threads.enter()
            let threads = threads
            let thread = Thread {
                loop.run()
                threads.leave()
            }
            thread.name = "event-loop-\(index)"
            thread.stackSize = 2 * 1024 * 1024
            thread.start()
        }
    }

    private static func makePoller(_ backend: Backend) throws(TransportError) -> any Poller {
        #if os(Linux)
            if backend == .platformDefault { return try EpollPoller() }
        #endif
        return try PollPoller()
    }

    deinit { shutdown() }

    /// Ends the loops' threads once they have nothing left to run. Servers and clients on them must be over. Tasks that
    /// still prefer a loop afterwards run on the global executor.
    public func shutdown() {
        for loop in loops { loop.stop() }
    }

    /// Waits until all threads have ended; call `shutdown` first.
    public func waitUntilStopped() async {
        await withCheckedContinuation { continuation in
            threads.notify(queue: .global()) { continuation.resume() }
        }
    }

    /// One of the loops, in turn, as an executor for tasks that make requests.
    public func nextExecutor() -> any TaskExecutor { next() }

    func next() -> EventLoop {
        let index = nextIndex.wrappingAdd(1, ordering: .relaxed).oldValue
        return loops[Int(UInt(bitPattern: index) % UInt(loops.count))]
    }

    /// The loop of this group that the running thread belongs to, or nil.
    var current: EventLoop? {
        guard let loop = EventLoop.current, loops.contains(where: { $0 === loop }) else { return nil }
        return loop
    }

    /// Number of sockets open on all loops.
    package var openDescriptorCount: Int { loops.reduce(0) { $0 + $1.descriptorCount } }
}
