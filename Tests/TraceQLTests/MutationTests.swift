import TestSupport
import Testing

@testable import TraceQL

/// Texts that are nearly queries: nothing traps, and whatever parses is equal to its text read back.
@Suite(.computeThreads) struct MutationTests {
    /// Everything that is done with a query; used for what a fuzzer found as well.
    static func exercise(_ text: [UInt8]) throws {
        guard let query = try? Query.parse(utf8: text) else { return }
        let printed = query.canonicalText()
        // Printing adds parentheses around operands, so the text may nest deeper than the one it came from.
        let limits = ParseLimits(maxTextBytes: 1 << 22, maxNestingDepth: 2_000, maxTokens: 1 << 20)
        let again = try Query.parse(utf8: printed, limits: limits)
        #expect(again == query, "\(query)")
        #expect(again.canonicalText() == printed)
        try? query.validate()
        _ = query.canonicalText(.tempo)
        _ = query.orToIn().query.canonicalText(.tempo)
        _ = query.storageConditions
        _ = query.necessaryConditions.span.spanLocal.expression.description
        _ = query.federationClass
    }

    private func tokens(_ text: [UInt8]) -> [SourceRange] {
        var lexer = Lexer(text)
        var result: [SourceRange] = []
        while true {
            let token = lexer.next()
            if token.kind == .end || token.kind == .invalid { return result }
            result.append(token.range)
        }
    }

    @Test func queriesWithATokenDropped() throws {
        for recorded in try RecordedQuery.all() {
            let text = Array(recorded.q.utf8)
            for token in tokens(text) {
                try Self.exercise(Array(text[..<token.lowerBound] + text[token.upperBound...]))
            }
        }
    }

    @Test func queriesWithATokenTwice() throws {
        for recorded in try RecordedQuery.all() {
            let text = Array(recorded.q.utf8)
            for token in tokens(text) {
                let copy = text[token.lowerBound..<token.upperBound]
                try Self.exercise(
                    Array(text[..<token.upperBound] + [UInt8(ascii: " ")] + copy + text[token.upperBound...]))
            }
        }
    }

    @Test func queriesCutShort() throws {
        for recorded in try RecordedQuery.all() where recorded.ok && recorded.q.utf8.count < 60 {
            let text = Array(recorded.q.utf8)
            for length in 0..<text.count { try Self.exercise(Array(text[..<length])) }
        }
    }

    @Test func queriesWithAByteReplaced() throws {
        var generator = SplitMix(7)
        for recorded in try RecordedQuery.all() where !recorded.q.isEmpty {
            var text = Array(recorded.q.utf8)
            let index = Int.random(in: 0..<text.count, using: &generator)
            text[index] = UInt8.random(in: 0...255, using: &generator)
            try Self.exercise(text)
        }
    }

    struct Find: Decodable {
        var name: String
        var hex: String
    }

    @Test func whatTheFuzzerFound() throws {
        let finds: [Find] = try Corpus.load("fuzz-finds", in: .module, atLeast: 1)
        for find in finds {
            let digits = Array(find.hex.utf8)
            var bytes: [UInt8] = []
            for index in stride(from: 0, to: digits.count - 1, by: 2) {
                let high = try #require(Lexer.hexValue(digits[index]))
                bytes.append(high << 4 | (try #require(Lexer.hexValue(digits[index + 1]))))
            }
            try Self.exercise(bytes)
            if let expression = try? RegularExpression(utf8: bytes) { _ = expression.search(bytes) }
        }
    }
}
