/// What is asked of the attributes of a span before the expressions of a query run over it.
///
/// In Tempo a search reads only values that pass some condition of the query, and expressions see only those; this decides
/// which types a comparison sees, and in which spans. The conditions are Tempo's (`StorageConditions`), except that
/// - a literal on the left of an operator is as good as on the right;
/// - what stands below `!` or is compared as a truth value filters nothing: it only brings the values (`isOptional`);
/// - elements after `select()` count like those before it;
/// - an empty filter beside a structural operator sees spans outside the tree too.
struct FetchConditions {
    struct Condition: Hashable {
        var attribute: Attribute
        var test: StorageConditions.Test
        /// The values are wanted as they are, and no span is left out for lack of them.
        var isOptional: Bool
    }

    private(set) var conditions: [Condition] = []
    /// Whether a span must satisfy every condition that is not optional.
    private(set) var allConditions = true
    /// What `select()` names.
    private(set) var selected: [Attribute] = []

    init(_ pipeline: Pipeline) {
        for element in pipeline.elements { add(element) }
        if !allConditions { merge() }
    }

    /// All attributes of a pipeline of filters, filtering nothing.
    init(full pipeline: Pipeline) {
        for element in pipeline.elements { add(element) }
        var seen: Set<Attribute> = []
        conditions = conditions.compactMap { condition in
            guard seen.insert(condition.attribute).inserted else { return nil }
            return Condition(attribute: condition.attribute, test: .load, isOptional: true)
        }
        allConditions = true
    }

    // MARK: - Pipelines

    private mutating func add(_ element: PipelineElement) {
        switch element.kind {
        case .spanset(let spanset): add(spanset)
        case .scalarFilter(let filter):
            add(filter.lhs)
            add(filter.rhs)
        case .group(let expression):
            add(expression, isOptional: false)
            allConditions = false
        case .coalesce: break
        case .select(let attributes): selected += attributes
        case .aggregate(let aggregate): add(aggregate)
        }
    }

    private mutating func add(_ spanset: SpansetExpression) {
        switch spanset.kind {
        case .filter(let filter):
            if let literal = filter.expression.literal {
                if literal == .boolean(true) { add(Attribute(.spanStartTime), .load, isOptional: false) }
                return
            }
            add(filter.expression, isOptional: false)
        case .operation(_, let lhs, let rhs):
            add(lhs)
            add(rhs)
            allConditions = false
        case .wrapped(let pipeline):
            for element in pipeline.elements { add(element) }
        }
    }

    private mutating func add(_ scalar: ScalarExpression) {
        switch scalar.kind {
        case .aggregate(let aggregate): add(aggregate)
        case .constant: break
        case .operation(_, let lhs, let rhs):
            add(lhs)
            add(rhs)
        case .wrapped(let pipeline): for element in pipeline.elements { add(element) }
        }
    }

    private mutating func add(_ aggregate: Aggregate) {
        if let argument = aggregate.argument { add(argument, isOptional: false) }
        allConditions = false
    }

    // MARK: - Field expressions

    private mutating func add(_ attribute: Attribute, _ test: StorageConditions.Test, isOptional: Bool) {
        conditions.append(Condition(attribute: attribute, test: test, isOptional: isOptional))
    }

    private mutating func add(_ expression: FieldExpression, isOptional: Bool) {
        switch expression.kind {
        case .literal: break
        case .attribute(let attribute): add(attribute, .load, isOptional: isOptional)
        case .unary(let op, let operand): add(operand, isOptional: isOptional || op == .not)
        case .nilTest(let test, let operand):
            if let attribute = operand.attribute {
                add(attribute, test == .exists ? .exists : .isNil, isOptional: isOptional)
            } else {
                add(operand, isOptional: isOptional)
            }
        case .binary(let op, let lhs, let rhs): add(op, lhs, rhs, isOptional: isOptional)
        case .logical(let chain):
            for (index, step) in chain.rest.enumerated() {
                if index == 0 {
                    add(step.binaryOperator, chain.first, step.operand, isOptional: isOptional)
                } else {
                    add(step.operand, isOptional: isOptional)
                    if !step.isAnd && !isOptional { allConditions = false }
                }
            }
        }
    }

    private mutating func add(
        _ op: BinaryOperator, _ lhs: FieldExpression, _ rhs: FieldExpression, isOptional: Bool
    ) {
        // `(x) = (y)` and the like hold for spans that fail x; `(x) = true` does not.
        let isOptional = isOptional || (op.comparesTruth && !Self.keepsTruth(op, lhs, rhs))
        switch (lhs.kind, rhs.kind) {
        case (.attribute(let attribute), .literal(let value)):
            add(attribute, Self.test(op, value), isOptional: isOptional)
        case (.literal(let value), .attribute(let attribute)):
            add(attribute, Self.test(op.mirrored ?? op, value), isOptional: isOptional)
        case (.attribute(let left), .attribute(let right)):
            add(left, .load, isOptional: isOptional)
            add(right, .load, isOptional: isOptional)
        case (.attribute(let attribute), _):
            add(attribute, .load, isOptional: isOptional)
            add(rhs, isOptional: isOptional)
        case (.literal, _): add(rhs, isOptional: isOptional)
        default:
            add(lhs, isOptional: isOptional)
            add(rhs, isOptional: isOptional)
            if case .or = op, !isOptional { allConditions = false }
        }
    }

    private static func test(_ op: BinaryOperator, _ value: Static) -> StorageConditions.Test {
        switch op {
        case .and, .or: .load
        default: op.isArithmetic ? .load : .compare(op, value)
        }
    }

    /// Whether a comparison has no truth value made by another operation among its operands, or can only hold when that is
    /// true.
    private static func keepsTruth(_ op: BinaryOperator, _ lhs: FieldExpression, _ rhs: FieldExpression) -> Bool {
        guard lhs.makesTruth || rhs.makesTruth else { return true }
        let wanted: Bool
        if case .equal = op { wanted = true } else { wanted = false }
        return lhs.literal == .boolean(wanted) || rhs.literal == .boolean(wanted)
    }

    // MARK: - Merging

    /// What different parts of a query ask about one attribute, unless all of it must hold.
    private mutating func merge() {
        var seen: Set<Condition> = []
        conditions = conditions.filter { seen.insert($0).inserted }
        for condition in conditions {
            guard case .compare(.equal, let value) = condition.test,
                seen.contains(
                    Condition(
                        attribute: condition.attribute, test: .compare(.notEqual, value),
                        isOptional: condition.isOptional))
            else { continue }
            conditions.append(
                Condition(attribute: condition.attribute, test: .load, isOptional: condition.isOptional))
        }
        let loaded = Set(conditions.filter { $0.test == .load && !$0.isOptional }.map(\.attribute))
        var kept: Set<Attribute> = []
        conditions = conditions.filter { condition in
            guard !condition.isOptional, condition.test != .isNil, loaded.contains(condition.attribute) else {
                return true
            }
            return condition.test == .load && kept.insert(condition.attribute).inserted
        }
    }
}

extension BinaryOperator {
    /// `=` and `!=`, the comparisons that take truth values.
    fileprivate var comparesTruth: Bool {
        switch self {
        case .equal, .notEqual: true
        default: false
        }
    }
}

extension FieldExpression {
    /// Whether this is an operation whose result is a truth value.
    fileprivate var makesTruth: Bool {
        switch kind {
        case .literal, .attribute: return false
        case .unary(let op, _): return op == .not
        case .binary(let op, _, _): return !op.isArithmetic
        case .logical, .nilTest: return true
        }
    }
}
