import TempoAPI
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

    @Test func `a sum without weights is left out, and the answer is not complete`() throws {
        let query = try Query.parse("{} | avg_over_time(span.n) by (span.a)")
        let rewrite = try MetricsRewrite(query)
        let range = try MetricsRange.exact(start: 1_000_000_000, end: 3_000_000_000, step: 1_000_000_000)
        func answer(_ names: [String], _ value: Double) -> QueryRangeResponse {
            QueryRangeResponse(
                series: names.map {
                    TimeSeries(
                        labels: [KeyValue(key: "span.a", value: .string($0))],
                        samples: [Sample(timestampMs: 2000, value: value)])
                })
        }
        for (sums, isComplete, value) in [(["x"], true, 6.0), (["x", "y"], false, 6), (["x", "y"], true, 0)] {
            var combiner = try SeriesCombiner(query, rewrite, range: range, options: .init())
            let origin = PartOrigin(tenantRank: 0, targetRank: 0)
            for (index, question) in rewrite.questions.enumerated() {
                let part = question.role == .sums ? answer(sums, value) : answer(["x"], 2)
                combiner.fold(part, question: index, shard: range, from: origin)
            }
            #expect(combiner.isComplete == isComplete)
            #expect(combiner.finish().series.map(\.samples.first?.value) == [value / 2])
        }
    }
}
