package import TempoAPI
package import TraceQL

extension TraceStore {
    /// Calls with every trace of a tenant that may matter, complete and as a table, in no particular order: for metrics, whose
    /// accumulators take tables. The table is reused for the next trace; its dictionary stays the same.
    ///
    /// ```swift
    /// try store.scan(
    ///     evaluator.projection, needing: leaf.pipeline.necessaryConditions.trace, tenant: tenant, window: window
    /// ) { accumulator.observe($0) }
    /// ```
    /// - Parameters:
    ///   - projection: what the table is to hold.
    ///   - condition: traces that do not satisfy it may be left out.
    ///   - window: traces that do not touch it are left out.
    /// - Returns: what it cost.
    /// - Throws: ``StoreQueryError``; `CancellationError`; what the body throws.
    @discardableResult
    package func scan(
        _ projection: Projection, needing condition: TraceCondition = .always, tenant: String,
        window: StoreTimeWindow = .always, _ body: (SpanTable) throws -> Void
    ) throws -> SearchMetrics {
        guard let snapshot = snapshot(tenant: tenant) else { return SearchMetrics() }
        let scan = try TraceScan(snapshot, projection, needing: condition, window: window)
        return try scan.run(unless: nil) { _, table, _ in try body(table) }
    }
}
