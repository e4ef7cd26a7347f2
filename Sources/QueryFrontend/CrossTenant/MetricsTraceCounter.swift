import Synchronization
import TempoAPI
import TraceQL

/// Counts what sub-queries of a metrics query see in whole traces, one trace after the other.
final class MetricsTraceCounter: Sendable {
    private struct Counter {
        var accumulator: MetricsAccumulator
        let reader: TraceTableReader
        var table: SpanTable
    }

    /// What is kept from trace to trace.
    private struct Scratch {
        let strings: StringInterner
        var counters: [Counter]
    }

    /// What came of a sub-query.
    struct Counted: Sendable {
        var partial: MetricsPartial
        /// How many traces had a span that counts.
        var matchedTraces: Int
        /// Nothing can match, so that there is not even a series of zeros.
        var matchesNothing: Bool
    }

    /// The strings of earlier traces are forgotten beyond this many bytes.
    private static let maxStringBytes = 16 * 1024 * 1024

    private let matchesNothing: [Bool]
    private let scratch: Mutex<Scratch>

    /// - Parameters:
    ///   - subQueries: each a pipeline with a function.
    ///   - exemplars: most of each.
    /// - Throws: `SearchEvaluator.Failure`, `MetricsQuery.NotMetrics`.
    init(_ subQueries: [MetricsExpression], hints: [Hint], range: MetricsRange, exemplars: Int) throws {
        var limits = MetricsLimits()
        limits.maxCells /= max(1, subQueries.count)
        let strings = StringInterner()
        var counters: [Counter] = []
        var matchesNothing: [Bool] = []
        for expression in subQueries {
            let query = try MetricsQuery(
                Query(.metrics(expression), hints: hints), range: range, exemplarLimit: exemplars, limits: limits)
            let evaluator = try MetricsEvaluator(query, leaf: 0)
            matchesNothing.append(evaluator.matchesNothing)
            counters.append(
                Counter(
                    accumulator: MetricsAccumulator(evaluator),
                    reader: TraceTableReader(evaluator.projection, order: .stored),
                    table: SpanTable(evaluator.projection, dictionary: strings)))
        }
        self.matchesNothing = matchesNothing
        scratch = Mutex(Scratch(strings: strings, counters: counters))
    }

    /// - Parameters:
    ///   - bytes: a `Trace` message.
    ///   - subQueries: the numbers of those for which the trace counts.
    func count(_ bytes: [UInt8], traceID: [UInt8], for subQueries: [Int]) -> Result<Void, TraceEvaluator.Failure> {
        scratch.withLock { scratch in
            if scratch.strings.byteCount > Self.maxStringBytes { scratch.strings.removeAll() }
            let strings = scratch.strings
            for index in subQueries where scratch.counters.indices.contains(index) {
                do {
                    try bytes.withUnsafeBytes { bytes in
                        try scratch.counters[index].reader.fill(
                            &scratch.counters[index].table, strings, from: bytes, trace: 0..<bytes.count,
                            traceID: traceID)
                    }
                    try scratch.counters[index].accumulator.observe(scratch.counters[index].table)
                } catch TraceTableReader.Failure.unreadable(let error) {
                    return .failure(.unreadable(error))
                } catch let error as SearchEvaluator.Failure {
                    return .failure(.query(error.description))
                } catch {
                    return .failure(.stopped)
                }
            }
            return .success(())
        }
    }

    /// What was counted, by sub-query.
    var counted: [Counted] {
        scratch.withLock { scratch in
            zip(scratch.counters, matchesNothing).map { counter, matchesNothing in
                Counted(
                    partial: counter.accumulator.partial(), matchedTraces: counter.accumulator.matchedTraces,
                    matchesNothing: matchesNothing)
            }
        }
    }
}
