import TestSupport
import Testing
import TraceQL

/// Patterns against the answers of the RE2 library; `regex-cases.json` holds patterns made by a generator and by hand.
@Suite(.computeThreads) struct RegularExpressionTests {
    struct Recorded: Decodable {
        var pattern: String
        var compiles: Bool
        var texts: [String]
        var matches: [Bool]
        var searches: [Bool]
    }

    @Test func verdictsAndMatchesAreThoseOfRE2() throws {
        let cases: [Recorded] = try Corpus.load("regex-cases", in: .module, atLeast: 600)
        var failures: [String] = []
        for recorded in cases {
            guard let matcher = try? RegularExpression(recorded.pattern) else {
                if recorded.compiles { failures.append("\(recorded.pattern) does not compile") }
                continue
            }
            guard recorded.compiles else {
                failures.append("\(recorded.pattern) compiles")
                continue
            }
            // Both ways of running: the table, and the simulation that large patterns fall back to.
            let searcher = try RegularExpression(recorded.pattern, purpose: .searching)
            for (index, text) in recorded.texts.enumerated() {
                for expression in [matcher, searcher] {
                    if expression.matches(text) != recorded.matches[index]
                        || expression.search(text) != recorded.searches[index]
                    {
                        failures.append("\(recorded.pattern) on \(text)")
                    }
                }
            }
        }
        #expect(failures.isEmpty, "\(failures.prefix(10))")
    }

    @Test(arguments: ["(a+)+b", "(.*)*x", "(a{1,30}){1,30}c", "(a|a)*b", "(a?){100}b", "(a|b)*a(a|b){60}c"])
    func hostilePatternsTakeLinearTime(_ pattern: String) throws {
        // Exponential matchers do not come back from these at all.
        let expression = try RegularExpression(pattern)
        #expect(!expression.matches(String(repeating: "a", count: 2_000)))
    }

    @Test func nestedCountsThatMultiplyBeyondAThousandAreRefused() {
        #expect(throws: RegularExpression.Failure.self) { try RegularExpression("(a{1,100}){1,100}") }
        #expect(throws: RegularExpression.Failure.self) { try RegularExpression("a{1,100}{1,100}") }
        #expect(throws: RegularExpression.Failure.self) { try RegularExpression("a{1001}") }
        #expect(throws: Never.self) { try RegularExpression("(a{10}){100}") }
    }

    @Test func whatIsTooLargeForUsSaysSo() {
        let large = String(repeating: "[a-z]{1000}", count: 60)
        #expect { try RegularExpression(large) } throws: { ($0 as? RegularExpression.Failure)?.isUnsupported == true }
        let deep = String(repeating: "(", count: 5_000) + String(repeating: ")", count: 5_000)
        #expect { try RegularExpression(deep) } throws: { ($0 as? RegularExpression.Failure)?.isUnsupported == true }
        #expect { try RegularExpression("(") } throws: { ($0 as? RegularExpression.Failure)?.isUnsupported == false }
    }

    @Test func bytesThatAreNotUTF8CountAsReplacementCharacters() throws {
        #expect(try RegularExpression("a.b").matches([0x61, 0xFF, 0x62]))
        #expect(try RegularExpression("a\\x{FFFD}b").matches([0x61, 0xFF, 0x62]))
        #expect(try !RegularExpression("a.b").matches([0x61, 0xC3, 0x28, 0x62]))
        #expect(throws: RegularExpression.Failure.self) { try RegularExpression(utf8: [0xFF]) }
    }

    @Test func theDotMatchesLineFeedsOnlyWhenAskedTo() throws {
        #expect(try RegularExpression("a.b").matches("a\nb"))
        #expect(try !RegularExpression("a.b", dotMatchesLineFeed: false).matches("a\nb"))
    }

    @Test func scriptsAndCategoriesAreKnown() throws {
        #expect(try RegularExpression("\\p{Greek}+").matches("Ωμέγα"))
        #expect(try !RegularExpression("\\p{Greek}+").matches("omega"))
        #expect(try RegularExpression("\\p{Han}\\p{Hiragana}\\p{Cyrillic}\\p{Old_Italic}").matches("日のж𐌀"))
        #expect(try RegularExpression("[\\p{Lu}\\pN]+").matches("ÄÖ42"))
        #expect(throws: RegularExpression.Failure.self) { try RegularExpression("\\p{Klingon}") }
    }

    @Test func searchLooksAnywhere() throws {
        let deny = try RegularExpression("^/api/search\\?.*q=\\{\\}", dotMatchesLineFeed: false, purpose: .searching)
        #expect(deny.search("/api/search?limit=3&q={}"))
        #expect(!deny.search("/tempo/api/search?q={}"))
        #expect(try RegularExpression("b+").search("abc"))
        #expect(try !RegularExpression("b+").matches("abc"))
    }

    @Test func theCostOfAPatternIsKnownBeforeItIsUsed() throws {
        let short = try RegularExpression("/api/search.*", purpose: .searching)
        #expect(short.stepsPerCharacter == 1 && short.instructionCount < 40)
        // As many states as there are subsets of thirty places: no table.
        let many = try RegularExpression("(a|b)*a(a|b){30}", purpose: .matching)
        #expect(many.stepsPerCharacter == many.instructionCount && many.instructionCount > 90)
    }
}
