import TestSupport
import Testing

@testable import TraceQL

/// The lenient reading of the `q` of tag queries.
@Suite(.computeThreads) struct TagFilterTests {
    @Test(arguments: [
        ("{ .a = 1 }", ".a = 1"), ("{ .a = 1 && .b = 2 }", "(.a = 1) && (.b = 2)"), ("{ 3 < .a }", ".a > 3"),
        ("{ .a = 1 || .b = 2 }", "(.a = 1) || (.b = 2)"), ("{ .a && .b = 2 }", ".b = 2"),
        ("{ .a + 1 > 2 && .b = 2 }", ".b = 2"), ("{ .a = .c && .b = 2 }", ".b = 2"),
        ("{ !(.a = 1) && .b = 2 }", ".b = 2"), ("{ .a = nil && .b != nil }", "(.a = nil) && (.b != nil)"),
        ("{ !(.a = nil) }", ".a != nil"), ("{ .a = 1 || .a = 2 }", "(.a = 1) || (.a = 2)"),
        ("{ true && name =~ `x.*` }", "name =~ `x.*`"), ("({ .a = 1 })", ".a = 1"),
        // Only the first filter counts.
        ("{ .a = 1 } | { .b = 2 } | count() > 3", ".a = 1"), ("{ .a = 1 } | by(.b)", ".a = 1"),
    ])
    func whatIsComplete(_ text: String, _ condition: String) throws {
        let filter = try #require(try TagFilter.parse(text))
        #expect(filter.condition.expression.description == condition)
        #expect(filter.spansetFilter.expression == filter.condition.expression)
    }

    @Test(arguments: [
        ("{ .a = 1", ".a = 1"), ("{ .a = 1 && .b = }", ".a = 1"), ("{ .a = 1 && .b =", ".a = 1"),
        ("{ .a =~ && .b = 1 }", ".b = 1"), ("{ (.a = 1 && .b != ) && .c = 2 }", "(.a = 1) && (.c = 2)"),
        ("{ name = && .b = 1", ".b = 1"), ("{ span:name >= && .b = 1", ".b = 1"),
        ("{ resource.service.name= && span.\"x y\" = 1 }", "span.\"x y\" = 1"),
        ("{ parent.resource.x != && .b = 1 }", ".b = 1"), ("{ .b = 1 && instrumentation:version < }", ".b = 1"),
        ("{ .a = 1 && .b = } | rate()", ".a = 1"), ("{ .a = 1 } | ", ".a = 1"), ("{ .a = 1 // note", ".a = 1"),
        ("{ .a = 1 && .b = | select(.c)", ".a = 1"),
    ])
    func whatIsHalfTyped(_ text: String, _ condition: String) throws {
        #expect(try TagFilter.parse(text)?.condition.expression.description == condition)
    }

    @Test(arguments: [
        "", "{}", "{ }", "{true}", "{ true }", "{ false }", "{", "{ .a }", "{ .a", "{ .a = ", "{ .a = 1 || .b }",
        "{ .a = 1 || .b = }", "{ .a = 1 || !(.b = 2) }", "{ .a = 1 && }", "{ .a = \"x", "{ (.a = 1", "{ .a = 1 } }",
        "{ .a = 1 && \u{0} }", "{ .a = 1 && .b 2 }", "{ 1 = `a` && .b = 1 }", "{ .a =~ `(` }",
        "{ .a = 1 } && { .b = 2 }", "{ .a = 1 } >> { .b = 2", "({ .a = 1 } | { .b = 2 }) || ({ .c = 3 })",
        "{ .a = 1 } | rate()", "count() > 1", "by(.a)", "rubbish", "}",
    ])
    func whatFiltersNothing(_ text: String) throws {
        let filter = try TagFilter.parse(text)
        #expect(filter == nil, "\(filter.map { "\($0)" } ?? "")")
    }

    @Test(arguments: [
        ("{ .a = 1 }", 1), ("{ .a = 1 && .b = 2 }", 1), ("{ .a = 1 || .b = 2 }", 2),
        ("{ .a = 1 || .b = 2 && .c = 3 }", 2), ("{ .a = 1 || (.b = 2 && .c = 3) }", 2),
        ("{ (.a = 1 || .b = 2) && (.c = 3 || .d = 4 || .e = 5) }", 6), ("{ .a = nil || .b != nil }", 2),
        ("{ .a = 1 || .a = 2 }", 1), ("{ .a =~ `x` || .a =~ `y` || .b = 1 }", 2), ("{ .a = 1 && (.b || .c) }", 2),
        ("{ .z = 1 && !(.a = 1 || .b = 2) }", 1), ("{ duration > 1s || name = `x` } | count() > 2", 2),
    ])
    func groupsAreCountedWithoutExpandingThem(_ text: String, _ count: Int) throws {
        #expect(try TagFilter.parse(text, maxGroups: count)?.groupCount == count)
        if count > 1 {
            #expect(throws: TagFilter.TooManyGroups(limit: count - 1)) {
                try TagFilter.parse(text, maxGroups: count - 1)
            }
        }
    }

    @Test func theTextOfTheLimitIsTempos() {
        let ors = (0..<8).map { "(.a\($0) = 1 || .b\($0) = 2)" }.joined(separator: " && ")
        #expect {
            try TagFilter.parse("{ \(ors) }", maxGroups: 100)
        } throws: {
            "\($0)"
                == "maximum condition groups reached (limit: 100). Reduce the number of OR conditions in the query"
        }
        // A bare attribute is a group of its own before it turns out to ask for nothing.
        #expect(throws: TagFilter.TooManyGroups(limit: 1)) { try TagFilter.parse("{ .a || .b }", maxGroups: 1) }
    }

    @Test func theCountDoesNotOverflowAndTakesNoExponentialWork() throws {
        func count(_ filter: String) throws -> Int? { try TagFilter.parse("{ \(filter) }")?.groupCount }
        let pairs = (0..<2_000).map { "(.a\($0) = 1 || .b\($0) = 2)" }
        #expect(try count(pairs.joined(separator: " && ")) == .max)
        #expect(try count(pairs.prefix(10).joined(separator: " && ")) == 1_024)
        #expect(try count(pairs.joined(separator: " || ")) == 4_000)
    }

    @Test func allRecordedQueriesCutShort() throws {
        for recorded in try RecordedQuery.all() {
            let text = Array(recorded.q.utf8)
            for length in stride(from: text.count, through: max(0, text.count - 24), by: -1) {
                let start = String(decoding: text[..<length], as: UTF8.self)
                guard let filter = try TagFilter.parse(start) else { continue }
                #expect(filter.condition != .never && filter.condition != .always)
                #expect(filter.groupCount > 0)
            }
        }
    }
}
