package import TempoAPI
package import TraceQL

/// What a tenant has gathered for a metrics query.
package struct StoreMetricsAnswer: Sendable {
    /// What merges with that of other tenants.
    package var partials: MetricsPartials
    /// What it cost.
    package var metrics: SearchMetrics
}

extension TraceStore {
    /// Gathers what a metrics query counts in the spans of a tenant that start in the query's range.
    ///
    /// Second stages and arithmetic are not applied: `MetricsQuery.finish(_:)` does that, once, after the states of all tenants are
    /// merged. A tenant without spans that touch the range gathers nothing, not even zeros.
    /// - Throws: ``StoreQueryError``; `CancellationError`.
    package func metrics(_ query: MetricsQuery, tenant: String) throws -> StoreMetricsAnswer {
        var answer = StoreMetricsAnswer(partials: query.emptyPartials(), metrics: SearchMetrics())
        // Intervals are open on the left.
        let (first, overflow) = query.range.start.addingReportingOverflow(1)
        guard !overflow else { return answer }
        let window = StoreTimeWindow(start: first, end: query.range.end)
        guard hasSpans(touching: window, tenant: tenant) else { return answer }
        for leaf in query.leaves.indices {
            let evaluator: MetricsEvaluator
            do {
                evaluator = try MetricsEvaluator(query, leaf: leaf)
            } catch {
                throw StoreQueryError(.badRequest, "\(error)")
            }
            guard !evaluator.matchesNothing else { continue }
            var accumulator = MetricsAccumulator(evaluator)
            let cost = try scan(
                evaluator.projection, needing: evaluator.leaf.pipeline.necessaryConditions.trace, tenant: tenant,
                window: window
            ) { try accumulator.observe($0) }
            answer.partials.leaves[leaf].merge(accumulator.partial())
            answer.metrics.add(cost)
        }
        return answer
    }

    private func hasSpans(touching window: StoreTimeWindow, tenant: String) -> Bool {
        guard let snapshot = snapshot(tenant: tenant) else { return false }
        return snapshot.views.contains {
            $0.rowCount > 0 && window.overlaps(start: $0.minStart, end: $0.maxEnd)
        }
    }
}

extension SearchMetrics {
    fileprivate mutating func add(_ other: SearchMetrics) {
        inspectedTraces &+= other.inspectedTraces
        inspectedBytes &+= other.inspectedBytes
        inspectedSpans &+= other.inspectedSpans
    }
}
