import TestSupport
import Testing

@testable import HTTPTransport

/// Contexts made of the certificates of `TestSupport`.
enum TLSSamples {
    static func identity(_ name: String) throws -> TLSIdentity {
        let key = name == "chain" ? "leaf.key" : name + ".key"
        return TLSIdentity(
            certificatePEM: try TestCertificates.pem(name + ".pem"), keyPEM: try TestCertificates.pem(key))
    }

    static func server(
        _ name: String = "server", change: (inout TLSServerSettings) -> Void = { _ in }
    ) throws -> TLSServerContext {
        var settings = TLSServerSettings(identity: try identity(name))
        change(&settings)
        return try TLSServerContext(settings)
    }

    static func client(
        trust: String? = "ca", identity name: String? = nil, serverName: String? = nil, verifies: Bool = true,
        change: (inout TLSClientSettings) -> Void = { _ in }
    ) throws -> TLSClientContext {
        var settings = TLSClientSettings()
        if let trust { settings.trustedPEM = try TestCertificates.pem(trust + ".pem") }
        if let name { settings.identity = try identity(name) }
        settings.serverName = serverName
        settings.verifies = verifies
        change(&settings)
        return try TLSClientContext(settings)
    }
}

extension LiveClient {
    func secureGet(
        _ port: Int, _ target: String = "/", tls: TLSClientContext, host: String = "127.0.0.1",
        fields: [(String, String)] = [], method: String = "GET", body: [UInt8] = [], connect: Duration = .seconds(20),
        deadline: Duration? = nil, limit: Int = 32 << 20
    ) async throws -> HTTPClientResult {
        try await client.send(
            HTTPClientRequest(
                method: method, origin: HTTPOrigin(scheme: "https", host: host, port: port), target: target,
                fields: HTTPFields(fields), body: body, connectTimeout: connect, firstByteTimeout: .seconds(20),
                deadline: deadline.map { ContinuousClock.now + $0 }, tls: tls), maxBodyBytes: limit)
    }

    /// The error that a request ends with, or nil.
    func error(of request: () async throws -> HTTPClientResult) async -> HTTPClientError? {
        do {
            _ = try await request()
            return nil
        } catch {
            return error as? HTTPClientError
        }
    }
}

/// A TLS session on a blocking socket, for what no well-behaved peer does. Used by one thread.
final class BlockingTLS {
    struct Failure: Error {
        let text: String
    }

    let session: TLSSession
    let connection: RawPeer.Connection

    /// The server's end of an accepted connection.
    init(accepting context: TLSServerContext, _ connection: RawPeer.Connection) throws {
        guard
            let session = TLSSession.accepting(context.handle, descriptor: connection.descriptor, prefix: [])
        else { throw Failure(text: "no session") }
        self.session = session
        self.connection = connection
        try shakeHands()
    }

    /// The client's end, connected to a port of 127.0.0.1.
    init(
        port: Int, _ context: TLSClientContext, resumption: TLSResumption? = nil, host: String = "127.0.0.1"
    ) throws {
        connection = try RawPeer.Connection(port: port)
        guard
            let session = TLSSession.connecting(
                context, host: host, descriptor: connection.descriptor, resumption: resumption)
        else { throw Failure(text: "no session") }
        self.session = session
        try shakeHands()
    }

    func shakeHands() throws {
        // A blocking socket gives up after its own bound, and then there is nothing to wait for.
        guard case .done = session.handshake() else { throw Failure(text: session.failure) }
    }

    /// Sends everything; false when the other end is gone.
    @discardableResult func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let outcome = bytes.withUnsafeBytes { session.write(UnsafeRawBufferPointer(rebasing: $0[sent...])) }
            guard case .done(let count) = outcome else { return false }
            sent += count
        }
        return true
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    enum Received: Equatable {
        case bytes([UInt8])
        case end
        case failed
    }

    func receive() -> Received {
        var memory = [UInt8](repeating: 0, count: 16_384)
        for _ in 0..<1000 {
            switch memory.withUnsafeMutableBytes({ session.read(into: $0) }) {
            case .done(let count): return .bytes(Array(memory[..<count]))
            case .wantsInput(isEmpty: false): continue
            case .end: return .end
            case .wantsInput, .wantsOutput, .failed: return .failed
            }
        }
        return .failed
    }

    /// Reads until a head has come whole.
    func receiveHead() -> String? {
        var text = ""
        while !text.contains("\r\n\r\n") {
            guard case .bytes(let bytes) = receive() else { return nil }
            text += String(decoding: bytes, as: UTF8.self)
        }
        return text
    }
}
