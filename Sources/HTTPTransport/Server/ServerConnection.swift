/// One client connection of a server: reads requests, calls the handler, writes answers, one after the other.
///
/// `@unchecked Sendable`: all mutable state is confined to the thread of `channel.loop`. The connection's task prefers that
/// loop, and so do the tasks of the handler; body and writer hop there when they are used from elsewhere.
final class ServerConnection: @unchecked Sendable {
    /// Every bound in the loop's units.
    struct Limits: Sendable {
        let head: HeadLimits
        let maxBodyBytes: Int
        let maxDrainBytes: Int
        let headTimeout: UInt64
        let bodyTimeout: UInt64
        let idleTimeout: UInt64
        let writeTimeout: UInt64
        let compressionLevel: Int
        let hasCompression: Bool

        init(_ configuration: HTTPServer.Configuration) {
            head = HeadLimits(
                maxHeadBytes: max(256, configuration.maxHeadBytes), maxFieldCount: configuration.maxFieldCount,
                maxTargetBytes: configuration.maxTargetBytes)
            maxBodyBytes = configuration.maxBodyBytes
            maxDrainBytes = configuration.maxDrainBytes
            headTimeout = Self.bound(configuration.headTimeout)
            bodyTimeout = Self.bound(configuration.bodyTimeout)
            idleTimeout = Self.bound(configuration.idleTimeout)
            writeTimeout = Self.bound(configuration.writeTimeout)
            compressionLevel = min(9, max(1, configuration.compressionLevel))
            hasCompression = configuration.usesCompression && Gzip.isAvailable
        }

        /// Zero stands for no bound: some three hundred years.
        private static func bound(_ duration: Duration) -> UInt64 {
            duration <= .zero ? UInt64(Int64.max) : duration.clampedNanoseconds
        }
    }

    let channel: Channel
    let buffer = ReadBuffer()
    let limits: Limits
    let remoteAddress: String
    private let server: HTTPServer
    private let handler: HTTPServer.Handler
    private let tls: TLSServerContext?

    /// The connection's own task, for as long as it runs; cancelled when the client goes away.
    private var task: UnsafeCurrentTask?
    /// Waiting for the first byte of a request.
    private var isIdle = false
    /// The head buffer of answers, reused.
    var output: [UInt8] = []
    private var isDraining = false
    private var isFirstRequest = true

    init(channel: Channel, server: HTTPServer, limits: Limits, remoteAddress: String) {
        self.channel = channel
        self.server = server
        self.limits = limits
        self.remoteAddress = remoteAddress
        handler = server.handler
        tls = server.configuration.tls
    }

    // MARK: Life

    /// Serves the connection until it is closed. Runs on the loop.
    func serve() async {
        await withUnsafeCurrentTask { task in
            // Valid until this closure ends; `cancelNow` and the watcher run on the loop and only while it is set.
            self.task = task
            if await acceptSession() { while await serveOne() {} }
            channel.watch(nil)
            self.task = nil
        }
        channel.close()
    }

    /// Answers that there is no room, and closes.
    func reject() async {
        // Without a handshake there is nothing that can be said.
        if tls != nil { return channel.close() }
        await refuse(HTTPParseError(503, "too many connections"))
        channel.close()
    }

    /// The server is stopping: an idle connection ends at once, another after its current answer.
    func beginDrain() {
        isDraining = true
        if isIdle { channel.abort() }
    }

    /// Ends everything: cancels the handler and closes the connection.
    func cancelNow() {
        task?.cancel()
        channel.abort()
    }

    /// Handles one request.
    /// - Returns: whether another may follow.
    private func serveOne() async -> Bool {
        let head: RequestHead
        do {
            guard let next = try await nextHead() else { return false }
            head = next
        } catch {
            await refuse(error)
            return false
        }
        if case .length(let length) = head.framing, length > limits.maxBodyBytes {
            await refuse(HTTPParseError(413, "request body is larger than \(limits.maxBodyBytes) bytes"))
            return false
        }
        var body: ConnectionBody?
        var requestBody = HTTPRequestBody.empty
        if head.framing != .none {
            let source = ConnectionBody(connection: self, framing: head.framing, expectsContinue: head.expectsContinue)
            body = source
            switch head.contentCoding {
            case .identity: requestBody = HTTPRequestBody(source: source)
            case .gzip where limits.hasCompression:
                requestBody = HTTPRequestBody(source: InflatingBody(source, limit: limits.maxBodyBytes))
            case .gzip, .unsupported:
                await refuse(HTTPParseError(415, "content encoding is not supported"))
                return false
            }
            // A body that is here already hides nothing, whether or not the handler reads it.
            if case .length(buffer.count) = head.framing { watch() }
        } else {
            watchForHangup()
        }
        let request = HTTPServerRequest(
            method: head.method, target: head.target, fields: head.fields, body: requestBody,
            remoteAddress: remoteAddress, version: head.version)
        var response = await handler(request)
        channel.watch(nil)

        if let failure = body?.failure, response.status < 400 {
            // The handler answered as if all were well with a body that never came whole.
            response = Self.plain(failure.status, failure.message)
        }
        let exchange = ServerExchange(connection: self, head: head, requestBody: body)
        let keeps = await exchange.respond(
            response, closing: isDraining || server.isDraining || task?.isCancelled == true)
        body?.end()
        guard keeps else {
            await linger()
            return false
        }
        if let body, !(await body.drain(limit: limits.maxDrainBytes)) {
            await linger()
            return false
        }
        return true
    }

    // MARK: TLS

    /// Establishes a TLS session where the server has TLS.
    /// - Returns: whether requests may follow.
    private func acceptSession() async -> Bool {
        guard let tls else { return true }
        let deadline = channel.loop.deadline(after: min(limits.headTimeout, Self.maxHandshakeTime))
        // A server that stops does not wait for a client that has asked nothing yet.
        isIdle = true
        defer { isIdle = false }
        guard let start = await firstBytes(until: deadline) else { return false }
        if Self.looksLikeHTTP(start) {
            await refuse(HTTPParseError(400, "Client sent an HTTP request to an HTTPS server."))
            return false
        }
        guard server.beginHandshake() else { return failed("too many handshakes at once") }
        let outcome: Channel.HandshakeOutcome
        if let session = TLSSession.accepting(tls.handle, descriptor: channel.descriptor, prefix: start) {
            outcome = await channel.handshake(session, until: deadline)
        } else {
            outcome = .failed("out of memory")
        }
        server.endHandshake()
        switch outcome {
        case .done: return true
        case .timedOut: return failed("it took too long")
        case .aborted: return false
        case .failed(let reason):
            // The alert that says why is on its way.
            await linger()
            return failed(reason)
        }
    }

    /// The longest handshake, also where a head may take any time.
    private static let maxHandshakeTime: UInt64 = 30_000_000_000

    private func failed(_ reason: String) -> Bool {
        server.configuration.onHandshakeFailure?(remoteAddress, reason)
        return false
    }

    /// As many bytes as tell TLS from HTTP. Until they are here the connection costs no session.
    private func firstBytes(until deadline: UInt64) async -> [UInt8]? {
        var start = [UInt8](repeating: 0, count: 5)
        var count = 0
        while count < start.count {
            guard await channel.waitReadable(until: deadline) == .ready else { return nil }
            let outcome = start.withUnsafeMutableBytes { buffer in
                // `count` is below the size, so the slice starts within the buffer.
                channel.receive(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
            }
            switch outcome {
            case .done(let received):
                guard received > 0 else { return nil }
                count += received
            case .wouldBlock: break
            case .failed: return nil
            }
        }
        return start
    }

    private static func looksLikeHTTP(_ start: [UInt8]) -> Bool {
        let beginnings: [StaticString] = [
            "GET /", "HEAD ", "POST ", "PUT /", "OPTIO", "DELET", "PATCH", "TRACE", "CONNE", "PRI *",
        ]
        return beginnings.contains { start.elementsEqual($0.description.utf8) }
    }

    // MARK: Reading

    /// Waits for a whole head and takes it out of the buffer.
    /// - Returns: nil when the connection is over.
    private func nextHead() async throws(HTTPParseError) -> RequestHead? {
        var deadline: UInt64 = 0
        var scanner = HeadScanner()
        var maySkipEmptyLine = true
        while true {
            if !buffer.isEmpty {
                // One empty line before a request is tolerated (RFC 9112 section 2.2).
                if maySkipEmptyLine, buffer.readable[0] == ASCII.carriageReturn {
                    if buffer.count >= 2 {
                        guard buffer.readable[1] == ASCII.lineFeed else { throw HTTPParseError(400, "bad method") }
                        buffer.consume(2)
                        maySkipEmptyLine = false
                        continue
                    }
                } else {
                    maySkipEmptyLine = false
                    guard ASCII.isToken(buffer.readable[0]) else { throw HTTPParseError(400, "bad method") }
                    if let length = try scanner.scan(buffer.readable, limits: limits.head) {
                        let head = try RequestHead.parse(
                            UnsafeRawBufferPointer(rebasing: buffer.readable[..<length]),
                            lineCount: scanner.lineCount, limits: limits.head)
                        buffer.consume(length)
                        isFirstRequest = false
                        return head
                    }
                }
                if deadline == 0 { deadline = channel.loop.deadline(after: limits.headTimeout) }
            } else if server.isDraining || isDraining {
                return nil
            }
            isIdle = buffer.isEmpty
            if isIdle { buffer.shrink(above: 16_384, to: 4096) }
            // A connection that has not asked anything yet gets the time of a head, not that of a kept connection.
            let patience = isFirstRequest ? min(limits.idleTimeout, limits.headTimeout) : limits.idleTimeout
            let outcome = await channel.waitReadable(until: isIdle ? channel.loop.deadline(after: patience) : deadline)
            let wasIdle = isIdle
            isIdle = false
            switch outcome {
            case .ready: break
            case .aborted: return nil
            case .timedOut:
                if wasIdle { return nil }
                throw HTTPParseError(408, "request head took too long")
            }
            switch buffer.fill(from: channel, limit: limits.head.maxHeadBytes) {
            case .done(let count): if count == 0 { return nil }
            case .wouldBlock: break
            case .failed: return nil
            }
        }
    }

    /// Cancels the task when the client closes the connection while the handler runs.
    ///
    /// The end of the stream counts as gone: a client that only closed its sending half cannot be told from one that
    /// went away. So the handler is cancelled, but what it answers is still sent. Requests that are already in the buffer
    /// are served before the end of the stream is looked for.
    func watchForHangup() {
        if buffer.isEmpty { watch() }
    }

    private func watch() {
        channel.watch { [unowned self] in
            if channel.peerIsGone() {
                task?.cancel()
            } else if !channel.hasInput {
                watch()
            }
        }
    }

    // MARK: Refusing

    static func plain(_ status: Int, _ message: String) -> HTTPResponse {
        HTTPResponse(
            status: status, fields: HTTPFields([("Content-Type", "text/plain; charset=utf-8")]),
            body: .bytes(Array((message + "\n").utf8)))
    }

    /// Answers a request that was not understood, and ends the connection.
    private func refuse(_ error: HTTPParseError) async {
        let body = Array((error.reason + "\n").utf8)
        var head: [UInt8] = []
        channel.loop.withDate { date in
            ResponseSerializer.append(
                status: error.status, fields: HTTPFields([("Content-Type", "text/plain; charset=utf-8")]),
                framing: .init(length: body.count, closes: true), date: date, to: &head)
        }
        guard await channel.sendAll(head, body, stall: limits.writeTimeout) == .ready else { return }
        await linger()
    }

    /// Closes the sending half and drops input for a moment. Closing with unread input would reset the connection and
    /// could take the answer away from the client.
    private func linger() async {
        guard !channel.isAborted else { return }
        let deadline = channel.loop.deadline(after: 1_000_000_000)
        await channel.finishWriting(until: deadline)
        var budget = 1 << 20
        while budget > 0, await channel.waitReadable(until: deadline) == .ready {
            buffer.consume(buffer.count)
            switch buffer.fill(from: channel, limit: 65_536) {
            case .done(let count):
                if count == 0 { return }
                budget -= count
            case .wouldBlock: break
            case .failed: return
            }
        }
    }
}
