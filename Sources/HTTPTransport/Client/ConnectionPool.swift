/// What a pool is keyed by: connections are shared between requests that want the same of the same peer.
struct Endpoint: Hashable, Sendable {
    let origin: HTTPOrigin
    let tls: TLSClientContext?

    init(_ request: HTTPClientRequest) {
        origin = request.origin
        tls = request.tls
    }
}

/// The connections of one client on one loop.
///
/// `@unchecked Sendable`: used on its loop's thread only, apart from the constants.
final class ConnectionPool: @unchecked Sendable {
    /// What a request that waited for room is given.
    enum Grant: Sendable {
        /// A connection that another request has finished with.
        case connection(ClientConnection)
        /// Room to make a connection; it is counted already.
        case room
    }

    private final class Host {
        /// Idle, leased, or being made.
        var count = 0
        var idle: [ClientConnection] = []
        var waiting: [LoopWait<Grant>] = []
    }

    let loop: EventLoop
    let configuration: HTTPClient.Configuration
    private var hosts: [Endpoint: Host] = [:]
    private var isStopped = false
    /// The last session with each endpoint. They outlive its connections.
    private var resumptions: [Endpoint: TLSResumption] = [:]
    private static let maxResumptions = 1024

    init(loop: EventLoop, configuration: HTTPClient.Configuration) {
        self.loop = loop
        self.configuration = configuration
    }

    private func host(_ endpoint: Endpoint) -> Host {
        if let host = hosts[endpoint] { return host }
        let host = Host()
        hosts[endpoint] = host
        return host
    }

    /// An idle connection, or room for a new one, or nil when the caller has to wait.
    /// - Parameter fresh: an idle connection will not do.
    func tryAcquire(_ endpoint: Endpoint, fresh: Bool) -> Grant? {
        let host = host(endpoint)
        if !fresh, let connection = host.idle.popLast() {
            connection.leaveIdle()
            return .connection(connection)
        }
        if host.count < max(1, configuration.maxConnectionsPerHost) {
            host.count += 1
            return .room
        }
        // An idle connection makes place for the fresh one that is asked for.
        if let connection = host.idle.popLast() {
            connection.leaveIdle()
            connection.channel.close()
            return .room
        }
        return nil
    }

    /// Queues up, or nil when the queue is full.
    func enqueue(_ endpoint: Endpoint) -> LoopWait<Grant>? {
        let host = host(endpoint)
        guard host.waiting.count < configuration.maxWaitingPerHost else { return nil }
        let wait = LoopWait<Grant>(loop: loop)
        host.waiting.append(wait)
        return wait
    }

    /// Takes back a wait that ended without a grant.
    func forget(_ wait: LoopWait<Grant>, _ endpoint: Endpoint) {
        hosts[endpoint]?.waiting.removeAll { $0 === wait }
        removeIfUnused(endpoint)
    }

    /// A connection whose response was read whole.
    func release(_ connection: ClientConnection, reusable: Bool) {
        let host = host(connection.endpoint)
        connection.wasUsed = true
        guard reusable, !isStopped, !connection.channel.isAborted else {
            connection.channel.close()
            return releaseRoom(connection.endpoint)
        }
        while !host.waiting.isEmpty {
            if host.waiting.removeFirst().finish(.value(.connection(connection))) { return }
        }
        guard host.idle.count < configuration.maxIdleConnectionsPerHost else {
            connection.channel.close()
            return releaseRoom(connection.endpoint)
        }
        host.idle.append(connection)
        connection.becomeIdle(for: configuration.idleTimeout.clampedNanoseconds) { [self] in
            host.idle.removeAll { $0 === connection }
            connection.leaveIdle()
            connection.channel.close()
            releaseRoom(connection.endpoint)
        }
    }

    /// A connection was closed or never made.
    func releaseRoom(_ endpoint: Endpoint) {
        let host = host(endpoint)
        while !host.waiting.isEmpty {
            // The room goes to the next in line without being given back.
            if host.waiting.removeFirst().finish(.value(.room)) { return }
        }
        host.count -= 1
        removeIfUnused(endpoint)
    }

    private func removeIfUnused(_ endpoint: Endpoint) {
        if let host = hosts[endpoint], host.count == 0, host.waiting.isEmpty { hosts[endpoint] = nil }
    }

    /// What an earlier session with the endpoint left for the next handshake.
    func resumption(_ endpoint: Endpoint) -> TLSResumption? { resumptions[endpoint] }

    /// Keeps what the connection's session gives for the next handshake with its endpoint.
    ///
    /// To be called when an answer was read whole: with the first one comes what the server gives.
    func keepSession(of connection: ClientConnection) {
        guard let tls = connection.channel.tls, !connection.wasUsed, !isStopped, let resumption = tls.resumption()
        else { return }
        if resumptions.count >= Self.maxResumptions { resumptions.removeAll() }
        resumptions[connection.endpoint] = resumption
    }

    /// Closes idle connections now and others when they are released.
    func stop() {
        isStopped = true
        resumptions.removeAll()
        for (endpoint, host) in hosts {
            while let connection = host.idle.popLast() {
                connection.leaveIdle()
                connection.channel.close()
                releaseRoom(endpoint)
            }
        }
    }
}

/// One connection to a host. Confined to its loop like the pool that owns it.
final class ClientConnection: @unchecked Sendable {
    let endpoint: Endpoint
    let channel: Channel
    let buffer = ReadBuffer()
    /// At least one response was read whole from it.
    var wasUsed = false
    private let idleTimer = LoopTimer()

    init(endpoint: Endpoint, channel: Channel) {
        self.endpoint = endpoint
        self.channel = channel
    }

    /// Calls `drop` when the peer closes or sends something unasked, or after `timeout`.
    func becomeIdle(for timeout: UInt64, drop: @escaping () -> Void) {
        idleTimer.action = drop
        channel.loop.schedule(idleTimer, at: channel.loop.deadline(after: timeout))
        watch(drop)
    }

    private func watch(_ drop: @escaping () -> Void) {
        channel.watch { [unowned self] in
            // Input that turns out to be none is no reason; anything else is.
            if !channel.peerIsGone(), !channel.hasInput { return watch(drop) }
            leaveIdle()
            drop()
        }
    }

    func leaveIdle() {
        idleTimer.cancel()
        idleTimer.action = nil
        channel.watch(nil)
    }
}
