import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A listener on 127.0.0.1 that does with each connection what a script says, on a thread of its own, and records what came in.
public final class RawPeer: Sendable {
    /// One accepted connection, or one that was opened. Reads and writes give up after 20 seconds.
    public final class Connection: Sendable {
        private let socket: TestSocket
        private let record: @Sendable ([UInt8]) -> Void

        fileprivate init(_ socket: TestSocket, record: @escaping @Sendable ([UInt8]) -> Void = { _ in }) {
            self.socket = socket
            self.record = record
            var limit = timeval(tv_sec: 20, tv_usec: 0)
            for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
                setsockopt(socket.descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
            }
        }

        /// Connects to 127.0.0.1. Close it by `close`.
        public convenience init(port: Int) throws { self.init(try TestSocket.connect(port: port, timeout: 20)) }

        /// The blocking socket.
        public var descriptor: Int32 { socket.descriptor }

        /// What is there, waiting for the first byte; nil at the end.
        public func receive(upTo limit: Int = 65_536) -> [UInt8]? {
            guard case .bytes(let bytes) = socket.receive(upTo: limit, timeout: 20) else { return nil }
            record(bytes)
            return bytes
        }

        /// Sends everything; false when the other end is gone.
        @discardableResult public func send(_ bytes: [UInt8]) -> Bool { socket.send(bytes, timeout: 20) }
        /// Reads until the other end closes.
        public func drain() { while receive() != nil {} }
        /// Ends both directions; whoever waits is woken.
        public func shutDown() { socket.shutDown() }
        /// Ends the sending direction.
        public func finishSending() { socket.shutDownWriting() }
        /// Closes with a reset.
        public func reset() { socket.reset() }
        /// Closes a connection that was opened, not accepted.
        public func close() { socket.close() }
    }

    private struct State {
        var received: [[UInt8]] = []
        var open: [Int: TestSocket] = [:]
        var threads = 1
        var isStopping = false
    }

    private let listener: TestSocket
    private let state = Mutex(State())
    /// The port it listens on.
    public let port: Int

    /// Listens. Connections are closed when their script ends.
    public init(_ script: @escaping @Sendable (Connection) -> Void) throws {
        let bound = try TestSocket.bound(listens: true)
        listener = bound.socket
        port = bound.port
        Thread.detachNewThread { [self] in
            while !state.withLock({ $0.isStopping }) {
                guard let socket = listener.accept(timeout: 0.05) else { continue }
                let index: Int? = state.withLock { state in
                    guard !state.isStopping else { return nil }
                    state.received.append([])
                    state.open[state.received.count - 1] = socket
                    state.threads += 1
                    return state.received.count - 1
                }
                guard let index else {
                    socket.close()
                    continue
                }
                Thread.detachNewThread { [self] in
                    script(Connection(socket) { bytes in self.state.withLock { $0.received[index] += bytes } })
                    state.withLock { state in
                        state.open[index] = nil
                        state.threads -= 1
                    }
                    socket.close()
                }
            }
            listener.close()
            state.withLock { $0.threads -= 1 }
        }
    }

    /// What each connection sent so far, in order of acceptance.
    public var received: [[UInt8]] { state.withLock { $0.received } }

    /// Ends all connections and waits for their scripts.
    public func stop() {
        state.withLock { state in
            state.isStopping = true
            for socket in state.open.values { socket.shutDown() }
        }
        let deadline = ProcessInfo.processInfo.systemUptime + 30
        while state.withLock({ $0.threads > 0 }), ProcessInfo.processInfo.systemUptime < deadline { usleep(1000) }
    }

    deinit { stop() }
}
