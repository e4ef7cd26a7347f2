/// An expression over one span, as written between `{` and `}` or as an argument.
public struct FieldExpression: Sendable, Hashable {
    /// What the expression is.
    public var kind: Kind
    /// Where it stands.
    public var range: SourceRange

    /// The kinds of field expressions.
    public indirect enum Kind: Sendable, Hashable {
        /// A value that is written down.
        case literal(Static)
        /// An attribute or intrinsic.
        case attribute(Attribute)
        /// `-x` or `!x`.
        case unary(UnaryOperator, FieldExpression)
        /// Any binary operation but `&&` and `||`.
        case binary(BinaryOperator, FieldExpression, FieldExpression)
        /// `a && b || c ...`, associated to the left.
        case logical(LogicalChain)
        /// `x = nil` or `x != nil`, however it was written.
        case nilTest(NilTest, FieldExpression)
    }

    /// The two tests against nil.
    public enum NilTest: Sendable, Hashable {
        /// `x != nil`
        case exists
        /// `x = nil`
        case isNil
    }

    /// A node; the range defaults to none for trees made by a program.
    public init(_ kind: Kind, range: SourceRange = .none) {
        self.kind = kind
        self.range = range
    }

    /// Equal when they mean the same; ranges do not count.
    public static func == (lhs: FieldExpression, rhs: FieldExpression) -> Bool { lhs.kind == rhs.kind }

    /// Consistent with `==`.
    public func hash(into hasher: inout Hasher) { hasher.combine(kind) }

    /// The literal, if this is one.
    public var literal: Static? {
        if case .literal(let value) = kind { value } else { nil }
    }

    /// The attribute, if this is one.
    public var attribute: Attribute? {
        if case .attribute(let attribute) = kind { attribute } else { nil }
    }
}

/// A chain of `&&` and `||`, which have the same precedence and associate to the left: `a && b || c` is `(a && b) || c`.
///
/// The chain is kept flat so that a filter with thousands of alternatives is no deeper than one with two.
/// The first operand is never itself a chain (it would be the front part of this one); later operands may be, in parentheses.
public struct LogicalChain: Sendable, Hashable {
    /// The leftmost operand.
    public private(set) var first: FieldExpression
    /// The operators and their right operands, in order; never empty.
    public private(set) var rest: [Step]

    /// One operator with its right operand.
    public struct Step: Sendable, Hashable {
        /// Whether the operator is `&&` (else `||`).
        public var isAnd: Bool
        /// The right operand.
        public var operand: FieldExpression

        /// One step of a chain.
        public init(isAnd: Bool, operand: FieldExpression) {
            self.isAnd = isAnd
            self.operand = operand
        }

        /// The operator.
        public var binaryOperator: BinaryOperator { isAnd ? .and : .or }
    }

    /// `lhs && rhs` or `lhs || rhs`. A chain on the left is lengthened rather than nested.
    public init(_ lhs: FieldExpression, isAnd: Bool, _ rhs: FieldExpression) {
        if case .logical(let chain) = lhs.kind {
            self = chain
            append(isAnd: isAnd, rhs)
        } else {
            first = lhs
            rest = [Step(isAnd: isAnd, operand: rhs)]
        }
    }

    /// Adds an operator and its right operand at the end.
    public mutating func append(isAnd: Bool, _ rhs: FieldExpression) {
        rest.append(Step(isAnd: isAnd, operand: rhs))
    }

    /// All operands in order.
    public var operands: [FieldExpression] { [first] + rest.map(\.operand) }

    /// Whether all operators are `&&`.
    public var isConjunction: Bool { rest.allSatisfy(\.isAnd) }

    /// The expression that the first `count` operators make.
    func prefix(_ count: Int) -> FieldExpression {
        var result = first
        for step in rest.prefix(count) {
            result = FieldExpression(
                .logical(LogicalChain(result, isAnd: step.isAnd, step.operand)),
                range: result.range.union(step.operand.range))
        }
        return result
    }
}
