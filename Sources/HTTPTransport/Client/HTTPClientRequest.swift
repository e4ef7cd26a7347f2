/// A scheme, host and port: where connections go and what a pool is keyed by.
public struct HTTPOrigin: Hashable, Sendable, CustomStringConvertible {
    /// `http` or `https`.
    public var scheme: String
    /// A name or a literal address, IPv6 without brackets.
    public var host: String
    /// The port.
    public var port: Int

    /// Makes an origin.
    public init(scheme: String = "http", host: String, port: Int) {
        self.scheme = scheme
        self.host = host
        self.port = port
    }

    /// The origin as it stands in a URL.
    public var description: String { "\(scheme)://\(authority)" }

    /// Host and port as they stand in a `Host` field: the scheme's own port is left out.
    public var authority: String {
        let host = self.host.utf8.contains(UInt8(ascii: ":")) ? "[\(self.host)]" : self.host
        let isDefault = (scheme == "http" && port == 80) || (scheme == "https" && port == 443)
        return isDefault ? host : "\(host):\(port)"
    }
}

/// A request to send. A plain value: sending it twice is fine.
public struct HTTPClientRequest: Sendable {
    /// The method, a token.
    public var method: String
    /// Where to send it.
    public var origin: HTTPOrigin
    /// Path and query as they go on the wire: begins with `/`, bytes 0x21 to 0x7E.
    public var target: String
    /// The fields. The client adds `Host` (unless given here) and `Content-Length` itself; `Content-Length`,
    /// `Transfer-Encoding` and `Connection` here are refused.
    public var fields: HTTPFields
    /// The body, sent with its `Content-Length`.
    public var body: [UInt8]
    /// Time to find the address, connect and shake hands, the wait for a place in the pool apart.
    public var connectTimeout: Duration
    /// Time from the request being sent to the end of the response's head.
    public var firstByteTimeout: Duration
    /// When everything, the body included, must be over; nil is no such bound.
    public var deadline: ContinuousClock.Instant?
    /// How TLS is spoken: there must be one for an origin of `https`, and none for one of `http`. Use one context for all
    /// requests to an origin, since connections are kept for each.
    public var tls: TLSClientContext?

    /// Makes a request.
    public init(
        method: String = "GET", origin: HTTPOrigin, target: String, fields: HTTPFields = HTTPFields(),
        body: [UInt8] = [], connectTimeout: Duration = .seconds(5), firstByteTimeout: Duration = .seconds(30),
        deadline: ContinuousClock.Instant? = nil, tls: TLSClientContext? = nil
    ) {
        self.method = method
        self.origin = origin
        self.target = target
        self.fields = fields
        self.body = body
        self.connectTimeout = connectTimeout
        self.firstByteTimeout = firstByteTimeout
        self.deadline = deadline
        self.tls = tls
    }
}

/// A response that was read whole.
public struct HTTPClientResult: Sendable {
    /// The status code.
    public var status: Int
    /// The fields of the head.
    public var fields: HTTPFields
    /// The body as it was sent (the client does not decompress).
    public var body: [UInt8]

    /// Makes a result, for tests of code that reads them.
    public init(status: Int, fields: HTTPFields = HTTPFields(), body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}

/// Why a request has no (whole) response.
public struct HTTPClientError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What happened.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// A short fixed word, fit for a metric label.
        public let description: String

        private init(_ description: String) { self.description = description }

        /// The request may not be sent: a bad field, target or method, or an origin that is neither `http`
        /// nor `https` with TLS settings.
        public static let invalidRequest = Code("invalid_request")
        /// The host name has no address, or finding it took too long.
        public static let nameResolution = Code("name_resolution")
        /// No address accepted a connection.
        public static let connect = Code("connect")
        /// No connection within the request's `connectTimeout`.
        public static let connectTimeout = Code("connect_timeout")
        /// TLS could not be established or was ended by the peer: the certificate is not good, or not taken.
        public static let tls = Code("tls")
        /// No whole response head within the request's `firstByteTimeout`.
        public static let firstByteTimeout = Code("first_byte_timeout")
        /// The body stalled for longer than the client's `bodyIdleTimeout`.
        public static let bodyTimeout = Code("body_timeout")
        /// The request's `deadline` passed.
        public static let deadlineExceeded = Code("deadline_exceeded")
        /// The peer closed or reset the connection before the response was whole.
        public static let connectionClosed = Code("connection_closed")
        /// The response breaks HTTP's rules or the client's bounds on a head.
        public static let malformedResponse = Code("malformed_response")
        /// The body is larger than the caller allows.
        public static let bodyTooLarge = Code("body_too_large")
        /// Too many requests wait for a connection to this host, or one waited too long.
        public static let poolExhausted = Code("pool_exhausted")
        /// The task was cancelled, or the client was shut down.
        public static let cancelled = Code("cancelled")
    }

    /// What happened.
    public var code: Code
    /// The reason, lowercase, no full stop.
    public var message: String

    /// Makes an error.
    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// Code and message.
    public var description: String { "\(code): \(message)" }
}
