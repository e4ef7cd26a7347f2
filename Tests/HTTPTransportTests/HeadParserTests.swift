import Foundation
import TestSupport
import Testing

@testable import HTTPTransport

struct HeadParserTests {
    struct RequestCase: Decodable, Sendable, CustomTestStringConvertible {
        struct Request: Decodable, Sendable {
            var method: String
            var target: String
            var version: String
            var fields: [[String]]
            var framing: String
            var keepsAlive: Bool
            var expectsContinue: Bool
            var coding: String
        }
        var name: String
        var input: String
        var status: Int?
        var request: Request?
        var testDescription: String { name }
    }

    struct ResponseCase: Decodable, Sendable, CustomTestStringConvertible {
        struct Response: Decodable, Sendable {
            var status: Int
            var fields: [[String]]
            var framing: String
            var keepsAlive: Bool
        }
        var name: String
        var input: String
        var response: Response?
        var testDescription: String { name }
    }

    static let limits = HeadLimits(maxHeadBytes: 65_536, maxFieldCount: 100, maxTargetBytes: 8192)

    /// Feeds the bytes in pieces, as a connection does.
    static func parse(_ bytes: [UInt8], piece: Int, limits: HeadLimits = limits) throws(HTTPParseError) -> RequestHead?
    {
        var scanner = HeadScanner()
        var available = 0
        var bytes = bytes
        if bytes.starts(with: [13, 10]) { bytes.removeFirst(2) }
        while available < bytes.count {
            available = min(bytes.count, available + piece)
            let result: Result<RequestHead?, HTTPParseError> = bytes.withUnsafeBytes { buffer in
                Result { () throws(HTTPParseError) -> RequestHead? in
                    let seen = UnsafeRawBufferPointer(rebasing: buffer[..<available])
                    guard ASCII.isToken(seen[0]) else { throw HTTPParseError(400, "bad method") }
                    guard let length = try scanner.scan(seen, limits: limits) else { return nil }
                    return try RequestHead.parse(
                        UnsafeRawBufferPointer(rebasing: seen[..<length]), lineCount: scanner.lineCount, limits: limits)
                }
            }
            if let head = try result.get() { return head }
        }
        return nil
    }

    @Test(arguments: try Corpus.load("request-heads", in: .module, atLeast: 110, as: RequestCase.self))
    func `request heads are parsed or refused as the table says, whole and byte by byte`(_ row: RequestCase) throws {
        for piece in [1, 7, Int.max / 2] {
            if let status = row.status {
                #expect(throws: HTTPParseError.self) { try Self.parse(latin1(row.input), piece: piece) }
                do throws(HTTPParseError) { _ = try Self.parse(latin1(row.input), piece: piece) } catch {
                    #expect(error.status == status, "\(error.reason)")
                }
                continue
            }
            let expected = try #require(row.request)
            let head = try #require(try Self.parse(latin1(row.input), piece: piece))
            #expect(head.method == expected.method)
            #expect(head.target == expected.target)
            #expect(head.version == (expected.version == "1.0" ? .http10 : .http11))
            #expect(head.fields.map { [$0.name, $0.value] } == expected.fields)
            #expect(head.framing == framing(expected.framing))
            #expect(head.keepsAlive == expected.keepsAlive)
            #expect(head.expectsContinue == expected.expectsContinue)
            #expect("\(head.contentCoding)" == expected.coding)
        }
    }

    @Test(arguments: try Corpus.load("response-heads", in: .module, atLeast: 30, as: ResponseCase.self))
    func `response heads are parsed or refused as the table says`(_ row: ResponseCase) throws {
        let bytes = latin1(row.input)
        let result: Result<ResponseHead?, HTTPParseError> = bytes.withUnsafeBytes { buffer in
            Result { () throws(HTTPParseError) -> ResponseHead? in
                var scanner = HeadScanner()
                guard let length = try scanner.scan(buffer, limits: Self.limits) else { return nil }
                return try ResponseHead.parse(UnsafeRawBufferPointer(rebasing: buffer[..<length]))
            }
        }
        guard let expected = row.response else {
            #expect(throws: HTTPParseError.self) { try result.get() }
            return
        }
        let head = try #require(try result.get())
        #expect(head.status == expected.status)
        #expect(head.fields.map { [$0.name, $0.value] } == expected.fields)
        #expect(head.framing == framing(expected.framing))
        #expect(head.keepsAlive == expected.keepsAlive)
    }

    @Test func `bounds of a head are held`() throws {
        let small = HeadLimits(maxHeadBytes: 256, maxFieldCount: 3, maxTargetBytes: 20)
        func status(_ text: String) -> Int? {
            do throws(HTTPParseError) { _ = try Self.parse(latin1(text), piece: 1, limits: small) } catch {
                return error.status
            }
            return nil
        }
        #expect(status("GET /1234567890123456789 HTTP/1.1\r\nHost: a\r\n\r\n") == nil)
        #expect(status("GET /12345678901234567890 HTTP/1.1\r\nHost: a\r\n\r\n") == 414)
        #expect(status("GET /" + String(repeating: "a", count: 300)) == 414)
        #expect(status("GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\n\r\n") == nil)
        #expect(status("GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\nE: f\r\n\r\n") == 431)
        #expect(status("GET / HTTP/1.1\r\nHost: a\r\nA: " + String(repeating: "b", count: 300)) == 431)
    }

    @Test func `the token table is that of RFC 9110`() {
        let tokens = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        for byte in UInt8.min...UInt8.max { #expect(ASCII.isToken(byte) == tokens.contains(byte), "\(byte)") }
    }
}
