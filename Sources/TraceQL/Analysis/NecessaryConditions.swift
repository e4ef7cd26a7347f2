/// A condition on one span that holds for every span for which some expression is true: safe to filter by.
///
/// Tests are always written attribute, operator, literal, and never negated with `!`, because a stock Tempo evaluates those
/// forms as they read.
public indirect enum SpanCondition: Sendable, Hashable {
    /// Every span passes.
    case always
    /// No span passes.
    case never
    /// The attribute compares to the literal. The operator is one of `= != < <= > >= =~ !~`.
    case test(Attribute, BinaryOperator, Static)
    /// The attribute has a value.
    case exists(Attribute)
    /// The attribute has none.
    case isNil(Attribute)
    /// All of these; at least two.
    case all([SpanCondition])
    /// At least one of these; at least two.
    case any([SpanCondition])

    /// All of these, in the simplest form.
    public static func conjunction(_ conditions: [SpanCondition]) -> SpanCondition {
        var parts = Distinct<SpanCondition>()
        for condition in conditions {
            switch condition {
            case .always: continue
            case .never: return .never
            case .all(let inner): for part in inner { parts.add(part) }
            default: parts.add(condition)
            }
        }
        return parts.values.isEmpty ? .always : parts.values.count == 1 ? parts.values[0] : .all(parts.values)
    }

    /// At least one of these, in the simplest form.
    public static func disjunction(_ conditions: [SpanCondition]) -> SpanCondition {
        var parts = Distinct<SpanCondition>()
        for condition in conditions {
            switch condition {
            case .never: continue
            case .always: return .always
            case .any(let inner): for part in inner { parts.add(part) }
            default: parts.add(condition)
            }
        }
        return parts.values.isEmpty ? .never : parts.values.count == 1 ? parts.values[0] : .any(parts.values)
    }

    /// The condition as an expression, to be put into a filter.
    public var expression: FieldExpression {
        switch self {
        case .always: return FieldExpression(.literal(.boolean(true)))
        case .never: return FieldExpression(.literal(.boolean(false)))
        case .test(let attribute, let op, let value):
            let left = FieldExpression(.attribute(attribute))
            return FieldExpression(.binary(op, left, FieldExpression(.literal(value))))
        case .exists(let attribute):
            return FieldExpression(.nilTest(.exists, FieldExpression(.attribute(attribute))))
        case .isNil(let attribute):
            return FieldExpression(.nilTest(.isNil, FieldExpression(.attribute(attribute))))
        case .all(let parts): return Self.chain(parts, isAnd: true)
        case .any(let parts): return Self.chain(parts, isAnd: false)
        }
    }

    private static func chain(_ parts: [SpanCondition], isAnd: Bool) -> FieldExpression {
        guard let first = parts.first else { return FieldExpression(.literal(.boolean(isAnd))) }
        var result = first.expression
        for part in parts.dropFirst() {
            result = FieldExpression(.logical(LogicalChain(result, isAnd: isAnd, part.expression)))
        }
        return result
    }

    /// The condition without what a part of a trace cannot tell: tests of trace-level intrinsics other than the trace id,
    /// of child counts and of nested set numbers become `.always`. What remains holds in every part that has the span.
    public var spanLocal: SpanCondition {
        switch self {
        case .always, .never: return self
        case .test(let attribute, _, _), .exists(let attribute), .isNil(let attribute):
            if attribute.isOfParent { return .always }
            switch attribute.intrinsic?.level {
            case .trace: return attribute.intrinsic == .traceID ? self : .always
            case .tree: return .always
            case .span, .event, .link, .instrumentation, nil: return self
            }
        case .all(let parts): return .conjunction(parts.map(\.spanLocal))
        case .any(let parts): return .disjunction(parts.map(\.spanLocal))
        }
    }
}

extension SpanCondition {
    /// A filter with which a stock Tempo finds every span that may match, in one part of a trace.
    ///
    /// What a part cannot tell is left out (`spanLocal`), and so are all but one test on events and one on links wherever
    /// several must hold: a filter of nothing but `&&` makes Tempo look for one event that passes them all, other queries
    /// do not.
    public var candidateFilter: SpansetFilter { SpansetFilter(spanLocal.uncorrelated.expression) }

    private var uncorrelated: SpanCondition {
        switch self {
        case .always, .never, .test, .exists, .isNil: return self
        case .any(let parts): return .disjunction(parts.map(\.uncorrelated))
        case .all(let parts):
            var levels: Set<RowLevel> = []
            return .conjunction(
                parts.map(\.uncorrelated).filter { part in
                    let touched = part.rowLevels
                    guard levels.isDisjoint(with: touched) else { return false }
                    levels.formUnion(touched)
                    return true
                })
        }
    }

    /// Counts no further than the bound.
    func holdsMoreNodes(than bound: Int) -> Bool {
        var left = bound
        return !spendNodes(&left)
    }

    /// False once there are more nodes than `left`.
    private func spendNodes(_ left: inout Int) -> Bool {
        left -= 1
        guard left >= 0 else { return false }
        switch self {
        case .always, .never, .test, .exists, .isNil: return true
        case .any(let parts), .all(let parts): return parts.allSatisfy { $0.spendNodes(&left) }
        }
    }

    private enum RowLevel { case event, link }

    /// Which of the things that a span has several of are tested.
    private var rowLevels: Set<RowLevel> {
        switch self {
        case .always, .never: return []
        case .test(let attribute, _, _), .exists(let attribute), .isNil(let attribute):
            if attribute.scope == .event || attribute.intrinsic?.level == .event { return [.event] }
            if attribute.scope == .link || attribute.intrinsic?.level == .link { return [.link] }
            return []
        case .all(let parts), .any(let parts): return parts.reduce(into: []) { $0.formUnion($1.rowLevels) }
        }
    }
}

/// A condition on a trace that holds for every trace which a query matches.
public indirect enum TraceCondition: Sendable, Hashable {
    /// Every trace passes.
    case always
    /// No trace passes.
    case never
    /// Some span of the trace passes.
    case span(SpanCondition)
    /// All of these; possibly by different spans.
    case all([TraceCondition])
    /// At least one of these.
    case any([TraceCondition])

    static func conjunction(_ conditions: [TraceCondition]) -> TraceCondition {
        var parts = Distinct<TraceCondition>()
        for condition in conditions {
            switch condition {
            case .always: continue
            case .never, .span(.never): return .never
            case .all(let inner): for part in inner { parts.add(part) }
            default: parts.add(condition)
            }
        }
        return parts.values.isEmpty ? .always : parts.values.count == 1 ? parts.values[0] : .all(parts.values)
    }

    static func disjunction(_ conditions: [TraceCondition]) -> TraceCondition {
        var parts = Distinct<TraceCondition>()
        for condition in conditions {
            switch condition {
            case .never, .span(.never): continue
            case .always: return .always
            case .any(let inner): for part in inner { parts.add(part) }
            default: parts.add(condition)
            }
        }
        return parts.values.isEmpty ? .never : parts.values.count == 1 ? parts.values[0] : .any(parts.values)
    }
}

/// Values in the order they came, each once. Few are compared one by one, many are hashed.
private struct Distinct<Value: Hashable> {
    private(set) var values: [Value] = []
    private var seen: Set<Value> = []

    mutating func add(_ value: Value) {
        if values.count < 8 {
            if !values.contains(value) { values.append(value) }
            return
        }
        if values.count == 8 && seen.isEmpty { seen = Set(values) }
        if seen.insert(value).inserted { values.append(value) }
    }
}

/// What must hold for a query to match; safe to filter by, unlike `StorageConditions`.
public struct NecessaryConditions: Sendable, Hashable {
    /// What every matching trace satisfies. Operands of spanset operators appear one by one, so this also says which spans
    /// to look for, tenant by tenant, to find the traces that could match.
    public var trace: TraceCondition
    /// What every span in the answer satisfies.
    public var span: SpanCondition
}

extension Query {
    /// What must hold for the query to match. Never excludes a span or trace that the query matches on the whole trace,
    /// with operators, negation and nil tests taken at their word.
    public var necessaryConditions: NecessaryConditions {
        let parts = pipelines.map(\.necessaryConditions)
        var result = NecessaryConditions(
            trace: .disjunction(parts.map(\.trace)), span: .disjunction(parts.map(\.span)))
        // An unscoped name may be answered by what the query loads under it from elsewhere: `event.x = 1 && .x = 1`.
        var names = NamesFromElsewhere()
        _ = names.rewrite(self)
        guard !names.names.isEmpty else { return result }
        let weaken: (SpanCondition) -> SpanCondition = { condition in
            switch condition {
            case .test(let attribute, _, _), .exists(let attribute), .isNil(let attribute):
                let isAmbiguous =
                    attribute.scope == .none && attribute.intrinsic == nil && names.names.contains(attribute.nameBytes)
                return isAmbiguous ? .always : condition
            case .always, .never, .all, .any: return condition
            }
        }
        result.span = result.span.mapTests(weaken)
        result.trace = result.trace.mapSpans { $0.mapTests(weaken) }
        return result
    }
}

/// Collects the names under which a query loads values that are neither a span's attributes nor a resource's.
private struct NamesFromElsewhere: QueryRewriter {
    var names: Set<[UInt8]> = []

    mutating func rewrite(_ attribute: Attribute) -> Attribute {
        if let intrinsic = attribute.intrinsic {
            names.insert(Array(intrinsic.text.utf8))
        } else if attribute.scope == .event || attribute.scope == .link || attribute.scope == .instrumentation {
            names.insert(attribute.nameBytes)
        }
        return attribute
    }
}

extension SpanCondition {
    /// The condition with every test, and `.always` and `.never`, replaced.
    func mapTests(_ transform: (SpanCondition) -> SpanCondition) -> SpanCondition {
        switch self {
        case .always, .never, .test, .exists, .isNil: transform(self)
        case .all(let parts): .conjunction(parts.map { $0.mapTests(transform) })
        case .any(let parts): .disjunction(parts.map { $0.mapTests(transform) })
        }
    }
}

extension TraceCondition {
    /// The condition with those of spans replaced.
    func mapSpans(_ transform: (SpanCondition) -> SpanCondition) -> TraceCondition {
        switch self {
        case .always, .never: self
        case .span(let condition): .conjunction([.span(transform(condition))])
        case .all(let parts): .conjunction(parts.map { $0.mapSpans(transform) })
        case .any(let parts): .disjunction(parts.map { $0.mapSpans(transform) })
        }
    }
}

extension Pipeline {
    /// What must hold for the pipeline to give a span.
    public var necessaryConditions: NecessaryConditions { requirements(of: .always) }

    /// A condition of more nodes is not repeated in the operands behind it.
    private static let maxRepeatedNodes = 128

    /// - Parameter input: what the spans that enter satisfy.
    fileprivate func requirements(of input: SpanCondition) -> NecessaryConditions {
        var span = input
        var traces: [TraceCondition] = []
        for element in elements {
            switch element.kind {
            case .spanset(let spanset):
                // Every operand repeats what enters, so a long pipeline of operations would double it with each one. Past a
                // bound the condition stays as it is: leaving later ones out only weakens it.
                let isLarge = span.holdsMoreNodes(than: Self.maxRepeatedNodes)
                let next = spanset.requirements(of: isLarge ? .always : span)
                traces.append(next.trace)
                if !isLarge { span = next.span }
            case .scalarFilter, .group, .coalesce, .select, .aggregate: break
            }
        }
        // A filter after a filter narrows the same spans: the last state says it all, unless operators stood between.
        traces.append(.span(span))
        let isPlain = elements.allSatisfy { element in
            guard case .spanset(let spanset) = element.kind else { return true }
            if case .filter = spanset.kind { return true } else { return false }
        }
        return NecessaryConditions(trace: isPlain ? .conjunction([.span(span)]) : .conjunction(traces), span: span)
    }
}

extension SpansetExpression {
    fileprivate func requirements(of input: SpanCondition) -> NecessaryConditions {
        switch kind {
        case .filter(let filter):
            let span = SpanCondition.conjunction([input, filter.expression.necessaryCondition])
            return NecessaryConditions(trace: .conjunction([.span(span)]), span: span)
        case .wrapped(let pipeline): return pipeline.requirements(of: input)
        case .operation(let op, let lhs, let rhs):
            let left = lhs.requirements(of: input)
            let right = rhs.requirements(of: input)
            let both = TraceCondition.conjunction([left.trace, right.trace])
            switch op {
            case .and:
                return NecessaryConditions(
                    trace: both, span: both == .never ? .never : .disjunction([left.span, right.span]))
            case .or:
                return NecessaryConditions(
                    trace: .disjunction([left.trace, right.trace]), span: .disjunction([left.span, right.span]))
            case .child, .descendant, .parent, .ancestor, .sibling:
                return NecessaryConditions(trace: both, span: both == .never ? .never : right.span)
            case .notChild, .notDescendant, .notParent, .notAncestor, .notSibling:
                // Without a left side every right one is returned.
                return right
            case .unionChild, .unionDescendant, .unionParent, .unionAncestor, .unionSibling:
                return NecessaryConditions(
                    trace: both, span: both == .never ? .never : .disjunction([left.span, right.span]))
            }
        }
    }
}

extension LogicalChain {
    /// The operands' conditions joined as the operands are. Runs of one operator are joined at once, so that long chains
    /// take linear time.
    func condition(_ ofOperand: (FieldExpression) -> SpanCondition) -> SpanCondition {
        var pending = [ofOperand(first)]
        var isAnd = rest.first?.isAnd ?? true
        for step in rest {
            if step.isAnd != isAnd {
                pending = [isAnd ? .conjunction(pending) : .disjunction(pending)]
                isAnd = step.isAnd
            }
            pending.append(ofOperand(step.operand))
        }
        return isAnd ? .conjunction(pending) : .disjunction(pending)
    }
}

extension FieldExpression {
    /// What holds for every span for which the expression is true.
    public var necessaryCondition: SpanCondition {
        switch kind {
        case .literal(let value): return value == .boolean(true) ? .always : .never
        case .attribute(let attribute): return .test(attribute, .equal, .boolean(true))
        case .unary(.not, let operand): return operand.conditionWhenFalse
        case .unary(.negate, _): return .never
        case .nilTest(let test, let operand):
            guard let attribute = operand.attribute else { return .always }
            return test == .exists ? .exists(attribute) : .isNil(attribute)
        case .logical(let chain): return chain.condition { $0.necessaryCondition }
        case .binary(let op, let lhs, let rhs): return Self.condition(op, lhs, rhs)
        }
    }

    /// What holds for every span for which the expression is false. A comparison is false for spans without the attribute
    /// as well, so little can be said.
    private var conditionWhenFalse: SpanCondition {
        switch kind {
        case .literal(let value): value == .boolean(false) ? .always : .never
        case .attribute(let attribute): .test(attribute, .equal, .boolean(false))
        case .unary(.not, let operand): operand.necessaryCondition
        case .unary(.negate, _): .never
        // A key without a usable value fails both tests, so the opposite of one is not the other.
        case .nilTest, .logical, .binary: .always
        }
    }

    private static func condition(_ op: BinaryOperator, _ lhs: FieldExpression, _ rhs: FieldExpression) -> SpanCondition
    {
        switch (lhs.kind, rhs.kind) {
        case (.attribute(let attribute), .literal(let value)):
            return condition(attribute, op, value)
        case (.literal(let value), .attribute(let attribute)):
            guard op.isComparison, let mirrored = op.mirrored else { return .always }
            return condition(attribute, mirrored, value)
        case (.attribute(let left), .attribute(let right)):
            // Nil is neither equal nor unequal to anything.
            return op.isComparison ? .conjunction([presence(left), presence(right)]) : .always
        default: break
        }
        guard op.isComparison else { return .always }
        // A missing operand makes arithmetic give the boolean false, which no number compares to.
        if let value = rhs.literal, value.type.isNumeric { return .conjunction(lhs.arithmeticOperands.map(presence)) }
        if let value = lhs.literal, value.type.isNumeric { return .conjunction(rhs.arithmeticOperands.map(presence)) }
        return .always
    }

    private static func condition(_ attribute: Attribute, _ op: BinaryOperator, _ value: Static) -> SpanCondition {
        switch op {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .regex, .notRegex:
            return .test(attribute, op, value)
        case .in: return .disjunction(value.elements.map { .test(attribute, .equal, $0) })
        case .matchAny: return .disjunction(value.elements.map { .test(attribute, .regex, $0) })
        case .notIn: return .conjunction(value.elements.map { .test(attribute, .notEqual, $0) })
        case .matchNone: return .conjunction(value.elements.map { .test(attribute, .notRegex, $0) })
        case .add, .subtract, .multiply, .divide, .modulo, .power, .and, .or: return .always
        }
    }

    /// Intrinsics are always there.
    private static func presence(_ attribute: Attribute) -> SpanCondition {
        attribute.intrinsic == nil && !attribute.isOfParent ? .exists(attribute) : .always
    }

    /// The attributes that must be numbers for this arithmetic to give a number.
    private var arithmeticOperands: [Attribute] {
        switch kind {
        case .attribute(let attribute): [attribute]
        case .unary(.negate, let operand): operand.arithmeticOperands
        case .binary(let op, let lhs, let rhs) where op.isArithmetic: lhs.arithmeticOperands + rhs.arithmeticOperands
        case .literal, .unary, .binary, .logical, .nilTest: []
        }
    }
}

extension Static {
    /// The elements of a list as values; a single value for what is none.
    public var elements: [Static] {
        switch self {
        case .intArray(let values): values.map { .int($0) }
        case .floatArray(let values): values.map { .float($0) }
        case .stringArray(let values): values.map { .string($0) }
        case .booleanArray(let values): values.map { .boolean($0) }
        case .null, .int, .float, .string, .boolean, .duration, .status, .kind: [self]
        }
    }
}
