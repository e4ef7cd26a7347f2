import TestSupport
import Testing

@testable import HTTPTransport

/// Our client and our server over TLS, on every poller.
@Suite(.ownThreads, .timeLimit(.minutes(2)))
struct TLSExchangeTests {
    /// Answers with the body of the request, in one piece or as a stream.
    @Sendable static func echo(_ request: HTTPServerRequest) async -> HTTPResponse {
        do {
            let body = try await request.body.collect(upTo: 32 << 20)
            guard request.target == "/stream" else { return HTTPResponse(status: 200, body: .bytes(body)) }
            return HTTPResponse(
                status: 200,
                body: .stream(length: nil) { writer in
                    for start in stride(from: 0, to: body.count, by: 70_000) {
                        try await writer.write(Array(body[start..<min(start + 70_000, body.count)]))
                    }
                })
        } catch {
            return HTTPResponse(status: 500)
        }
    }

    @Test(arguments: backends, [TLSVersion.tls12, .tls13])
    func `bodies of every size go both ways over kept connections`(
        _ backend: EventLoopGroup.Backend, _ version: TLSVersion
    ) async throws {
        let tls = try TLSSamples.server { $0.maxVersion = version }
        let context = try TLSSamples.client()
        try await LiveServer.serving(
            on: backend,
            configure: {
                $0.tls = tls
                $0.maxBodyBytes = 32 << 20
            }, handler: Self.echo
        ) { live in
            try await LiveClient.using(backend) { client in
                let sample = GzipTests.sample(2_000_000)
                for size in [0, 1, 100, 16_383, 16_384, 16_385, 100_000, 2_000_000] {
                    let body = Array(sample[..<size])
                    for target in ["/", "/stream"] {
                        let result = try await client.secureGet(
                            live.port, target, tls: context, method: "POST", body: body)
                        #expect(result.status == 200)
                        #expect(result.body == body, "\(size) bytes, \(target)")
                    }
                }
                #expect(live.server.openConnectionCount == 1)
            }
        }
    }

    @Test(arguments: backends)
    func `many small requests share few connections`(_ backend: EventLoopGroup.Backend) async throws {
        let tls = try TLSSamples.server()
        let context = try TLSSamples.client()
        try await LiveServer.serving(on: backend, loops: 2, configure: { $0.tls = tls }, handler: describe) { live in
            try await LiveClient.using(backend, configure: { $0.maxConnectionsPerHost = 4 }) { client in
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    for task in 0..<8 {
                        tasks.addTask {
                            for index in 0..<250 {
                                let result = try await client.secureGet(live.port, "/\(task)/\(index)", tls: context)
                                #expect(result.body == Array("GET /\(task)/\(index) ".utf8))
                            }
                        }
                    }
                    try await tasks.waitForAll()
                }
                #expect(live.server.openConnectionCount <= 4)
            }
        }
    }

    @Test(arguments: backends, [TLSVersion.tls12, .tls13])
    func `a client takes up its session again on the next connection`(
        _ backend: EventLoopGroup.Backend, _ version: TLSVersion
    ) async throws {
        let tls = try TLSSamples.server { $0.maxVersion = version }
        let seen = Counters()
        let peer = try RawPeer { connection in
            guard let session = try? BlockingTLS(accepting: tls, connection) else { return }
            seen.note(session.session.isResumed ? "resumed" : "full")
            seen.note(session.session.version)
            seen.note(session.session.applicationProtocol)
            guard session.receiveHead() != nil else { return }
            session.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
            _ = session.session.sayEnd()
        }
        defer { peer.stop() }
        try await LiveClient.using(backend) { client in
            let context = try TLSSamples.client()
            for _ in 0..<3 { #expect(try await client.secureGet(peer.port, tls: context).body == Array("hi".utf8)) }
            #expect(seen["full"] == 1)
            #expect(seen["resumed"] == 2)
            #expect(seen[version == .tls12 ? "TLSv1.2" : "TLSv1.3"] == 3)
            #expect(seen["http/1.1"] == 3)
            // Another context is another client.
            let other = try TLSSamples.client()
            _ = try await client.secureGet(peer.port, tls: other)
            #expect(seen["full"] == 2)
        }
    }

    @Test(arguments: [TLSVersion.tls12, .tls13])
    func `a server takes up sessions again, also with clients' certificates`(_ version: TLSVersion) async throws {
        let authority = try TestCertificates.pem("ca.pem")
        let tls = try TLSSamples.server { settings in
            settings.maxVersion = version
            settings.clientAuthentication = .requireAndVerify
            settings.clientCAPEM = authority
        }
        let context = try TLSSamples.client(identity: "client")
        try await LiveServer.serving(on: .platformDefault, configure: { $0.tls = tls }, handler: describe) { live in
            try await blocking {
                var resumption: TLSResumption?
                for round in 0..<3 {
                    let client = try BlockingTLS(port: live.port, context, resumption: resumption)
                    defer { client.connection.close() }
                    #expect(client.session.isResumed == (round > 0))
                    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                    #expect(client.receiveHead()?.hasPrefix("HTTP/1.1 200") == true)
                    resumption = client.session.resumption()
                    #expect(resumption != nil)
                    _ = client.session.sayEnd()
                }
            }
        }
    }

    @Test func `a server that is told to stop closes idle sessions and finishes running ones`() async throws {
        let tls = try TLSSamples.server()
        let context = try TLSSamples.client()
        let started = Counters()
        try await LiveServer.serving(on: .platformDefault, configure: { $0.tls = tls }) { request in
            started.note("request")
            return await describe(request)
        } _: { live in
            try await blocking {
                let idle = try BlockingTLS(port: live.port, context)
                idle.send("GET /idle HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(idle.receiveHead() != nil)
                let silent = try RawPeer.Connection(port: live.port)
                live.server.beginShutdown()
                while case .bytes = idle.receive() {}
                idle.connection.close()
                silent.drain()
                silent.close()
            }
        }
        #expect(started["request"] == 1)
    }
}
