import TestSupport
import Testing

@testable import HTTPTransport

struct HTTPFieldsTests {
    @Test func `names are found without regard to case and values kept in order`() {
        var fields = HTTPFields([("Accept", "a"), ("X-One", " 1 "), ("x-one", "2")])
        #expect(fields["ACCEPT"] == "a")
        #expect(fields["accep"] == nil)
        #expect(fields.all("X-ONE") == ["1", "2"])
        #expect(fields.bytes("x-one") == [[0x31], [0x32]])
        #expect(fields.count == 3)
        fields.append("Y", bytes: [0xFF, 0x20])
        #expect(fields.bytes("y") == [[0xFF]])
        #expect(fields["y"] == "\u{FFFD}")
        #expect(fields.map(\.name) == ["Accept", "X-One", "x-one", "Y"])
    }

    @Test func `set replaces all of a name in the place of the first`() {
        var fields = HTTPFields([("A", "1"), ("B", "2"), ("a", "3"), ("C", "4")])
        fields.set("a", "5")
        #expect(fields == HTTPFields([("a", "5"), ("B", "2"), ("C", "4")]))
        fields.set("D", "6")
        #expect(fields["d"] == "6")
        fields.remove("b")
        #expect(fields.map(\.value) == ["5", "4", "6"])
        #expect(!fields.contains("B"))
    }

    @Test func `equality ignores the case of names and nothing else`() {
        #expect(HTTPFields([("A", "x")]) == HTTPFields([("a", "x")]))
        #expect(HTTPFields([("A", "x")]) != HTTPFields([("A", "X")]))
        #expect(HTTPFields([("A", "x"), ("B", "y")]) != HTTPFields([("B", "y"), ("A", "x")]))
        #expect(HTTPFields() != HTTPFields([("A", "")]))
    }

    @Test func `a description shows no value`() {
        #expect(HTTPFields([("Authorization", "secret")]).description == "[Authorization]")
    }
}

struct AcceptEncodingTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        var name: String
        var value: String
        var gzip: Bool
        var testDescription: String { name }
    }

    @Test(arguments: try Corpus.load("accept-encoding", in: .module, atLeast: 20, as: Case.self))
    func `gzip is used when it is acceptable`(_ row: Case) {
        #expect(AcceptEncoding.allowsGzip(HTTPFields([("Accept-Encoding", row.value)])) == row.gzip)
    }

    @Test func `without the field nothing is compressed, and lines add up`() {
        #expect(!AcceptEncoding.allowsGzip(HTTPFields()))
        #expect(AcceptEncoding.allowsGzip(HTTPFields([("Accept-Encoding", "br"), ("accept-encoding", "gzip")])))
    }
}

struct HTTPDateTests {
    @Test func `dates are written as RFC 9110 has them`() {
        func text(_ second: Int) -> String { String(decoding: HTTPDate.format(second: second), as: UTF8.self) }
        #expect(text(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(text(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(text(951_782_400) == "Tue, 29 Feb 2000 00:00:00 GMT")
        #expect(text(1_709_251_199) == "Thu, 29 Feb 2024 23:59:59 GMT")
        #expect(text(4_107_542_400) == "Mon, 01 Mar 2100 00:00:00 GMT")
    }
}

struct NumberFormatTests {
    @Test func `numbers are appended in decimal and hexadecimal`() {
        for number in [0, 1, 9, 10, 15, 16, 99, 100, 255, 256, 4095, 65_536, 1_234_567, Int.max] {
            var decimal: [UInt8] = []
            decimal.append(decimal: number)
            #expect(String(decoding: decimal, as: UTF8.self) == String(number))
            var hexadecimal: [UInt8] = []
            hexadecimal.append(hexadecimal: number)
            #expect(String(decoding: hexadecimal, as: UTF8.self) == String(number, radix: 16))
        }
    }
}
