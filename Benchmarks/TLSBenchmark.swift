import Foundation
import HTTPTransport

/// HTTP over TLS beside plain HTTP: client and server of ours on one event loop each, small answers, large answers, handshakes.
///
/// All figures are for one second of processor time of both ends together, which other programs on the machine change little.
enum TLSBenchmark {
    private static let connections = 16

    /// - Parameter certificates: the folder with `server.pem`, `server.key`, `rsa.pem`, `rsa.key` and `ca.pem`.
    static func run(certificates: URL) async throws {
        func pem(_ name: String) throws -> [UInt8] {
            [UInt8](try Data(contentsOf: certificates.appendingPathComponent(name)))
        }
        func server(_ name: String) throws -> TLSServerContext {
            try TLSServerContext(
                TLSServerSettings(
                    identity: TLSIdentity(certificatePEM: try pem(name + ".pem"), keyPEM: try pem(name + ".key"))))
        }
        var trusting = TLSClientSettings()
        trusting.trustedPEM = try pem("ca.pem")
        let settings = trusting
        print(
            "\nHTTP over TLS 1.3 beside plain HTTP, our client and our server in one process, for a second of processor time"
        )
        for bytes in [200, 1_000_000] {
            let plain = try await requests(bytes: bytes, server: nil, client: nil)
            let secure = try await requests(
                bytes: bytes, server: try server("server"), client: try TLSClientContext(settings))
            let unit = bytes > 10_000 ? "MB/s" : "req/s"
            let scale = bytes > 10_000 ? Double(bytes) / 1_000_000 : 1
            Report.line("plain, answers of \(bytes) bytes", Report.number(plain * scale), unit)
            Report.line("TLS, answers of \(bytes) bytes", Report.number(secure * scale), unit)
            Report.line("  TLS / plain", Report.number(secure / plain, digits: 2))
        }
        for name in ["server", "rsa"] {
            let kind = name == "rsa" ? "RSA 2048" : "P-256"
            let full = try await handshakes(try server(name), resumes: false) { try TLSClientContext(settings) }
            let short = try await handshakes(try server(name), resumes: true) { try TLSClientContext(settings) }
            Report.line("connections, full handshake, \(kind)", Report.number(full), "one request each")
            Report.line("connections, session taken up again", Report.number(short), "one request each")
            Report.line("  taken up again / full", Report.number(short / full, digits: 2))
        }
        let none = try await handshakes(nil, resumes: false) { nil }
        Report.line("connections without TLS", Report.number(none), "one request each")
    }

    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
    }

    /// Requests a second over kept connections.
    private static func requests(
        bytes: Int, server tls: TLSServerContext?, client context: TLSClientContext?
    ) async throws -> Double {
        try await serving(tls, bytes: bytes) { port, group in
            let client = HTTPClient(group: group)
            defer { client.shutdown() }
            let origin = HTTPOrigin(scheme: context == nil ? "http" : "https", host: "127.0.0.1", port: port)
            let request = HTTPClientRequest(origin: origin, target: "/", tls: context)
            _ = try await load(client, request, bytes: bytes, seconds: 0.5, group)
            return try await load(client, request, bytes: bytes, seconds: 2, group)
        }
    }

    private static func load(
        _ client: HTTPClient, _ request: HTTPClientRequest, bytes: Int, seconds: Double, _ group: EventLoopGroup
    ) async throws -> Double {
        let start = processorSeconds()
        let end = ContinuousClock.now + .seconds(seconds)
        let executor = group.nextExecutor()
        let count = try await withThrowingTaskGroup(of: Int.self) { tasks in
            for _ in 0..<connections {
                tasks.addTask(executorPreference: executor) {
                    var count = 0
                    while ContinuousClock.now < end {
                        let result = try await client.send(request, maxBodyBytes: bytes)
                        guard result.body.count == bytes else { throw CancellationError() }
                        count += 1
                    }
                    return count
                }
            }
            return try await tasks.reduce(0, +)
        }
        return Double(count) / (processorSeconds() - start)
    }

    /// Connections, each with one request, one after the other.
    private static func handshakes(
        _ tls: TLSServerContext?, resumes: Bool, _ context: @Sendable () throws -> TLSClientContext?
    ) async throws -> Double {
        // Contexts are made before the clock runs; one that is used once has nothing to take up again.
        let contexts = try (0..<(resumes ? 1 : 400)).map { _ in try context() }
        return try await serving(tls, bytes: 200) { port, group in
            let client = HTTPClient(group: group)
            defer { client.shutdown() }
            let origin = HTTPOrigin(scheme: tls == nil ? "http" : "https", host: "127.0.0.1", port: port)
            let executor = group.nextExecutor()
            return try await withTaskExecutorPreference(executor) {
                let start = processorSeconds()
                for index in 0..<400 {
                    let request = HTTPClientRequest(
                        origin: origin, target: "/close", tls: contexts[resumes ? 0 : index])
                    _ = try await client.send(request, maxBodyBytes: 1000)
                }
                return 400 / (processorSeconds() - start)
            }
        }
    }

    private static func serving<R: Sendable>(
        _ tls: TLSServerContext?, bytes: Int, _ body: @Sendable (Int, EventLoopGroup) async throws -> R
    ) async throws -> R {
        let serverGroup = try EventLoopGroup(loopCount: 1)
        let clientGroup = try EventLoopGroup(loopCount: 1)
        var configuration = HTTPServer.Configuration(host: "127.0.0.1", port: 0)
        configuration.tls = tls
        let answer = [UInt8](repeating: 0x61, count: bytes)
        let server = HTTPServer(configuration: configuration, group: serverGroup) { request in
            let fields = request.target == "/close" ? HTTPFields([("Connection", "close")]) : HTTPFields()
            return HTTPResponse(status: 200, fields: fields, body: .bytes(answer))
        }
        let port = try await server.start().port
        let result = try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await server.run() }
            let result = try await body(port, clientGroup)
            server.beginShutdown()
            try await tasks.waitForAll()
            return result
        }
        serverGroup.shutdown()
        clientGroup.shutdown()
        return result
    }
}
