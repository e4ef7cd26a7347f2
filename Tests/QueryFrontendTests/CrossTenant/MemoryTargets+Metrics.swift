import HTTPTransport
import TempoAPI
import TenantFederation
import TestSupport
import TraceQL

@testable import QueryFrontend

extension MemoryTargets {
    struct BadTime: Error {}

    /// Metrics as a Tempo answers them: finished series of what one tenant holds.
    func metrics(_ request: ScriptedRequest, _ held: [Held]) throws -> ScriptedAnswer {
        let isInstant = request.path.hasSuffix("/query")
        let (start, end) = (try Self.nanoseconds(request, "start"), try Self.nanoseconds(request, "end"))
        let query = try Query.parse(request.parameter("q") ?? "")
        var range = try MetricsRange.instant(start: start, end: end)
        if !isInstant {
            let step = try MetricsStep.parse(Array((request.parameter("step") ?? "").utf8))
            range = try .aligned(start: start, end: end, step: UInt64(step))
        }
        let limit = MetricsQuery.exemplarLimit(
            of: query, requested: request.parameter("exemplars").flatMap { Int($0) } ?? 0, maximum: 100)
        let result = try Self.series(of: query, range: range, exemplars: limit, held)
        let answer = QueryRangeResponse(
            series: result.series.map(\.wireSeries), metrics: SearchMetrics(completedJobs: 1, totalJobs: 1),
            status: result.isPartial ? .partial : .complete, message: result.message)
        guard isInstant else { return .json(String(decoding: answer.json, as: UTF8.self)) }
        let instant = QueryInstantResponse(
            series: answer.series.compactMap { series in
                series.samples.first.map { InstantSeries(labels: series.labels, value: $0.value) }
            }, metrics: answer.metrics)
        return .json(String(decoding: instant.json, as: UTF8.self))
    }

    private static func series(
        of query: Query, range: MetricsRange, exemplars: Int, _ held: [Held]
    ) throws -> MetricsResult {
        let metrics = try MetricsQuery(query, range: range, exemplarLimit: exemplars)
        var gathered = metrics.emptyPartials()
        let touches = held.contains { item in
            item.trace.resourceSpans.contains {
                $0.scopeSpans.contains {
                    $0.spans.contains {
                        $0.startTimeUnixNano <= range.end
                            && max($0.startTimeUnixNano, $0.endTimeUnixNano) > range.start
                    }
                }
            }
        }
        for leaf in metrics.leaves.indices where touches {
            let evaluator = try MetricsEvaluator(metrics, leaf: leaf)
            guard !evaluator.matchesNothing else { continue }
            var accumulator = MetricsAccumulator(evaluator)
            let strings = StringInterner()
            var table = SpanTable(evaluator.projection, dictionary: strings)
            let reader = TraceTableReader(evaluator.projection, order: .stored)
            for item in held {
                try item.trace.protobuf.withUnsafeBytes { bytes in
                    try reader.fill(&table, strings, from: bytes, trace: 0..<bytes.count, traceID: item.id)
                }
                try accumulator.observe(table)
            }
            gathered.leaves[leaf].merge(accumulator.partial())
        }
        return metrics.finish(gathered)
    }

    /// Up to ten characters are seconds, more are nanoseconds.
    private static func nanoseconds(_ request: ScriptedRequest, _ name: String) throws -> UInt64 {
        guard let text = request.parameter(name), let number = UInt64(text) else { throw BadTime() }
        return text.utf8.count > 10 ? number : number * 1_000_000_000
    }
}
