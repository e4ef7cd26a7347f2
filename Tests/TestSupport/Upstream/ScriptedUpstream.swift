import Foundation
import Synchronization

/// An HTTP/1.1 upstream on 127.0.0.1 that misbehaves as a script says, by tenant, path and attempt.
///
/// It has threads of its own and blocking sockets, so that its faults do not depend on the code under test. `stop()` closes
/// everything and waits for its threads.
public final class ScriptedUpstream: Sendable {
    /// Decides what happens to a request.
    public typealias Script = @Sendable (ScriptedRequest) -> ScriptedBehaviour

    private struct State {
        var requests: [ScriptedRequest] = []
        var attempts: [String: Int] = [:]
        var connections: [Int: TestSocket] = [:]
        var nextConnection = 0
        var accepted = 0
        var openGates: Set<String> = []
        var isStopping = false
        var threads = 0
    }

    private let listener: TestSocket
    private let script: Script
    private let state = Mutex(State())
    private let changed = NSCondition()
    /// The port it listens on.
    public let port: Int

    /// Starts listening.
    public init(_ script: @escaping Script) throws {
        self.script = script
        (listener, port) = try TestSocket.bound(listens: true)
        state.withLock { $0.threads = 1 }
        Thread.detachNewThread { [self] in
            acceptConnections()
            note { $0.threads -= 1 }
        }
    }

    /// Gives each tenant one behaviour; tenants that are not listed get `otherwise`.
    public convenience init(
        tenants: [String: ScriptedBehaviour],
        otherwise: ScriptedBehaviour = .answer(.pageNotFound)
    ) throws {
        try self.init { tenants[$0.tenant] ?? otherwise }
    }

    /// `http://127.0.0.1:port`
    public var url: String { "http://127.0.0.1:\(port)" }

    /// A port on which nothing listens: connecting is refused. It stays taken until the test process ends, so that no test that runs
    /// beside gets the same one to listen on.
    public static func refusedPort() throws -> Int {
        try TestSocket.bound(listens: false).port
    }

    /// All requests so far, in order of arrival.
    public var requests: [ScriptedRequest] { state.withLock { $0.requests } }
    /// Connections accepted so far.
    public var acceptedConnections: Int { state.withLock { $0.accepted } }
    /// Connections that are open now.
    public var openConnections: Int { state.withLock { $0.connections.count } }

    /// Lets every request pass that waits, or will wait, at the gate.
    public func open(gate: String) { note { $0.openGates.insert(gate) } }

    /// Waits until `count` requests have arrived; false after `seconds`.
    public func waitForRequests(_ count: Int, seconds: Double = 20) -> Bool {
        wait(seconds) { $0.requests.count >= count }
    }

    /// Waits until at most `count` connections are open; false after `seconds`.
    public func waitForOpenConnections(atMost count: Int, seconds: Double = 20) -> Bool {
        wait(seconds) { $0.connections.count <= count }
    }

    /// Closes the listener and all connections and waits for the threads to end.
    public func stop() {
        let first = state.withLock { state in
            defer { state.isStopping = true }
            return !state.isStopping
        }
        guard first else { return }
        note { state in
            for socket in state.connections.values { socket.shutDown() }
        }
        _ = wait(10) { $0.threads == 0 }
    }

    deinit { stop() }

    private func note(_ change: (inout State) -> Void) {
        changed.lock()
        state.withLock { change(&$0) }
        changed.broadcast()
        changed.unlock()
    }

    private func wait(_ seconds: Double, until test: (State) -> Bool) -> Bool {
        let deadline = Date(timeIntervalSinceNow: seconds)
        changed.lock()
        defer { changed.unlock() }
        while !state.withLock({ test($0) }) {
            if !changed.wait(until: deadline) { return state.withLock { test($0) } }
        }
        return true
    }

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    private func acceptConnections() {
        // The bound of the wait is how soon a stop is noticed.
        while !isStopping {
            guard let socket = listener.accept(timeout: 0.05) else { continue }
            var id: Int?
            note { state in
                guard !state.isStopping else { return }
                state.nextConnection += 1
                state.accepted += 1
                state.threads += 1
                state.connections[state.nextConnection] = socket
                id = state.nextConnection
            }
            guard let id else {
                socket.close()
                break
            }
            Thread.detachNewThread { [self] in
                let ending = serve(socket)
                // Taken out of the table first: stop() must not touch a descriptor that may be somebody else's by then.
                note { $0.connections[id] = nil }
                switch ending {
                case .close: socket.close()
                case .reset: socket.reset()
                }
                note { $0.threads -= 1 }
            }
        }
        listener.close()
    }

    private enum Ending {
        case close
        case reset
    }

    private func serve(_ socket: TestSocket) -> Ending {
        var reader = ScriptedRequestReader(socket: socket)
        while !isStopping, let request = reader.next() {
            var attempt = 0
            var recorded: ScriptedRequest?
            note { state in
                let key = "\(request.tenant) \(request.path)"
                attempt = state.attempts[key, default: 0] + 1
                state.attempts[key] = attempt
                let complete = ScriptedRequest(
                    method: request.method, target: request.target, fields: request.fields, body: request.body,
                    attempt: attempt)
                state.requests.append(complete)
                recorded = complete
            }
            guard let recorded else { return .close }
            if let ending = play(script(recorded), to: recorded, on: socket) { return ending }
            if recorded["Connection"]?.lowercased() == "close" { return .close }
        }
        return .close
    }

    /// Treats one request; nil keeps the connection for the next.
    private func play(_ behaviour: ScriptedBehaviour, to request: ScriptedRequest, on socket: TestSocket) -> Ending? {
        let limit = 20.0
        switch behaviour {
        case .answer(let answer):
            let body = request.method == "HEAD" ? [] : answer.framedBody
            return socket.send(answer.head(declaredLength: answer.body.count) + body, timeout: limit) ? nil : .close
        case .silence:
            while !isStopping && !socket.peerGone(within: 1) {}
            return .close
        case .slowHead(let answer, let pause):
            for byte in answer.head(declaredLength: answer.body.count) {
                guard socket.send([byte], timeout: limit), !socket.peerGone(within: pause), !isStopping else {
                    return .close
                }
            }
            return socket.send(answer.framedBody, timeout: limit) ? nil : .close
        case .slowDrip(let answer, let piece, let pause):
            guard socket.send(answer.head(declaredLength: answer.body.count), timeout: limit) else { return .close }
            let body = answer.framedBody
            var start = 0
            while start < body.count {
                let end = min(start + max(1, piece), body.count)
                guard socket.send(Array(body[start..<end]), timeout: limit), !socket.peerGone(within: pause),
                    !isStopping
                else { return .close }
                start = end
            }
            return nil
        case .earlyClose(let answer, let count):
            _ = socket.send(
                answer.head(declaredLength: answer.body.count) + answer.framedBody.prefix(count), timeout: limit)
            return .close
        case .closeUnanswered:
            return .close
        case .reset:
            return .reset
        case .resetInBody(let answer, let count):
            _ = socket.send(
                answer.head(declaredLength: answer.body.count) + answer.framedBody.prefix(count), timeout: limit)
            return .reset
        case .wrongLength(let answer, let declared):
            _ = socket.send(answer.head(declaredLength: declared) + answer.body, timeout: limit)
            return .close
        case .badChunk(var answer):
            answer.chunkSize = max(1, answer.body.count)
            let good = Array("\(String(answer.body.count, radix: 16))\r\n".utf8) + answer.body + [13, 10]
            _ = socket.send(
                answer.head(declaredLength: nil) + good + Array("zz\r\nrest\r\n0\r\n\r\n".utf8), timeout: limit)
            return .close
        case .flood(let status, let contentType, let bytes):
            let head =
                "HTTP/1.1 \(status) Scripted\r\nContent-Type: \(contentType)\r\nTransfer-Encoding: chunked\r\n\r\n"
            guard socket.send(Array(head.utf8), timeout: limit) else { return .close }
            let chunk = Array("10000\r\n".utf8) + [UInt8](repeating: 0, count: 65536) + [13, 10]
            var sent = 0
            while sent < bytes {
                guard !isStopping, socket.send(chunk, timeout: limit) else { return .close }
                sent += 65536
            }
            return socket.send(Array("0\r\n\r\n".utf8), timeout: limit) ? nil : .close
        case .raw(let bytes):
            _ = socket.send(bytes, timeout: limit)
            return .close
        case .gated(let gate, let next):
            while !isStopping, !wait(0.5, until: { $0.openGates.contains(gate) }) {
                if socket.peerGone(within: 0.001) { return .close }
            }
            return isStopping ? .close : play(next, to: request, on: socket)
        }
    }
}

/// Takes requests off a connection. Lenient: what it serves is tested elsewhere.
private struct ScriptedRequestReader {
    let socket: TestSocket
    private var buffer: [UInt8] = []
    /// A head or body larger than this ends the connection.
    private static let maxBytes = 16 << 20

    init(socket: TestSocket) { self.socket = socket }

    mutating func next() -> ScriptedRequest? {
        while true {
            if let end = firstRange(of: [13, 10, 13, 10], in: buffer) {
                let lines = String(decoding: buffer[..<end], as: UTF8.self).components(separatedBy: "\r\n")
                let start = lines[0].split(separator: " ", omittingEmptySubsequences: false)
                guard start.count == 3 else { return nil }
                let fields: [(name: String, value: String)] = lines.dropFirst().compactMap { line in
                    guard let colon = line.firstIndex(of: ":") else { return nil }
                    return (
                        String(line[..<colon]),
                        line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
                    )
                }
                let length = fields.first { $0.name.lowercased() == "content-length" }.flatMap { Int($0.value) } ?? 0
                guard length >= 0, length <= Self.maxBytes else { return nil }
                while buffer.count < end + 4 + length { guard fill() else { return nil } }
                let body = Array(buffer[(end + 4)..<(end + 4 + length)])
                buffer.removeSubrange(..<(end + 4 + length))
                return ScriptedRequest(
                    method: String(start[0]), target: String(start[1]), fields: fields, body: body, attempt: 0)
            }
            guard buffer.count <= Self.maxBytes, fill() else { return nil }
        }
    }

    private mutating func fill() -> Bool {
        guard case .bytes(let bytes) = socket.receive(timeout: 60) else { return false }
        buffer += bytes
        return true
    }
}
