/// Walks a query and puts other nodes in the place of some.
///
/// Override the methods for the nodes of interest; the others walk on. Nodes are visited from the outside in: an override
/// that wants its children visited calls the `rewriteChildren` method of its kind. Ranges are kept as they are.
///
/// ```swift
/// struct Renaming: QueryRewriter {
///     mutating func rewrite(_ attribute: Attribute) -> Attribute {
///         attribute == Attribute(.span, "http.url") ? Attribute(.span, "url.full") : attribute
///     }
/// }
/// var renaming = Renaming()
/// let renamed = renaming.rewrite(query)
/// ```
public protocol QueryRewriter {
    /// A pipeline, at the top or in parentheses.
    mutating func rewrite(_ pipeline: Pipeline) -> Pipeline
    /// An element of a pipeline.
    mutating func rewrite(_ element: PipelineElement) -> PipelineElement
    /// A spanset expression.
    mutating func rewrite(_ spanset: SpansetExpression) -> SpansetExpression
    /// A scalar expression.
    mutating func rewrite(_ scalar: ScalarExpression) -> ScalarExpression
    /// A field expression.
    mutating func rewrite(_ expression: FieldExpression) -> FieldExpression
    /// A metrics expression.
    mutating func rewrite(_ metrics: MetricsExpression) -> MetricsExpression
    /// A metrics function.
    mutating func rewrite(_ function: MetricsFunction) -> MetricsFunction
    /// An attribute or intrinsic, wherever it stands.
    mutating func rewrite(_ attribute: Attribute) -> Attribute
}

extension QueryRewriter {
    /// The query with its nodes replaced. Hints and the source text stay.
    public mutating func rewrite(_ query: Query) -> Query {
        var query = query
        switch query.root {
        case .spansets(let pipeline): query.root = .spansets(rewrite(pipeline))
        case .metrics(let metrics): query.root = .metrics(rewrite(metrics))
        }
        return query
    }

    /// Visits the children.
    public mutating func rewrite(_ pipeline: Pipeline) -> Pipeline { rewriteChildren(pipeline) }
    /// Visits the children.
    public mutating func rewrite(_ element: PipelineElement) -> PipelineElement { rewriteChildren(element) }
    /// Visits the children.
    public mutating func rewrite(_ spanset: SpansetExpression) -> SpansetExpression { rewriteChildren(spanset) }
    /// Visits the children.
    public mutating func rewrite(_ scalar: ScalarExpression) -> ScalarExpression { rewriteChildren(scalar) }
    /// Visits the children.
    public mutating func rewrite(_ expression: FieldExpression) -> FieldExpression { rewriteChildren(expression) }
    /// Visits the children.
    public mutating func rewrite(_ metrics: MetricsExpression) -> MetricsExpression { rewriteChildren(metrics) }
    /// Visits the children.
    public mutating func rewrite(_ function: MetricsFunction) -> MetricsFunction { rewriteChildren(function) }
    /// Keeps the attribute.
    public mutating func rewrite(_ attribute: Attribute) -> Attribute { attribute }

    /// The pipeline with its elements rewritten.
    public mutating func rewriteChildren(_ pipeline: Pipeline) -> Pipeline {
        var elements: [PipelineElement] = []
        elements.reserveCapacity(pipeline.elements.count)
        for element in pipeline.elements { elements.append(rewrite(element)) }
        return Pipeline(elements, range: pipeline.range)
    }

    /// The element with what is in it rewritten.
    public mutating func rewriteChildren(_ element: PipelineElement) -> PipelineElement {
        let kind: PipelineElement.Kind
        switch element.kind {
        case .spanset(let spanset): kind = .spanset(rewrite(spanset))
        case .scalarFilter(let filter):
            kind = .scalarFilter(ScalarFilter(filter.comparison, rewrite(filter.lhs), rewrite(filter.rhs)))
        case .group(let expression): kind = .group(rewrite(expression))
        case .coalesce: kind = .coalesce
        case .select(let attributes): kind = .select(rewriteAll(attributes))
        case .aggregate(let aggregate): kind = .aggregate(rewriteArgument(aggregate))
        }
        return PipelineElement(kind, range: element.range)
    }

    /// The expression with its operands rewritten.
    public mutating func rewriteChildren(_ spanset: SpansetExpression) -> SpansetExpression {
        let kind: SpansetExpression.Kind
        switch spanset.kind {
        case .filter(let filter): kind = .filter(SpansetFilter(rewrite(filter.expression), range: filter.range))
        case .operation(let op, let lhs, let rhs):
            let left = rewrite(lhs)
            kind = .operation(op, left, rewrite(rhs))
        case .wrapped(let pipeline): kind = .wrapped(rewrite(pipeline))
        }
        return SpansetExpression(kind, range: spanset.range)
    }

    /// The expression with its operands rewritten.
    public mutating func rewriteChildren(_ scalar: ScalarExpression) -> ScalarExpression {
        let kind: ScalarExpression.Kind
        switch scalar.kind {
        case .aggregate(let aggregate): kind = .aggregate(rewriteArgument(aggregate))
        case .constant: kind = scalar.kind
        case .operation(let op, let lhs, let rhs):
            let left = rewrite(lhs)
            kind = .operation(op, left, rewrite(rhs))
        case .wrapped(let pipeline): kind = .wrapped(rewrite(pipeline))
        }
        return ScalarExpression(kind, range: scalar.range)
    }

    /// The expression with its operands rewritten.
    public mutating func rewriteChildren(_ expression: FieldExpression) -> FieldExpression {
        let kind: FieldExpression.Kind
        switch expression.kind {
        case .literal: kind = expression.kind
        case .attribute(let attribute): kind = .attribute(rewrite(attribute))
        case .unary(let op, let operand): kind = .unary(op, rewrite(operand))
        case .binary(let op, let lhs, let rhs):
            let left = rewrite(lhs)
            kind = .binary(op, left, rewrite(rhs))
        case .logical(let chain):
            var result: LogicalChain?
            let first = rewrite(chain.first)
            for step in chain.rest {
                let operand = rewrite(step.operand)
                if result == nil {
                    result = LogicalChain(first, isAnd: step.isAnd, operand)
                } else {
                    result?.append(isAnd: step.isAnd, operand)
                }
            }
            kind = result.map { .logical($0) } ?? first.kind
        case .nilTest(let test, let operand): kind = .nilTest(test, rewrite(operand))
        }
        return FieldExpression(kind, range: expression.range)
    }

    /// The expression with its operands rewritten.
    public mutating func rewriteChildren(_ metrics: MetricsExpression) -> MetricsExpression {
        let kind: MetricsExpression.Kind
        switch metrics.kind {
        case .function(let pipeline, let function):
            let pipeline = rewrite(pipeline)
            kind = .function(pipeline, rewrite(function))
        case .operation(let op, let lhs, let rhs):
            let left = rewrite(lhs)
            kind = .operation(op, left, rewrite(rhs))
        case .scalarOnRight(let op, let operand, let number): kind = .scalarOnRight(op, rewrite(operand), number)
        case .scalarOnLeft(let op, let number, let operand): kind = .scalarOnLeft(op, number, rewrite(operand))
        }
        return MetricsExpression(kind, secondStages: metrics.secondStages, range: metrics.range)
    }

    /// The function with its arguments and its `by (...)` rewritten.
    public mutating func rewriteChildren(_ function: MetricsFunction) -> MetricsFunction {
        let kind: MetricsFunction.Kind
        switch function.kind {
        case .rate, .countOverTime: kind = function.kind
        case .minOverTime(let attribute): kind = .minOverTime(rewrite(attribute))
        case .maxOverTime(let attribute): kind = .maxOverTime(rewrite(attribute))
        case .sumOverTime(let attribute): kind = .sumOverTime(rewrite(attribute))
        case .avgOverTime(let attribute): kind = .avgOverTime(rewrite(attribute))
        case .histogramOverTime(let attribute): kind = .histogramOverTime(rewrite(attribute))
        case .quantileOverTime(let attribute, let quantiles): kind = .quantileOverTime(rewrite(attribute), quantiles)
        case .compare(let filter, let topN, let start, let end):
            let filter = SpansetFilter(rewrite(filter.expression), range: filter.range)
            kind = .compare(filter, topN: topN, startUnixNano: start, endUnixNano: end)
        }
        return MetricsFunction(kind, group: rewriteAll(function.group), range: function.range)
    }

    private mutating func rewriteAll(_ attributes: [Attribute]) -> [Attribute] {
        var result: [Attribute] = []
        for attribute in attributes { result.append(rewrite(attribute)) }
        return result
    }

    private mutating func rewriteArgument(_ aggregate: Aggregate) -> Aggregate {
        guard let argument = aggregate.argument else { return aggregate }
        return Aggregate(aggregate.function, rewrite(argument))
    }
}
