/// Writes the pieces of a streamed body to a connection.
///
/// `@unchecked Sendable`: state is confined to the connection's loop; `write` hops there first.
final class ResponseWriter: HTTPBodyWriter, @unchecked Sendable {
    private let connection: ServerConnection
    /// Bytes that go out with the next piece: the head, then the ends of chunks.
    private var pending: [UInt8]
    private var remaining: Int?
    private let isChunked: Bool
    private let encoder: GzipEncoder?
    private var isOver = false
    private var isWriting = false

    init(connection: ServerConnection, head: [UInt8], length: Int?, isChunked: Bool, encoder: GzipEncoder?) {
        self.connection = connection
        pending = head
        remaining = length
        self.isChunked = isChunked
        self.encoder = encoder
    }

    /// Compression works in steps of this size; other connections of the loop get their turn in between.
    private static let compressionStep = 65_536

    func write(_ bytes: [UInt8]) async throws {
        if connection.channel.loop.isCurrent { return try await send(bytes) }
        try await withTaskExecutorPreference(connection.channel.loop) { try await sendOnLoop(bytes) }
    }

    @concurrent private func sendOnLoop(_ bytes: [UInt8]) async throws { try await send(bytes) }

    private func send(_ bytes: [UInt8]) async throws(HTTPBodyError) {
        guard !isOver else { throw HTTPBodyError(code: .disconnected, message: "the response is over") }
        guard !isWriting else { throw HTTPBodyError(code: .malformed, message: "two writes at once") }
        isWriting = true
        defer { isWriting = false }
        guard let encoder else { return try await sendFramed(bytes) }
        var position = 0
        while position < bytes.count {
            let end = min(bytes.count, position + Self.compressionStep)
            let isWhole = position == 0 && end == bytes.count
            try await sendFramed(encoder.encode(isWhole ? bytes : [UInt8](bytes[position..<end])))
            position = end
            if position < bytes.count { await connection.channel.loop.yield() }
        }
    }

    private func sendFramed(_ bytes: [UInt8]) async throws(HTTPBodyError) {
        guard !bytes.isEmpty else { return }
        if let rest = remaining {
            guard bytes.count <= rest else {
                throw HTTPBodyError(code: .malformed, message: "response body is longer than announced")
            }
            remaining = rest - bytes.count
        }
        var head = pending
        pending = []
        if isChunked {
            head.append(hexadecimal: bytes.count)
            head.append(ascii: "\r\n")
            // The end of this chunk goes out with the next piece, in one call.
            pending.append(ascii: "\r\n")
        }
        try await transmit(head, bytes)
    }

    private func transmit(_ head: [UInt8], _ bytes: [UInt8]) async throws(HTTPBodyError) {
        switch await connection.channel.sendAll(head, bytes, stall: connection.limits.writeTimeout) {
        case .ready: return
        case .timedOut: throw HTTPBodyError(code: .timedOut, message: "the client reads too slowly")
        case .aborted: throw HTTPBodyError(code: .disconnected, message: "the client went away")
        }
    }

    /// Sends what ends the body.
    func finish() async throws(HTTPBodyError) {
        isOver = true
        guard !isWriting, remaining ?? 0 == 0 else {
            throw HTTPBodyError(code: .malformed, message: "response body is shorter than announced")
        }
        if let encoder { try await sendFramed(encoder.finish()) }
        if isChunked { pending.append(ascii: "0\r\n\r\n") }
        if !pending.isEmpty { try await transmit(pending, []) }
    }

    func end() { isOver = true }
}
