/// The filter of a trace lookup: which spans of a complete trace match, and which of their kin stay with them.
///
/// Unlike a search it sees all values as they are: `code = 200.0` finds the integer 200, `!=` sees all types, lists are
/// whole, an attribute without scope is that of the span, else of the resource, else of the instrumentation scope. A span
/// matches if one of its events together with one of its links does. A span for which the expression cannot be evaluated
/// does not match.
public struct TraceFilter: Sendable {
    /// Why a query is no filter for a trace lookup: Tempo's text, without the prefix `invalid TraceQL filter: `.
    public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        /// The text.
        public let description: String
    }

    private let program: Program
    private let expression: Int32

    /// Compiles a filter from text.
    /// - Throws: `Failure` for text that does not parse or validate, for anything but one bare filter, and for attributes
    ///   that take the whole trace to tell.
    public init(_ text: String, limits: ParseLimits = .default) throws(Failure) {
        let query: Query
        do {
            query = try Query.parse(text, limits: limits)
            try query.validate()
        } catch {
            throw Failure(description: "failed to parse TraceQL spanset filter: \(error)")
        }
        try self.init(query)
    }

    /// Compiles a filter from a valid query.
    public init(_ query: Query) throws(Failure) {
        let only = "only a single TraceQL filter is supported"
        guard case .spansets(let pipeline) = query.root else {
            throw Failure(description: "\(only): got a metrics query")
        }
        guard pipeline.elements.count == 1, case .spanset(let spanset) = pipeline.elements[0].kind,
            case .filter(let filter) = spanset.kind
        else { throw Failure(description: "\(only): got a structural or aggregate query") }
        try Self.check(filter.expression)
        do throws(SearchEvaluator.Failure) {
            program = try Program(full: filter)
        } catch {
            throw Failure(description: error.description)
        }
        guard case .spanset(.filter(let node)) = program.stages.first else {
            throw Failure(description: "\(only): got a structural or aggregate query")
        }
        expression = node
    }

    private static func check(_ expression: FieldExpression) throws(Failure) {
        switch expression.kind {
        case .literal: break
        case .attribute(let attribute):
            if attribute.isOfParent {
                throw Failure(
                    description: "attribute scope is not supported by this filter: \"\(attribute.tempoText)\"")
            }
            guard let intrinsic = attribute.intrinsic else { return }
            switch intrinsic.level {
            case .trace, .tree:
                throw Failure(description: "intrinsic is not supported by this filter: \"\(intrinsic.text)\"")
            case .span, .event, .link, .instrumentation: break
            }
        case .unary(_, let operand), .nilTest(_, let operand): try check(operand)
        case .binary(_, let lhs, let rhs):
            try check(lhs)
            try check(rhs)
        case .logical(let chain): for operand in chain.operands { try check(operand) }
        }
    }

    /// What tables must bring.
    public var projection: Projection { program.projection }

    /// Whether each span of the trace matches, by index. The state's `isStopped` is not asked.
    public func matches(_ table: SpanTable, _ state: inout EvaluationState) -> [Bool] {
        state.begin(program, table)
        let isStopped = state.isStopped
        state.isStopped = nil
        defer { state.isStopped = isStopped }
        // Nothing is thrown but the stop.
        guard (try? state.load(program, table)) != nil else { return [] }
        return (0..<table.count).map { state.matchesFull(expression, $0, program, table) }
    }
}

extension EvaluationState {
    /// How many pairs of an event and a link are tried for one span; a pair beyond them is not found.
    private static var maxPairs: Int { 1 << 20 }

    /// Tries the pairs of an event and a link of a span until one matches.
    mutating func matchesFull(_ node: Int32, _ index: Int, _ program: Program, _ table: SpanTable) -> Bool {
        let events = table.eventRange(index)
        let links = table.linkRange(index)
        let firstEvent = index * program.spanWidth + program.span.steps.count
        let firstLink = firstEvent + program.event.steps.count
        for offset in firstEvent..<index * program.spanWidth + program.spanWidth { spanRows[offset] = .absent }
        var pairs = 0
        for event in -1..<events.count where event >= 0 || events.isEmpty {
            if event >= 0 {
                put(events.lowerBound + event, index, program, table, program.event, firstEvent, isLink: false)
            }
            for link in -1..<links.count where link >= 0 || links.isEmpty {
                if link >= 0 {
                    put(links.lowerBound + link, index, program, table, program.link, firstLink, isLink: true)
                }
                if keeps(node, index, program, table) { return true }
                pairs += 1
                if pairs >= Self.maxPairs { return false }
            }
        }
        return false
    }

    private mutating func put(
        _ row: Int, _ index: Int, _ program: Program, _ table: SpanTable, _ level: LoadLevel, _ start: Int, isLink: Bool
    ) {
        _ = loadRow(row, table.spans[index], program, table, level, isLink: isLink)
        for offset in 0..<rowScratch.count { spanRows[start + offset] = rowScratch[offset] }
    }
}
