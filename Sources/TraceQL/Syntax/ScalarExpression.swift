/// A number computed from a whole spanset.
public struct Aggregate: Sendable, Hashable {
    /// The function.
    public var function: Function
    /// What is aggregated; nil for `count()` only.
    public var argument: FieldExpression?

    /// The aggregate functions.
    public enum Function: String, Sendable, Hashable, CaseIterable {
        case count, avg, max, min, sum
    }

    /// An aggregate.
    public init(_ function: Function, _ argument: FieldExpression? = nil) {
        self.function = function
        self.argument = argument
    }
}

/// Aggregates, constants and arithmetic between them.
public struct ScalarExpression: Sendable, Hashable {
    /// What the expression is.
    public var kind: Kind
    /// Where it stands.
    public var range: SourceRange

    /// The kinds of scalar expressions.
    public indirect enum Kind: Sendable, Hashable {
        /// An aggregate of the current spanset.
        case aggregate(Aggregate)
        /// An integer, float or duration.
        case constant(Static)
        /// Arithmetic; parses, and is refused by validation.
        case operation(BinaryOperator, ScalarExpression, ScalarExpression)
        /// A pipeline in parentheses that ends in an aggregate; parses, and is refused by validation.
        case wrapped(Pipeline)
    }

    /// A node.
    public init(_ kind: Kind, range: SourceRange = .none) {
        self.kind = kind
        self.range = range
    }

    /// Equal when they mean the same; ranges do not count.
    public static func == (lhs: ScalarExpression, rhs: ScalarExpression) -> Bool { lhs.kind == rhs.kind }

    /// Consistent with `==`.
    public func hash(into hasher: inout Hasher) { hasher.combine(kind) }
}

/// A comparison that keeps or drops whole spansets.
public struct ScalarFilter: Sendable, Hashable {
    /// One of `= != < <= > >=`.
    public var comparison: BinaryOperator
    /// The left side; validation wants a plain aggregate.
    public var lhs: ScalarExpression
    /// The right side; validation wants a constant.
    public var rhs: ScalarExpression

    /// A scalar filter.
    public init(_ comparison: BinaryOperator, _ lhs: ScalarExpression, _ rhs: ScalarExpression) {
        self.comparison = comparison
        self.lhs = lhs
        self.rhs = rhs
    }
}
