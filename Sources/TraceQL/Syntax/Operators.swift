/// An operator between two field or scalar expressions.
public enum BinaryOperator: String, Sendable, Hashable, CaseIterable, BitwiseCopyable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case modulo = "%"
    case power = "^"
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case regex = "=~"
    case notRegex = "!~"
    case and = "&&"
    case or = "||"
    /// Made by rewrites; not writable.
    case `in` = "IN"
    /// Made by rewrites; not writable.
    case notIn = "NOT IN"
    /// Made by rewrites; not writable.
    case matchAny = "MATCH ANY"
    /// Made by rewrites; not writable.
    case matchNone = "MATCH NONE"

    /// The operator as canonical text writes it.
    public var text: String { rawValue }

    /// `+ - * / % ^`
    public var isArithmetic: Bool {
        switch self {
        case .add, .subtract, .multiply, .divide, .modulo, .power: true
        default: false
        }
    }

    /// `= != < <= > >=`
    public var isComparison: Bool {
        switch self {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: true
        default: false
        }
    }

    /// The four operators that only rewrites make.
    public var isRewritten: Bool {
        switch self {
        case .in, .notIn, .matchAny, .matchNone: true
        default: false
        }
    }

    /// The operator that says the same with its sides exchanged; nil when there is none.
    public var mirrored: BinaryOperator? {
        switch self {
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        case .equal, .notEqual, .add, .multiply, .and, .or: self
        default: nil
        }
    }
}

/// An operator before a field expression.
public enum UnaryOperator: String, Sendable, Hashable, CaseIterable {
    case negate = "-"
    case not = "!"

    /// The operator as canonical text writes it.
    public var text: String { rawValue }
}

/// An operator between two spansets.
public enum SpansetOperator: String, Sendable, Hashable, CaseIterable {
    case and = "&&"
    case or = "||"
    case child = ">"
    case descendant = ">>"
    case parent = "<"
    case ancestor = "<<"
    case sibling = "~"
    case notChild = "!>"
    case notDescendant = "!>>"
    case notParent = "!<"
    case notAncestor = "!<<"
    case notSibling = "!~"
    case unionChild = "&>"
    case unionDescendant = "&>>"
    case unionParent = "&<"
    case unionAncestor = "&<<"
    case unionSibling = "&~"

    /// The operator as canonical text writes it.
    public var text: String { rawValue }

    /// The relation that a structural operator tests, whichever way it looks; nil for `&&` and `||`.
    public enum Relation: Sendable, Hashable {
        case descendant, child, sibling
    }

    /// The relation tested; nil for `&&` and `||`.
    public var relation: Relation? {
        switch self {
        case .and, .or: nil
        case .child, .parent, .notChild, .notParent, .unionChild, .unionParent: .child
        case .descendant, .ancestor, .notDescendant, .notAncestor, .unionDescendant, .unionAncestor: .descendant
        case .sibling, .notSibling, .unionSibling: .sibling
        }
    }

    /// The `!` forms: they return what does *not* stand in the relation.
    public var isNegated: Bool {
        switch self {
        case .notChild, .notDescendant, .notParent, .notAncestor, .notSibling: true
        default: false
        }
    }
}
