extension HTTPServer {
    /// Where to listen and every bound of the server.
    public struct Configuration: Sendable {
        /// Address to listen on: a literal address or a name; empty listens on all addresses, IPv6 and IPv4.
        public var host: String = ""
        /// Port to listen on; 0 takes any free one.
        public var port: Int = 0
        /// Length of the queue of connections that the kernel completes before they are accepted.
        public var backlog: Int = 1024

        /// Largest request head in bytes (request line and fields); above it 431, or 414 when the request line alone is.
        public var maxHeadBytes: Int = 65_536
        /// Most fields in a head; above it 431.
        public var maxFieldCount: Int = 128
        /// Longest request target in bytes; above it 414.
        public var maxTargetBytes: Int = 32_768
        /// Largest request body in bytes, as sent and as decompressed; above it 413.
        public var maxBodyBytes: Int = 16 * 1024 * 1024
        /// Most connections at once; a further one is answered 503 and closed. 0 is no bound.
        public var maxConnections: Int = 0
        /// An unread request body of up to this many bytes is read and dropped to keep the connection; a longer one
        /// closes it.
        public var maxDrainBytes: Int = 262_144

        // Of the times below zero means no bound, except for the grace of a shutdown.

        /// Time from the first byte of a head to its last; past it 408 and close.
        public var headTimeout: Duration = .seconds(30)
        /// Time for the whole body, from the handler's first read of it; past it the read fails and the answer is 408.
        public var bodyTimeout: Duration = .seconds(30)
        /// How long a connection may wait for the first byte of a request.
        public var idleTimeout: Duration = .seconds(120)
        /// How long the socket may take to accept 64 KB (or what is left): a slower reader is cut off.
        public var writeTimeout: Duration = .seconds(30)
        /// How long running requests may go on after `beginShutdown`; then they are cancelled and their connections closed.
        public var gracefulShutdownTimeout: Duration = .seconds(30)

        /// zlib level of response compression, 1 (fast) to 9 (small).
        public var compressionLevel: Int = 1

        /// Whether gzip is used at all, in both directions; it never is where the system has no zlib.
        public var usesCompression: Bool = true

        /// TLS for every connection; nil: plain HTTP. A handshake must end within `headTimeout`, at most 30 s.
        public var tls: TLSServerContext?
        /// Most handshakes at once, whose cost a stranger can cause; a further connection is closed.
        public var maxConcurrentHandshakes: Int = 1024
        /// Called with the client's address and the reason when a handshake fails; on the connection's loop.
        public var onHandshakeFailure: (@Sendable (String, String) -> Void)?

        /// The defaults on any free port of all addresses.
        public init() {}

        /// The defaults at an address.
        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    /// Where a server listens.
    public struct BoundAddress: Sendable, Equatable {
        /// The literal address, without brackets.
        public var host: String
        /// The port.
        public var port: Int
    }
}
