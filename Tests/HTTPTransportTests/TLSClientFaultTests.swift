import TestSupport
import Testing

@testable import HTTPTransport

/// What our client does when the other end is not the TLS server that it should be.
@Suite(.ownThreads, .timeLimit(.minutes(2)))
struct TLSClientFaultTests {
    static let secret = [("Authorization", "Basic c2VjcmV0"), ("X-Filler", String(repeating: "x", count: 4000))]

    @Test(arguments: [TLSVersion.tls12, .tls13], ["expired", "wrong-host", "wrong-ca", "self-signed", "client"])
    func `no byte of a request leaves before the certificate is found good`(
        _ version: TLSVersion, _ certificate: String
    ) async throws {
        let tls = try TLSSamples.server(certificate) { $0.maxVersion = version }
        let requests = Counters()
        try await LiveServer.serving(on: .platformDefault, configure: { $0.tls = tls }) { request in
            requests.note("request")
            return await describe(request)
        } _: { live in
            let relay = try TLSRelay(to: live.port)
            try await LiveClient.using(.platformDefault) { client in
                let context = try TLSSamples.client()
                let error = await client.error {
                    try await client.secureGet(relay.peer.port, tls: context, fields: Self.secret)
                }
                #expect(error?.code == .tls)
            }
            try await blocking { relay.peer.stop() }
            let sent = try #require(relay.peer.received.first)
            // A hello, the sign that old middle boxes want to see, and an alert of two bytes, encrypted or not.
            let records = tlsRecords(sent)
            #expect(records.first?.type == 22)
            for record in records.dropFirst() { #expect(record.length < 64, "\(certificate): type \(record.type)") }
            #expect(sent.count < 4000)
        }
        #expect(requests["request"] == 0)
    }

    @Test func `a peer that answers nothing or nonsense gets a hello and no more`() async throws {
        let nonsense: [[UInt8]] = [
            [], Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), Array(repeating: 0, count: 300),
            Array(repeating: 0xFF, count: 300), [22, 3, 3, 0xFF, 0xFF] + Array(repeating: 2, count: 300),
            [22, 3, 3, 0, 4, 2, 0, 0xFF, 0xFF], [21, 3, 3, 0, 2, 2, 40], [20, 3, 3, 0, 1, 1],
            [23, 3, 3, 0, 5] + Array("hello".utf8), Array("SSH-2.0-x\r\n".utf8),
        ]
        for bytes in nonsense {
            let peer = try RawPeer { connection in
                guard connection.receive() != nil else { return }
                connection.send(bytes)
                connection.finishSending()
                connection.drain()
            }
            try await LiveClient.using(.platformDefault) { client in
                let context = try TLSSamples.client()
                let error = await client.error {
                    try await client.secureGet(peer.port, tls: context, fields: Self.secret)
                }
                #expect(error?.code == .tls, "\(bytes.prefix(12))")
            }
            try await blocking { peer.stop() }
            let sent = try #require(peer.received.first)
            let records = tlsRecords(sent)
            #expect(records.first?.type == 22)
            for record in records.dropFirst() { #expect(record.type == 21, "\(bytes.prefix(12))") }
            #expect(!String(decoding: sent, as: UTF8.self).contains("c2VjcmV0"))
        }
    }

    @Test func `a server without TLS is named as such`() async throws {
        let requests = Counters()
        try await LiveServer.serving(on: .platformDefault) { request in
            requests.note("request")
            return await describe(request)
        } _: { live in
            try await LiveClient.using(.platformDefault) { client in
                let context = try TLSSamples.client()
                let error = await client.error { try await client.secureGet(live.port, tls: context) }
                #expect(error?.code == .tls)
                #expect(error?.message.contains("does not speak TLS") == true, "\(String(describing: error))")
            }
        }
        #expect(requests["request"] == 0)
    }

    @Test(arguments: backends)
    func `a silent peer is given up at the connect timeout, and at the deadline when that is sooner`(
        _ backend: EventLoopGroup.Backend
    ) async throws {
        let peer = try RawPeer { connection in
            guard let start = connection.receive(), start.first == UInt8(ascii: "G") else { return connection.drain() }
            connection.send(Array("HTTP/1.1 204 No\r\n\r\n".utf8))
        }
        try await LiveClient.using(backend, configure: { $0.addressLifetime = .seconds(3600) }) { client in
            // Finding the address is not what is tried here.
            #expect(try await client.get(peer.port).status == 204)
            let context = try TLSSamples.client()
            let slow = await client.error {
                try await client.secureGet(peer.port, tls: context, connect: .milliseconds(50))
            }
            #expect(slow?.code == .connectTimeout)
            let late = await client.error {
                try await client.secureGet(peer.port, tls: context, deadline: .milliseconds(50))
            }
            #expect(late?.code == .deadlineExceeded)
        }
        try await blocking { peer.stop() }
    }

    @Test(arguments: backends)
    func `a cancelled request ends its handshake`(_ backend: EventLoopGroup.Backend) async throws {
        let arrived = Counters()
        let peer = try RawPeer { connection in
            guard connection.receive() != nil else { return }
            arrived.note("hello")
            connection.drain()
            arrived.note("end")
        }
        try await LiveClient.using(backend) { client in
            let context = try TLSSamples.client()
            let code = await withTaskGroup(of: HTTPClientError.Code?.self) { tasks in
                tasks.addTask {
                    await client.failure { try await client.secureGet(peer.port, tls: context) }
                }
                tasks.addTask {
                    try? await blocking { waitUntil { arrived["hello"] == 1 } }
                    return nil
                }
                var code: HTTPClientError.Code?
                for await result in tasks {
                    if result == nil { tasks.cancelAll() } else { code = result }
                }
                return code
            }
            #expect(code == .cancelled)
            try await blocking { waitUntil { arrived["end"] == 1 } }
        }
        try await blocking { peer.stop() }
    }

    @Test(arguments: [TLSVersion.tls12, .tls13], [TLSRelay.Ending.close, .reset])
    func `a connection that breaks anywhere is an error and leaves nothing behind`(
        _ version: TLSVersion, _ ending: TLSRelay.Ending
    ) async throws {
        let tls = try TLSSamples.server { $0.maxVersion = version }
        let context = try TLSSamples.client()
        try await LiveServer.serving(on: .platformDefault, configure: { $0.tls = tls }, handler: describe) { live in
            try await LiveClient.using(.platformDefault) { client in
                // How much an undisturbed exchange takes: whatever is missing of that is missing of the answer.
                let whole = try TLSRelay(to: live.port)
                #expect(try await client.secureGet(whole.peer.port, tls: context).status == 200)
                let needed = [TLSRelay.Direction.toClient, .toServer].map { ($0, whole.tally[$0]) }
                try await blocking { whole.peer.stop() }
                for (direction, total) in needed {
                    #expect(total > 300)
                    // Signatures differ by a few bytes in length; the last record is longer than that.
                    let last = total - 16
                    for limit in Array(stride(from: 1, to: last, by: 61)) + [last] {
                        let relay = try TLSRelay(to: live.port, direction, limit: limit, ending: ending)
                        let error = await client.error { try await client.secureGet(relay.peer.port, tls: context) }
                        #expect(error?.code == .tls || error?.code == .connectionClosed, "\(direction) \(limit)")
                        try await blocking { relay.peer.stop() }
                    }
                }
                #expect(try await client.secureGet(live.port, tls: context).status == 200)
            }
        }
    }

    @Test(arguments: [TLSVersion.tls12, .tls13])
    func `a byte that is changed on the way is found out`(_ version: TLSVersion) async throws {
        let tls = try TLSSamples.server { $0.maxVersion = version }
        let context = try TLSSamples.client()
        try await LiveServer.serving(
            on: .platformDefault,
            configure: {
                $0.tls = tls
                // A length that was made larger is waited for.
                $0.headTimeout = .seconds(5)
                $0.idleTimeout = .seconds(5)
            }, handler: describe
        ) { live in
            try await LiveClient.using(.platformDefault) { client in
                let whole = try TLSRelay(to: live.port)
                #expect(try await client.secureGet(whole.peer.port, tls: context).status == 200)
                let needed = [TLSRelay.Direction.toClient, .toServer].map { ($0, whole.tally[$0]) }
                try await blocking { whole.peer.stop() }
                for (direction, total) in needed {
                    for index in stride(from: 5, to: total - 16, by: 97) {
                        let relay = try TLSRelay(to: live.port, direction, changed: index)
                        do {
                            let result = try await client.secureGet(relay.peer.port, tls: context)
                            // Some bytes mean nothing, such as the version that a record states.
                            #expect(result.body == Array("GET / ".utf8), "\(direction) \(index)")
                        } catch let error as HTTPClientError {
                            #expect(error.code == .tls || error.code == .connectionClosed, "\(direction) \(index)")
                        }
                        try await blocking { relay.peer.stop() }
                    }
                }
            }
        }
    }

    struct CutCase: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var bytes: String
        var saysEnd: Bool
        var body: String?
    }

    static let cutCases = [
        CutCase(
            testDescription: "until close, with notice", bytes: "HTTP/1.1 200 OK\r\n\r\nhello", saysEnd: true,
            body: "hello"),
        CutCase(testDescription: "until close, cut", bytes: "HTTP/1.1 200 OK\r\n\r\nhello", saysEnd: false),
        CutCase(
            testDescription: "length, whole, cut", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            saysEnd: false,
            body: "hello"),
        CutCase(
            testDescription: "length, short, with notice", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
            saysEnd: true),
        CutCase(
            testDescription: "length, short, cut", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
            saysEnd: false),
        CutCase(
            testDescription: "chunks without end, with notice",
            bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", saysEnd: true),
        CutCase(
            testDescription: "chunks without end, cut",
            bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", saysEnd: false),
        CutCase(testDescription: "half a head, cut", bytes: "HTTP/1.1 200 O", saysEnd: false),
        CutCase(testDescription: "nothing, with notice", bytes: "", saysEnd: true),
    ]

    @Test(arguments: cutCases, [TLSVersion.tls12, .tls13])
    func `an answer that is cut is not taken as whole`(_ item: CutCase, _ version: TLSVersion) async throws {
        let tls = try TLSSamples.server { $0.maxVersion = version }
        let peer = try RawPeer { connection in
            guard let session = try? BlockingTLS(accepting: tls, connection), session.receiveHead() != nil else {
                return
            }
            session.send(item.bytes)
            if item.saysEnd { _ = session.session.sayEnd() }
        }
        try await LiveClient.using(.platformDefault) { client in
            let context = try TLSSamples.client()
            do {
                // Not idempotent, so that it is sent once.
                let result = try await client.secureGet(peer.port, tls: context, method: "POST")
                #expect(item.body == String(decoding: result.body, as: UTF8.self))
            } catch let error as HTTPClientError {
                #expect(item.body == nil)
                #expect(error.code == .connectionClosed, "\(error)")
            }
        }
        try await blocking { peer.stop() }
    }

    @Test func `a kept session that its server has ended is replaced without a word`() async throws {
        let tls = try TLSSamples.server()
        let sessions = Counters()
        let peer = try RawPeer { connection in
            guard let session = try? BlockingTLS(accepting: tls, connection) else { return }
            sessions.note("session")
            guard session.receiveHead() != nil else { return }
            session.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
            _ = session.session.sayEnd()
        }
        try await LiveClient.using(.platformDefault) { client in
            let context = try TLSSamples.client()
            for _ in 0..<5 { #expect(try await client.secureGet(peer.port, tls: context).body == Array("hi".utf8)) }
        }
        try await blocking { peer.stop() }
        #expect(sessions["session"] == 5)
    }

    @Test func `TLS settings and scheme go together`() async throws {
        try await LiveClient.using(.platformDefault) { client in
            let context = try TLSSamples.client()
            let requests = [
                HTTPClientRequest(origin: HTTPOrigin(scheme: "https", host: "localhost", port: 1), target: "/"),
                HTTPClientRequest(origin: HTTPOrigin(host: "localhost", port: 1), target: "/", tls: context),
                HTTPClientRequest(
                    origin: HTTPOrigin(scheme: "ftp", host: "localhost", port: 1), target: "/", tls: context),
            ]
            for request in requests {
                let code = await client.failure { try await client.client.send(request, maxBodyBytes: 1) }
                #expect(code == .invalidRequest)
            }
        }
    }
}
