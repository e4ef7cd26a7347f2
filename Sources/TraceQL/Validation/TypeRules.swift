/// Which types meet in which operations.
enum TypeRules {
    /// Whether values of both types may stand on the two sides of an operator.
    static func areCompatible(_ lhs: StaticType, _ rhs: StaticType) -> Bool {
        let left = lhs.element
        let right = rhs.element
        if left == .any || right == .any || left == right { return true }
        if left == .null || right == .null { return true }
        return left.isNumeric && right.isNumeric
    }

    /// Whether the operator takes a side of that type.
    static func isDefined(_ op: BinaryOperator, for type: StaticType) -> Bool {
        let element = type.element
        switch op {
        case .add, .subtract, .multiply, .divide, .modulo, .power: return element == .any || element.isNumeric
        case .equal, .notEqual, .in, .notIn: return true
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            return element == .any || element == .string || element.isNumeric
        case .regex, .notRegex, .matchAny, .matchNone: return element == .any || element == .string
        case .and, .or: return element == .any || element == .boolean
        }
    }

    /// Whether the prefix operator takes an operand of that type.
    static func isDefined(_ op: UnaryOperator, for type: StaticType) -> Bool {
        switch op {
        case .negate: type == .any || type.isNumeric
        case .not: type == .any || type == .boolean
        }
    }
}

extension StaticType {
    /// Integer, float or duration.
    var isNumeric: Bool { self == .int || self == .float || self == .duration }

    /// The type of the elements of a list; any other type itself.
    var element: StaticType {
        switch self {
        case .intArray: .int
        case .floatArray: .float
        case .stringArray: .string
        case .booleanArray: .boolean
        default: self
        }
    }
}

extension FieldExpression {
    /// The type known before evaluation.
    public var staticType: StaticType {
        switch kind {
        case .literal(let value): return value.type
        case .attribute(let attribute): return attribute.staticType
        case .unary(_, let operand): return operand.staticType
        case .binary(let op, let lhs, let rhs):
            guard op.isArithmetic else { return .boolean }
            let left = lhs.staticType
            return left == .any ? rhs.staticType : left
        case .logical, .nilTest: return .boolean
        }
    }

    /// Whether an attribute or intrinsic occurs in the expression.
    public var refersToSpan: Bool {
        switch kind {
        case .literal: false
        case .attribute: true
        case .unary(_, let operand), .nilTest(_, let operand): operand.refersToSpan
        case .binary(_, let lhs, let rhs): lhs.refersToSpan || rhs.refersToSpan
        case .logical(let chain): chain.first.refersToSpan || chain.rest.contains { $0.operand.refersToSpan }
        }
    }
}

extension ScalarExpression {
    /// The type known before evaluation.
    public var staticType: StaticType {
        switch kind {
        case .constant(let value): return value.type
        case .aggregate(let aggregate): return aggregate.staticType
        case .operation(_, let lhs, let rhs):
            let left = lhs.staticType
            return left == .any ? rhs.staticType : left
        case .wrapped(let pipeline):
            if case .aggregate(let aggregate) = pipeline.elements.last?.kind { return aggregate.staticType }
            return .any
        }
    }
}

extension Aggregate {
    /// The type known before evaluation: that of the argument, an integer for `count()`.
    public var staticType: StaticType { argument?.staticType ?? .int }
}
