import Synchronization

/// An HTTP/1.1 client with a pool of connections for each event loop.
///
/// A task that runs on a loop of the group uses that loop's pool and does not change threads; others are moved to one of
/// the loops for the time of the request. Every wait has a deadline, and a cancelled task closes its connection.
public final class HTTPClient: Sendable {
    let configuration: Configuration
    let group: EventLoopGroup
    let resolver: NameResolver
    private let pools: [ConnectionPool]
    private let stopped = Atomic<Bool>(false)

    /// Makes a client; nothing is opened yet.
    public init(configuration: Configuration = Configuration(), group: EventLoopGroup) {
        self.configuration = configuration
        self.group = group
        resolver = NameResolver(lifetime: configuration.addressLifetime)
        pools = group.loops.map { ConnectionPool(loop: $0, configuration: configuration) }
    }

    deinit { closeIdleConnections() }

    /// Sends a request, gives the response to `body` as soon as its head is there, and returns what `body` returns.
    ///
    /// The response's body is read inside `body`. What is not read when `body` ends closes the connection. A request of an
    /// idempotent method on a kept connection that turns out to be closed is sent once more on a fresh one.
    /// - Throws: `HTTPClientError`, or what `body` throws.
    public func withResponse<R: Sendable>(
        to request: HTTPClientRequest, _ body: (HTTPClientResponse) async throws -> R
    ) async throws -> R {
        try RequestSerializer.check(request)
        guard !stopped.load(ordering: .relaxed) else {
            throw HTTPClientError(code: .cancelled, message: "the client was shut down")
        }
        guard !Task.isCancelled else { throw HTTPClientError(code: .cancelled, message: "the task was cancelled") }
        if let pool = pools.first(where: { $0.loop.isCurrent }) {
            return try await exchange(request, pool, body)
        }
        let loop = group.next()
        guard let pool = pools.first(where: { $0.loop === loop }) else {
            throw HTTPClientError(code: .connect, message: "no event loop")
        }
        return try await withTaskExecutorPreference(loop) { try await exchange(request, pool, body) }
    }

    private func exchange<R: Sendable>(
        _ request: HTTPClientRequest, _ pool: ConnectionPool, _ body: (HTTPClientResponse) async throws -> R
    ) async throws -> R {
        let exchange = ClientExchange(request: request, pool: pool, resolver: resolver)
        defer { exchange.end() }
        return try await withTaskCancellationHandler {
            let response =
                pool.loop.isCurrent ? try await exchange.start() : try await exchange.startOnLoop()
            return try await body(response)
        } onCancel: {
            pool.loop.execute { exchange.cancel() }
        }
    }

    /// Sends a request and reads the whole response.
    /// - Parameter maxBodyBytes: a larger body is an error.
    /// - Throws: `HTTPClientError`.
    public func send(_ request: HTTPClientRequest, maxBodyBytes: Int) async throws -> HTTPClientResult {
        try await withResponse(to: request) { response in
            let body = try await response.collect(upTo: maxBodyBytes)
            return HTTPClientResult(status: response.status, fields: response.fields, body: body)
        }
    }

    /// Refuses new requests and closes idle connections; those in use are closed when their requests end.
    public func shutdown() {
        stopped.store(true, ordering: .relaxed)
        closeIdleConnections()
    }

    private func closeIdleConnections() {
        for pool in pools { pool.loop.execute { pool.stop() } }
    }
}

/// A response whose body is being received. Use it inside the closure that got it, from one task at a time.
public final class HTTPClientResponse: Sendable {
    /// The status code.
    public let status: Int
    /// The fields of the head.
    public let fields: HTTPFields
    private let exchange: ClientExchange

    init(head: ResponseHead, exchange: ClientExchange) {
        status = head.status
        fields = head.fields
        self.exchange = exchange
    }

    /// The next piece of the body, never empty; nil at the end. Nothing is read ahead, so a slow reader slows the peer.
    /// - Throws: `HTTPClientError`.
    public func nextChunk() async throws -> [UInt8]? {
        try await exchange.nextChunk()
    }

    /// The rest of the body in one array.
    /// - Throws: `HTTPClientError`, with code `bodyTooLarge` when there are more than `limit` bytes.
    public func collect(upTo limit: Int) async throws -> [UInt8] {
        try await exchange.collect(upTo: limit)
    }
}
