/// A query made ready to run over traces, one complete trace at a time.
///
/// ```swift
/// let evaluator = try SearchEvaluator(query)
/// var state = EvaluationState()
/// var table = SpanTable(evaluator.projection, dictionary: strings)
/// for trace in traces {
///     fill(&table, trace)
///     let spansets = evaluator.evaluate(table, &state)
///     guard !spansets.isEmpty else { continue }          // the trace does not match
///     let summary = TraceSummary(table)
///     for span in spansets[0].spans.prefix(3) { evaluator.reportedAttributes(ofSpan: Int(span), in: table, &state) }
/// }
/// ```
///
/// The meaning is that of a search in single-tenant Tempo (which values a comparison sees depends on the other conditions of
/// the query), except for what DEPARTURES.md lists: a span for which the expression cannot be evaluated (division by zero,
/// `!` on what is no truth value) does not match, and never fails the search.
///
/// A value may be used by several tasks at once; each has its own state and table.
public struct SearchEvaluator: Sendable {
    /// Why a query cannot be evaluated.
    public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        /// Tempo's text.
        public let description: String
    }

    /// What tables must bring.
    public let projection: Projection

    /// Whether no trace can match, so that nothing needs to be read: a filter that folds to `false`.
    public let matchesNothing: Bool

    /// Whether answers carry the names of spans: only if the query mentions `name`.
    public let reportsNames: Bool

    /// Compiles a search, or the span pipeline of a metrics query.
    /// - Parameters:
    ///   - query: a query as parsed; it is validated here.
    ///   - loading: attributes that are wanted beside those of the query, without filtering by them: what
    ///     `value(_:ofSpan:in:_:)` gives. They do not change which spans match.
    ///   - everything: whether all attributes of spans and resources are wanted too (`Projection.needsEverything`).
    /// - Throws: `Failure` for a query that does not validate, and for arithmetic between metrics queries
    ///   (`math expressions not supported`).
    public init(_ query: Query, loading: [Attribute] = [], everything: Bool = false) throws(Failure) {
        do {
            try query.validate()
        } catch {
            throw Failure(description: "\(error)")
        }
        let pipelines = query.pipelines
        guard pipelines.count == 1, let pipeline = pipelines.first else {
            throw Failure(description: "math expressions not supported")
        }
        try self.init(pipeline, loading: loading, everything: everything)
    }

    /// Compiles one pipeline: that of a search, or of one sub-query of a metrics query. It must be valid.
    /// - Throws: `Failure` for a regular expression that does not compile.
    public init(_ pipeline: Pipeline, loading: [Attribute] = [], everything: Bool = false) throws(Failure) {
        projection = Projection()
        matchesNothing = false
        reportsNames = false
    }

    /// The spansets of the trace in the table that match; none if the trace does not match.
    ///
    /// Takes time in proportion to the spans (times their logarithm for some operators), never recursion on the trace.
    public func evaluate(_ table: SpanTable, _ state: inout EvaluationState) -> [EvaluatedSpanset] { [] }

    /// What a search answer says about a matching span: what the query compared, grouped by, aggregated or selected, in a
    /// fixed order. Only for the table given to the last `evaluate`, unchanged.
    public func reportedAttributes(
        ofSpan index: Int, in table: SpanTable, _ state: inout EvaluationState
    ) -> [ReportedAttribute] { [] }

    /// The value of one of the attributes that were given as `loading`, by its index there: in full, whatever the filters of
    /// the query compare. Only for the table given to the last `evaluate`, unchanged.
    public func value(
        _ index: Int, ofSpan span: Int, in table: SpanTable, _ state: inout EvaluationState
    ) -> EvaluatedValue { .null }
}
