/// One node of a compiled expression; operands are numbers of other nodes.
enum ExpressionNode: Sendable, BitwiseCopyable {
    case value(LoadedValue)
    /// The first of some places (`Program.places`) that has an entry.
    case lookup(first: Int32, count: Int32)
    /// The same for one place in the row of the span.
    case spanEntry(Int32)
    /// The operand passes a test (`Program.tests`).
    case test(Int32, Int32)
    case binary(BinaryOperator, Int32, Int32)
    /// A node, then steps (`Program.steps`).
    case chain(Int32, first: Int32, count: Int32)
    case not(Int32)
    case negate(Int32)
    case exists(Int32)
    /// All of some places say that the key is missing.
    case isMissing(first: Int32, count: Int32)
    /// The operand, evaluated for its failure only, is never nil.
    case never(Int32)
}

/// Where a loaded value is.
struct LoadedPlace: Sendable, BitwiseCopyable {
    enum Row: UInt8, Sendable, BitwiseCopyable {
        case span, resource, scope, trace
    }

    var row: Row
    var index: Int32
}

/// `&&` or `||` with its right operand.
struct ExpressionStep: Sendable, BitwiseCopyable {
    var isAnd: Bool
    var operand: Int32
    /// Whether the operand is a truth value for every span.
    var isTruth: Bool
}
