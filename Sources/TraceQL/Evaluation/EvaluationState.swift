/// What an evaluator remembers between traces: scratch memory, and what predicates said about strings.
///
/// One task uses it. It may be used for several evaluators in turn, but what is remembered is dropped at every change, and
/// what is remembered about strings also when the table's dictionary, or its generation, is another than at the last call.
public struct EvaluationState {
    var program: Program?
    var strings = StringMemory()
    var tree = TraceTree()
    /// Whether `tree` is that of the current trace.
    var hasTree = false
    var summary = TraceExtent()

    /// Loaded values, `Program.spanWidth` a span: of spans, then of their events and links.
    var spanRows: ContiguousArray<LoadedValue> = []
    var resourceRows: ContiguousArray<LoadedValue> = []
    var scopeRows: ContiguousArray<LoadedValue> = []
    var traceRow: ContiguousArray<LoadedValue> = []
    /// The trace for which a row was loaded last.
    var resourceEpochs: ContiguousArray<UInt64> = []
    var resourceOutcomes: ContiguousArray<LoadOutcome> = []
    var scopeEpochs: ContiguousArray<UInt64> = []
    var scopeOutcomes: ContiguousArray<LoadOutcome> = []
    var rowScratch: ContiguousArray<LoadedValue> = []
    /// What filters left of lists.
    var arena: ContiguousArray<ColumnValue> = []
    /// Counts traces.
    var epoch: UInt64 = 0
    /// The spans that expressions see, in stored order.
    var candidates: ContiguousArray<Int32> = []
    /// Scratch of structural operators.
    var marks = SpanMarks()

    /// Whether the work is not wanted any more, because its time is over or nobody waits for it. Asked about every thousand
    /// spans; once it says so, `SearchEvaluator.evaluate(_:_:)` throws `SearchEvaluator.Failure.stopped`.
    public var isStopped: (@Sendable () -> Bool)?
    /// Spans looked at since `isStopped` was asked.
    private var spent = 0

    /// Nothing remembered yet.
    public init() {}

    /// Bytes of memory that it holds, as far as they grow with the traces.
    public var byteCount: Int {
        let rows = spanRows.capacity + resourceRows.capacity + scopeRows.capacity
        return rows * MemoryLayout<LoadedValue>.stride + arena.capacity * MemoryLayout<ColumnValue>.stride
            + candidates.capacity * MemoryLayout<Int32>.stride + tree.byteCount + marks.byteCount
    }

    private static let spansBetweenLooks = 1024

    /// Counts spans looked at.
    @inline(__always)
    mutating func spend(_ spans: Int = 1) throws(SearchEvaluator.Failure) {
        spent &+= spans
        if spent >= Self.spansBetweenLooks { try look() }
    }

    @inline(never)
    private mutating func look() throws(SearchEvaluator.Failure) {
        spent = 0
        if let isStopped, isStopped() { throw .stopped }
    }

    /// The value with its bytes: for values that `SearchEvaluator.value(_:ofSpan:in:_:)` gave for the current trace.
    public func `static`(_ value: EvaluatedValue, _ table: SpanTable) -> Static {
        switch value {
        case .null: .null
        case .int(let value): .int(value)
        case .float(let value): .float(value)
        case .boolean(let value): .boolean(value)
        case .string(let ref): .string(strings.bytes(of: ref))
        case .duration(let value): .duration(value)
        case .status(let value): .status(value)
        case .kind(let value): .kind(value)
        case .array(let ref): list(ref, table)
        }
    }

    func `static`(_ value: LoadedValue, _ table: SpanTable) -> Static {
        switch value {
        case .absent, .null, .marker, .failure: .null
        case .int(let value): .int(value)
        case .float(let value): .float(value)
        case .boolean(let value): .boolean(value)
        case .string(let ref): .string(strings.bytes(of: ref))
        case .duration(let value): .duration(value)
        case .status(let code): .status(Static.Status(code: code))
        case .kind(let code): .kind(Static.Kind(code: code))
        case .spanID(let id): .string(IDText.span(id))
        case .traceID(let row): .string(IDText.trace(traceID(row, table)))
        case .array(let ref): list(ref, table)
        }
    }

    /// The id of the trace, or of the trace a link leads to.
    func traceID(_ row: Int32, _ table: SpanTable) -> SpanTable.TraceID {
        row >= 0 && Int(row) < table.links.count ? table.links[Int(row)].traceID : table.traceID
    }

    private func list(_ ref: ArrayRef, _ table: SpanTable) -> Static {
        let elements = elements(ref, table)
        switch elements.first {
        case .int: return .intArray(elements.compactMap { if case .int(let x) = $0 { x } else { nil } })
        case .float: return .floatArray(elements.compactMap { if case .float(let x) = $0 { x } else { nil } })
        case .boolean: return .booleanArray(elements.compactMap { if case .boolean(let x) = $0 { x } else { nil } })
        case .string:
            return .stringArray(
                elements.compactMap { if case .string(let ref) = $0 { strings.bytes(of: ref) } else { nil } })
        case nil, .missing, .unusable, .array: return .null
        }
    }
}
