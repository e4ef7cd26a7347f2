/// What a handler answers.
public struct HTTPResponse: Sendable {
    /// The status code, 200 to 599; anything else is sent as 500.
    public var status: Int
    /// The fields. The server adds `Date`, `Connection`, `Content-Length` or `Transfer-Encoding` itself; the last two are
    /// never taken from here. `Connection: close` here closes the connection after the answer.
    public var fields: HTTPFields
    /// The body. For HEAD it is not sent (a stream is not even started) but its length is stated when known.
    public var body: HTTPResponseBody
    /// Whether the server may compress the body with gzip when the client accepts it. Bodies known to be smaller than
    /// 1024 bytes and responses that have a `Content-Encoding` already are left alone.
    public var compressible: Bool

    /// Makes a response.
    public init(
        status: Int, fields: HTTPFields = HTTPFields(), body: HTTPResponseBody = .bytes([]),
        compressible: Bool = false
    ) {
        self.status = status
        self.fields = fields
        self.body = body
        self.compressible = compressible
    }
}

/// The body of a response.
public enum HTTPResponseBody: Sendable {
    /// A body in memory; `.bytes([])` is the empty one.
    case bytes([UInt8])
    /// A body written piece by piece. With a length exactly that many bytes must be written, otherwise the connection is
    /// cut; without, it is sent chunked. An error thrown by `produce` cuts the connection, so that the client can tell.
    case stream(length: Int?, produce: @Sendable (any HTTPBodyWriter) async throws -> Void)
}

/// Takes the pieces of a streamed body.
public protocol HTTPBodyWriter: Sendable {
    /// Sends some bytes; returns when the socket has taken them, so a slow client slows the writer down.
    /// - Throws: when the client is gone or too slow, or the server stops.
    func write(_ bytes: [UInt8]) async throws
}

/// A body writer that keeps everything in memory, for embedding and tests.
public final class HTTPBodyBuffer: HTTPBodyWriter {
    private let limit: Int
    private let collected = BufferedBytes()

    /// Makes a buffer that refuses to grow past `limit` bytes.
    public init(limit: Int) {
        self.limit = limit
    }

    /// What was written so far.
    public var bytes: [UInt8] { collected.bytes }

    /// Appends the bytes.
    /// - Throws: `HTTPBodyError` with code `tooLarge` past the limit.
    public func write(_ bytes: [UInt8]) async throws {
        guard collected.append(bytes, limit: limit) else {
            throw HTTPBodyError(code: .tooLarge, message: "response body is larger than \(limit) bytes")
        }
    }
}
