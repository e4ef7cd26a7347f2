import Foundation
import TestSupport
import Testing
import TraceQL

/// A recorded metrics case in which we answer something else on purpose; `row` is the row of DEPARTURES.md.
struct MetricsDeparture: Decodable {
    enum What: String, Decodable {
        /// The answer made of the recorded partial series.
        case final
        /// What the recorded partial series add up to before the answer is made.
        case sum
        /// The answer made of the spans.
        case spans
    }

    var `case`: String
    var row: String
    var what: What
    var series: [WireSeries]
    var status: String?
    var message: String?

    static func all(_ what: What) throws -> [String: MetricsDeparture] {
        let all: [MetricsDeparture] = try Corpus.load("metrics-departures", in: .module, atLeast: 20)
        return Dictionary(all.filter { $0.what == what }.map { ($0.case, $0) }, uniquingKeysWith: { first, _ in first })
    }
}

/// Recorded partial series, combined.
@Suite(.computeThreads) struct MetricsCombiningTests {
    /// Folds what the queriers of a case returned, in the given order.
    static func gather(_ one: MetricsCase, order: (([[MetricsSeries]]) -> [[MetricsSeries]])? = nil) throws -> (
        MetricsQuery, MetricsPartials
    ) {
        let metrics = try one.metricsQuery()
        var gathered = metrics.emptyPartials()
        let parts = one.partials.map { $0.map(\.series) }
        for part in order?(parts) ?? parts { gathered.fold(part) }
        // The only case of a part that said itself that it was cut; the file tells it in the note.
        if one.name == "c job partial status" { gathered.markPartial() }
        return (metrics, gathered)
    }

    @Test func answersAreAsRecorded() throws {
        let departures = try MetricsDeparture.all(.final)
        var unused = Set(departures.keys)
        for one in try MetricsCase.all() {
            let (metrics, gathered) = try Self.gather(one)
            let result = metrics.finish(gathered)
            let recorded = MetricsComparison.difference(
                result, one.final.map(\.series), one.status, one.message, of: one)
            guard let departure = departures[one.name] else {
                #expect(recorded == nil, "\(one.name)")
                continue
            }
            unused.remove(one.name)
            #expect(recorded != nil, "\(one.name) is listed as a departure and does not differ")
            let ours = MetricsComparison.difference(
                result, departure.series.map(\.series), departure.status, departure.message, of: one)
            #expect(ours == nil, "\(one.name)")
        }
        #expect(unused.isEmpty)
    }

    @Test func sumsAreAsRecorded() throws {
        let departures = try MetricsDeparture.all(.sum)
        var unused = Set(departures.keys)
        var count = 0
        for one in try MetricsCase.all() {
            guard let sum = one.sum else { continue }
            count += 1
            let (_, gathered) = try Self.gather(one)
            let result = MetricsComparison.inOrder(gathered.partialSeries())
            let recorded = MetricsComparison.difference(
                result, MetricsComparison.inOrder(sum.map(\.series)), tolerance: one.tolerance)
            guard let departure = departures[one.name] else {
                #expect(recorded == nil, "\(one.name)")
                continue
            }
            unused.remove(one.name)
            #expect(recorded != nil, "\(one.name) is listed as a departure and does not differ")
            let ours = MetricsComparison.difference(
                result, MetricsComparison.inOrder(departure.series.map(\.series)), tolerance: one.tolerance)
            #expect(ours == nil, "\(one.name)")
        }
        #expect(unused.isEmpty)
        #expect(count >= 118)
    }

    @Test func orderOfPartsDoesNotMatter() throws {
        var random = SplitMix(7)
        for one in try MetricsCase.all() where one.partials.count > 1 {
            let (metrics, gathered) = try Self.gather(one)
            let answer = metrics.finish(gathered)
            for _ in 0..<4 {
                let (_, shuffled) = try Self.gather(one) { parts in
                    parts.map { $0.shuffled(using: &random) }.shuffled(using: &random)
                }
                #expect(metrics.finish(shuffled) == answer, "\(one.name)")
            }
        }
    }

    @Test func partialSeriesFoldBackToTheSameAnswer() throws {
        for one in try MetricsCase.all() {
            let (metrics, gathered) = try Self.gather(one)
            var again = metrics.emptyPartials()
            again.fold(gathered.partialSeries())
            let difference = MetricsComparison.difference(
                metrics.finish(again).series, metrics.finish(gathered).series, tolerance: 1e-14)
            #expect(difference == nil, "\(one.name)")
        }
    }
}
