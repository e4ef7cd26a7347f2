/// One request and its response.
///
/// `@unchecked Sendable`: all mutable state is confined to the thread of `pool.loop`. Tasks come in through `start`,
/// `nextChunk` and `collect`, which hop there; `end` and the cancellation handler send a closure.
final class ClientExchange: @unchecked Sendable {
    private let request: HTTPClientRequest
    private let endpoint: Endpoint
    private let pool: ConnectionPool
    private let resolver: NameResolver
    /// The request's deadline on the loop's clock.
    private let deadline: UInt64
    private let idleTimeout: UInt64

    private var isCancelled = false
    private var isOver = false
    private var connection: ClientConnection?
    /// Ends the wait that is not on the connection: for room, a name, or a connection that is being made.
    private var interrupt: (() -> Void)?
    private var decoder = BodyDecoder(.none)
    private var keepsAlive = false
    private var failure: HTTPClientError?

    init(request: HTTPClientRequest, pool: ConnectionPool, resolver: NameResolver) {
        self.request = request
        endpoint = Endpoint(request)
        self.pool = pool
        self.resolver = resolver
        idleTimeout = pool.configuration.bodyIdleTimeout.clampedNanoseconds
        if let instant = request.deadline {
            let rest = ContinuousClock.now.duration(to: instant).clampedNanoseconds
            deadline = pool.loop.deadline(after: rest)
        } else {
            deadline = LoopTimer.never
        }
    }

    // MARK: Ends

    /// On the loop.
    func cancel() {
        guard !isOver else { return }
        isCancelled = true
        connection?.channel.abort()
        interrupt?()
    }

    /// The caller is done with the response. Any thread.
    func end() {
        if pool.loop.isCurrent { return finish() }
        pool.loop.execute { self.finish() }
    }

    private func finish() {
        guard !isOver else { return }
        isOver = true
        giveBack()
    }

    /// Returns the connection to the pool: for further use when the response was read whole, otherwise to be closed.
    private func giveBack() {
        guard let connection else { return }
        self.connection = nil
        let isWhole = failure == nil && !isCancelled && decoder.isFinished
        if isWhole { pool.keepSession(of: connection) }
        let reusable = isWhole && keepsAlive && connection.buffer.isEmpty
        pool.release(connection, reusable: reusable)
    }

    // MARK: Start

    @concurrent func startOnLoop() async throws(HTTPClientError) -> HTTPClientResponse { try await start() }

    /// Sends the request and waits for the response's head.
    func start() async throws(HTTPClientError) -> HTTPClientResponse {
        let head = RequestSerializer.head(request)
        var mayRetry = RequestSerializer.isIdempotent(request.method)
        var fresh = false
        while true {
            let connection = try await acquire(fresh: fresh)
            self.connection = connection
            let wasUsed = connection.wasUsed
            do {
                let response = try await roundTrip(connection, head)
                if decoder.isFinished { giveBack() }
                return HTTPClientResponse(head: response, exchange: self)
            } catch {
                failure = error
                giveBack()
                failure = nil
                // Closed by the peer before it saw the request, most likely: nothing of an answer came.
                guard wasUsed, mayRetry, sawNothing, error.code == .connectionClosed else { throw error }
                mayRetry = false
                fresh = true
            }
        }
    }

    /// No byte of a response came on the current connection.
    private var sawNothing = true

    private func acquire(fresh: Bool) async throws(HTTPClientError) -> ClientConnection {
        try check()
        let grant: ConnectionPool.Grant
        if let available = pool.tryAcquire(endpoint, fresh: fresh) {
            grant = available
        } else {
            guard let wait = pool.enqueue(endpoint) else {
                throw HTTPClientError(
                    code: .poolExhausted, message: "too many requests wait for \(request.origin)")
            }
            let timeout = pool.loop.deadline(after: pool.configuration.poolWaitTimeout.clampedNanoseconds)
            interrupt = { wait.finish(.cancelled) }
            let outcome = await wait.wait(until: min(timeout, deadline))
            interrupt = nil
            switch outcome {
            case .value(let value): grant = value
            case .timedOut:
                pool.forget(wait, endpoint)
                if deadline < timeout { throw Self.deadlineExceeded }
                throw HTTPClientError(code: .poolExhausted, message: "no connection to \(request.origin) came free")
            case .cancelled:
                pool.forget(wait, endpoint)
                throw Self.cancelled
            }
        }
        switch grant {
        case .connection(let connection):
            if isCancelled {
                pool.release(connection, reusable: true)
                throw Self.cancelled
            }
            return connection
        case .room:
            do {
                try check()
                return try await connect()
            } catch {
                pool.releaseRoom(endpoint)
                throw error
            }
        }
    }

    private func check() throws(HTTPClientError) {
        if isCancelled || Task.isCancelled { throw Self.cancelled }
    }

    private static let cancelled = HTTPClientError(code: .cancelled, message: "the task was cancelled")
    private static let deadlineExceeded = HTTPClientError(code: .deadlineExceeded, message: "the deadline passed")

    // MARK: Connecting

    private func connect() async throws(HTTPClientError) -> ClientConnection {
        let timeout = pool.loop.deadline(after: request.connectTimeout.clampedNanoseconds)
        let addresses = try await addresses(until: timeout)
        var failure = HTTPClientError(code: .connect, message: "no address of \(request.origin) accepted a connection")
        for (index, address) in addresses.enumerated() {
            // A silent address may not use up the time of those after it.
            let now = SystemCalls.monotonicNanoseconds()
            let share = now &+ (timeout > now ? timeout - now : 0) / UInt64(addresses.count - index)
            do throws(HTTPClientError) {
                return try await connect(to: address, until: share)
            } catch {
                guard error.code == .connect || error.code == .connectTimeout else { throw error }
                failure = error
            }
        }
        throw failure
    }

    private func addresses(until timeout: UInt64) async throws(HTTPClientError) -> [SocketAddress] {
        let host = request.origin.host
        let port = request.origin.port
        if let known = resolver.known(host: host, port: port) { return known }
        let wait = LoopWait<Result<[SocketAddress], SocketAddress.ResolutionFailure>>(loop: pool.loop)
        let loop = pool.loop
        resolver.resolve(host: host, port: port) { result in
            loop.execute { wait.finish(.value(result)) }
        }
        interrupt = { wait.finish(.cancelled) }
        let outcome = await wait.wait(until: min(timeout, deadline))
        interrupt = nil
        switch outcome {
        case .value(.success(let addresses)): return addresses
        case .value(.failure(let failure)):
            throw HTTPClientError(code: .nameResolution, message: "cannot resolve \(host): \(failure.text)")
        case .timedOut:
            if deadline < timeout { throw Self.deadlineExceeded }
            throw HTTPClientError(code: .nameResolution, message: "resolving \(host) took too long")
        case .cancelled: throw Self.cancelled
        }
    }

    private func connect(
        to address: SocketAddress, until timeout: UInt64
    ) async throws(HTTPClientError) -> ClientConnection {
        let (outcome, inProgress) = SystemCalls.connect(to: address)
        guard case .done(let number) = outcome else {
            if case .failed(let number) = outcome { throw refused(number) }
            throw refused(0)
        }
        SystemCalls.prepareConnected(Int32(number))
        let channel = Channel(descriptor: Int32(number), loop: pool.loop)
        if inProgress { channel.expectConnection() }
        let registered = channel.open()
        guard registered == 0 else { throw refused(registered) }
        if inProgress {
            interrupt = { channel.abort() }
            let waited = await channel.waitWritable(until: min(timeout, deadline))
            interrupt = nil
            let number = waited == .ready ? SystemCalls.pendingError(Int32(number)) : 0
            guard waited == .ready, number == 0 else {
                channel.close()
                if isCancelled { throw Self.cancelled }
                if number != 0 { throw refused(number) }
                if deadline < timeout { throw Self.deadlineExceeded }
                throw HTTPClientError(code: .connectTimeout, message: "connecting to \(request.origin) took too long")
            }
        }
        try await secure(channel, until: timeout)
        return ClientConnection(endpoint: endpoint, channel: channel)
    }

    /// Establishes a TLS session where the endpoint has TLS. When this returns, the peer is who it should be.
    private func secure(_ channel: Channel, until timeout: UInt64) async throws(HTTPClientError) {
        guard let tls = endpoint.tls else { return }
        let outcome: Channel.HandshakeOutcome
        if let session = TLSSession.connecting(
            tls, host: request.origin.host, descriptor: channel.descriptor, resumption: pool.resumption(endpoint))
        {
            interrupt = { channel.abort() }
            outcome = await channel.handshake(session, until: min(timeout, deadline))
            interrupt = nil
        } else {
            outcome = .failed("no session for this host name")
        }
        if outcome == .done { return }
        channel.close()
        if isCancelled { throw Self.cancelled }
        switch outcome {
        case .timedOut:
            if deadline < timeout { throw Self.deadlineExceeded }
            throw HTTPClientError(
                code: .connectTimeout, message: "the TLS handshake with \(request.origin) took too long")
        case .failed(let reason):
            throw HTTPClientError(code: .tls, message: "TLS handshake with \(request.origin): \(reason)")
        case .done, .aborted: throw Self.cancelled
        }
    }

    private func refused(_ number: Int32) -> HTTPClientError {
        HTTPClientError(
            code: .connect, message: "cannot connect to \(request.origin): \(SystemCalls.describe(number))")
    }

    // MARK: Head

    private func roundTrip(
        _ connection: ClientConnection, _ head: [UInt8]
    ) async throws(HTTPClientError) -> ResponseHead {
        let channel = connection.channel
        sawNothing = true
        switch await channel.sendAll(head, request.body, stall: idleTimeout, notAfter: deadline) {
        case .ready: break
        case .timedOut:
            if deadline != LoopTimer.never, channel.loop.now >= deadline { throw Self.deadlineExceeded }
            throw HTTPClientError(code: .connectionClosed, message: "the peer does not take the request")
        case .aborted:
            // A peer may answer before it has read all, and close; such an answer may be there.
            if isCancelled { throw Self.cancelled }
        }
        let timeout = channel.loop.deadline(after: request.firstByteTimeout.clampedNanoseconds)
        let limits = HeadLimits(
            maxHeadBytes: max(256, pool.configuration.maxHeadBytes), maxFieldCount: pool.configuration.maxFieldCount,
            maxTargetBytes: 0)
        var interimCount = 0
        var scanner = HeadScanner()
        while true {
            if !connection.buffer.isEmpty {
                do throws(HTTPParseError) {
                    if let length = try scanner.scan(connection.buffer.readable, limits: limits) {
                        let response = try ResponseHead.parse(
                            UnsafeRawBufferPointer(rebasing: connection.buffer.readable[..<length]),
                            lineCount: scanner.lineCount)
                        connection.buffer.consume(length)
                        if response.status >= 200 {
                            decoder = BodyDecoder(request.method == "HEAD" ? .none : response.framing)
                            keepsAlive = response.keepsAlive
                            return response
                        }
                        interimCount += 1
                        guard interimCount <= 8, response.status != 101 else {
                            throw HTTPParseError(502, "unexpected interim response")
                        }
                        scanner = HeadScanner()
                        continue
                    }
                } catch {
                    throw HTTPClientError(code: .malformedResponse, message: error.reason)
                }
            }
            switch await channel.waitReadable(until: min(timeout, deadline)) {
            case .ready: break
            case .aborted: throw isCancelled ? Self.cancelled : closed
            case .timedOut:
                if deadline < timeout { throw Self.deadlineExceeded }
                throw HTTPClientError(
                    code: .firstByteTimeout, message: "no response from \(request.origin) in time")
            }
            switch connection.buffer.fill(from: channel, limit: limits.maxHeadBytes) {
            case .done(let count):
                if count == 0 { throw closed }
                sawNothing = false
            case .wouldBlock: break
            case .failed: throw closed
            }
        }
    }

    private var closed: HTTPClientError {
        // An alert says more than the end that follows it: a server of TLS 1.3 refuses a client's certificate only now.
        if let failure = connection?.channel.tls?.alert {
            return HTTPClientError(code: .tls, message: "\(request.origin) ended the TLS session: \(failure)")
        }
        return HTTPClientError(code: .connectionClosed, message: "\(request.origin) closed the connection")
    }

    // MARK: Body

    func nextChunk() async throws -> [UInt8]? {
        if pool.loop.isCurrent { return try await read() }
        return try await withTaskExecutorPreference(pool.loop) { try await readOnLoop() }
    }

    func collect(upTo limit: Int) async throws -> [UInt8] {
        if pool.loop.isCurrent { return try await readAll(upTo: limit) }
        return try await withTaskExecutorPreference(pool.loop) { try await readAllOnLoop(upTo: limit) }
    }

    @concurrent private func readOnLoop() async throws -> [UInt8]? { try await read() }
    @concurrent private func readAllOnLoop(upTo limit: Int) async throws -> [UInt8] { try await readAll(upTo: limit) }

    private func readAll(upTo limit: Int) async throws(HTTPClientError) -> [UInt8] {
        if let rest = decoder.remainingLength, rest > limit { throw tooLarge(limit) }
        guard let first = try await read() else { return [] }
        var collected = first
        if let rest = decoder.remainingLength {
            // The announced length is not believed beyond this before the bytes come.
            collected.reserveCapacity(min(first.count + rest, 16 << 20))
        }
        while collected.count <= limit, let chunk = try await read() { collected += chunk }
        guard collected.count <= limit else { throw tooLarge(limit) }
        return collected
    }

    private func tooLarge(_ limit: Int) -> HTTPClientError {
        HTTPClientError(code: .bodyTooLarge, message: "response body is larger than \(limit) bytes")
    }

    private func read() async throws(HTTPClientError) -> [UInt8]? {
        if let failure { throw failure }
        if isCancelled { throw Self.cancelled }
        guard let connection else {
            if decoder.isFinished { return nil }
            throw HTTPClientError(code: .cancelled, message: "the response is over")
        }
        do throws(HTTPClientError) {
            let chunk = try await read(connection)
            if decoder.isFinished { giveBack() }
            return chunk
        } catch {
            failure = error
            giveBack()
            throw error
        }
    }

    private func read(_ connection: ClientConnection) async throws(HTTPClientError) -> [UInt8]? {
        let buffer = connection.buffer
        var collected: [UInt8] = []
        while true {
            steps: while collected.count < 65_536 {
                let step: BodyDecoder.Step
                do throws(HTTPParseError) { step = try decoder.step(buffer.readable) } catch {
                    throw HTTPClientError(code: .malformedResponse, message: error.reason)
                }
                switch step {
                case .data(let range, let consumed):
                    collected.append(contentsOf: buffer.readable[range])
                    buffer.consume(consumed)
                case .needMore(let consumed):
                    buffer.consume(consumed)
                    break steps
                case .finished(let consumed):
                    buffer.consume(consumed)
                    return collected.isEmpty ? nil : collected
                }
            }
            if !collected.isEmpty { return collected }
            try await waitForBody(connection.channel)
            if buffer.isEmpty, let direct = decoder.directLength, direct >= 16_384 {
                // A large stretch of body goes straight into the array that is handed out.
                var outcome = SystemCalls.Outcome.wouldBlock
                let chunk = [UInt8](unsafeUninitializedCapacity: min(direct, 131_072)) { memory, count in
                    outcome = connection.channel.receive(into: UnsafeMutableRawBufferPointer(memory))
                    // The kernel initialised that many bytes.
                    if case .done(let received) = outcome { count = received }
                }
                if try note(outcome) {
                    decoder.tookDirectly(chunk.count)
                    return chunk
                }
            } else {
                _ = try note(buffer.fill(from: connection.channel, limit: 65_536))
            }
            if decoder.isFinished { return nil }
        }
    }

    private func waitForBody(_ channel: Channel) async throws(HTTPClientError) {
        let timeout = channel.loop.deadline(after: idleTimeout)
        switch await channel.waitReadable(until: min(timeout, deadline)) {
        case .ready: return
        case .aborted: throw isCancelled ? Self.cancelled : closed
        case .timedOut:
            if deadline < timeout { throw Self.deadlineExceeded }
            throw HTTPClientError(code: .bodyTimeout, message: "the response of \(request.origin) stalled")
        }
    }

    /// Whether bytes came; the end of the stream ends the body or is an error.
    private func note(_ outcome: SystemCalls.Outcome) throws(HTTPClientError) -> Bool {
        switch outcome {
        case .done(let count):
            if count > 0 { return true }
            keepsAlive = false
            do throws(HTTPParseError) { try decoder.endOfStream() } catch { throw closed }
            return false
        case .wouldBlock: return false
        case .failed: throw closed
        }
    }
}
