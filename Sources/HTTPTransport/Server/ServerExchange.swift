/// The answer to one request.
struct ServerExchange {
    let connection: ServerConnection
    let head: RequestHead
    let requestBody: ConnectionBody?

    /// Smallest body that is worth compressing (the same as Tempo's).
    static let minCompressedBytes = 1024
    /// Bodies up to this size are copied behind their head and sent in one call.
    private static let maxCopiedBytes = 16_384
    /// Bodies up to this size are compressed in one step and sent with their length.
    private static let maxOneStepBytes = 65_536

    /// Sends the response.
    /// - Returns: whether the connection may serve another request.
    func respond(_ response: HTTPResponse, closing: Bool) async -> Bool {
        var response = response
        if !(200..<600).contains(response.status) { response.status = 500 }
        let hasNoBody = response.status == 204 || response.status == 304
        let isHead = head.method == "HEAD"
        var framing = ResponseSerializer.Framing()
        framing.closes = closing || !head.keepsAlive || mustClose || Self.saysClose(response.fields)
        framing.statesKeepAlive = head.version == .http10 && !framing.closes

        let knownLength: Int? =
            switch response.body {
            case .bytes(let bytes): bytes.count
            case .stream(let length, _): length.map { max(0, $0) }
            }
        if response.compressible, !hasNoBody, !response.fields.contains("Content-Encoding") {
            framing.variesByEncoding = true
            framing.isGzip =
                (knownLength ?? .max) >= Self.minCompressedBytes && connection.limits.hasCompression
                && AcceptEncoding.allowsGzip(head.fields)
        }
        if isHead || hasNoBody {
            // The length of the compressed body is not known without making it.
            framing.length = hasNoBody || framing.isGzip ? nil : knownLength
            return await sendHead(response, framing) && !framing.closes
        }
        switch response.body {
        case .bytes(let bytes) where !framing.isGzip:
            framing.length = bytes.count
            return await send(response, bytes, framing)
        case .bytes(let bytes) where bytes.count <= Self.maxOneStepBytes:
            guard let compressed = Gzip.compress(bytes, level: connection.limits.compressionLevel) else {
                framing.isGzip = false
                framing.length = bytes.count
                return await send(response, bytes, framing)
            }
            framing.length = compressed.count
            return await send(response, compressed, framing)
        case .bytes(let bytes):
            return await stream(response, nil, framing) { writer in
                try await writer.write(bytes)
            }
        case .stream(_, let produce):
            return await stream(response, framing.isGzip ? nil : knownLength, framing, produce)
        }
    }

    /// Whether what is left of the request body rules out another request.
    private var mustClose: Bool {
        guard let body = requestBody else { return false }
        if body.failure != nil { return true }
        guard !body.isFinished else { return false }
        return body.isAwaitedByClient || (body.remainingLength ?? 0) > connection.limits.maxDrainBytes
    }

    private static func saysClose(_ fields: HTTPFields) -> Bool {
        guard fields.contains("Connection") else { return false }
        return fields.all("Connection").contains { $0.lowercased().contains("close") }
    }

    private func sendHead(_ response: HTTPResponse, _ framing: ResponseSerializer.Framing) async -> Bool {
        appendHead(response, framing)
        return await flush([])
    }

    private func send(
        _ response: HTTPResponse, _ bytes: [UInt8], _ framing: ResponseSerializer.Framing
    ) async -> Bool {
        appendHead(response, framing)
        if bytes.count <= Self.maxCopiedBytes {
            connection.output.append(contentsOf: bytes)
            return await flush([]) && !framing.closes
        }
        return await flush(bytes) && !framing.closes
    }

    private func appendHead(_ response: HTTPResponse, _ framing: ResponseSerializer.Framing) {
        connection.output.removeAll(keepingCapacity: true)
        connection.channel.loop.withDate { date in
            ResponseSerializer.append(
                status: response.status, fields: response.fields, framing: framing, date: date,
                to: &connection.output)
        }
    }

    private func flush(_ body: [UInt8]) async -> Bool {
        await connection.channel.sendAll(connection.output, body, stall: connection.limits.writeTimeout) == .ready
    }

    private func stream(
        _ response: HTTPResponse, _ length: Int?, _ framing: ResponseSerializer.Framing,
        _ produce: @Sendable (any HTTPBodyWriter) async throws -> Void
    ) async -> Bool {
        var framing = framing
        let encoder = framing.isGzip ? GzipEncoder(level: connection.limits.compressionLevel) : nil
        framing.isGzip = encoder != nil
        framing.length = length
        // An HTTP/1.0 client finds the end of a body of unknown length by the end of the connection.
        framing.isChunked = length == nil && head.version == .http11
        if length == nil, head.version == .http10 {
            framing.closes = true
            framing.statesKeepAlive = false
        }
        appendHead(response, framing)
        let writer = ResponseWriter(
            connection: connection, head: connection.output, length: length, isChunked: framing.isChunked,
            encoder: encoder)
        connection.watchForHangup(after: requestBody)
        do {
            try await produce(writer)
            try await writer.finish()
        } catch {
            writer.end()
            connection.channel.watch(nil)
            // Cut, so that the client can tell that the body is not whole.
            connection.channel.abort()
            return false
        }
        connection.channel.watch(nil)
        return !framing.closes
    }
}

extension ServerConnection {
    /// Watches unless input still belongs to the request's body.
    func watchForHangup(after body: ConnectionBody?) {
        if body?.isFinished ?? true { watchForHangup() }
    }
}
