import Synchronization
import TestSupport
import Testing

@testable import HTTPTransport

@Suite(.ownThreads) struct ServerLimitTests {
    @Test(arguments: backends)
    func `every bad head of the table is answered with its status and the connection closed`(
        _ backend: EventLoopGroup.Backend
    ) async throws {
        let rows = try Corpus.load(
            "request-heads", in: .module, atLeast: 110, as: HeadParserTests.RequestCase.self)
        try await LiveServer.serving(on: backend, loops: 2, handler: describe) { live in
            try await blocking { () throws -> Void in
                for row in rows {
                    guard let status = row.status else { continue }
                    let connection = try RawConnection(port: live.port)
                    // A second request behind the bad one must never be seen.
                    try connection.send(latin1(row.input) + Array("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
                    let response = try connection.response()
                    #expect(response.status == status, "\(row.name)")
                    #expect(response["Connection"] == "close", "\(row.name)")
                    #expect(connection.closedByPeer(), "\(row.name)")
                    #expect(connection.leftover.isEmpty, "\(row.name)")
                }
            }
        }
    }

    @Test(arguments: backends)
    func `every bad chunked body of the table is refused`(_ backend: EventLoopGroup.Backend) async throws {
        let rows = try Corpus.load("bodies", in: .module, atLeast: 40, as: BodyDecoderTests.Case.self)
        try await LiveServer.serving(on: backend, handler: describe) { live in
            try await blocking { () throws -> Void in
                for row in rows where row.error {
                    let connection = try RawConnection(port: live.port)
                    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    try connection.send(Array(head.utf8) + latin1(row.input))
                    #expect(try connection.response().status == 400, "\(row.name)")
                    #expect(connection.closedByPeer(), "\(row.name)")
                }
            }
        }
    }

    @Test(arguments: backends)
    func `size bounds have their statuses`(_ backend: EventLoopGroup.Backend) async throws {
        try await LiveServer.serving(
            on: backend,
            configure: {
                $0.maxHeadBytes = 1024
                $0.maxFieldCount = 5
                $0.maxTargetBytes = 100
                $0.maxBodyBytes = 1000
            }, handler: describe
        ) { live in
            try await blocking { () throws -> Void in
                func status(_ text: String) throws -> Int {
                    let connection = try RawConnection(port: live.port)
                    try connection.send(text)
                    let status = try connection.response().status
                    if status >= 400 { #expect(connection.closedByPeer()) }
                    return status
                }
                let line = "GET / HTTP/1.1\r\nHost: a\r\n"
                #expect(try status("GET /\(String(repeating: "a", count: 99)) HTTP/1.1\r\nHost: a\r\n\r\n") == 200)
                #expect(try status("GET /\(String(repeating: "a", count: 100)) HTTP/1.1\r\nHost: a\r\n\r\n") == 414)
                #expect(try status("GET /\(String(repeating: "a", count: 2000))") == 414)
                #expect(try status(line + "X: \(String(repeating: "a", count: 2000))\r\n\r\n") == 431)
                #expect(try status(line + String(repeating: "X: a\r\n", count: 4) + "\r\n") == 200)
                #expect(try status(line + String(repeating: "X: a\r\n", count: 5) + "\r\n") == 431)
                let body = String(repeating: "a", count: 1000)
                #expect(try status("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + body) == 200)
                #expect(try status("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n") == 413)
                let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                #expect(try status(chunked + "3e8\r\n" + body + "\r\n0\r\n\r\n") == 200)
                #expect(try status(chunked + "3e8\r\n" + body + "\r\n1\r\na\r\n0\r\n\r\n") == 413)
            }
        }
    }

    @Test(arguments: backends)
    func `slow clients are cut off`(_ backend: EventLoopGroup.Backend) async throws {
        try await LiveServer.serving(
            on: backend,
            configure: {
                $0.headTimeout = .milliseconds(150)
                $0.bodyTimeout = .milliseconds(150)
                $0.idleTimeout = .milliseconds(150)
            }, handler: describe
        ) { live in
            try await blocking { () throws -> Void in
                let silent = try RawConnection(port: live.port)
                #expect(silent.closedByPeer())
                #expect(silent.leftover.isEmpty)

                let head = try RawConnection(port: live.port)
                try head.send("GET / HTTP/1.1\r\nHost")
                #expect(try head.response().status == 408)
                #expect(head.closedByPeer())

                let body = try RawConnection(port: live.port)
                try body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")
                #expect(try body.response().status == 408)
                #expect(body.closedByPeer())

                let idle = try RawConnection(port: live.port)
                #expect(try idle.exchange("GET", "/").status == 200)
                #expect(idle.closedByPeer())
                #expect(idle.leftover.isEmpty)
            }
        }
    }

    @Test(arguments: backends)
    func `a client that does not read is cut off, and memory stays bounded`(
        _ backend: EventLoopGroup.Backend
    ) async throws {
        let written = Mutex(0)
        let failed = Mutex(false)
        let handler: HTTPServer.Handler = { _ in
            HTTPResponse(
                status: 200,
                body: .stream(length: nil) { writer in
                    let chunk = [UInt8](repeating: 65, count: 65_536)
                    do {
                        for _ in 0..<16_384 {
                            try await writer.write(chunk)
                            written.withLock { $0 += chunk.count }
                        }
                    } catch {
                        failed.withLock { $0 = true }
                        throw error
                    }
                })
        }
        try await LiveServer.serving(
            on: backend, configure: { $0.writeTimeout = .milliseconds(200) }, handler: handler
        ) { live in
            try await blocking { () throws -> Void in
                let connection = try RawConnection(port: live.port)
                try connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                waitUntil { live.server.openConnectionCount > 0 }
                waitUntil { live.server.openConnectionCount == 0 }
            }
            #expect(failed.withLock { $0 })
            // A gigabyte was on offer; only what fits the sockets' buffers was taken.
            #expect(written.withLock { $0 } < 64 << 20)
        }
    }

    @Test(arguments: backends)
    func `connections beyond the bound are told so`(_ backend: EventLoopGroup.Backend) async throws {
        try await LiveServer.serving(on: backend, configure: { $0.maxConnections = 2 }, handler: describe) { live in
            try await blocking { () throws -> Void in
                let first = try RawConnection(port: live.port)
                let second = try RawConnection(port: live.port)
                #expect(try first.exchange("GET", "/1").status == 200)
                #expect(try second.exchange("GET", "/2").status == 200)
                let third = try RawConnection(port: live.port)
                try third.send("GET /3 HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try third.response().status == 503)
                #expect(third.closedByPeer())
                #expect(try first.exchange("GET", "/1").status == 200)
            }
        }
    }

    @Test(arguments: backends)
    func `a client that goes away cancels its handler`(_ backend: EventLoopGroup.Backend) async throws {
        let cancelled = Mutex<[String]>([])
        let started = Mutex(0)
        let handler: HTTPServer.Handler = { request in
            started.withLock { $0 += 1 }
            if request.target == "/stream" {
                return HTTPResponse(
                    status: 200,
                    body: .stream(length: nil) { writer in
                        try await writer.write([65])
                        // Ends by being cancelled; the time only has to be longer than the test.
                        try? await Task.sleep(for: .seconds(600))
                        cancelled.withLock { $0.append(request.target) }
                        throw CancellationError()
                    })
            }
            if request.target == "/body" { _ = try? await request.body.collect(upTo: 100) }
            // Ends by being cancelled; the time only has to be longer than the test.
            try? await Task.sleep(for: .seconds(600))
            cancelled.withLock { $0.append(request.target) }
            return HTTPResponse(status: 200)
        }
        try await LiveServer.serving(on: backend, handler: handler) { live in
            try await blocking { () throws -> Void in
                func open(_ text: String) throws -> RawConnection {
                    let before = started.withLock { $0 }
                    let connection = try RawConnection(port: live.port)
                    try connection.send(text)
                    waitUntil { started.withLock { $0 } > before }
                    return connection
                }
                try open("GET /plain HTTP/1.1\r\nHost: a\r\n\r\n").breakOff()
                try open("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na").breakOff()
                try open("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n").breakOff()
                try open("POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na").breakOff()
                waitUntil { cancelled.withLock { $0.count } == 4 }
                #expect(Set(cancelled.withLock { $0 }) == ["/plain", "/body", "/stream", "/unread"])
                // Half-closed: cancelled too, yet the answer arrives.
                let half = try open("GET /half HTTP/1.1\r\nHost: a\r\n\r\n")
                half.finishSending()
                #expect(try half.response().status == 200)
                #expect(half.closedByPeer())
            }
        }
    }
}
