/// What a metrics query computes: a pipeline with a metrics function, or arithmetic between such.
public struct MetricsExpression: Sendable, Hashable {
    /// What the expression is.
    public var kind: Kind
    /// `topk`, `bottomk` and comparisons applied to the result, in order. On arithmetic only at the top of a query.
    public var secondStages: [MetricsSecondStage]
    /// Where it stands.
    public var range: SourceRange

    /// The kinds of metrics expressions.
    public indirect enum Kind: Sendable, Hashable {
        /// `pipeline | function`
        case function(Pipeline, MetricsFunction)
        /// `L op R`; the operator is one of `+ - * /`.
        case operation(BinaryOperator, MetricsExpression, MetricsExpression)
        /// `L op number`
        case scalarOnRight(BinaryOperator, MetricsExpression, Double)
        /// `number op R`
        case scalarOnLeft(BinaryOperator, Double, MetricsExpression)
    }

    /// A node.
    public init(_ kind: Kind, secondStages: [MetricsSecondStage] = [], range: SourceRange = .none) {
        self.kind = kind
        self.secondStages = secondStages
        self.range = range
    }

    /// Equal when they mean the same; ranges do not count, numbers compare by bits.
    public static func == (lhs: MetricsExpression, rhs: MetricsExpression) -> Bool {
        guard lhs.secondStages == rhs.secondStages else { return false }
        switch (lhs.kind, rhs.kind) {
        case (.function(let p, let f), .function(let q, let g)): return p == q && f == g
        case (.operation(let o, let a, let b), .operation(let p, let c, let d)): return o == p && a == c && b == d
        case (.scalarOnRight(let o, let a, let x), .scalarOnRight(let p, let b, let y)):
            return o == p && a == b && Static.sameText(x, y)
        case (.scalarOnLeft(let o, let x, let a), .scalarOnLeft(let p, let y, let b)):
            return o == p && a == b && Static.sameText(x, y)
        default: return false
        }
    }

    /// Consistent with `==`.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(secondStages.count)
        switch kind {
        case .function(let pipeline, let function):
            hasher.combine(pipeline)
            hasher.combine(function)
        case .operation(let op, let lhs, let rhs):
            hasher.combine(op)
            hasher.combine(lhs)
            hasher.combine(rhs)
        case .scalarOnRight(let op, let operand, _), .scalarOnLeft(let op, _, let operand):
            hasher.combine(op)
            hasher.combine(operand)
        }
    }

    /// The sub-queries: every pipeline with its function, from the left.
    public var subqueries: [MetricsExpression] {
        switch kind {
        case .function: [self]
        case .operation(_, let lhs, let rhs): lhs.subqueries + rhs.subqueries
        case .scalarOnRight(_, let operand, _), .scalarOnLeft(_, _, let operand): operand.subqueries
        }
    }
}

/// The function that ends the pipeline of a metrics query.
public struct MetricsFunction: Sendable, Hashable {
    /// The function with its arguments.
    public var kind: Kind
    /// The `by (...)` list; empty when there is none.
    public var group: [Attribute]
    /// Where it stands.
    public var range: SourceRange

    /// The metrics functions.
    public enum Kind: Sendable, Hashable {
        case rate
        case countOverTime
        case minOverTime(Attribute)
        case maxOverTime(Attribute)
        case sumOverTime(Attribute)
        case avgOverTime(Attribute)
        case histogramOverTime(Attribute)
        /// The quantiles as written, each in 0...1 once validated.
        case quantileOverTime(Attribute, [Double])
        /// `compare({...}, topN, start, end)`; `topN` is 10 and the times are 0 when not written.
        case compare(SpansetFilter, topN: Int64, startUnixNano: Int64, endUnixNano: Int64)
    }

    /// A metrics function.
    public init(_ kind: Kind, group: [Attribute] = [], range: SourceRange = .none) {
        self.kind = kind
        self.group = group
        self.range = range
    }

    /// Equal when they mean the same; ranges do not count.
    public static func == (lhs: MetricsFunction, rhs: MetricsFunction) -> Bool {
        lhs.kind == rhs.kind && lhs.group == rhs.group
    }

    /// Consistent with `==`.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(group)
    }
}

/// What is done to the series of a metrics query after they were computed.
public struct MetricsSecondStage: Sendable, Hashable {
    /// What the stage is.
    public var kind: Kind
    /// Where it stands.
    public var range: SourceRange

    /// The second stages.
    public enum Kind: Sendable, Hashable {
        /// The largest series at every step.
        case topK(Int64)
        /// The smallest series at every step.
        case bottomK(Int64)
        /// Keeps the points that compare; a duration was turned into seconds.
        case filter(BinaryOperator, Double)
    }

    /// A second stage.
    public init(_ kind: Kind, range: SourceRange = .none) {
        self.kind = kind
        self.range = range
    }

    /// Equal when they mean the same; ranges do not count, numbers compare by bits.
    public static func == (lhs: MetricsSecondStage, rhs: MetricsSecondStage) -> Bool {
        switch (lhs.kind, rhs.kind) {
        case (.topK(let a), .topK(let b)), (.bottomK(let a), .bottomK(let b)): a == b
        case (.filter(let o, let x), .filter(let p, let y)): o == p && Static.sameText(x, y)
        default: false
        }
    }

    /// Consistent with `==`.
    public func hash(into hasher: inout Hasher) {
        switch kind {
        case .topK(let limit): hasher.combine(limit)
        case .bottomK(let limit): hasher.combine(~limit)
        case .filter(let op, _): hasher.combine(op)
        }
    }
}
