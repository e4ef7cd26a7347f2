import Foundation
import TestSupport
import Testing

@testable import HTTPTransport

/// What our server does with clients that are no TLS clients, or bad ones.
@Suite(.ownThreads, .timeLimit(.minutes(2)))
struct TLSServerFaultTests {
    @Test(arguments: ["GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE", "PATCH"])
    func `plain HTTP on a TLS port is answered as Go does`(_ method: String) async throws {
        let tls = try TLSSamples.server()
        try await LiveServer.serving(on: .platformDefault, configure: { $0.tls = tls }, handler: describe) { live in
            try await blocking {
                let body = method == "POST" ? Array("hello".utf8) : []
                let connection = try RawConnection(port: live.port)
                let response = try connection.exchange(method == "HEAD" ? "GET" : method, "/", body: body)
                #expect(response.status == 400)
                #expect(response.text == "Client sent an HTTP request to an HTTPS server.\n")
                #expect(connection.closedByPeer())
            }
        }
    }

    @Test(arguments: backends)
    func `clients that say nothing, too little or nonsense are closed`(_ backend: EventLoopGroup.Backend) async throws {
        let tls = try TLSSamples.server()
        let starts: [[UInt8]] = [
            [], [22], [22, 3, 1, 0], [22, 3, 1, 2, 0], [22, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3],
            Array(repeating: 0, count: 300), Array(repeating: 0xFF, count: 300), Array("SSH-2.0-x\r\n".utf8),
            [0x80, 0x2E, 1, 0, 2], [22, 3, 1, 0, 0], [23, 3, 3, 0, 1, 0], [22, 3, 3, 0xFF, 0xFF, 1],
        ]
        let failures = Counters()
        try await LiveServer.serving(
            on: backend,
            configure: {
                $0.tls = tls
                $0.headTimeout = .milliseconds(100)
                $0.onHandshakeFailure = { _, _ in failures.note("failure") }
            }, handler: describe
        ) { live in
            try await blocking {
                for start in starts {
                    let connection = try RawConnection(port: live.port)
                    try connection.send(start)
                    #expect(connection.closedByPeer(), "\(start.prefix(12))")
                }
                #expect(failures["failure"] > 0)
                // The server lives; on a busy machine a good client may be too slow for it, too.
                let context = try TLSSamples.client()
                waitUntil {
                    guard let good = try? BlockingTLS(port: live.port, context) else { return false }
                    defer { good.connection.close() }
                    good.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    return good.receiveHead()?.hasPrefix("HTTP/1.1 200") == true
                }
            }
        }
    }

    @Test func `a hello in single bytes is a hello`() async throws {
        let tls = try TLSSamples.server()
        try await LiveServer.serving(on: .platformDefault, configure: { $0.tls = tls }, handler: describe) { live in
            // A peer of ours that passes each byte on its own.
            let relay = try RawPeer { client in
                guard let server = try? RawPeer.Connection(port: live.port) else { return }
                let done = DispatchSemaphore(value: 0)
                Thread.detachNewThread {
                    while let bytes = server.receive(upTo: 7) { client.send(bytes) }
                    client.shutDown()
                    done.signal()
                }
                while let bytes = client.receive(upTo: 1) { server.send(bytes) }
                server.shutDown()
                done.wait()
                server.close()
            }
            try await LiveClient.using(.platformDefault) { client in
                let context = try TLSSamples.client()
                let result = try await client.secureGet(relay.port, "/slowly", tls: context)
                #expect(result.body == Array("GET /slowly ".utf8))
            }
            try await blocking { relay.stop() }
        }
    }

    @Test func `the number of handshakes at once is bounded`() async throws {
        let tls = try TLSSamples.server()
        let failures = Counters()
        try await LiveServer.serving(
            on: .platformDefault,
            configure: {
                $0.tls = tls
                $0.maxConcurrentHandshakes = 2
                $0.onHandshakeFailure = { _, reason in failures.note(reason) }
            }, handler: describe
        ) { live in
            try await blocking {
                // They begin one and never go on.
                let slow = try (0..<2).map { _ in try RawPeer.Connection(port: live.port) }
                for connection in slow { connection.send([22, 3, 1, 2, 0, 1]) }
                waitUntil {
                    guard let third = try? RawPeer.Connection(port: live.port) else { return false }
                    third.send([22, 3, 1, 2, 0, 1])
                    third.shutDown()
                    third.close()
                    return failures["too many handshakes at once"] > 0
                }
                for connection in slow { connection.close() }
                waitUntil {
                    guard let context = try? TLSSamples.client(),
                        let good = try? BlockingTLS(port: live.port, context)
                    else { return false }
                    good.connection.close()
                    return true
                }
            }
        }
    }

    @Test(arguments: [TLSVersion.tls12, .tls13])
    func `a client that goes away cancels its request, with notice or without`(_ version: TLSVersion) async throws {
        let tls = try TLSSamples.server { $0.maxVersion = version }
        let seen = Counters()
        try await LiveServer.serving(on: .platformDefault, configure: { $0.tls = tls }) { request in
            seen.note("request")
            // Ends by cancellation alone.
            try? await Task.sleep(for: .seconds(3600))
            seen.note(Task.isCancelled ? "cancelled" : "not cancelled")
            return HTTPResponse(status: 200)
        } _: { live in
            try await blocking {
                let context = try TLSSamples.client()
                for round in 0..<3 {
                    let client = try BlockingTLS(port: live.port, context)
                    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                    waitUntil { seen["request"] == round + 1 }
                    switch round {
                    case 0:
                        _ = client.session.sayEnd()
                        client.connection.close()
                    case 1: client.connection.close()
                    default: client.connection.reset()
                    }
                    waitUntil { seen["cancelled"] == round + 1 }
                }
            }
        }
        #expect(seen["not cancelled"] == 0)
    }

    @Test func `an answer that breaks off ends without notice`() async throws {
        struct Broken: Error {}
        let tls = try TLSSamples.server()
        try await LiveServer.serving(on: .platformDefault, configure: { $0.tls = tls }) { request in
            HTTPResponse(
                status: 200,
                body: .stream(length: nil) { writer in
                    try await writer.write(Array("hello".utf8))
                    if request.target == "/broken" { throw Broken() }
                })
        } _: { live in
            try await blocking {
                let context = try TLSSamples.client()
                for (target, ending) in [("/", BlockingTLS.Received.end), ("/broken", .failed)] {
                    let client = try BlockingTLS(port: live.port, context)
                    // The end of the connection is the end of the body.
                    client.send("GET \(target) HTTP/1.0\r\n\r\n")
                    var last = client.receive()
                    while case .bytes = last { last = client.receive() }
                    #expect(last == ending, "\(target)")
                    client.connection.close()
                }
            }
        }
    }

    @Test func `a client cannot renegotiate`() async throws {
        let tls = try TLSSamples.server { $0.maxVersion = .tls12 }
        try await LiveServer.serving(on: .platformDefault, configure: { $0.tls = tls }, handler: describe) { live in
            try await blocking {
                let symbols = try OpenSSLNames.system.open()
                let clearOptions: @convention(c) (OpaquePointer, UInt64) -> UInt64 = try symbols.find(
                    "SSL_clear_options")
                let renegotiate: @convention(c) (OpaquePointer) -> Int32 = try symbols.find("SSL_renegotiate")
                let client = try BlockingTLS(port: live.port, try TLSSamples.client())
                #expect(client.session.version == "TLSv1.2")
                // Our own clients may not even ask.
                #expect(renegotiate(client.session.ssl) == 0)
                _ = clearOptions(client.session.ssl, 1 << 30)
                #expect(renegotiate(client.session.ssl) == 1)
                guard case .failed = client.session.handshake() else {
                    Issue.record("the server renegotiated")
                    return
                }
                #expect(client.session.failure.contains("renegotiation"), "\(client.session.failure)")
                client.connection.close()
            }
        }
    }

    @Test func `a client that speaks only other protocols or versions is refused`() async throws {
        let tls = try TLSSamples.server { $0.maxVersion = .tls12 }
        try await LiveServer.serving(on: .platformDefault, configure: { $0.tls = tls }, handler: describe) { live in
            try await LiveClient.using(.platformDefault) { client in
                let newer = try TLSSamples.client { $0.minVersion = .tls13 }
                let error = await client.error { try await client.secureGet(live.port, tls: newer) }
                #expect(error?.message.contains("protocol version") == true, "\(String(describing: error))")
            }
            try await blocking {
                let symbols = try OpenSSLNames.system.open()
                let setProtocols: @convention(c) (OpaquePointer, UnsafePointer<UInt8>, UInt32) -> Int32 =
                    try symbols.find("SSL_set_alpn_protos")
                for (offer, taken) in [
                    ("\u{2}h2", nil), ("\u{8}http/1.0\u{8}http/1.1", "http/1.1"), ("\u{8}http/1.0", "http/1.0"),
                ] as [(String, String?)] {
                    let connection = try RawPeer.Connection(port: live.port)
                    let session = try #require(
                        TLSSession.connecting(
                            try TLSSamples.client(), host: "127.0.0.1", descriptor: connection.descriptor,
                            resumption: nil))
                    let bytes = Array(offer.utf8)
                    #expect(setProtocols(session.ssl, bytes, UInt32(bytes.count)) == 0)
                    if case .done = session.handshake() {
                        #expect(session.applicationProtocol == taken)
                    } else {
                        #expect(taken == nil, "\(session.failure)")
                        #expect(session.failure.contains("no application protocol"), "\(session.failure)")
                    }
                    connection.close()
                }
            }
        }
    }

    @Test func `suites are chosen by Go's names`() async throws {
        let tls = try TLSSamples.server {
            $0.maxVersion = .tls12
            $0.cipherSuites = ["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"]
        }
        try await LiveServer.serving(on: .platformDefault, configure: { $0.tls = tls }, handler: describe) { live in
            try await LiveClient.using(.platformDefault) { client in
                let other = try TLSSamples.client {
                    $0.cipherSuites = ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"]
                }
                let refused = await client.error { try await client.secureGet(live.port, tls: other) }
                #expect(refused?.code == .tls)
                let same = try TLSSamples.client {
                    $0.cipherSuites = ["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"]
                }
                #expect(try await client.secureGet(live.port, tls: same).status == 200)
                // Only suites of TLS 1.3 are named, so nothing is left for TLS 1.2.
                let newer = try TLSSamples.client { $0.cipherSuites = ["TLS_AES_128_GCM_SHA256"] }
                let none = await client.error { try await client.secureGet(live.port, tls: newer) }
                #expect(none?.code == .tls)
            }
        }
    }
}
