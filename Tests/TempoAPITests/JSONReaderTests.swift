import TempoAPI
import TestSupport
import Testing

/// What Tempo accepts and refuses when it reads JSON.
@Suite(.computeThreads) struct JSONReaderTests {
    struct Case: Decodable {
        let name: String
        let message: String
        let input: String
        /// The JSON that the message writes afterwards; absent when it is refused.
        let output: String?
        /// The error's text; absent when it is accepted.
        let error: String?
    }

    @Test func leniencyTable() throws {
        for row in try Corpus.load("json-reading", in: .module, atLeast: 60, as: Case.self) {
            let type = try #require(AnyMessage.type(row.message))
            do throws(WireError) {
                let message = try type.decode(json: Array(row.input.utf8))
                #expect(String(decoding: message.json, as: UTF8.self) == row.output, "\(row.name)")
            } catch {
                #expect(error.message == row.error, "\(row.name)")
            }
        }
    }

    @Test func invalidUTF8BecomesReplacementCharacters() throws {
        let json = Array(#"{"name":""#.utf8) + [0xff, 0x61, 0xe2, 0x82] + Array(#""}"#.utf8)
        #expect(try SearchSpan.decode(json: json).name == "\u{fffd}a\u{fffd}\u{fffd}")
    }
}
