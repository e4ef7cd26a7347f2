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
    private var hosts: [HTTPOrigin: Host] = [:]
    private var isStopped = false

    init(loop: EventLoop, configuration: HTTPClient.Configuration) {
        self.loop = loop
        self.configuration = configuration
    }

    private func host(_ origin: HTTPOrigin) -> Host {
        if let host = hosts[origin] { return host }
        let host = Host()
        hosts[origin] = host
        return host
    }

    /// An idle connection, or room for a new one, or nil when the caller has to wait.
    /// - Parameter fresh: an idle connection will not do.
    func tryAcquire(_ origin: HTTPOrigin, fresh: Bool) -> Grant? {
        let host = host(origin)
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
    func enqueue(_ origin: HTTPOrigin) -> LoopWait<Grant>? {
        let host = host(origin)
        guard host.waiting.count < configuration.maxWaitingPerHost else { return nil }
        let wait = LoopWait<Grant>(loop: loop)
        host.waiting.append(wait)
        return wait
    }

    /// Takes back a wait that ended without a grant.
    func forget(_ wait: LoopWait<Grant>, _ origin: HTTPOrigin) {
        hosts[origin]?.waiting.removeAll { $0 === wait }
        removeIfUnused(origin)
    }

    /// A connection whose response was read whole.
    func release(_ connection: ClientConnection, reusable: Bool) {
        let host = host(connection.origin)
        guard reusable, !isStopped, !connection.channel.isAborted else {
            connection.channel.close()
            return releaseRoom(connection.origin)
        }
        while !host.waiting.isEmpty {
            if host.waiting.removeFirst().finish(.value(.connection(connection))) { return }
        }
        guard host.idle.count < configuration.maxIdleConnectionsPerHost else {
            connection.channel.close()
            return releaseRoom(connection.origin)
        }
        host.idle.append(connection)
        connection.becomeIdle(for: configuration.idleTimeout.clampedNanoseconds) { [self] in
            host.idle.removeAll { $0 === connection }
            connection.leaveIdle()
            connection.channel.close()
            releaseRoom(connection.origin)
        }
    }

    /// A connection was closed or never made.
    func releaseRoom(_ origin: HTTPOrigin) {
        let host = host(origin)
        while !host.waiting.isEmpty {
            // The room goes to the next in line without being given back.
            if host.waiting.removeFirst().finish(.value(.room)) { return }
        }
        host.count -= 1
        removeIfUnused(origin)
    }

    private func removeIfUnused(_ origin: HTTPOrigin) {
        if let host = hosts[origin], host.count == 0, host.waiting.isEmpty { hosts[origin] = nil }
    }

    /// Closes idle connections now and others when they are released.
    func stop() {
        isStopped = true
        for (origin, host) in hosts {
            while let connection = host.idle.popLast() {
                connection.leaveIdle()
                connection.channel.close()
                releaseRoom(origin)
            }
        }
    }
}

/// One connection to a host. Confined to its loop like the pool that owns it.
final class ClientConnection: @unchecked Sendable {
    let origin: HTTPOrigin
    let channel: Channel
    let buffer = ReadBuffer()
    /// At least one response was read whole from it.
    var wasUsed = false
    private let idleTimer = LoopTimer()

    init(origin: HTTPOrigin, channel: Channel) {
        self.origin = origin
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
