/// A request as the server received it.
public struct HTTPServerRequest: Sendable {
    /// The versions that the server speaks.
    public enum Version: Sendable, Equatable {
        /// HTTP/1.0
        case http10
        /// HTTP/1.1
        case http11
    }

    /// The method, case kept, for instance `GET`.
    public var method: String
    /// The request target as it came (origin, absolute or asterisk form), bytes 0x21 to 0x7E only; not decoded or cleaned.
    public var target: String
    /// All fields of the head, in order.
    public var fields: HTTPFields
    /// The body; read it while the handler runs. A gzip body is handed out decompressed.
    public var body: HTTPRequestBody
    /// The peer's address and port, for instance `127.0.0.1:4711` or `[::1]:4711`; empty when unknown.
    public var remoteAddress: String
    /// The version of the request line.
    public var version: Version

    /// Whether the request is HTTP/1.0.
    public var isHTTP10: Bool { version == .http10 }

    /// Makes a request by hand, for embedding in another server and for tests.
    public init(
        method: String, target: String, fields: HTTPFields = HTTPFields(), body: HTTPRequestBody = .empty,
        remoteAddress: String = "", version: Version = .http11
    ) {
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
        self.remoteAddress = remoteAddress
        self.version = version
    }
}

/// Why a request body could not be read to its end.
public struct HTTPBodyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What happened.
    public struct Code: Sendable, Hashable {
        enum Raw: Sendable { case tooLarge, timedOut, malformed, disconnected }
        let raw: Raw

        /// The body is larger than the caller's or the server's bound.
        public static let tooLarge = Code(raw: .tooLarge)
        /// The peer sent the body too slowly.
        public static let timedOut = Code(raw: .timedOut)
        /// The framing or the compression of the body is broken.
        public static let malformed = Code(raw: .malformed)
        /// The peer went away, or the server is stopping.
        public static let disconnected = Code(raw: .disconnected)
    }

    /// What happened.
    public var code: Code
    /// A sentence for the log, lowercase, no full stop.
    public var message: String

    /// Makes an error.
    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// The status that a server answers in this case.
    public var status: Int {
        switch code.raw {
        case .tooLarge: 413
        case .timedOut: 408
        case .malformed: 400
        case .disconnected: 400
        }
    }

    /// The message.
    public var description: String { message }
}

/// The body of a request, read once, in order, by one task at a time.
public final class HTTPRequestBody: Sendable {
    private let source: any HTTPBodySource

    /// A body of no bytes.
    public static let empty = HTTPRequestBody([])

    /// A body that is already in memory.
    public convenience init(_ bytes: [UInt8]) {
        self.init(source: BytesSource(bytes))
    }

    /// A body that `next` hands out piece by piece, nil at the end.
    public convenience init(next: @escaping @Sendable () async throws -> [UInt8]?) {
        self.init(source: ClosureSource(next: next))
    }

    init(source: any HTTPBodySource) {
        self.source = source
    }

    /// The next piece, never empty; nil after the last one.
    /// - Throws: `HTTPBodyError`.
    public func nextChunk() async throws -> [UInt8]? {
        try await source.nextChunk()
    }

    /// The rest of the body in one array.
    /// - Throws: `HTTPBodyError` with code `tooLarge` when there are more than `limit` bytes.
    public func collect(upTo limit: Int) async throws -> [UInt8] {
        guard let first = try await source.nextChunk() else { return [] }
        var collected = first
        while collected.count <= limit, let chunk = try await source.nextChunk() { collected += chunk }
        guard collected.count <= limit else {
            throw HTTPBodyError(code: .tooLarge, message: "request body is larger than \(limit) bytes")
        }
        return collected
    }
}

/// Where the pieces of a request body come from.
protocol HTTPBodySource: Sendable {
    /// The next piece, never empty; nil after the last one.
    func nextChunk() async throws -> [UInt8]?
}
