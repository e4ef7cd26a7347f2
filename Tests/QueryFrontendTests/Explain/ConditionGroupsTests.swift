import TestSupport
import Testing

@testable import QueryFrontend

struct ConditionGroupsTests {
    @Test(arguments: try Corpus.load("service-condition-groups", in: .module, atLeast: 34, as: ServiceCase.self))
    func `tag queries are bounded by their groups of conditions`(_ item: ServiceCase) async throws {
        try await item.check()
    }

    @Test(arguments: [
        ("{}", 1), ("{ true }", 1), ("{ .a }", 1), ("{ .a = 1 }", 1), ("{ .a = 1 && .b = 2 }", 1),
        ("{ .a = 1 || .b = 2 }", 2), ("{ .a = 1 || .b = 2 && .c = 3 }", 2), ("{ .a = 1 || (.b = 2 && .c = 3) }", 2),
        ("{ (.a = 1 || .b = 2) && (.c = 3 || .d = 4 || .e = 5) }", 6), ("{ .a = nil || .b != nil }", 2),
        ("{ !(.a = 1 || .b = 2) }", 1), ("{ .a = 1 || .a = 2 }", 1), ("{ .a =~ `x` || .a =~ `y` || .b = 1 }", 2),
        ("{ .a = 1 || .b } | by(.c)", 1), ("{ duration > 1s || name = `x` } | count() > 2", 2),
    ])
    func `groups are counted without expanding them`(_ query: String, _ count: Int) {
        #expect(ConditionGroups.count(query) == count, "\(query)")
    }

    @Test(arguments: [
        "", "{", "{ .a = 1 } && { .b = 2 }", "{} | rate()", "{ 1 = `a` }", "count() > 1",
    ])
    func `what filters nothing has no groups`(_ query: String) {
        let count = ConditionGroups.count(query)
        #expect(count == nil, "\(query): \(count ?? 0)")
    }

    @Test func `the count does not overflow and takes no exponential work`() {
        let pairs = (0..<2000).map { "(.a\($0) = 1 || .b\($0) = 2)" }
        #expect(ConditionGroups.count("{ " + pairs.joined(separator: " && ") + " }") == .max)
        #expect(ConditionGroups.count("{ " + pairs.prefix(10).joined(separator: " && ") + " }") == 1024)
        #expect(ConditionGroups.count("{ " + pairs.joined(separator: " || ") + " }") == 4000)
    }
}
