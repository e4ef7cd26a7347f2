/// The body of the request that a connection is serving.
///
/// `@unchecked Sendable`: state is confined to the connection's loop; `nextChunk` hops there first.
final class ConnectionBody: HTTPBodySource, @unchecked Sendable {
    private let connection: ServerConnection
    private var decoder: BodyDecoder
    private var owesContinue: Bool
    private var deadline: UInt64 = 0
    private var received = 0
    private var isOver = false
    /// Why the body could not be read; the connection cannot be used further then.
    private(set) var failure: HTTPBodyError?

    init(connection: ServerConnection, framing: BodyFraming, expectsContinue: Bool) {
        self.connection = connection
        decoder = BodyDecoder(framing)
        owesContinue = expectsContinue
    }

    var isFinished: Bool { decoder.isFinished }
    /// The client still waits to be told to send the body.
    var isAwaitedByClient: Bool { owesContinue }
    var remainingLength: Int? { decoder.remainingLength }

    func nextChunk() async throws -> [UInt8]? {
        if connection.channel.loop.isCurrent { return try await read() }
        return try await withTaskExecutorPreference(connection.channel.loop) { try await readOnLoop() }
    }

    @concurrent private func readOnLoop() async throws -> [UInt8]? { try await read() }

    /// The exchange is over: a handler that kept the body cannot disturb the next request.
    func end() { isOver = true }

    /// Notes a failure that a decoder on top of this body found. Any thread; in effect before the handler's answer is.
    func report(_ error: HTTPBodyError) {
        let loop = connection.channel.loop
        if loop.isCurrent {
            failure = failure ?? error
        } else {
            loop.execute { self.failure = self.failure ?? error }
        }
    }

    private func read() async throws(HTTPBodyError) -> [UInt8]? {
        guard !isOver else { throw HTTPBodyError(code: .disconnected, message: "the request is over") }
        if let failure { throw failure }
        do {
            return try await readFramed()
        } catch {
            failure = error
            throw error
        }
    }

    private func readFramed() async throws(HTTPBodyError) -> [UInt8]? {
        let channel = connection.channel
        let buffer = connection.buffer
        if deadline == 0 { deadline = channel.loop.deadline(after: connection.limits.bodyTimeout) }
        if decoder.isFinished { return nil }
        if owesContinue {
            owesContinue = false
            let interim = [UInt8]("HTTP/1.1 100 Continue\r\n\r\n".utf8)
            guard await channel.sendAll(interim, stall: connection.limits.writeTimeout) == .ready else {
                throw Self.disconnected
            }
        }
        var collected: [UInt8] = []
        while true {
            // Takes what is in the buffer, small chunks together.
            steps: while collected.count < 65_536 {
                let step: BodyDecoder.Step
                do throws(HTTPParseError) { step = try decoder.step(buffer.readable) } catch {
                    throw HTTPBodyError(code: .malformed, message: error.reason)
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
                    if collected.isEmpty {
                        connection.watchForHangup()
                        return nil
                    }
                    break steps
                }
            }
            if !collected.isEmpty {
                received += collected.count
                guard received <= connection.limits.maxBodyBytes else {
                    throw HTTPBodyError(
                        code: .tooLarge, message: "request body is larger than \(connection.limits.maxBodyBytes) bytes")
                }
                if decoder.isFinished { connection.watchForHangup() }
                return collected
            }
            switch await channel.waitReadable(until: deadline) {
            case .ready: break
            case .timedOut: throw HTTPBodyError(code: .timedOut, message: "request body took too long")
            case .aborted: throw Self.disconnected
            }
            switch buffer.fill(from: channel, limit: 65_536) {
            case .done(let count): if count == 0 { throw Self.disconnected }
            case .wouldBlock: break
            case .failed: throw Self.disconnected
            }
        }
    }

    private static let disconnected = HTTPBodyError(code: .disconnected, message: "the client went away")

    /// Reads and drops what the handler left unread.
    /// - Returns: whether the connection can go on with the next request.
    func drain(limit: Int) async -> Bool {
        guard failure == nil else { return false }
        if decoder.isFinished { return true }
        guard !owesContinue else { return false }
        let bound = received + limit
        deadline = 0
        while received <= bound {
            do {
                guard try await readFramed() != nil else { return true }
            } catch {
                return false
            }
        }
        return false
    }
}
