import Foundation
import TempoAPI
import TestSupport
import Testing
import TraceQL

@testable import TenantFederation

/// Cases of combining: what a Tempo makes of the partial results of several tenants, we make of their finished series.
@Suite(.computeThreads) struct SeriesCombiningCaseTests {
    struct Case: Decodable, CustomTestStringConvertible {
        let name: String
        let q: String
        let alignedStart: UInt64
        let alignedEnd: UInt64
        let step: UInt64?
        let instant: Bool?
        let maxSeries: Int?
        let exemplars: Int?
        let partials: [[JSONValue]]
        let final: JSONValue
        let status: String?
        let message: String?
        let quirk: Bool?
        let nondeterministic: Bool?

        var testDescription: String { name }
    }

    /// Cases that differ on purpose, with the row of the table of departures. All others equal the recording.
    private static let departures: [String: String] = [
        // The choice of exemplars must not depend on the order in which parts arrive.
        "mt exemplars max": "2", "mt exemplars quantile": "2", "c exemplar global budget": "2",
        // PARTIAL means that something was cut, and no part that arrived is left out.
        "c max series quantile": "12", "c job partial status": "12",
        // What was observed stands among the labels of a histogram's exemplars; these made-up ones have no such label.
        "c exemplar quantile assigned": "14",
        // Running sums and means that lose digits, weights paired by position, groups of equal text, lists as labels.
        "c sum with NaN sample": "23", "c sum compensation shared": "23", "c avg many": "23",
        "c avg count by position": "23", "c quantile label text identity": "23", "c array labels collapse": "23",
        "c exemplar avg duplicates": "23", "c exemplar avg nan becomes zero": "23",
    ]

    @Test func `finished series merge to the recorded answer`() throws {
        var departed: Set<String> = []
        for item in try Corpus.load("metrics-combining-cases", in: .module, atLeast: 120, as: Case.self) {
            let found = try answer(item)
            let wanted = try Self.series(item.final, time: Int64(item.alignedEnd / 1_000_000))
            let differences = SeriesComparison(found.series, wanted, tolerance: 1e-9).differences
            let isSame =
                differences.isEmpty && (found.status == .partial) == (item.status == "PARTIAL")
                && (item.status != "PARTIAL" || found.message == item.message)
            if Self.departures[item.name] != nil {
                if !isSame { departed.insert(item.name) }
            } else {
                #expect(isSame, "\(item.name): \(differences.prefix(3)) \(found.status) \(found.message)")
            }
        }
        #expect(departed == Set(Self.departures.keys), "listed, but not different")
    }

    /// The series of a recorded answer; an instant one has values.
    private static func series(_ list: JSONValue, time: Int64) throws -> [TimeSeries] {
        let bytes = try JSONValue.object(["series": list]).bytes()
        if list.elements.contains(where: { $0["samples"] != nil }) {
            return try QueryRangeResponse.decode(json: bytes).series
        }
        return try QueryInstantResponse.decode(json: bytes).series.map {
            TimeSeries(labels: $0.labels, samples: [Sample(timestampMs: time, value: $0.value)])
        }
    }

    private func answer(_ item: Case) throws -> QueryRangeResponse {
        let query = try Query.parse(item.q)
        let rewrite = try MetricsRewrite(query)
        let range =
            try item.instant == true
            ? MetricsRange.instant(start: item.alignedStart, end: item.alignedEnd)
            : MetricsRange.exact(start: item.alignedStart, end: item.alignedEnd, step: item.step ?? 1)
        var combiner = try SeriesCombiner(
            query, rewrite, range: range,
            options: .init(
                maxSeries: item.instant == true ? 0 : item.maxSeries ?? 0, exemplars: item.exemplars ?? 0))
        for (rank, partial) in item.partials.enumerated() {
            let series = try QueryRangeResponse.decode(json: JSONValue.object(["series": .array(partial)]).bytes())
                .series
            for (index, question) in rewrite.questions.enumerated() {
                let finals = Self.finals(series, question, of: rewrite)
                combiner.fold(
                    QueryRangeResponse(series: finals), question: index, shard: range,
                    from: PartOrigin(tenantRank: rank, targetRank: 0))
            }
        }
        return combiner.finish()
    }

    /// What the tenant's own frontend would answer to a question, made of the partial series of the recording.
    private static func finals(
        _ series: [TimeSeries], _ question: MetricsRewrite.Question, of rewrite: MetricsRewrite
    ) -> [TimeSeries] {
        var series = series
        if rewrite.fragments.count > 1 {
            guard case .function(let pipeline, let function) = rewrite.fragments[question.fragment].kind else {
                return []
            }
            let own = Query(.metrics(MetricsExpression(.function(pipeline, function)))).orToIn().query
            let fragment = String(decoding: own.canonicalText(.tempo), as: UTF8.self)
            series = series.compactMap { one in
                guard one.labels.contains(where: { $0.key == "__query_fragment" && $0.value == .string(fragment) })
                else { return nil }
                var one = one
                one.labels.removeAll { $0.key == "__query_fragment" }
                return one
            }
        }
        switch question.role {
        case .values, .buckets: return series
        case .weights:
            return series.filter(isWeights).map { one in
                var one = one
                one.labels.removeAll { $0.key == "__meta_type" }
                one.exemplars = []
                return one
            }
        case .sums:
            return series.compactMap { one in
                guard !isWeights(one) else { return nil }
                var one = one
                let weights = series.first { other in
                    isWeights(other) && other.labels.filter { $0.key != "__meta_type" } == one.labels
                }
                var weightOf: [Int64: Double] = [:]
                for sample in weights?.samples ?? [] { weightOf[sample.timestampMs] = sample.value }
                one.samples = one.samples.compactMap { sample in
                    weightOf[sample.timestampMs].map {
                        Sample(timestampMs: sample.timestampMs, value: sample.value * $0)
                    }
                }
                return one
            }
        }
    }

    private static func isWeights(_ series: TimeSeries) -> Bool {
        series.labels.contains { $0.key == "__meta_type" && $0.value == .string("__count") }
    }
}
