public import HTTPTransport

extension HTTPServer.Configuration {
    /// The listener that the `server` block describes.
    public init(_ server: ServerConfiguration) {
        self.init(host: server.httpListenAddress, port: server.httpListenPort)
        // The transport bounds the head as a whole: the request line, which holds the URL, and the header lines.
        let largest = Int.max / 4
        maxHeadBytes =
            min(server.httpServerMaxHeaderBytes, largest) + min(server.httpServerMaxURLBytes, largest) + 1024
        maxFieldCount = server.httpServerMaxHeaderCount
        maxTargetBytes = server.httpServerMaxURLBytes
        maxBodyBytes = server.httpServerMaxBodyBytes
        maxConnections = server.httpListenConnLimit
        // 0 means "no limit" in the file; every wait of ours has one all the same.
        let never = Duration.seconds(86_400)
        let read = server.httpServerReadTimeout > .zero ? server.httpServerReadTimeout : never
        headTimeout = server.httpServerReadHeaderTimeout > .zero ? server.httpServerReadHeaderTimeout : read
        bodyTimeout = read
        idleTimeout = server.httpServerIdleTimeout > .zero ? server.httpServerIdleTimeout : read
        writeTimeout = server.httpServerWriteTimeout > .zero ? server.httpServerWriteTimeout : never
        gracefulShutdownTimeout = server.gracefulShutdownTimeout
    }
}
