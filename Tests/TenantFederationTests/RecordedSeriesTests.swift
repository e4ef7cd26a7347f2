import Foundation
import TempoAPI
import TestSupport
import Testing
import TraceQL

@testable import TenantFederation

/// Series of a real Tempo for three tenants, merged, equal its series for the tenant that holds all their spans.
@Suite(.computeThreads) struct RecordedSeriesTests {
    private struct Answer: Decodable {
        let tenant: String
        let q: String
        let instant: Bool
        let answer: JSONValue
    }

    private struct Key: Hashable {
        var tenant: String
        var query: String
        var isInstant: Bool
    }

    private static let tenants = ["jade", "onyx", "ruby"]
    private static let end: Int64 = 1_795_223_178
    private static let start: Int64 = 1_795_222_878

    private let recorded: [Key: QueryRangeResponse]
    private let queries: Set<String>

    init() throws {
        var recorded: [Key: QueryRangeResponse] = [:]
        var queries: Set<String> = []
        for item in try Corpus.load("recorded-series", in: .module, atLeast: 190, as: Answer.self) {
            queries.insert(item.q)
            let key = Key(tenant: item.tenant, query: Self.squeezed(item.q), isInstant: item.instant)
            let bytes = try item.answer.bytes()
            if item.instant {
                let answer = try QueryInstantResponse.decode(json: bytes)
                recorded[key] = QueryRangeResponse(
                    series: answer.series.map {
                        TimeSeries(
                            labels: $0.labels, samples: [Sample(timestampMs: Self.end * 1000, value: $0.value)])
                    })
            } else {
                recorded[key] = try QueryRangeResponse.decode(json: bytes)
            }
        }
        self.recorded = recorded
        self.queries = queries
    }

    /// Queries for which a question was not recorded, and the question.
    private static let unrecorded: [String: String] = [
        "{} | avg_over_time(span.ratio) by (span.region)": "sum_over_time(span.ratio) by (span.region)",
        "{rootServiceName=\"frontend\"} | avg_over_time(duration)": "sum_over_time(duration)",
        "{} | quantile_over_time(span.ratio, .5)": "",
        "{} | count_over_time() by (span.region) > 3": "count_over_time() by (span.region)",
        "{} | rate() by (name) | bottomk(2)": "rate() by (name)",
    ]

    /// Queries that relate spans of different tenants: each tenant alone cannot know.
    private static let related: Set<String> = [
        "({resource.service.name=\"frontend\"} >> {resource.service.name=\"db\"}) | rate()",
        "{trace:duration>60ms} | count_over_time()",
        "{} | compare({status=error}, 1000)",
    ]

    @Test(arguments: [false, true])
    func `merged series equal those of all spans`(isInstant: Bool) throws {
        var compared = 0
        var missing: [String] = []
        for text in queries.sorted() {
            guard let union = recorded[Key(tenant: "union", query: Self.squeezed(text), isInstant: isInstant)] else {
                continue
            }
            guard let answer = try combined(text, isInstant: isInstant) else {
                missing.append(text)
                continue
            }
            let comparison = SeriesComparison(answer.series, union.series, ignoresExemplars: true)
            let isRelated = Self.related.contains(text)
            #expect(comparison.differences.isEmpty != isRelated, "\(text): \(comparison.differences.prefix(3))")
            compared += 1
        }
        #expect(compared >= 20)
        for text in missing { #expect(Self.unrecorded[text] != nil, "no question recorded for \(text)") }
    }

    /// nil when a question was not recorded.
    private func combined(_ text: String, isInstant: Bool) throws -> QueryRangeResponse? {
        let query = try Query.parse(text)
        let rewrite = try MetricsRewrite(query)
        let second: UInt64 = 1_000_000_000
        let range =
            try isInstant
            ? MetricsRange.instant(start: UInt64(Self.start) * second, end: UInt64(Self.end) * second)
            : MetricsRange.aligned(
                start: UInt64(Self.start) * second, end: UInt64(Self.end) * second, step: 30 * second)
        var combiner = try SeriesCombiner(query, rewrite, range: range, options: .init())
        for (rank, tenant) in Self.tenants.enumerated() {
            for (index, question) in rewrite.questions.enumerated() {
                let key = Key(tenant: tenant, query: Self.asRecorded(question.text), isInstant: isInstant)
                guard let answer = recorded[key] else { return nil }
                combiner.fold(
                    answer, question: index, shard: range, from: PartOrigin(tenantRank: rank, targetRank: 0))
            }
        }
        #expect(combiner.isComplete)
        return combiner.finish()
    }

    /// The recorded question that has the same answer on these spans: every one of them has `ratio`, and a duration.
    private static func asRecorded(_ text: String) -> String {
        var text = squeezed(text)
        for (one, other) in [
            ("with(exemplars=false)", ""),
            (
                "{(((span.ratio>=0)||(span.ratio<0))||(span.ratio>=0.0))||(span.ratio<0.0)}|sum_over_time",
                "{}|sum_over_time"
            ),
            ("{}|count_over_time()by(resource.team)", "{duration>=0ns}|count_over_time()by(resource.team)"),
        ] { text = text.replacing(one, with: other) }
        return text
    }

    private static func squeezed(_ text: String) -> String {
        text.filter { !$0.isWhitespace }
    }

    @Test func `a comparison equals that of all spans but for what each tenant sees of a trace`() throws {
        let ofTrace: Set<String> = ["rootName", "rootServiceName", "span:childCount"]
        func without(_ series: [TimeSeries]) -> [TimeSeries] {
            series.filter { $0.labels.allSatisfy { !ofTrace.contains($0.key) } }
        }
        let text = "{} | compare({status=error}, 1000)"
        let union = try #require(
            recorded[Key(tenant: "union", query: Self.squeezed(text), isInstant: true)])
        let answer = try #require(try combined(text, isInstant: true))
        #expect(without(union.series).count > 100)
        #expect(SeriesComparison(without(answer.series), without(union.series)).differences.isEmpty)
    }
}
