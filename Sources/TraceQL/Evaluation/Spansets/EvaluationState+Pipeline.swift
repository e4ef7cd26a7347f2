extension EvaluationState {
    /// Runs the stages over spansets; none left ends it.
    mutating func run(
        _ stages: [PipelineStage], _ input: [WorkingSpanset], _ program: Program, _ table: SpanTable
    ) throws(SearchEvaluator.Failure) -> [WorkingSpanset] {
        var sets = input
        for stage in stages {
            if sets.isEmpty { return [] }
            switch stage {
            case .spanset(let node):
                var kept: [WorkingSpanset] = []
                kept.reserveCapacity(sets.count)
                for set in sets {
                    let spans = try matching(node, set.spans, program, table)
                    if !spans.isEmpty { kept.append(WorkingSpanset(spans: spans, attributes: set.attributes)) }
                }
                sets = kept
            case .scalarFilter(let filter):
                var kept: [WorkingSpanset] = []
                for var set in sets {
                    guard let value = try aggregate(filter, set.spans, program, table), !value.isList,
                        case .boolean(true) = binary(filter.comparison, value, filter.bound, table)
                    else { continue }
                    set.set(SpansetAttribute(key: filter.key, value: self.static(value, table), isGroup: false))
                    kept.append(set)
                }
                sets = kept
            case .group(let node, let key):
                var groups: [WorkingSpanset] = []
                for set in sets { groups += try grouped(set, node, key, program, table) }
                sets = groups
            case .coalesce:
                var spans: ContiguousArray<Int32> = []
                for set in sets { spans.append(contentsOf: set.spans) }
                sets = [WorkingSpanset(spans: spans)]
            case .pass: break
            }
        }
        return sets
    }

    /// The spans of an input set that a spanset expression gives.
    private mutating func matching(
        _ node: SpansetNode, _ input: ContiguousArray<Int32>, _ program: Program, _ table: SpanTable
    ) throws(SearchEvaluator.Failure) -> ContiguousArray<Int32> {
        switch node {
        case .filter(let expression): return try filter(expression, input, program, table)
        case .wrapped:
            var spans: ContiguousArray<Int32> = []
            for set in try sets(node, input, program, table) { spans.append(contentsOf: set.spans) }
            return spans
        case .operation(let op, let lhs, let rhs):
            let isStructural = op.relation != nil
            let left = try operand(lhs, input, isStructural, program, table)
            let right = try operand(rhs, input, isStructural, program, table)
            try spend(left.count + right.count)
            return related(op, left, right, table)
        }
    }

    private mutating func filter(
        _ expression: Int32, _ input: ContiguousArray<Int32>, _ program: Program, _ table: SpanTable
    ) throws(SearchEvaluator.Failure) -> ContiguousArray<Int32> {
        if case .value(.boolean(let keeps)) = program.nodes[Int(expression)] { return keeps ? input : [] }
        var spans: ContiguousArray<Int32> = []
        for span in input {
            try spend()
            if keeps(expression, Int(span), program, table) { spans.append(span) }
        }
        return spans
    }

    private mutating func operand(
        _ node: SpansetNode, _ input: ContiguousArray<Int32>, _ isStructural: Bool, _ program: Program,
        _ table: SpanTable
    ) throws(SearchEvaluator.Failure) -> ContiguousArray<Int32> {
        guard isStructural, case .wrapped = node else { return try matching(node, input, program, table) }
        let found = try sets(node, input, program, table)
        guard found.count <= 1 else {
            throw SearchEvaluator.Failure(
                description:
                    "spanset operators are not supported for multiple spansets per trace. consider using coalesce()")
        }
        return found.first?.spans ?? []
    }

    private mutating func sets(
        _ node: SpansetNode, _ input: ContiguousArray<Int32>, _ program: Program, _ table: SpanTable
    ) throws(SearchEvaluator.Failure) -> [WorkingSpanset] {
        guard case .wrapped(let stages) = node else {
            return [WorkingSpanset(spans: try matching(node, input, program, table))]
        }
        return try run(stages, [WorkingSpanset(spans: input)], program, table)
    }
}
