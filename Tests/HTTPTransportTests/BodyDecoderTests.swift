import Foundation
import TestSupport
import Testing

@testable import HTTPTransport

struct BodyDecoderTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        var name: String
        var input: String
        var framing: String
        var body: String?
        var rest: String
        var error: Bool
        var partial: Bool
        var testDescription: String { name }
    }

    struct Outcome: Equatable {
        var body: [UInt8] = []
        var rest: [UInt8] = []
        var isFinished = false
    }

    /// Feeds the input in pieces, keeping what the decoder does not take, as a connection does.
    static func decode(_ input: [UInt8], _ framing: BodyFraming, piece: Int) throws(HTTPParseError) -> Outcome {
        var decoder = BodyDecoder(framing)
        var outcome = Outcome()
        var buffer: [UInt8] = []
        var position = 0
        while true {
            let copy = buffer
            let result: Result<BodyDecoder.Step, HTTPParseError> = copy.withUnsafeBytes { bytes in
                Result { () throws(HTTPParseError) in try decoder.step(bytes) }
            }
            switch try result.get() {
            case .data(let range, let consumed):
                outcome.body += buffer[range]
                buffer.removeFirst(consumed)
            case .needMore(let consumed):
                buffer.removeFirst(consumed)
                guard position < input.count else {
                    outcome.rest = buffer
                    return outcome
                }
                let end = min(input.count, position + piece)
                buffer += input[position..<end]
                position = end
            case .finished(let consumed):
                buffer.removeFirst(consumed)
                outcome.rest = buffer + input[position...]
                outcome.isFinished = true
                return outcome
            }
        }
    }

    @Test(arguments: try Corpus.load("bodies", in: .module, atLeast: 40, as: Case.self))
    func `bodies are decoded or refused as the table says, whole and byte by byte`(_ row: Case) throws {
        let kind = try #require(framing(row.framing))
        for piece in [1, 3, Int.max / 2] {
            if row.error {
                #expect(throws: HTTPParseError.self) { try Self.decode(latin1(row.input), kind, piece: piece) }
                continue
            }
            let outcome = try Self.decode(latin1(row.input), kind, piece: piece)
            #expect(outcome.body == latin1(row.body ?? "?"))
            #expect(outcome.isFinished == !row.partial)
            if !row.partial { #expect(outcome.rest == latin1(row.rest)) }
        }
    }

    @Test func `the end of the stream is only fine where it ends the body`() throws {
        for (framing, isFine) in [
            (BodyFraming.untilClose, true), (.none, true), (.length(1), false), (.chunked, false),
        ] {
            var decoder = BodyDecoder(framing)
            do throws(HTTPParseError) {
                try decoder.endOfStream()
                #expect(isFine)
                #expect(decoder.isFinished)
            } catch {
                #expect(!isFine)
            }
        }
    }
}
