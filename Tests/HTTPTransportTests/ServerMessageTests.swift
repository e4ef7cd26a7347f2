import HTTPTransport
import TestSupport
import Testing

@Suite(.ownThreads) struct ServerMessageTests {
    @Test(arguments: backends)
    func `pipelined requests are answered in order`(_ backend: EventLoopGroup.Backend) async throws {
        try await LiveServer.serving(on: backend, handler: describe) { live in
            try await blocking { () throws -> Void in
                let connection = try RawConnection(port: live.port)
                var text = ""
                for index in 0..<200 {
                    text +=
                        index % 3 == 0
                        ? "POST /\(index) HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
                        : "GET /\(index) HTTP/1.1\r\nHost: a\r\n\r\n"
                }
                try connection.send(text)
                for index in 0..<200 {
                    let expected = index % 3 == 0 ? "POST /\(index) abc" : "GET /\(index) "
                    #expect(try connection.response().text == expected)
                }
                // All at once, then the end of the stream: everything is still answered.
                try connection.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n")
                connection.finishSending()
                #expect(try connection.response().text == "GET /a ")
                #expect(try connection.response().text == "GET /b ")
                #expect(connection.closedByPeer())
            }
        }
    }

    @Test(arguments: backends)
    func `a request fed byte by byte is understood`(_ backend: EventLoopGroup.Backend) async throws {
        try await LiveServer.serving(on: backend, handler: describe) { live in
            try await blocking { () throws -> Void in
                let connection = try RawConnection(port: live.port)
                let text =
                    "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: v\r\n\r\n"
                for byte in text.utf8 { try connection.send([byte]) }
                #expect(try connection.response().text == "POST /x abcde")
                #expect(try connection.exchange("GET", "/y").text == "GET /y ")
            }
        }
    }

    @Test(arguments: backends)
    func `versions and Connection decide whether the connection stays`(_ backend: EventLoopGroup.Backend) async throws {
        try await LiveServer.serving(on: backend, handler: describe) { live in
            try await blocking { () throws -> Void in
                let old = try RawConnection(port: live.port)
                try old.send("GET / HTTP/1.0\r\n\r\n")
                let response = try old.response()
                #expect(response["Connection"] == "close")
                #expect(response["Content-Length"] == "6")
                #expect(old.closedByPeer())

                let kept = try RawConnection(port: live.port)
                try kept.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                #expect(try kept.response()["Connection"] == "keep-alive")
                try kept.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try kept.response()["Connection"] == nil)
                try kept.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                #expect(try kept.response()["Connection"] == "close")
                #expect(kept.closedByPeer())
            }
        }
    }

    @Test(arguments: backends)
    func `HEAD states the length and sends no body`(_ backend: EventLoopGroup.Backend) async throws {
        let handler: HTTPServer.Handler = { request in
            switch request.target {
            case "/bytes": HTTPResponse(status: 200, body: .bytes(Array("hello".utf8)))
            case "/known":
                HTTPResponse(
                    status: 200, body: .stream(length: 7) { _ in Issue.record("a HEAD must not produce a body") })
            case "/none": HTTPResponse(status: 204, body: .bytes([1]))
            default:
                HTTPResponse(
                    status: 200, body: .stream(length: nil) { _ in Issue.record("a HEAD must not produce a body") })
            }
        }
        try await LiveServer.serving(on: backend, handler: handler) { live in
            try await blocking { () throws -> Void in
                let connection = try RawConnection(port: live.port)
                #expect(try connection.exchange("HEAD", "/bytes")["Content-Length"] == "5")
                #expect(try connection.exchange("HEAD", "/known")["Content-Length"] == "7")
                #expect(try connection.exchange("HEAD", "/unknown")["Content-Length"] == nil)
                let none = try connection.exchange("GET", "/none")
                #expect(none.status == 204)
                #expect(none["Content-Length"] == nil)
                #expect(try connection.exchange("GET", "/bytes").text == "hello")
            }
        }
    }

    @Test(arguments: backends)
    func `streams are chunked, or until close for HTTP 1.0`(_ backend: EventLoopGroup.Backend) async throws {
        let handler: HTTPServer.Handler = { request in
            let length = request.target == "/known" ? 30 : nil
            return HTTPResponse(
                status: 200,
                body: .stream(length: length) { writer in
                    for _ in 0..<10 {
                        try await writer.write(Array("abc".utf8))
                        try await writer.write([])
                    }
                })
        }
        let expected = String(repeating: "abc", count: 10)
        try await LiveServer.serving(on: backend, handler: handler) { live in
            try await blocking { () throws -> Void in
                let connection = try RawConnection(port: live.port)
                let chunked = try connection.exchange("GET", "/")
                #expect(chunked["Transfer-Encoding"] == "chunked")
                #expect(chunked.text == expected)
                let known = try connection.exchange("GET", "/known")
                #expect(known["Content-Length"] == "30")
                #expect(known.text == expected)
                try connection.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                let closed = try connection.response()
                #expect(closed["Transfer-Encoding"] == nil)
                #expect(closed["Connection"] == "close")
                #expect(closed.text == expected)
            }
        }
    }

    @Test(arguments: backends)
    func `a stream that fails or has another length is cut`(_ backend: EventLoopGroup.Backend) async throws {
        struct Failed: Error {}
        let handler: HTTPServer.Handler = { request in
            switch request.target {
            case "/fails":
                HTTPResponse(
                    status: 200,
                    body: .stream(length: nil) { writer in
                        try await writer.write([65])
                        throw Failed()
                    })
            case "/short": HTTPResponse(status: 200, body: .stream(length: 5) { try await $0.write([65]) })
            default:
                HTTPResponse(
                    status: 200,
                    body: .stream(length: 1) { writer in
                        try await writer.write([65])
                        try await writer.write([66])
                    })
            }
        }
        try await LiveServer.serving(on: backend, handler: handler) { live in
            try await blocking { () throws -> Void in
                for target in ["/fails", "/short"] {
                    let response = try RawConnection(port: live.port).exchange("GET", target)
                    #expect(!response.isComplete)
                }
                let long = try RawConnection(port: live.port)
                #expect(try long.exchange("GET", "/long").text == "A")
                #expect(long.closedByPeer())
                #expect(long.leftover.isEmpty)
            }
        }
    }

    @Test(arguments: backends)
    func `100-continue is sent when the handler reads, and only then`(_ backend: EventLoopGroup.Backend) async throws {
        let handler: HTTPServer.Handler = { request in
            request.target == "/refuse" ? HTTPResponse(status: 403) : await describe(request)
        }
        try await LiveServer.serving(on: backend, handler: handler) { live in
            try await blocking { () throws -> Void in
                let connection = try RawConnection(port: live.port)
                try connection.send(
                    "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
                #expect(try connection.response().status == 100)
                try connection.send("abc")
                #expect(try connection.response().text == "POST /a abc")
                try connection.send(
                    "POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
                let refused = try connection.response()
                #expect(refused.status == 403)
                #expect(refused["Connection"] == "close")
                #expect(connection.closedByPeer())
            }
        }
    }

    @Test(arguments: backends)
    func `an unread body is dropped up to a bound`(_ backend: EventLoopGroup.Backend) async throws {
        try await LiveServer.serving(on: backend, configure: { $0.maxDrainBytes = 1000 }) { _ in
            HTTPResponse(status: 200)
        } _: { live in
            try await blocking { () throws -> Void in
                let connection = try RawConnection(port: live.port)
                for _ in 0..<3 {
                    let response = try connection.exchange("POST", "/", body: [UInt8](repeating: 65, count: 900))
                    #expect(response["Connection"] == nil)
                }
                let large = try connection.exchange("POST", "/", body: [UInt8](repeating: 65, count: 100_000))
                #expect(large["Connection"] == "close")
                #expect(connection.closedByPeer())
                let chunked = try RawConnection(port: live.port)
                try chunked.send(
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n"
                        + String(repeating: "a", count: 2000) + "\r\n0\r\n\r\n")
                #expect(try chunked.response().status == 200)
                #expect(chunked.closedByPeer())
            }
        }
    }

    @Test(arguments: backends)
    func `responses are compressed when that was allowed and is worth it`(
        _ backend: EventLoopGroup.Backend
    ) async throws {
        let handler: HTTPServer.Handler = { request in
            let count = Int(request.target.dropFirst(2)) ?? 0
            let bytes = [UInt8](repeating: 97, count: count)
            return request.target.hasPrefix("/s")
                ? HTTPResponse(
                    status: 200, body: .stream(length: nil) { try await $0.write(bytes) }, compressible: true)
                : HTTPResponse(status: 200, body: .bytes(bytes), compressible: !request.target.hasPrefix("/n"))
        }
        try await LiveServer.serving(on: backend, handler: handler) { live in
            try await blocking { () throws -> Void in
                let connection = try RawConnection(port: live.port)
                let accepts = [("Accept-Encoding", "gzip")]
                for target in ["/b1024", "/b65536", "/b65537", "/b3000000", "/s10", "/s3000000"] {
                    let response = try connection.exchange("GET", target, fields: accepts)
                    #expect(response["Content-Encoding"] == "gzip", "\(target)")
                    #expect(response["Vary"] == "Accept-Encoding")
                    let count = Int(target.dropFirst(2))
                    #expect(try Gzip.decompress(response.body, upTo: 4_000_000).count == count, "\(target)")
                }
                for (target, fields) in [("/b1023", accepts), ("/n5000", accepts), ("/b5000", [])] {
                    let response = try connection.exchange("GET", target, fields: fields)
                    #expect(response["Content-Encoding"] == nil, "\(target)")
                    #expect(response.body.count == Int(target.dropFirst(2)))
                }
                let head = try connection.exchange("HEAD", "/b5000", fields: accepts)
                #expect(head["Content-Encoding"] == "gzip")
                #expect(head["Content-Length"] == nil)
            }
        }
    }

    @Test(arguments: backends)
    func `compressed request bodies are decompressed within the bound`(
        _ backend: EventLoopGroup.Backend
    ) async throws {
        let good = try #require(Gzip.compress(Array("hello".utf8)))
        let bomb = try #require(Gzip.compress([UInt8](repeating: 0, count: 5 << 20), level: 9))
        let encoded = [("Content-Encoding", "gzip")]
        try await LiveServer.serving(on: backend, configure: { $0.maxBodyBytes = 100_000 }, handler: describe) { live in
            try await blocking { () throws -> Void in
                func request(_ body: [UInt8], _ fields: [(String, String)]) throws -> RawResponse {
                    try RawConnection(port: live.port).exchange("POST", "/", fields: fields, body: body)
                }
                #expect(try request(good, encoded).text == "POST / hello")
                #expect(try request(bomb, encoded).status == 413)
                #expect(try request(Array(good.dropLast(3)), encoded).status == 400)
                #expect(try request(Array("no gzip".utf8), encoded).status == 400)
                #expect(try request(good, [("Content-Encoding", "br")]).status == 415)
            }
        }
        try await LiveServer.serving(on: backend, configure: { $0.usesCompression = false }, handler: describe) {
            live in
            try await blocking { () throws -> Void in
                let refused = try RawConnection(port: live.port).exchange("POST", "/", fields: encoded, body: good)
                #expect(refused.status == 415)
            }
        }
    }

    @Test func `what a handler puts into fields cannot split the response`() async throws {
        try await LiveServer.serving(on: .platformDefault) { _ in
            HTTPResponse(
                status: 200,
                fields: HTTPFields([
                    ("X", "a\r\nSet-Cookie: b"), ("bad name", "c"), ("Content-Length", "99"),
                    ("Transfer-Encoding", "chunked"), ("Y", "\u{0}"),
                ]), body: .bytes([65]))
        } _: { live in
            try await blocking { () throws -> Void in
                let response = try RawConnection.request(port: live.port, "/")
                #expect(response["X"] == "a  Set-Cookie: b")
                #expect(response["Set-Cookie"] == nil)
                #expect(response["bad name"] == nil)
                #expect(response.all("Content-Length") == ["1"])
                #expect(response["Transfer-Encoding"] == nil)
                #expect(response.text == "A")
            }
        }
    }
}
