/// A query made ready to run over traces, one complete trace at a time.
///
/// ```swift
/// let evaluator = try SearchEvaluator(query)
/// var state = EvaluationState()
/// var table = SpanTable(evaluator.projection, dictionary: strings)
/// for trace in traces {
///     fill(&table, trace)
///     let spansets = try evaluator.evaluate(table, &state)
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

        /// `EvaluationState.isStopped` said that the work is not wanted any more.
        public static let stopped = Failure(description: "the evaluation was stopped")
    }

    private let program: Program

    /// What tables must bring.
    public var projection: Projection { program.projection }

    /// Whether no trace can match, so that nothing needs to be read: a filter that folds to `false`.
    public let matchesNothing: Bool

    /// Whether answers carry names of spans at all: only if the query mentions `name`.
    public var reportsNames: Bool { program.report.reportsNames }

    /// About how many bytes of memory an `EvaluationState` takes for a trace of so many spans.
    public func byteCount(forSpans spans: Int) -> Int {
        let tree = program.projection.needsTree ? 15 : 3
        return spans * (program.spanWidth * MemoryLayout<LoadedValue>.stride + tree * MemoryLayout<Int32>.stride)
    }

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
    /// - Throws: `Failure` for a regular expression that does not compile, for more than a hundred different attributes, and
    ///   with Tempo's text for intrinsics compared with what its storage does not compare them with.
    public init(_ pipeline: Pipeline, loading: [Attribute] = [], everything: Bool = false) throws(Failure) {
        matchesNothing = pipeline.isNoOp
        program = try Program(pipeline, loading: loading, everything: everything)
    }

    /// The spansets of the trace in the table that match; none if the trace does not match.
    ///
    /// Takes time in proportion to the spans (times their logarithm for some operators), never recursion on the trace.
    /// - Throws: `Failure` with Tempo's text where a structural operator meets several spansets of one trace; `Failure.stopped`
    ///   when the state's `isStopped` says so.
    public func evaluate(_ table: SpanTable, _ state: inout EvaluationState) throws(Failure) -> [EvaluatedSpanset] {
        state.begin(program, table)
        guard !matchesNothing, table.count > 0 else { return [] }
        try state.load(program, table)
        guard !state.candidates.isEmpty else { return [] }
        let input = WorkingSpanset(spans: state.candidates)
        let sets = try state.run(program.stages, [input], program, table)
        return sets.map { EvaluatedSpanset(spans: Array($0.spans), attributes: $0.attributes) }
    }

    /// What a search answer says about a matching span: what the query compared, grouped by, aggregated or selected, in a
    /// fixed order. Only for the table given to the last `evaluate`, unchanged.
    public func reportedAttributes(
        ofSpan index: Int, in table: SpanTable, _ state: inout EvaluationState
    ) -> [ReportedAttribute] {
        guard state.program === program else { return [] }
        return state.report(index, program, table)
    }

    /// The name of a span if a search answer carries it: the query mentions `name`, and this name is one it was looking for.
    /// Only for the table given to the last `evaluate`, unchanged.
    public func reportedName(ofSpan index: Int, in table: SpanTable, _ state: EvaluationState) -> StringRef? {
        guard index >= 0, index < table.count, state.program === program else { return nil }
        if !program.report.selectsNames {
            guard let entry = program.report.nameEntry,
                case .string = state.spanRows[index * program.spanWidth + entry]
            else { return nil }
        }
        return table.spans[index].name
    }

    /// The value of one of the attributes that were given as `loading`, by its index there: in full, whatever the filters of
    /// the query compare. Of an attribute without scope that of the span, else that of the resource; of events and links the
    /// first. Only for the table given to the last `evaluate`, unchanged.
    public func value(
        _ index: Int, ofSpan span: Int, in table: SpanTable, _ state: inout EvaluationState
    ) -> EvaluatedValue {
        guard state.program === program, program.loading.indices.contains(index), span >= 0, span < table.count else {
            return .null
        }
        return state.value(program.loading[index], span, table)
    }
}

extension EvaluationState {
    /// Makes ready for a trace.
    mutating func begin(_ program: Program, _ table: SpanTable) {
        if self.program !== program {
            let isStopped = isStopped
            self = EvaluationState()
            self.isStopped = isStopped
            self.program = program
            strings.attach(program.stringTests, literals: program.literals)
        }
        strings.begin(table.dictionary)
    }

    mutating func value(_ sources: [ValueSource], _ span: Int, _ table: SpanTable) -> EvaluatedValue {
        for source in sources {
            switch full(source, span, table, takesLast: false) {
            case .absent, .marker: continue
            case .null, .failure: return .null
            case .int(let value): return .int(value)
            case .float(let value): return .float(value)
            case .boolean(let value): return .boolean(value)
            case .string(let ref): return .string(ref)
            case .duration(let value): return .duration(value)
            case .status(let code): return .status(Static.Status(code: code))
            case .kind(let code): return .kind(Static.Kind(code: code))
            case .spanID(let id): return .string(strings.intern(IDText.span(id)))
            case .traceID(let row): return .string(strings.intern(IDText.trace(traceID(row, table))))
            case .array(let ref): return .array(ref)
            }
        }
        return .null
    }
}

extension Pipeline {
    /// Whether the pipeline cannot match: every element is a filter of the literal `false`, or an operation between two.
    var isNoOp: Bool {
        elements.allSatisfy { element in
            guard case .spanset(let spanset) = element.kind else { return false }
            switch spanset.kind {
            case .filter(let filter): return filter.expression.literal == .boolean(false)
            case .operation(_, let lhs, let rhs):
                guard case .filter(let left) = lhs.kind, case .filter(let right) = rhs.kind else { return false }
                return left.expression.literal == .boolean(false) && right.expression.literal == .boolean(false)
            case .wrapped: return false
            }
        }
    }
}
