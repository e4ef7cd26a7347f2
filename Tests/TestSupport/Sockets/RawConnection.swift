import Foundation

/// A blocking HTTP client over one socket that sends exactly the bytes it is given, for tests of what no well-behaved client does.
///
/// Not for concurrent use: one test owns one connection. Closed when it goes away.
public final class RawConnection {
    /// No answer in time, a closed connection, or bytes that are no response.
    public struct Failure: Error, CustomStringConvertible {
        /// What was waited for and what came.
        public let description: String
    }

    private let socket: TestSocket
    private var parser = RawResponseParser()
    private var isAtEnd = false
    private let timeout: Double

    /// Connects to 127.0.0.1.
    /// - Parameter timeout: seconds that the connect, and later each whole read, may take.
    public init(port: Int, timeout: Double = 20) throws {
        self.timeout = timeout
        socket = try TestSocket.connect(port: port, timeout: timeout)
    }

    deinit { socket.close() }

    /// Sends bytes as they are.
    public func send(_ bytes: [UInt8]) throws {
        guard socket.send(bytes, timeout: timeout) else { throw Failure(description: "the peer takes no bytes") }
    }

    /// Sends text as UTF-8; line ends are the caller's.
    public func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Tells the peer that nothing more will be sent, while answers can still be read.
    public func finishSending() { socket.shutDownWriting() }

    /// Ends the connection by a reset.
    /// The descriptor itself is closed with the object.
    public func breakOff() { socket.shutDown() }

    /// Reads one response. Interim 1xx responses are returned like any other.
    /// - Parameter answersHEAD: the request was HEAD, so no body follows.
    public func response(answersHEAD: Bool = false) throws -> RawResponse {
        let deadline = ProcessInfo.processInfo.systemUptime + timeout
        while true {
            do {
                if let response = try parser.next(answersHEAD: answersHEAD, atEnd: isAtEnd) { return response }
            } catch let error as RawResponseParser.Malformed {
                throw Failure(description: "malformed response: \(error.description)")
            }
            guard !isAtEnd else { throw Failure(description: "the connection closed without a response") }
            let rest = deadline - ProcessInfo.processInfo.systemUptime
            guard rest > 0 else {
                throw Failure(description: "no whole response in \(timeout) s (\(parser.buffer.count) bytes so far)")
            }
            switch socket.receive(timeout: rest) {
            case .bytes(let bytes): parser.append(bytes)
            case .end, .failed: isAtEnd = true
            case .timeout: continue
            }
        }
    }

    /// True when the server closes (or resets) within the time limit. Bytes that come before the end are kept in `leftover`.
    public func closedByPeer() -> Bool {
        let deadline = ProcessInfo.processInfo.systemUptime + timeout
        while !isAtEnd {
            let rest = deadline - ProcessInfo.processInfo.systemUptime
            guard rest > 0 else { return false }
            switch socket.receive(timeout: rest) {
            case .bytes(let bytes): parser.append(bytes)
            case .end, .failed: isAtEnd = true
            case .timeout: return false
            }
        }
        return true
    }

    /// Bytes received and not yet taken by `response()`.
    public var leftover: [UInt8] { parser.buffer }

    /// Sends a request with the usual fields and reads its response; `Host` is added, and `Connection: close` is not.
    public func exchange(
        _ method: String, _ target: String, fields: [(String, String)] = [], body: [UInt8] = []
    ) throws -> RawResponse {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n"
        for (name, value) in fields { head += "\(name): \(value)\r\n" }
        if !body.isEmpty { head += "Content-Length: \(body.count)\r\n" }
        try send(Array((head + "\r\n").utf8) + body)
        return try response(answersHEAD: method == "HEAD")
    }

    /// One request on a connection of its own.
    public static func request(
        _ method: String = "GET", port: Int, _ target: String, fields: [(String, String)] = [], body: [UInt8] = [],
        timeout: Double = 20
    ) throws -> RawResponse {
        try RawConnection(port: port, timeout: timeout)
            .exchange(method, target, fields: fields + [("Connection", "close")], body: body)
    }
}
