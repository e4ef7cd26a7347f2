import TestSupport
import Testing
import TraceQL

/// What no text may exceed, and that the texts at the limits are harmless.
@Suite(.computeThreads) struct ParserLimitsTests {
    private func code(_ text: String, _ limits: ParseLimits = .default) -> ParseError.Code? {
        do {
            _ = try Query.parse(text, limits: limits)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func deepNestingIsRefused() {
        func nested(_ open: String, _ inner: String, _ close: String, _ count: Int) -> String {
            String(repeating: open, count: count) + inner + String(repeating: close, count: count)
        }
        for (open, inner, close, before, after) in [
            ("!", ".a", "", "{ ", " }"), ("-", ".a", "", "{ ", " }"), ("-(", ".a", ")", "{ ", " }"),
            ("nil = (", ".a", ")", "{ ", " }"), (".a ^ ", ".a", "", "{ ", " }"), ("(", "{}", ")", "", ""),
            (".a && (", ".a", ")", "{ ", " }"), ("(", "{} | {}", ")", "", ""), ("(", "{} | rate()", ")", "", ""),
            ("-", "1", "", "{} | count() > ", ""), ("(", "1", ")", "{} | count() > ", ""),
            ("1 ^ ", "count()", "", "{} | ", " > 1"), ("1 % 1 + ", "count()", "", "{} | ", " > 1"),
            ("{} >> (", "{}", ")", "", ""), ("(({} | {}) && ", "({}))", "", "", ""),
        ] {
            let shallow = before + nested(open, inner, close, 30) + after
            let deep = before + nested(open, inner, close, 8_000) + after
            if !open.hasPrefix("((") { #expect(code(shallow) == nil, "\(shallow)") }
            #expect(code(deep) == .nestingTooDeep, "\(open)")
        }
    }

    @Test func parenthesesInFiltersCostNothing() throws {
        let text = "{ " + String(repeating: "(", count: 30_000) + ".a" + String(repeating: ")", count: 30_000) + " }"
        #expect(try Query.parse(text) == Query.parse("{ .a }"))
    }

    @Test func tallTreesAreRefusedAsWell() {
        #expect(code("{ " + String(repeating: ".a + ", count: 5_000) + "1 = 2 }") == .nestingTooDeep)
        #expect(code(String(repeating: "{} >> ", count: 5_000) + "{}") == .nestingTooDeep)
        #expect(code("{ .a" + String(repeating: " = .a", count: 5_000) + " }") == .nestingTooDeep)
        #expect(code("{ .a" + String(repeating: " = nil", count: 5_000) + " }") == .nestingTooDeep)
        let metrics = "({} | rate())" + String(repeating: " + ({} | rate())", count: 5_000)
        #expect(code(metrics) == .nestingTooDeep)
    }

    @Test(arguments: ["&&", "||"])
    func longChainsOfAlternativesAreNotDeep(_ op: String) throws {
        let text = "{ " + (0..<5_000).map { ".k = \($0)" }.joined(separator: " \(op) ") + " }"
        let query = try Query.parse(text)
        try query.validate()
        #expect(query.necessaryConditions.span != .never)
        // Its canonical text opens 4,999 parentheses, and is read back under the same limits.
        #expect(try Query.parse(query.description) == query)
    }

    @Test func longTextsAndManyTokensAreRefused() {
        let blanks = String(repeating: " ", count: 131_072)
        #expect(code("{}" + blanks) == .textTooLong)
        #expect(code("{}" + blanks.dropLast(2)) == nil)
        #expect(code("{}|{}|{}", ParseLimits(maxTokens: 5)) == .tooManyTokens)
        #expect(code(String(repeating: "{}|", count: 30_000) + "{}") == .tooManyTokens)
    }

    @Test func errorsCarryTheBytesOfTheToken() {
        do {
            _ = try Query.parse("{ .a &&\n  || .b }")
            Issue.record("accepted")
        } catch {
            #expect(error.line == 2 && error.column == 3)
            #expect(error.range == SourceRange(10, 12))
            #expect(error.message == "syntax error: unexpected ||")
        }
    }

    @Test func regularExpressionsOfConstantsAreBounded() throws {
        #expect(try Query.parse("{ `aXb` =~ `a.b` && `ab` !~ `a.b` && .x }") == Query.parse("{ true && true && .x }"))
        let large = String(repeating: "(.?){999}", count: 10)
        let text = String(repeating: "a", count: 20_000)
        #expect(code("{ `\(text)` =~ `\(large)` }") == .tooCostly)
        let many = (0..<100).map { _ in "`\(text.prefix(1_000))` =~ `\(large)`" }.joined(separator: " || ")
        #expect(code("{ \(many) }") == .tooCostly)
        #expect(code("{ `\(text)` =~ `a*` }") == nil)
    }

    @Test func regularExpressionsOfAQueryAreBoundedTogether() throws {
        let many = (0..<8).map { ".a =~ `\($0)(.?){999}(.?){999}(.?){999}(.?){999}(.?){999}(.?){999}(.?){999}`" }
            .joined(separator: " || ")
        let query = try Query.parse("{ \(many) }")
        #expect {
            try SearchEvaluator(query)
        } throws: {
            "\($0)" == "the regular expressions of the query are too large"
        }
        let few = (0..<100).map { ".a\($0 % 20) =~ `x\($0).*y`" }.joined(separator: " || ")
        _ = try SearchEvaluator(Query.parse("{ \(few) }"))
    }
}
