import Synchronization

/// An HTTP/1.1 server on the event loops of a group.
///
/// `start` binds, `run` serves until `beginShutdown`. Each connection is one task on one loop, and the handler is a part of
/// that task: it is cancelled when its client goes away. A handler that computes for long should hop off the loop.
public final class HTTPServer: Sendable {
    /// Answers a request. It runs as part of the connection's task, on the event loop that holds the connection.
    public typealias Handler = @Sendable (HTTPServerRequest) async -> HTTPResponse

    private struct State {
        enum Phase { case initial, bound, running, stopped }
        var phase = Phase.initial
        /// Bound, not yet accepting.
        var listener: Listener?
        /// Accepting.
        var acceptor: Channel?
        var connections: [ObjectIdentifier: ServerConnection] = [:]
        /// Connections that are only told that there is no room.
        var rejections = 0
    }

    let configuration: Configuration
    let group: EventLoopGroup
    let handler: Handler
    private let state = Mutex(State())
    private let draining = Atomic<Bool>(false)
    private let handshakes = Atomic<Int>(0)

    /// Makes a server; nothing is opened yet.
    public init(configuration: Configuration, group: EventLoopGroup, handler: @escaping Handler) {
        self.configuration = configuration
        self.group = group
        self.handler = handler
    }

    deinit {
        // Bound but never run.
        if let listener = state.withLock({ $0.listener }) { SystemCalls.close(listener.descriptor) }
    }

    /// Binds the listening socket; connections queue up in the kernel until `run`.
    /// - Returns: where the server listens, with the real port.
    /// - Throws: `TransportError`.
    @discardableResult
    public func start() async throws -> BoundAddress {
        let claimed = state.withLock { state in
            guard state.phase == .initial else { return false }
            state.phase = .bound
            return true
        }
        guard claimed, !isDraining else { throw TransportError(code: .state, message: "the server was started before") }
        do {
            let listener = try await Listener.bind(configuration)
            state.withLock { $0.listener = listener }
            return listener.address
        } catch {
            state.withLock { $0.phase = .initial }
            throw error
        }
    }

    /// Whether `start` would find an address to bind. Opens nothing, so that a port that is taken does not show.
    /// - Throws: `TransportError`, in the words of `start`.
    public static func checkAddress(of configuration: Configuration) async throws {
        try await Listener.check(configuration)
    }

    /// Serves until `beginShutdown` was called and all connections are closed; binds first if that was not done.
    ///
    /// When the calling task is cancelled, running requests are cancelled and their connections closed. A handler that
    /// ignores its cancellation holds this up.
    /// - Throws: `TransportError`, only before anything is served.
    public func run() async throws {
        if state.withLock({ $0.phase == .initial }), !isDraining { try await start() }
        let listener: Listener? = try state.withLock { state in
            guard state.phase == .bound || isDraining else {
                throw TransportError(code: .state, message: "the server runs already or is over")
            }
            state.phase = .running
            defer { state.listener = nil }
            return state.listener
        }
        defer { state.withLock { $0.phase = .stopped } }
        guard let listener else { return }
        let loop = group.loops[0]
        let acceptor = Channel(descriptor: listener.descriptor, loop: loop)
        try await withTaskCancellationHandler {
            try await withTaskExecutorPreference(loop) { try await serve(acceptor) }
        } onCancel: {
            draining.store(true, ordering: .relaxed)
            // `serve` sees the cancellation when the accepting ends, and cancels the connections.
            loop.execute { acceptor.abort() }
            cancelConnections()
        }
    }

    /// Stops accepting. Idle connections are closed, running requests get `Connection: close` on their answers; those
    /// that still run after `gracefulShutdownTimeout` are cancelled and their connections closed. Returns at once.
    public func beginShutdown() {
        guard !draining.exchange(true, ordering: .relaxed) else { return }
        guard let acceptor = state.withLock({ $0.acceptor }) else { return }
        acceptor.loop.execute { acceptor.abort() }
    }

    /// Whether the server was told to stop.
    public var isDraining: Bool { draining.load(ordering: .relaxed) }

    /// Number of open connections.
    public var openConnectionCount: Int { state.withLock { $0.connections.count + $0.rejections } }

    /// Counts a handshake that begins; false, and not counted, when there are too many.
    func beginHandshake() -> Bool {
        if handshakes.wrappingAdd(1, ordering: .relaxed).newValue <= configuration.maxConcurrentHandshakes {
            return true
        }
        endHandshake()
        return false
    }

    func endHandshake() { handshakes.wrappingSubtract(1, ordering: .relaxed) }

    private func cancelConnections() {
        for connection in state.withLock({ Array($0.connections.values) }) {
            connection.channel.loop.execute { connection.cancelNow() }
        }
    }

    // MARK: Accepting (on the first loop)

    @concurrent private func serve(_ acceptor: Channel) async throws {
        let number = acceptor.open()
        guard number == 0 else { throw TransportError(code: .listen, call: "epoll_ctl", errno: number) }
        state.withLock { $0.acceptor = acceptor }
        let limits = ServerConnection.Limits(configuration)
        let grace = LoopTimer()
        grace.action = { self.cancelConnections() }
        await withDiscardingTaskGroup { group in
            // The acceptor may have been aborted before it was known to `beginShutdown`.
            while !isDraining {
                guard await acceptor.waitReadable(until: LoopTimer.never) == .ready else { break }
                await acceptBatch(from: acceptor, limits: limits, into: &group)
            }
            state.withLock { $0.acceptor = nil }
            acceptor.close()
            if Task.isCancelled {
                cancelConnections()
            } else {
                for connection in state.withLock({ Array($0.connections.values) }) {
                    connection.channel.loop.execute { connection.beginDrain() }
                }
                let timeout = configuration.gracefulShutdownTimeout.clampedNanoseconds
                acceptor.loop.schedule(grace, at: acceptor.loop.deadline(after: timeout))
            }
        }
        grace.cancel()
        grace.action = nil
    }

    private func acceptBatch(
        from acceptor: Channel, limits: ServerConnection.Limits, into tasks: inout DiscardingTaskGroup
    ) async {
        for _ in 0..<64 {
            switch acceptor.accept() {
            case .done(let descriptor):
                admit(Int32(descriptor), limits: limits, into: &tasks)
            case .wouldBlock:
                return
            case .failed(let number):
                // A connection that died in the queue is the peer's matter. Anything else is a lack of descriptors or
                // memory, which only time can mend; the pause keeps the loop from spinning on it.
                if SystemCalls.isAcceptTransient(number) { continue }
                await acceptor.loop.pause(until: acceptor.loop.deadline(after: 50_000_000))
                return
            }
        }
        await acceptor.loop.yield()
    }

    private func admit(_ descriptor: Int32, limits: ServerConnection.Limits, into tasks: inout DiscardingTaskGroup) {
        SystemCalls.prepareConnected(descriptor)
        let loop = group.next()
        let channel = Channel(descriptor: descriptor, loop: loop)
        let connection = ServerConnection(
            channel: channel, server: self, limits: limits, remoteAddress: SocketAddress.peer(of: descriptor))
        let key = ObjectIdentifier(connection)
        enum Admission { case serve, reject, drop }
        let admission: Admission = state.withLock { state in
            if configuration.maxConnections == 0 || state.connections.count < configuration.maxConnections {
                state.connections[key] = connection
                return .serve
            }
            // Telling a client that there is no room takes room too.
            guard state.rejections < 64 else { return .drop }
            state.rejections += 1
            return .reject
        }
        switch admission {
        case .serve:
            tasks.addTask(executorPreference: loop) {
                if channel.open() == 0 { await connection.serve() }
                self.state.withLock { $0.connections[key] = nil }
            }
        case .reject:
            tasks.addTask(executorPreference: loop) {
                if channel.open() == 0 { await connection.reject() }
                self.state.withLock { $0.rejections -= 1 }
            }
        case .drop:
            SystemCalls.close(descriptor)
        }
    }
}
