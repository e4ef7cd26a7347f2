import Synchronization
import TestSupport
import Testing

@testable import HTTPTransport

/// A client on loops of its own.
struct LiveClient: Sendable {
    let client: HTTPClient
    let group: EventLoopGroup

    /// Runs `body`, then shuts down and checks that no socket is left open.
    static func using<R: Sendable>(
        _ backend: EventLoopGroup.Backend, loops: Int = 1,
        configure: (inout HTTPClient.Configuration) -> Void = { _ in },
        _ body: @Sendable (LiveClient) async throws -> R
    ) async throws -> R {
        let group = try EventLoopGroup(loopCount: loops, backend: backend)
        var configuration = HTTPClient.Configuration()
        configure(&configuration)
        let live = LiveClient(client: HTTPClient(configuration: configuration, group: group), group: group)
        let outcome: Result<R, any Error>
        do { outcome = .success(try await body(live)) } catch { outcome = .failure(error) }
        live.client.shutdown()
        group.shutdown()
        await group.waitUntilStopped()
        #expect(group.openDescriptorCount == 0)
        return try outcome.get()
    }

    func get(
        _ port: Int, _ target: String = "/", fields: [(String, String)] = [], method: String = "GET",
        body: [UInt8] = [], firstByte: Duration = .seconds(20), connect: Duration = .seconds(20),
        deadline: Duration? = nil, limit: Int = 1 << 20
    ) async throws -> HTTPClientResult {
        try await client.send(
            HTTPClientRequest(
                method: method, origin: HTTPOrigin(host: "127.0.0.1", port: port), target: target,
                fields: HTTPFields(fields), body: body, connectTimeout: connect, firstByteTimeout: firstByte,
                deadline: deadline.map { ContinuousClock.now + $0 }), maxBodyBytes: limit)
    }

    /// The code of the error that a request ends with, or nil.
    func failure(of request: () async throws -> HTTPClientResult) async -> HTTPClientError.Code? {
        do {
            _ = try await request()
            return nil
        } catch let error as HTTPClientError {
            return error.code
        } catch {
            return nil
        }
    }
}

@Suite(.ownThreads) struct ClientTests {
    static let hello = ScriptedAnswer.text(200, "hello")

    @Test(arguments: backends)
    func `answers of every framing are read, over kept connections`(_ backend: EventLoopGroup.Backend) async throws {
        let big = GzipTests.sample(3_000_000)
        let upstream = try ScriptedUpstream { request in
            switch request.path {
            case "/chunked": .answer(ScriptedAnswer(200, body: Array("hello".utf8), chunkSize: 2))
            case "/big": .answer(ScriptedAnswer(200, body: big))
            case "/bigchunks": .answer(ScriptedAnswer(200, body: big, chunkSize: 40_000))
            case "/echo": .answer(ScriptedAnswer(200, fields: [("X-Host", request["Host"] ?? "")], body: request.body))
            default: .answer(ScriptedAnswer(404, body: Array("no".utf8)))
            }
        }
        defer { upstream.stop() }
        try await LiveClient.using(backend) { live in
            for _ in 0..<3 {
                #expect(try await live.get(upstream.port, "/chunked").body == Array("hello".utf8))
                #expect(try await live.get(upstream.port, "/big", limit: 3_000_000).body == big)
                #expect(try await live.get(upstream.port, "/bigchunks", limit: 3_000_000).body == big)
                let sent = try await live.get(upstream.port, "/echo", method: "POST", body: big, limit: 3_000_000)
                #expect(sent.body == big)
                #expect(sent.fields["x-host"] == "127.0.0.1:\(upstream.port)")
                #expect(try await live.get(upstream.port, "/else").status == 404)
            }
            #expect(upstream.acceptedConnections == 1)
        }
    }

    struct RawCase: Sendable, CustomTestStringConvertible {
        var name: String
        var bytes: String
        var method = "GET"
        var status: Int?
        var body = ""
        var code: HTTPClientError.Code?
        var testDescription: String { name }
    }

    static let rawCases: [RawCase] = [
        RawCase(name: "until close", bytes: "HTTP/1.1 200 OK\r\n\r\nhello", status: 200, body: "hello"),
        RawCase(name: "HTTP/1.0", bytes: "HTTP/1.0 200 OK\r\n\r\nhello", status: 200, body: "hello"),
        RawCase(
            name: "interim responses are skipped",
            bytes: "HTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n",
            status: 204),
        RawCase(
            name: "too many interim responses",
            bytes: String(repeating: "HTTP/1.1 103 Early\r\n\r\n", count: 9) + "HTTP/1.1 200 OK\r\n\r\n",
            code: .malformedResponse),
        RawCase(name: "switching protocols", bytes: "HTTP/1.1 101 Go\r\n\r\n", code: .malformedResponse),
        RawCase(
            name: "HEAD has no body", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", method: "HEAD",
            status: 200),
        RawCase(name: "304 has no body", bytes: "HTTP/1.1 304 No\r\nContent-Length: 10\r\n\r\n", status: 304),
        RawCase(name: "no HTTP", bytes: "hello\r\n\r\n", code: .malformedResponse),
        RawCase(name: "bare LF", bytes: "HTTP/1.1 200 OK\nX: a\n\n", code: .malformedResponse),
        RawCase(
            name: "two lengths", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            code: .malformedResponse),
        RawCase(
            name: "length and chunked",
            bytes: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            code: .malformedResponse),
        RawCase(
            name: "bad chunk", bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            code: .malformedResponse),
        RawCase(
            name: "chunks end early", bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
            code: .connectionClosed),
        RawCase(
            name: "body ends early", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel", code: .connectionClosed),
        RawCase(name: "head ends early", bytes: "HTTP/1.1 200 OK\r\nContent-", code: .connectionClosed),
        RawCase(name: "nothing", bytes: "", code: .connectionClosed),
        RawCase(
            name: "head too large", bytes: "HTTP/1.1 200 OK\r\nX: \(String(repeating: "a", count: 9000))\r\n\r\n",
            code: .malformedResponse),
        RawCase(
            name: "too many fields",
            bytes: "HTTP/1.1 200 OK\r\n\(String(repeating: "X: a\r\n", count: 40))\r\n", code: .malformedResponse),
        RawCase(
            name: "announced too large", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\nab",
            code: .bodyTooLarge),
        RawCase(
            name: "too large at the end",
            bytes: "HTTP/1.1 200 OK\r\n\r\n\(String(repeating: "a", count: 1001))", code: .bodyTooLarge),
        RawCase(
            name: "answer without reading the request",
            bytes: "HTTP/1.1 413 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", method: "POST", status: 413),
    ]

    @Test(arguments: rawCases, backends)
    func `scripted bytes are understood or refused`(_ row: RawCase, _ backend: EventLoopGroup.Backend) async throws {
        let upstream = try ScriptedUpstream { _ in .raw(latin1(row.bytes)) }
        defer { upstream.stop() }
        try await LiveClient.using(
            backend,
            configure: {
                $0.maxHeadBytes = 4096
                $0.maxFieldCount = 30
            }
        ) { live in
            do {
                let result = try await live.get(upstream.port, method: row.method, limit: 1000)
                #expect(result.status == row.status)
                #expect(String(decoding: result.body, as: UTF8.self) == row.body)
            } catch let error as HTTPClientError {
                #expect(error.code == row.code, "\(error)")
            }
            try await blocking { #expect(upstream.waitForOpenConnections(atMost: 0)) }
        }
    }

    @Test(arguments: backends)
    func `faults end in the right error in time`(_ backend: EventLoopGroup.Backend) async throws {
        let upstream = try ScriptedUpstream { request in
            switch request.path {
            case "/silence": .silence
            case "/slowhead": .slowHead(Self.hello, pause: 0.05)
            case "/drip":
                .slowDrip(ScriptedAnswer(200, body: [UInt8](repeating: 65, count: 1000)), piece: 1, pause: 0.05)
            case "/stall": .slowDrip(ScriptedAnswer(200, body: [UInt8](repeating: 65, count: 1000)), piece: 1, pause: 5)
            case "/reset": .reset
            case "/resetbody": .resetInBody(Self.hello, afterBodyBytes: 2)
            case "/early": .earlyClose(Self.hello, afterBodyBytes: 2)
            case "/badchunk": .badChunk(ScriptedAnswer(200, body: Array("hello".utf8), chunkSize: 2))
            case "/flood": .flood(status: 200, contentType: "text/plain", bytes: 1 << 30)
            default: .answer(Self.hello)
            }
        }
        defer { upstream.stop() }
        let refused = try ScriptedUpstream.refusedPort()
        try await LiveClient.using(backend, configure: { $0.bodyIdleTimeout = .milliseconds(300) }) { live in
            let port = upstream.port
            let short = Duration.milliseconds(100)
            #expect(await live.failure { try await live.get(refused) } == .connect)
            #expect(await live.failure { try await live.get(port, "/silence", firstByte: short) } == .firstByteTimeout)
            #expect(await live.failure { try await live.get(port, "/silence", deadline: short) } == .deadlineExceeded)
            #expect(await live.failure { try await live.get(port, "/slowhead", firstByte: short) } == .firstByteTimeout)
            #expect(await live.failure { try await live.get(port, "/drip", deadline: short) } == .deadlineExceeded)
            #expect(await live.failure { try await live.get(port, "/stall") } == .bodyTimeout)
            #expect(await live.failure { try await live.get(port, "/reset") } == .connectionClosed)
            #expect(await live.failure { try await live.get(port, "/resetbody") } == .connectionClosed)
            #expect(await live.failure { try await live.get(port, "/early") } == .connectionClosed)
            #expect(await live.failure { try await live.get(port, "/badchunk") } == .malformedResponse)
            #expect(await live.failure { try await live.get(port, "/flood", limit: 100_000) } == .bodyTooLarge)
            #expect(await live.failure { try await live.get(port, "/", deadline: .seconds(-1)) } == .deadlineExceeded)
            #expect(try await live.get(port).body == Array("hello".utf8))
            // Only the one good connection is kept; every other was closed at once.
            try await blocking { #expect(upstream.waitForOpenConnections(atMost: 1)) }
        }
    }

    @Test(arguments: backends)
    func `a stale kept connection is replaced once, for idempotent methods`(
        _ backend: EventLoopGroup.Backend
    ) async throws {
        // The second request of each connection is closed without an answer.
        let upstream = try ScriptedUpstream { request in
            request.path == "/first"
                ? .answer(Self.hello) : request.attempt == 1 ? .closeUnanswered : .answer(Self.hello)
        }
        defer { upstream.stop() }
        try await LiveClient.using(backend) { live in
            _ = try await live.get(upstream.port, "/first")
            #expect(try await live.get(upstream.port, "/get").status == 200)
            #expect(upstream.acceptedConnections == 2)
            #expect(
                await live.failure { try await live.get(upstream.port, "/post", method: "POST") } == .connectionClosed)
            // On a fresh connection a close is an error for every method.
            #expect(await live.failure { try await live.get(upstream.port, "/fresh") } == .connectionClosed)
        }
    }

    @Test(arguments: backends)
    func `cancelling a request closes its connection, whatever it waits for`(
        _ backend: EventLoopGroup.Backend
    ) async throws {
        let upstream = try ScriptedUpstream { request in
            request.path == "/drip"
                ? .slowDrip(ScriptedAnswer(200, body: [UInt8](repeating: 65, count: 1000)), piece: 1, pause: 1)
                : request.path == "/silence" ? .silence : .answer(Self.hello)
        }
        defer { upstream.stop() }
        try await LiveClient.using(backend, loops: 2, configure: { $0.maxConnectionsPerHost = 1 }) { live in
            for path in ["/silence", "/drip"] {
                let before = upstream.requests.count
                let code = try await withThrowingTaskGroup(of: HTTPClientError.Code?.self) { tasks in
                    tasks.addTask { await live.failure { try await live.get(upstream.port, path) } }
                    try await blocking { #expect(upstream.waitForRequests(before + 1)) }
                    tasks.cancelAll()
                    return try await tasks.next() ?? nil
                }
                #expect(code == .cancelled)
                try await blocking { #expect(upstream.waitForOpenConnections(atMost: 0)) }
            }
            // One that waits for room in the pool.
            let loop = live.group.loops[0]
            let codes = try await withThrowingTaskGroup(of: HTTPClientError.Code?.self) { tasks in
                let before = upstream.requests.count
                tasks.addTask(executorPreference: loop) {
                    await live.failure { try await live.get(upstream.port, "/silence") }
                }
                try await blocking { #expect(upstream.waitForRequests(before + 1)) }
                // The other still holds the only connection when this one is cancelled.
                let second = await withTaskGroup(of: HTTPClientError.Code?.self) { waiting in
                    waiting.addTask(executorPreference: loop) {
                        await live.failure { try await live.get(upstream.port, "/second") }
                    }
                    waiting.cancelAll()
                    return await waiting.next() ?? nil
                }
                #expect(second == .cancelled)
                tasks.cancelAll()
                return try await tasks.reduce(into: []) { $0.append($1) }
            }
            #expect(codes == [.cancelled])
            try await blocking { #expect(upstream.waitForOpenConnections(atMost: 0)) }
            #expect(!upstream.requests.contains { $0.path == "/second" })
            // A task that is cancelled already does not even connect.
            let early = await withTaskGroup(of: HTTPClientError.Code?.self) { tasks in
                tasks.cancelAll()
                tasks.addTask { await live.failure { try await live.get(upstream.port, "/early") } }
                return await tasks.next() ?? nil
            }
            #expect(early == .cancelled)
        }
    }

    @Test(arguments: backends)
    func `the pool is bounded, and its room is passed on`(_ backend: EventLoopGroup.Backend) async throws {
        let upstream = try ScriptedUpstream { request in
            switch request.path {
            case "/gated": .gated("go", .answer(Self.hello))
            case "/silence": .silence
            default: .answer(Self.hello)
            }
        }
        defer { upstream.stop() }
        try await LiveClient.using(
            backend,
            configure: {
                $0.maxConnectionsPerHost = 2
                $0.maxWaitingPerHost = 3
            }
        ) { live in
            let loop = live.group.loops[0]
            try await withThrowingTaskGroup(of: HTTPClientError.Code?.self) { tasks in
                for _ in 0..<2 {
                    tasks.addTask(executorPreference: loop) {
                        await live.failure { try await live.get(upstream.port, "/gated") }
                    }
                }
                try await blocking { #expect(upstream.waitForRequests(2)) }
                for _ in 0..<4 {
                    tasks.addTask(executorPreference: loop) {
                        await live.failure { try await live.get(upstream.port, "/more") }
                    }
                }
                // Three may wait, the fourth is refused at once.
                #expect(try await tasks.next() == .some(.poolExhausted))
                upstream.open(gate: "go")
                for try await code in tasks { #expect(code == nil) }
            }
            #expect(upstream.acceptedConnections == 2)
        }
        try await LiveClient.using(
            backend,
            configure: {
                $0.maxConnectionsPerHost = 1
                $0.poolWaitTimeout = .milliseconds(50)
            }
        ) { live in
            let loop = live.group.loops[0]
            try await withThrowingTaskGroup(of: HTTPClientError.Code?.self) { tasks in
                let before = upstream.requests.count
                tasks.addTask(executorPreference: loop) {
                    await live.failure { try await live.get(upstream.port, "/silence") }
                }
                try await blocking { #expect(upstream.waitForRequests(before + 1)) }
                tasks.addTask(executorPreference: loop) {
                    await live.failure { try await live.get(upstream.port, "/more") }
                }
                #expect(try await tasks.next() == .some(.poolExhausted))
                tasks.cancelAll()
            }
        }
    }

    @Test(arguments: backends)
    func `idle connections are closed after a while and when the peer closes`(
        _ backend: EventLoopGroup.Backend
    ) async throws {
        let upstream = try ScriptedUpstream { _ in .answer(Self.hello) }
        defer { upstream.stop() }
        try await LiveClient.using(backend, configure: { $0.idleTimeout = .milliseconds(50) }) { live in
            _ = try await live.get(upstream.port)
            try await blocking { #expect(upstream.waitForOpenConnections(atMost: 0)) }
            _ = try await live.get(upstream.port)
        }
        try await LiveServer.serving(
            on: backend, configure: { $0.idleTimeout = .milliseconds(50) }, handler: describe
        ) { server in
            try await LiveClient.using(backend) { live in
                for _ in 0..<3 {
                    _ = try await live.get(server.port)
                    try await blocking { waitUntil { live.group.openDescriptorCount == 0 } }
                }
            }
        }
    }

    @Test(arguments: backends)
    func `bodies are streamed with back-pressure`(_ backend: EventLoopGroup.Backend) async throws {
        let written = Mutex(0)
        let handler: HTTPServer.Handler = { _ in
            HTTPResponse(
                status: 200,
                body: .stream(length: nil) { writer in
                    let chunk = [UInt8](repeating: 65, count: 65_536)
                    for _ in 0..<1024 {
                        try await writer.write(chunk)
                        written.withLock { $0 += chunk.count }
                    }
                })
        }
        try await LiveServer.serving(on: backend, handler: handler) { server in
            try await LiveClient.using(backend) { live in
                let request = HTTPClientRequest(
                    origin: HTTPOrigin(host: "127.0.0.1", port: server.port), target: "/")
                let total = try await live.client.withResponse(to: request) { response in
                    var total = 0
                    var lead = 0
                    while let chunk = try await response.nextChunk() {
                        total += chunk.count
                        lead = max(lead, written.withLock { $0 } - total)
                    }
                    // 64 MB went through; what was under way at any time is what sockets hold.
                    #expect(lead < 32 << 20)
                    return total
                }
                #expect(total == 64 << 20)
                // A response that is left unread closes its connection.
                let status = try await live.client.withResponse(to: request) { $0.status }
                #expect(status == 200)
                #expect(live.group.openDescriptorCount == 0)
            }
        }
    }

    @Test func `requests that could be misread are not sent`() async throws {
        try await LiveClient.using(.platformDefault) { live in
            let origin = HTTPOrigin(host: "127.0.0.1", port: 9)
            let bad: [HTTPClientRequest] = [
                HTTPClientRequest(origin: HTTPOrigin(scheme: "https", host: "a", port: 443), target: "/"),
                HTTPClientRequest(origin: HTTPOrigin(host: "", port: 80), target: "/"),
                HTTPClientRequest(origin: HTTPOrigin(host: "a\r\nX: y", port: 80), target: "/"),
                HTTPClientRequest(origin: HTTPOrigin(host: "a", port: 0), target: "/"),
                HTTPClientRequest(origin: origin, target: ""),
                HTTPClientRequest(origin: origin, target: "a"),
                HTTPClientRequest(origin: origin, target: "/a b"),
                HTTPClientRequest(origin: origin, target: "/a\r\nX: y"),
                HTTPClientRequest(origin: origin, target: "/é"),
                HTTPClientRequest(method: "GET /", origin: origin, target: "/"),
                HTTPClientRequest(method: "", origin: origin, target: "/"),
                HTTPClientRequest(method: "CONNECT", origin: origin, target: "/"),
                HTTPClientRequest(origin: origin, target: "/", fields: HTTPFields([("X", "a\r\nY: b")])),
                HTTPClientRequest(origin: origin, target: "/", fields: HTTPFields([("X", "a\u{0}")])),
                HTTPClientRequest(origin: origin, target: "/", fields: HTTPFields([("X\r\nY", "a")])),
                HTTPClientRequest(origin: origin, target: "/", fields: HTTPFields([("", "a")])),
                HTTPClientRequest(origin: origin, target: "/", fields: HTTPFields([("Content-Length", "1")])),
                HTTPClientRequest(origin: origin, target: "/", fields: HTTPFields([("transfer-encoding", "chunked")])),
                HTTPClientRequest(origin: origin, target: "/", fields: HTTPFields([("Connection", "close")])),
                HTTPClientRequest(origin: origin, target: "/", fields: HTTPFields([("Host", "a"), ("host", "b")])),
            ]
            for request in bad {
                #expect(
                    await live.failure { try await live.client.send(request, maxBodyBytes: 0) } == .invalidRequest,
                    "\(request)")
            }
        }
    }

    @Test func `names are resolved, and all addresses tried`() async throws {
        let upstream = try ScriptedUpstream { _ in .answer(Self.hello) }
        defer { upstream.stop() }
        try await LiveClient.using(.platformDefault) { live in
            // localhost may be ::1 first; the upstream listens on 127.0.0.1 only.
            let named = HTTPClientRequest(origin: HTTPOrigin(host: "localhost", port: upstream.port), target: "/")
            for _ in 0..<2 {
                let result = try await live.client.send(named, maxBodyBytes: 100)
                #expect(result.status == 200)
            }
            let unknown = HTTPClientRequest(
                origin: HTTPOrigin(host: "name.invalid", port: 80), target: "/", connectTimeout: .seconds(20))
            #expect(await live.failure { try await live.client.send(unknown, maxBodyBytes: 0) } == .nameResolution)
        }
    }
}
