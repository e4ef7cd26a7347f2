extension HTTPClient {
    /// The bounds of a client.
    public struct Configuration: Sendable {
        /// Most connections at once to one host, for each event loop.
        public var maxConnectionsPerHost: Int = 64
        /// Connections kept without a request, for one host on one event loop; more are closed when their request ends.
        public var maxIdleConnectionsPerHost: Int = 64
        /// Most requests waiting for a connection to one host, for each event loop; a further one fails at once.
        public var maxWaitingPerHost: Int = 1024
        /// Longest wait for a connection.
        public var poolWaitTimeout: Duration = .seconds(10)
        /// How long an unused connection is kept.
        public var idleTimeout: Duration = .seconds(60)
        /// Longest wait for the next bytes of a body, and for the peer to take the next bytes of a request.
        public var bodyIdleTimeout: Duration = .seconds(30)
        /// Largest response head in bytes.
        public var maxHeadBytes: Int = 65_536
        /// Most fields in a response head.
        public var maxFieldCount: Int = 128
        /// How long a host's addresses are remembered.
        public var addressLifetime: Duration = .seconds(5)

        /// The defaults.
        public init() {}
    }
}
