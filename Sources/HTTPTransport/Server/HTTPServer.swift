/// An HTTP/1.1 server.
public final class HTTPServer: Sendable {
    /// Answers a request. It runs as part of the connection's task, on the event loop that holds the connection.
    public typealias Handler = @Sendable (HTTPServerRequest) async -> HTTPResponse
    let configuration: Configuration
    let group: EventLoopGroup
    let handler: Handler

    /// Makes a server; nothing is opened yet.
    public init(configuration: Configuration, group: EventLoopGroup, handler: @escaping Handler) {
        self.configuration = configuration
        self.group = group
        self.handler = handler
    }

    /// Binds the listening socket.
    @discardableResult
    public func start() async throws -> BoundAddress { throw TransportError(code: .listen, message: "not built yet") }

    /// Serves until `beginShutdown` was called and the connections are closed.
    public func run() async throws {}

    /// Stops accepting and lets running requests finish.
    public func beginShutdown() {}

    /// Number of open connections.
    public var openConnectionCount: Int { 0 }
}
