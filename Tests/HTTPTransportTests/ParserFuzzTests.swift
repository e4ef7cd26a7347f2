import Foundation
import TestSupport
import Testing

@testable import HTTPTransport

/// Mutated messages against properties that hold for all input. `HTTP_FUZZ_ROUNDS` and `HTTP_FUZZ_SEED` choose another run.
struct ParserFuzzTests {
    static let rounds = Int(ProcessInfo.processInfo.environment["HTTP_FUZZ_ROUNDS"] ?? "") ?? 3000
    static let seed = UInt64(ProcessInfo.processInfo.environment["HTTP_FUZZ_SEED"] ?? "") ?? 20_261_121

    /// Bytes that parsers of HTTP trip over.
    static let spice: [[UInt8]] = [
        [0], [9], [10], [13], [13, 10], [13, 10, 13, 10], [32], [58], [127], [128], [255], Array("chunked".utf8),
        Array("Content-Length: 1\r\n".utf8), Array("Transfer-Encoding: chunked\r\n".utf8), Array("Host: b\r\n".utf8),
        Array("HTTP/1.1".utf8), Array("0\r\n\r\n".utf8), Array("ffffffffffffffff".utf8), Array("+1".utf8), [59], [44],
    ]

    static func mutate(_ bytes: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let position = Int.random(in: 0...bytes.count, using: &generator)
            let end = min(bytes.count, position + Int.random(in: 0...8, using: &generator))
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes.removeSubrange(position..<end)
            case 1: bytes.insert(contentsOf: bytes[position..<end], at: position)
            case 2: bytes.insert(contentsOf: spice.randomElement(using: &generator) ?? [], at: position)
            case 3: if position < bytes.count { bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator) }
            case 4: if position < bytes.count { bytes[position] = UInt8.random(in: 0...255, using: &generator) }
            default: bytes.replaceSubrange(position..<end, with: spice.randomElement(using: &generator) ?? [])
            }
        }
        return bytes
    }

    @Test func `mutated request heads parse the same whole and in pieces, and mean what they say`() throws {
        let rows = try Corpus.load("request-heads", in: .module, atLeast: 110, as: HeadParserTests.RequestCase.self)
        var generator = SeededGenerator(state: Self.seed)
        for round in 0..<Self.rounds {
            let row = rows[round % rows.count]
            let input = Self.mutate(latin1(row.input), using: &generator)
            let whole = Result { () throws(HTTPParseError) in try HeadParserTests.parse(input, piece: .max / 2) }
            let pieces = Result { () throws(HTTPParseError) in try HeadParserTests.parse(input, piece: 1) }
            switch (whole, pieces) {
            case (.success(let one), .success(let other)): #expect(one == other, "seed \(Self.seed) round \(round)")
            case (.failure, .failure): break
            default: Issue.record("seed \(Self.seed) round \(round): whole and pieces differ for \(input)")
            }
            guard case .success(.some(let head)) = whole else { continue }
            Self.check(head.fields, "seed \(Self.seed) round \(round)")
            #expect(head.target.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
            let lengths = head.fields.all("content-length")
            let codings = head.fields.all("transfer-encoding")
            #expect(lengths.count <= 1 && codings.count <= 1 && lengths.count + codings.count <= 1)
            if case .length(let length) = head.framing { #expect(Int(lengths.first ?? "") == length) }
            // Written out in canonical form, it is the same message.
            var text = Array("\(head.method) \(head.target) HTTP/1.\(head.version == .http10 ? 0 : 1)\r\n".utf8)
            for entry in head.fields.entries {
                text += head.fields.storage[entry.name] + [58] + head.fields.storage[entry.value] + [13, 10]
            }
            let again = try HeadParserTests.parse(text + [13, 10], piece: .max / 2)
            #expect(again == head, "seed \(Self.seed) round \(round)")
        }
    }

    static func check(_ fields: HTTPFields, _ comment: Comment) {
        for entry in fields.entries {
            #expect(!entry.name.isEmpty && fields.storage[entry.name].allSatisfy(ASCII.isToken), comment)
            #expect(fields.storage[entry.value].allSatisfy(ASCII.isFieldValue), comment)
        }
    }

    @Test func `mutated response heads never trap and keep fields clean`() throws {
        let rows = try Corpus.load("response-heads", in: .module, atLeast: 30, as: HeadParserTests.ResponseCase.self)
        var generator = SeededGenerator(state: Self.seed &+ 1)
        for round in 0..<Self.rounds {
            let input = Self.mutate(latin1(rows[round % rows.count].input), using: &generator)
            let result: Result<ResponseHead?, HTTPParseError> = input.withUnsafeBytes { bytes in
                Result { () throws(HTTPParseError) -> ResponseHead? in
                    var scanner = HeadScanner()
                    guard let length = try scanner.scan(bytes, limits: HeadParserTests.limits) else { return nil }
                    return try ResponseHead.parse(UnsafeRawBufferPointer(rebasing: bytes[..<length]))
                }
            }
            guard case .success(.some(let head)) = result else { continue }
            #expect((100..<600).contains(head.status))
            Self.check(head.fields, "seed \(Self.seed) round \(round)")
        }
    }

    @Test func `mutated bodies decode the same whole and in pieces`() throws {
        let rows = try Corpus.load("bodies", in: .module, atLeast: 40, as: BodyDecoderTests.Case.self)
        var generator = SeededGenerator(state: Self.seed &+ 2)
        for round in 0..<Self.rounds {
            let row = rows[round % rows.count]
            guard let kind = framing(row.framing), row.input.utf8.count < 1000 else { continue }
            let input = Self.mutate(latin1(row.input), using: &generator)
            let whole = Result { () throws(HTTPParseError) in
                try BodyDecoderTests.decode(input, kind, piece: .max / 2)
            }
            for piece in [1, Int.random(in: 2...9, using: &generator)] {
                let pieces = Result { () throws(HTTPParseError) in
                    try BodyDecoderTests.decode(input, kind, piece: piece)
                }
                switch (whole, pieces) {
                case (.success(let one), .success(let other)):
                    #expect(one.body == other.body, "seed \(Self.seed) round \(round)")
                    #expect(one.isFinished == other.isFinished)
                    if one.isFinished { #expect(one.rest == other.rest) }
                case (.failure, .failure): break
                default: Issue.record("seed \(Self.seed) round \(round): whole and pieces differ for \(input)")
                }
            }
        }
    }
}
