import TempoAPI
import TraceQL

/// A query made ready to run over the traces of a tenant.
struct TraceEvaluation {
    let evaluator: SearchEvaluator
    let strings: ViewStrings
    private let snapshot: TenantSnapshot
    private let window: StoreTimeWindow
    private let tree: CandidateTree
    private let leaves: [@Sendable (ScanCompiler) -> ScanNode]

    /// - Throws: ``StoreQueryError``.
    init(_ query: Query, _ snapshot: TenantSnapshot, window: StoreTimeWindow) throws {
        do {
            evaluator = try SearchEvaluator(query)
        } catch {
            throw StoreQueryError(.badRequest, "\(error)")
        }
        self.snapshot = snapshot
        self.window = window
        strings = try ViewStrings(snapshot.views)
        var conditions: [SpanCondition] = []
        let needed = evaluator.matchesNothing ? .never : query.necessaryConditions.trace
        tree = CandidateTree(needed, leaves: &conditions)
        leaves = conditions.map { condition in { $0.compile(condition) } }
    }

    /// A trace that matches: its id, its spans as a table, where they lie, what matched, and the state to ask more of it.
    typealias Body = (TraceID, SpanTable, [SpanLocation], [EvaluatedSpanset], inout EvaluationState) throws -> Void

    /// Evaluates the traces that may match, newest first as far as their newest part tells.
    /// - Parameters:
    ///   - enough: whether traces that start at a time or before are not wanted any more.
    ///   - body: gets the traces that match.
    /// - Returns: what it cost.
    /// - Throws: what the body throws; `CancellationError`.
    func run(unless enough: (UInt64) -> Bool = { _ in false }, _ body: Body) throws -> SearchMetrics {
        var candidates = CandidateTraces(snapshot.views, window: window, tree: tree, leaves: leaves)
        var filler = SpanTableFiller(snapshot.views, evaluator.projection, strings)
        var state = EvaluationState()
        var metrics = SearchMetrics()
        while let id = try candidates.next(unless: enough) {
            let spans = try candidates.collect()
            try filler.fill(id, spans)
            metrics.inspectedTraces &+= 1
            metrics.inspectedSpans &+= UInt64(spans.count)
            let spansets = try evaluator.evaluate(filler.table, &state)
            if !spansets.isEmpty { try body(id, filler.table, filler.locations, spansets, &state) }
        }
        metrics.inspectedSpans &+= UInt64(candidates.finder.inspectedSpans)
        metrics.inspectedBytes = UInt64(candidates.finder.inspectedBytes)
        return metrics
    }
}
