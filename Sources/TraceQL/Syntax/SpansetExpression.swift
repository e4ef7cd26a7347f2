/// `{ expression }`: keeps the spans for which the expression is true.
public struct SpansetFilter: Sendable, Hashable {
    /// The expression; the literal `true` for an empty filter.
    public var expression: FieldExpression
    /// Where the filter stands, braces included.
    public var range: SourceRange

    /// A filter.
    public init(_ expression: FieldExpression, range: SourceRange = .none) {
        self.expression = expression
        self.range = range
    }

    /// Equal when they mean the same; ranges do not count.
    public static func == (lhs: SpansetFilter, rhs: SpansetFilter) -> Bool { lhs.expression == rhs.expression }

    /// Consistent with `==`.
    public func hash(into hasher: inout Hasher) { hasher.combine(expression) }
}

/// A filter, or filters related by spanset operators.
public struct SpansetExpression: Sendable, Hashable {
    /// What the expression is.
    public var kind: Kind
    /// Where it stands.
    public var range: SourceRange

    /// The kinds of spanset expressions.
    public indirect enum Kind: Sendable, Hashable {
        /// `{ ... }`
        case filter(SpansetFilter)
        /// `L op R`
        case operation(SpansetOperator, SpansetExpression, SpansetExpression)
        /// A whole pipeline in parentheses, as an operand.
        case wrapped(Pipeline)
    }

    /// A node.
    public init(_ kind: Kind, range: SourceRange = .none) {
        self.kind = kind
        self.range = range
    }

    /// Equal when they mean the same; ranges do not count, nor does whether one spanset in parentheses was taken for a
    /// pipeline.
    public static func == (lhs: SpansetExpression, rhs: SpansetExpression) -> Bool { lhs.essence == rhs.essence }

    /// Consistent with `==`.
    public func hash(into hasher: inout Hasher) { hasher.combine(essence) }

    /// Grammar makes `(X)` a pipeline when a neighbour is one, and the text of the tree may stand where it is none.
    private var essence: Kind {
        guard case .wrapped(let pipeline) = kind, pipeline.elements.count == 1,
            case .spanset(let only) = pipeline.elements[0].kind
        else { return kind }
        return only.essence
    }
}

/// Elements joined by `|`, evaluated from the left.
public struct Pipeline: Sendable, Hashable {
    /// The elements; never empty in a parsed query.
    public var elements: [PipelineElement]
    /// Where the pipeline stands.
    public var range: SourceRange

    /// A pipeline.
    public init(_ elements: [PipelineElement], range: SourceRange = .none) {
        self.elements = elements
        self.range = range
    }

    /// Equal when they mean the same; ranges do not count.
    public static func == (lhs: Pipeline, rhs: Pipeline) -> Bool { lhs.elements == rhs.elements }

    /// Consistent with `==`.
    public func hash(into hasher: inout Hasher) { hasher.combine(elements) }
}

/// One element of a pipeline.
public struct PipelineElement: Sendable, Hashable {
    /// What the element is.
    public var kind: Kind
    /// Where it stands.
    public var range: SourceRange

    /// The kinds of elements.
    public enum Kind: Sendable, Hashable {
        /// A filter or related filters.
        case spanset(SpansetExpression)
        /// `count() > 1` and the like: keeps or drops whole spansets.
        case scalarFilter(ScalarFilter)
        /// `by(expression)`: splits spansets by value.
        case group(FieldExpression)
        /// `coalesce()`: joins all spansets into one.
        case coalesce
        /// `select(...)`: adds attributes to the answer.
        case select([Attribute])
        /// An aggregate that ends a pipeline in parentheses, `({} | count()) > 1`; such queries parse and are refused.
        case aggregate(Aggregate)
    }

    /// A node.
    public init(_ kind: Kind, range: SourceRange = .none) {
        self.kind = kind
        self.range = range
    }

    /// Equal when they mean the same; ranges do not count.
    public static func == (lhs: PipelineElement, rhs: PipelineElement) -> Bool { lhs.kind == rhs.kind }

    /// Consistent with `==`.
    public func hash(into hasher: inout Hasher) { hasher.combine(kind) }
}
