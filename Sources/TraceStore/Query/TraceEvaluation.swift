import TempoAPI
import TraceQL

/// A query made ready to run over the traces of a tenant.
struct TraceEvaluation {
    let evaluator: SearchEvaluator
    private let scan: TraceScan

    var strings: ViewStrings { scan.strings }

    /// - Throws: ``StoreQueryError``.
    init(_ query: Query, _ snapshot: TenantSnapshot, window: StoreTimeWindow) throws {
        do {
            evaluator = try SearchEvaluator(query)
        } catch {
            throw StoreQueryError(.badRequest, "\(error)")
        }
        scan = try TraceScan(
            snapshot, evaluator.projection,
            needing: evaluator.matchesNothing ? .never : query.necessaryConditions.trace, window: window)
    }

    /// A trace that matches: its id, its spans as a table, where they lie, what matched, and the state to ask more of it.
    typealias Body = (TraceID, SpanTable, [SpanLocation], [EvaluatedSpanset], inout EvaluationState) throws -> Void

    /// Evaluates the traces that may match.
    /// - Parameters:
    ///   - enough: whether traces that start at a time or before are not wanted any more; nil: all are wanted, in any order.
    ///   - body: gets the traces that match.
    /// - Returns: what it cost.
    /// - Throws: ``StoreQueryError``, what the body throws, `CancellationError`.
    func run(unless enough: ((UInt64) -> Bool)?, _ body: Body) throws -> SearchMetrics {
        var state = EvaluationState()
        state.isStopped = { Task.isCancelled }
        return try scan.run(unless: enough) { id, table, locations in
            let spansets: [EvaluatedSpanset]
            do {
                spansets = try evaluator.evaluate(table, &state)
            } catch let error as SearchEvaluator.Failure where error == .stopped {
                // Also when the question's time is over: its task is cancelled then.
                throw CancellationError()
            } catch {
                throw StoreQueryError(.evaluation, "\(error)")
            }
            if !spansets.isEmpty { try body(id, table, locations, spansets, &state) }
        }
    }
}
