/// An HTTP/1.1 client with a pool of connections for each event loop.
public final class HTTPClient: Sendable {
    let configuration: Configuration
    let group: EventLoopGroup

    /// Makes a client; nothing is opened yet.
    public init(configuration: Configuration = Configuration(), group: EventLoopGroup) {
        self.configuration = configuration
        self.group = group
    }

    /// Sends a request and gives the response to `body`.
    public func withResponse<R: Sendable>(
        to request: HTTPClientRequest, _ body: (HTTPClientResponse) async throws -> R
    ) async throws -> R {
        throw HTTPClientError(code: .connect, message: "not built yet")
    }

    /// Sends a request and reads the whole response.
    public func send(_ request: HTTPClientRequest, maxBodyBytes: Int) async throws -> HTTPClientResult {
        try await withResponse(to: request) { response in
            let body = try await response.collect(upTo: maxBodyBytes)
            return HTTPClientResult(status: response.status, fields: response.fields, body: body)
        }
    }

    /// Closes all idle connections.
    public func shutdown() async {}
}

/// A response whose body is being received.
public final class HTTPClientResponse: Sendable {
    /// The status code.
    public let status: Int
    /// The fields of the head.
    public let fields: HTTPFields

    init(status: Int, fields: HTTPFields) {
        self.status = status
        self.fields = fields
    }

    /// The next piece of the body.
    public func nextChunk() async throws -> [UInt8]? { nil }

    /// The rest of the body.
    public func collect(upTo limit: Int) async throws -> [UInt8] { [] }
}
