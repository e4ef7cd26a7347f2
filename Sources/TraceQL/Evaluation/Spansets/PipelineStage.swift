/// One element of a compiled pipeline.
indirect enum PipelineStage: Sendable {
    case spanset(SpansetNode)
    case scalarFilter(AggregateFilter)
    /// The node of the expression and the attribute it adds.
    case group(Int32, key: String)
    case coalesce
    /// `select()` matters to answers only.
    case pass
}

/// A compiled spanset expression.
indirect enum SpansetNode: Sendable {
    case filter(Int32)
    case operation(SpansetOperator, SpansetNode, SpansetNode)
    case wrapped([PipelineStage])
}

/// `count() > 1` and the like.
struct AggregateFilter: Sendable {
    var function: Aggregate.Function
    /// The node of the argument; nil for `count()`.
    var argument: Int32?
    var comparison: BinaryOperator
    var bound: LoadedValue
    /// The attribute that it adds.
    var key: String
}

/// Spans on their way through a pipeline.
struct WorkingSpanset {
    var spans: ContiguousArray<Int32>
    var attributes: [SpansetAttribute] = []

    mutating func set(_ attribute: SpansetAttribute) {
        if let index = attributes.firstIndex(where: { $0.key == attribute.key }) {
            attributes[index] = attribute
        } else {
            attributes.append(attribute)
        }
    }
}

/// Compiles pipelines, with the expressions in them.
struct PipelineCompiler {
    private(set) var expressions: ExpressionCompiler
    /// Whether spans are related by the tree.
    private(set) var relatesSpans = false

    init(_ planner: FetchPlanner, isFull: Bool) { expressions = ExpressionCompiler(planner, isFull: isFull) }

    mutating func stages(_ pipeline: Pipeline) throws(SearchEvaluator.Failure) -> [PipelineStage] {
        var stages: [PipelineStage] = []
        for element in pipeline.elements {
            switch element.kind {
            case .spanset(let spanset): stages.append(.spanset(try node(spanset)))
            case .scalarFilter(let filter): stages.append(.scalarFilter(try aggregateFilter(filter)))
            case .group(let expression):
                stages.append(
                    .group(try expressions.compile(expression), key: "by(\(expression.text(.tempo)))"))
            case .coalesce: stages.append(.coalesce)
            case .select: stages.append(.pass)
            case .aggregate:
                throw SearchEvaluator.Failure(description: "scalar filter lhs of type (%v) not yet supported")
            }
        }
        return stages
    }

    private mutating func node(_ spanset: SpansetExpression) throws(SearchEvaluator.Failure) -> SpansetNode {
        switch spanset.kind {
        case .filter(let filter): return .filter(try expressions.compile(filter.expression))
        case .operation(let op, let lhs, let rhs):
            if op.relation != nil { relatesSpans = true }
            let left = try node(lhs)
            return .operation(op, left, try node(rhs))
        case .wrapped(let pipeline): return .wrapped(try stages(pipeline))
        }
    }

    private mutating func aggregateFilter(
        _ filter: ScalarFilter
    ) throws(SearchEvaluator.Failure) -> AggregateFilter {
        guard case .aggregate(let aggregate) = filter.lhs.kind else {
            throw SearchEvaluator.Failure(description: "scalar filter lhs of type (%v) not yet supported")
        }
        guard case .constant(let constant) = filter.rhs.kind else {
            throw SearchEvaluator.Failure(description: "scalar filter rhs of type (%v) not yet supported")
        }
        let bound: LoadedValue
        switch constant {
        case .int(let value): bound = .int(value)
        case .float(let value): bound = .float(value)
        case .duration(let value): bound = .duration(value)
        default: bound = .null
        }
        var argument: Int32?
        var key = "\(aggregate.function.rawValue)("
        if let expression = aggregate.argument {
            argument = try expressions.compile(expression)
            key += expression.text(.tempo)
        }
        return AggregateFilter(
            function: aggregate.function, argument: argument, comparison: filter.comparison, bound: bound,
            key: key + ")")
    }
}
