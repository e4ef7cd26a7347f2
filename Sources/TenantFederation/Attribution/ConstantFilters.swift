import TraceQL

extension FieldExpression {
    private var truth: Bool? {
        if case .boolean(let flag)? = literal { flag } else { nil }
    }

    private static func constant(_ flag: Bool, _ range: SourceRange) -> FieldExpression {
        FieldExpression(.literal(.boolean(flag)), range: range)
    }

    /// The same expression, with what depends on no span worked out. Operands are folded already.
    var folded: FieldExpression {
        switch kind {
        case .unary(.not, let operand):
            return operand.truth.map { Self.constant(!$0, range) } ?? self
        case .nilTest(let test, let operand):
            return operand.literal == nil ? self : Self.constant(test == .exists, range)
        case .binary(let op, let lhs, let rhs):
            guard let left = lhs.literal, let right = rhs.literal, let flag = Self.compare(op, left, right) else {
                return self
            }
            return Self.constant(flag, range)
        case .logical(let chain):
            var result = chain.first
            for step in chain.rest {
                switch (result.truth, step.operand.truth) {
                case (let left?, _): result = left == step.isAnd ? step.operand : Self.constant(left, result.range)
                case (nil, let right?):
                    if right != step.isAnd { result = Self.constant(right, range) }
                case (nil, nil):
                    result = FieldExpression(
                        .logical(LogicalChain(result, isAnd: step.isAnd, step.operand)), range: range)
                }
            }
            return result
        default: return self
        }
    }

    /// Comparisons of texts; a text and another type never meet a comparison.
    private static func compare(_ op: BinaryOperator, _ lhs: Static, _ rhs: Static) -> Bool? {
        guard case .string(let left) = lhs, case .string(let right) = rhs else {
            if case .string = lhs, op.isComparison { return false }
            if case .string = rhs, op.isComparison { return false }
            return nil
        }
        switch op {
        case .equal: return left == right
        case .notEqual: return left != right
        case .less: return left.lexicographicallyPrecedes(right)
        case .lessOrEqual: return !right.lexicographicallyPrecedes(left)
        case .greater: return right.lexicographicallyPrecedes(left)
        case .greaterOrEqual: return !left.lexicographicallyPrecedes(right)
        case .regex, .notRegex:
            guard let expression = try? RegularExpression(utf8: right) else { return nil }
            return expression.matches(left) == (op == .regex)
        default: return nil
        }
    }
}

extension Query {
    /// False when no span can ever match, whatever the spans are.
    var canMatch: Bool {
        switch root {
        case .spansets(let pipeline): pipeline.canMatch
        case .metrics(let metrics):
            metrics.subqueries.contains { subquery in
                if case .function(let pipeline, _) = subquery.kind { pipeline.canMatch } else { true }
            }
        }
    }
}

extension Pipeline {
    fileprivate var canMatch: Bool {
        elements.allSatisfy { element in
            if case .spanset(let spanset) = element.kind { spanset.canMatch } else { true }
        }
    }
}

extension SpansetExpression {
    fileprivate var canMatch: Bool {
        switch kind {
        case .filter(let filter): filter.expression.literal != .boolean(false)
        case .wrapped(let pipeline): pipeline.canMatch
        case .operation(let op, let lhs, let rhs):
            // What a negated relation misses on its left lets everything on its right pass.
            op == .or ? lhs.canMatch || rhs.canMatch : op.isNegated ? rhs.canMatch : lhs.canMatch && rhs.canMatch
        }
    }
}
