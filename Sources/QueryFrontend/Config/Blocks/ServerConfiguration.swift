/// The `server` block: the listening socket, its limits and times, and the log. Key names and defaults are Tempo's.
public struct ServerConfiguration: Sendable, Equatable {
    /// `http_listen_address`: the address to bind; empty means every address of the machine.
    public var httpListenAddress = ""
    /// `http_listen_port`: 0 takes any free port.
    public var httpListenPort = 3200
    /// `http_listen_conn_limit`: open connections at once; 0 means no limit of our own.
    public var httpListenConnLimit = 0
    /// `graceful_shutdown_timeout`: how long running requests may go on after a stop signal.
    public var gracefulShutdownTimeout: Duration = .seconds(30)
    /// `http_server_read_timeout`: a whole request, head and body; 0 means no limit.
    public var httpServerReadTimeout: Duration = .seconds(30)
    /// `http_server_write_timeout`: a whole answer; it also bounds the time of a query.
    public var httpServerWriteTimeout: Duration = .seconds(30)
    /// `http_server_read_header_timeout`: the head of a request; 0 means the read timeout.
    public var httpServerReadHeaderTimeout: Duration = .zero
    /// `http_server_idle_timeout`: a kept connection between two requests; 0 means the read timeout.
    public var httpServerIdleTimeout: Duration = .seconds(120)
    /// `http_server_max_header_bytes` (ours): bytes of the header lines of a request beside the URL; what
    /// is enforced is the head as a whole, by this and `http_server_max_url_bytes` together.
    public var httpServerMaxHeaderBytes = 65_536
    /// `http_server_max_header_count` (ours): header lines of a request.
    public var httpServerMaxHeaderCount = 128
    /// `http_server_max_url_bytes` (ours): bytes of a request's target. Holds the largest query of
    /// `max_query_expression_size_bytes` even when every byte is percent-encoded.
    public var httpServerMaxURLBytes = 524_288
    /// `http_server_max_body_bytes` (ours): bytes of a request's body, also after decompression.
    public var httpServerMaxBodyBytes = 4_194_304
    /// `http_path_prefix`: put before every route, `/ready` and `/metrics` included. Empty, or starts with `/` and does
    /// not end with one.
    public var httpPathPrefix = ""
    /// `register_instrumentation`: serve `/metrics`.
    public var registerInstrumentation = true
    /// `log_level`.
    public var logLevel = LogLevel.info
    /// `log_format`.
    public var logFormat = LogFormat.logfmt
    /// `log_request_at_info_level_enabled`: without effect; there is no access line.
    public var logRequestAtInfoLevel = false

    /// `http_tls_config`, `tls_min_version`, `tls_cipher_suites`: without a certificate the listener speaks plain HTTP.
    public var httpTLS = ServerTLSConfiguration()

    /// The defaults.
    public init() {}
}
