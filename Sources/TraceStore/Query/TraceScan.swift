import TempoAPI
import TraceQL

/// Runs over the traces of a tenant that may matter to a query, each as a table of what the query reads.
struct TraceScan {
    let strings: ViewStrings
    private let snapshot: TenantSnapshot
    private let projection: Projection
    private let window: StoreTimeWindow
    private let tree: CandidateTree
    private let leaves: [@Sendable (ScanCompiler) -> ScanNode]

    /// - Parameter condition: what a trace must satisfy to matter.
    /// - Throws: ``StoreQueryError``.
    init(
        _ snapshot: TenantSnapshot, _ projection: Projection, needing condition: TraceCondition, window: StoreTimeWindow
    ) throws {
        self.snapshot = snapshot
        self.projection = projection
        self.window = window
        strings = try ViewStrings(snapshot.views)
        var conditions: [SpanCondition] = []
        tree = CandidateTree(condition, leaves: &conditions)
        leaves = conditions.map { condition in { $0.compile(condition) } }
    }

    /// Calls with every trace that may matter.
    /// - Parameters:
    ///   - enough: whether traces that start at a time or before are not wanted any more; nil: all are wanted, in any order.
    ///   - body: gets a trace's id, its spans as a table, and where the spans of the table lie.
    /// - Returns: what it cost.
    /// - Throws: what the body throws; `CancellationError`.
    func run(
        unless enough: ((UInt64) -> Bool)?, _ body: (TraceID, SpanTable, [SpanLocation]) throws -> Void
    ) throws -> SearchMetrics {
        try Task.checkCancellation()
        var candidates = CandidateTraces(
            snapshot.views, window: window, tree: tree, leaves: leaves, inAnyOrder: enough == nil)
        var filler = SpanTableFiller(snapshot.views, projection, strings)
        var metrics = SearchMetrics()
        while let id = try candidates.next(unless: enough ?? { _ in false }) {
            let spans = try candidates.collect()
            try filler.fill(id, spans)
            metrics.inspectedTraces &+= 1
            metrics.inspectedSpans &+= UInt64(spans.count)
            try body(id, filler.table, filler.locations)
        }
        metrics.inspectedSpans &+= UInt64(candidates.finder.inspectedSpans)
        metrics.inspectedBytes = UInt64(candidates.finder.inspectedBytes)
        return metrics
    }
}
