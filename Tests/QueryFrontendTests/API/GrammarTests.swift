import Foundation
import TestSupport
import Testing

@testable import QueryFrontend

struct GrammarTests {
    struct NumberCase: Decodable {
        let function: String
        let input: String
        let value: String?
        let error: String?
    }

    @Test func numbersFollowGo() throws {
        for item in try Corpus.load("api-numbers", in: .module, atLeast: 100, as: NumberCase.self) {
            let text = Array(item.input.utf8)
            let outcome = outcome { () throws(GrammarError) -> String in
                switch item.function {
                case "parseUint32": return "\(try GoNumber.parseUint32(text))"
                case "parseUint64": return "\(try GoNumber.parseUint(text, bits: 64))"
                case "parseInt32": return "\(try GoNumber.parseInt(text, bits: 32))"
                case "parseInt64": return "\(try GoNumber.parseInt(text, bits: 64))"
                case "atoi": return "\(try GoNumber.atoi(text))"
                case "parseBool": return "\(try GoNumber.parseBool(text))"
                default: return "\(try GoNumber.parseFloat(text))"
                }
            }
            #expect(outcome.value == item.value, "\(item)")
            #expect(outcome.error == item.error, "\(item)")
        }
    }

    @Test func bytesThatAreNoTextAreQuotedAsHex() {
        #expect(GoQuotedText.quote([0x61, 0xFF, 0xC3, 0x28, 0xED, 0xA0, 0x80]) == #""a\xff\xc3(\xed\xa0\x80""#)
        #expect(GoQuotedText.quote([0xC0, 0x80, 0xF5, 0xE2, 0x82]) == #""\xc0\x80\xf5\xe2\x82""#)
        #expect(GoQuotedText.quoteForTime([0x31, 0xFF, 0x09]) == #""1\xff\x09""#)
    }

    struct DurationCase: Decodable {
        let grammar: String
        let input: String
        let nanoseconds: Int64?
        let error: String?
    }

    @Test func durationsFollowGoAndPrometheus() throws {
        for item in try Corpus.load("api-durations", in: .module, atLeast: 100, as: DurationCase.self) {
            let text = Array(item.input.utf8)
            let outcome = outcome { () throws(GrammarError) -> Int64 in
                item.grammar == "go" ? try GoDurationText.parse(text) : try PrometheusDurationText.parse(text)
            }
            #expect(outcome.value == item.nanoseconds, "\(item)")
            #expect(outcome.error == item.error, "\(item)")
        }
    }

    struct TimestampCase: Decodable {
        let input: String
        let seconds: Int64?
        let nanoseconds: Int64?
        let error: String?
    }

    @Test func timestampsHaveThreeForms() throws {
        for item in try Corpus.load("api-timestamps", in: .module, atLeast: 60, as: TimestampCase.self) {
            let outcome = outcome { () throws(GrammarError) -> UnixTime in
                try UnixTime.parse(parameter: Array(item.input.utf8))
            }
            #expect(outcome.value?.seconds == item.seconds, "\(item)")
            #expect(outcome.value?.nanoseconds == item.nanoseconds, "\(item)")
            #expect(outcome.error == item.error, "\(item)")
        }
    }

    @Test func timesAtTheEdgeStayThere() {
        #expect(UnixTime(seconds: .min).subtracting(nanoseconds: 1) == UnixTime(seconds: .min))
        #expect(UnixTime(seconds: .min, nanoseconds: 5).subtracting(nanoseconds: 1_000_000_000).seconds == .min)
        #expect(UnixTime(seconds: .max).subtracting(nanoseconds: -2_000_000_000) == UnixTime(seconds: .max))
        let early = UnixTime(unixNanoseconds: .min)
        #expect(early.subtracting(nanoseconds: .max) < early)
        #expect(
            UnixTime(seconds: 5, nanoseconds: 1).subtracting(nanoseconds: 2)
                == UnixTime(seconds: 4, nanoseconds: 999_999_999))
    }

    struct TraceIDCase: Decodable {
        let input: String
        let hex: String?
        let stripped: String?
        let error: String?
    }

    @Test func traceIDsArePaddedAndStripped() throws {
        for item in try Corpus.load("api-trace-ids", in: .module, atLeast: 25, as: TraceIDCase.self) {
            let outcome = outcome { () throws(GrammarError) -> TraceIdentifier in
                try TraceIdentifier(parsing: item.input)
            }
            #expect(outcome.value?.hex == item.hex, "\(item)")
            #expect(outcome.value?.strippedHex == item.stripped, "\(item)")
            #expect(outcome.error == item.error, "\(item)")
            if let identifier = outcome.value {
                #expect(identifier.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == item.hex)
            }
        }
    }

    struct BlockIDCase: Decodable {
        let input: String
        let hex: String?
        let error: String?
    }

    @Test func blockIDsHaveFourSpellings() throws {
        for item in try Corpus.load("api-block-ids", in: .module, atLeast: 15, as: BlockIDCase.self) {
            let outcome = outcome { () throws(GrammarError) -> String in
                try BlockIdentifier(parsing: Array(item.input.utf8)).bytes
                    .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            }
            #expect(outcome.value == item.hex, "\(item)")
            #expect(outcome.error == item.error, "\(item)")
        }
    }

    struct LogfmtCase: Decodable {
        let input: String
        let pairs: [[String]]?
        let error: String?
    }

    @Test func tagsAreLogfmt() throws {
        for item in try Corpus.load("api-logfmt", in: .module, atLeast: 45, as: LogfmtCase.self) {
            let outcome = outcome { () throws(GrammarError) -> [[String]] in
                try LogfmtPair.parse(Array(item.input.utf8)).map { [$0.key, $0.value] }
            }
            #expect(outcome.value == item.pairs, "\(item)")
            #expect(outcome.error == item.error, "\(item)")
        }
    }

    @Test func aKeyThatIsNoTextIsRefusedButAValueIsRepaired() throws {
        #expect(throws: GrammarError(message: "invalid key at pos 2")) { try LogfmtPair.parse([0xFF, 0x3D, 0x61]) }
        #expect(try LogfmtPair.parse([0x61, 0x3D, 0xFF]) == [LogfmtPair(key: "a", value: "\u{FFFD}")])
    }

    private func outcome<Value>(_ parse: () throws(GrammarError) -> Value) -> (value: Value?, error: String?) {
        do {
            return (try parse(), nil)
        } catch {
            return (nil, error.message)
        }
    }
}
