import Foundation
import TestSupport
import Testing
import TraceQL

@testable import TraceStore

/// The spans that a real Tempo had, pushed into a store, give the series that it gave.
@Suite(.computeThreads) struct QueryMetricsTests {
    struct Pushes: Decodable {
        let tenant: String
        let pushes: [String]
    }

    struct Recorded: Decodable, CustomStringConvertible {
        struct Answer: Decodable {
            let series: [Series]?
            let status: String?
        }
        struct Series: Decodable {
            struct Label: Decodable {
                let key: String
                let value: [String: Scalar]
            }
            struct Sample: Decodable {
                let timestampMs: String
                let value: Scalar?
            }
            let labels: [Label]?
            let samples: [Sample]?
            let value: Scalar?
        }
        /// A number, a truth value or a text.
        enum Scalar: Decodable {
            case number(Double)
            case flag(Bool)
            case text(String)

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let flag = try? container.decode(Bool.self) {
                    self = .flag(flag)
                } else if let number = try? container.decode(Double.self) {
                    self = .number(number)
                } else {
                    self = .text(try container.decode(String.self))
                }
            }

            var number: Double { if case .number(let number) = self { number } else { .nan } }
        }

        let tenant: String
        let instant: Bool
        let q: String
        let start: UInt64
        let end: UInt64
        let step: String?
        let answer: Answer

        var description: String { "\(tenant) \(instant ? "instant" : "range") \(q)" }

        func metricsQuery() throws -> MetricsQuery {
            let (start, end) = (start * 1_000_000_000, end * 1_000_000_000)
            let range: MetricsRange =
                if instant {
                    try .instant(start: start, end: end)
                } else {
                    try .aligned(start: start, end: end, step: 30_000_000_000)
                }
            return try MetricsQuery(Query.parse(q), range: range, exemplarLimit: 20)
        }

        /// The series; attributes of `compare()` that no span has are left out, which a Tempo counts when it keeps a column for them.
        func series() throws -> [MetricsSeries] {
            try (answer.series ?? []).map { series in
                let labels = try (series.labels ?? []).map { label in
                    MetricsLabel(label.key, try #require(Self.value(label.value)))
                }
                let samples = (series.samples ?? []).map {
                    MetricsSample(timestampMilliseconds: Int64($0.timestampMs) ?? 0, value: $0.value?.number ?? 0)
                }
                return MetricsSeries(
                    labels: labels,
                    samples: series.samples == nil
                        ? [MetricsSample(timestampMilliseconds: 0, value: series.value?.number ?? 0)] : samples)
            }
        }

        private static func value(_ value: [String: Scalar]) -> MetricsLabelValue? {
            switch (value.first?.key, value.first?.value) {
            case ("stringValue", .text(let text)): .string(text)
            case ("intValue", .text(let text)): Int64(text).map { .int($0) }
            case ("doubleValue", .number(let number)): .float(number)
            case ("boolValue", .flag(let flag)): .boolean(flag)
            default: nil
            }
        }
    }

    private let folder: TemporaryFolder
    private let store: TraceStore
    private let recorded: [Recorded]

    init() async throws {
        folder = try TemporaryFolder()
        store = try TraceStore.testing(folder, clock: TestClock(1_795_223_273_000_000_000)) {
            $0.retention = { _ in RetentionPolicy(age: 0) }
        }
        for tenant in try Corpus.load("query-recorded-pushes", in: .module, atLeast: 4, as: Pushes.self) {
            for push in tenant.pushes {
                let outcome = try await store.push(Array(push.utf8), encoding: .json, tenant: tenant.tenant)
                #expect(outcome.rejectedSpans == 0)
            }
        }
        recorded = try Corpus.load("query-metrics-answers", in: .module, atLeast: 200)
    }

    @Test func answersAreAsRecorded() throws {
        for one in recorded {
            let metrics = try one.metricsQuery()
            let result = metrics.finish(try store.metrics(metrics, tenant: one.tenant).partials)
            try expect(result.series, equal: one)
            #expect(result.isPartial == (one.answer.status == "PARTIAL"))
        }
    }

    /// The parts of three tenants, which hold the spans of the fourth between them.
    @Test func partsOfTenantsAddUpToTheWhole() throws {
        let separable = recorded.filter { $0.tenant == "union" && !Self.relatesSpans($0.q) }
        #expect(separable.count >= 40)
        for one in separable {
            let metrics = try one.metricsQuery()
            var gathered = metrics.emptyPartials()
            for tenant in ["onyx", "jade", "ruby"] {
                gathered.merge(try store.metrics(metrics, tenant: tenant).partials)
            }
            try expect(metrics.finish(gathered).series, equal: one)
        }
    }

    /// What depends on spans of other tenants cannot be found in each alone.
    private static func relatesSpans(_ query: String) -> Bool {
        query.contains(">>") || query.contains("rootServiceName") || query.contains("trace:duration")
            || query.contains("compare")
    }

    @Test func tenantsWithoutSpansInTheRangeGatherNothing() throws {
        let query = try Query.parse("{} | rate()")
        let later = try MetricsQuery(
            query, range: .instant(start: 1_895_222_878_000_000_000, end: 1_895_222_879_000_000_000))
        #expect(later.finish(try store.metrics(later, tenant: "union").partials).series.isEmpty)
        let inside = try MetricsQuery(
            query, range: .instant(start: 1_795_222_878_000_000_000, end: 1_795_223_178_000_000_000))
        #expect(inside.finish(try store.metrics(inside, tenant: "nobody").partials).series.isEmpty)
        let nothing = try MetricsQuery(Query.parse("{ false } | rate()"), range: inside.range)
        #expect(nothing.finish(try store.metrics(nothing, tenant: "union").partials).series.isEmpty)
        let none = try MetricsQuery(Query.parse("{ name = `nobody` } | rate()"), range: inside.range)
        #expect(
            none.finish(try store.metrics(none, tenant: "union").partials).series.map { $0.samples.map(\.value) } == [
                [0]
            ])
    }

    /// Sums and averages are off by what Tempo's own additions lose.
    private func expect(_ series: [MetricsSeries], equal one: Recorded) throws {
        var (series, expected) = (series, try one.series())
        if one.q.contains("compare") {
            expected = Self.withoutUnusedColumns(expected)
            if !one.q.contains("1000") {
                // Which of equally frequent values are the ten most frequent is chance in Tempo: how frequent they are is not.
                #expect(Self.totals(series) == Self.totals(expected), "\(one)")
                let cut = Set(Self.totals(expected).filter { $0.value.count == 10 }.keys)
                series.removeAll { cut.contains(Self.side($0)) }
                expected.removeAll { cut.contains(Self.side($0)) }
            }
        }
        #expect(series.map(\.labels) == expected.map(\.labels), "\(one)")
        for (left, right) in zip(series, expected) where left.labels == right.labels {
            #expect(left.samples.count == right.samples.count, "\(one) \(left.labels)")
            for (a, b) in zip(left.samples, right.samples) {
                let isClose = (a.value - b.value).magnitude <= 1e-9 * max(a.value.magnitude, b.value.magnitude)
                #expect(
                    isClose && (one.instant || a.timestampMilliseconds == b.timestampMilliseconds),
                    "\(one) \(left.labels): \(a), \(b)")
            }
        }
    }

    /// Without the attributes that Tempo keeps a column for and that no span has: `compare()` counts their absence there.
    private static func withoutUnusedColumns(_ series: [MetricsSeries]) -> [MetricsSeries] {
        let values = Dictionary(
            grouping: series.filter { ["baseline", "selection"].contains(side($0).prefix { $0 != " " }) },
            by: { $0.labels.last?.name ?? "" })
        let unused = values.filter { $0.value.allSatisfy { $0.labels.last?.value == .missing } }
        return series.filter { unused[$0.labels.last?.name ?? ""] == nil }
    }

    private static func side(_ series: MetricsSeries) -> String {
        "\(series.labels.first?.value ?? .missing) \(series.labels.last?.name ?? "")"
    }

    /// How often the values of an attribute occur on a side, most frequent first.
    private static func totals(_ series: [MetricsSeries]) -> [String: [Double]] {
        Dictionary(grouping: series, by: side).mapValues { series in
            series.map { $0.samples.reduce(0) { $0 + $1.value } }.sorted(by: >)
        }
    }
}
