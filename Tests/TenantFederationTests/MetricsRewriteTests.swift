import Testing
import TraceQL

@testable import TenantFederation

/// How many questions one metrics query may come to.
struct MetricsRewriteLimitTests {
    /// The counts of so many different filters, added up as a tree of little height.
    private static func sum(_ range: Range<Int>) -> String {
        guard range.count > 1 else { return "({ .a = \(range.lowerBound) } | count_over_time())" }
        let middle = (range.lowerBound + range.upperBound) / 2
        return "(\(sum(range.lowerBound..<middle)) + \(sum(middle..<range.upperBound)))"
    }

    @Test func `a query of very many different metrics is refused by name`() throws {
        let most = try MetricsRewrite(try Query.parse(Self.sum(0..<MetricsRewrite.maxFragments)))
        #expect(most.questions.count == MetricsRewrite.maxFragments)
        let error = #expect(throws: MetricsRewrite.Failure.self) {
            try MetricsRewrite(try Query.parse(Self.sum(0..<MetricsRewrite.maxFragments + 1)))
        }
        #expect(error?.message == "this query has more than 64 different metrics in it")
    }
}
