extension Query {
    /// The query as Tempo rewrites it before it runs: alternatives on one attribute become a list
    /// (`.a = 1 || .a = 2` is `.a IN [1, 2]`, `.a != 1 && .a != 2` is `.a NOT IN [1, 2]`, likewise `=~` and `!~`).
    ///
    /// The result is for analysis and evaluation: its text cannot be parsed. The hint `skip_ast_transformations` is not
    /// looked at, because Tempo honours it only for tenants that may give unsafe hints.
    /// - Returns: the rewritten query, and how many pairs were joined.
    public func orToIn() -> (query: Query, count: Int) {
        var rewriter = OrToIn()
        return (rewriter.rewrite(self), rewriter.count)
    }
}

extension Pipeline {
    /// The same for one pipeline.
    func orToIn() -> Pipeline {
        var rewriter = OrToIn()
        return rewriter.rewrite(self)
    }
}

/// Joins comparisons of one attribute into lists.
private struct OrToIn: QueryRewriter {
    var count = 0

    // What stands in these is left alone, as Tempo does.
    mutating func rewrite(_ function: MetricsFunction) -> MetricsFunction { function }

    mutating func rewrite(_ expression: FieldExpression) -> FieldExpression {
        switch expression.kind {
        case .unary, .nilTest, .literal, .attribute: return expression
        case .binary: return rewriteChildren(expression)
        case .logical(let chain):
            var left = Side(rewrite(chain.first))
            for step in chain.rest {
                let right = Side(rewrite(step.operand))
                if left.join(right, isAnd: step.isAnd) { count += 1 } else { left.append(right, isAnd: step.isAnd) }
            }
            return left.expression
        }
    }

    /// An operand, kept open while more values may join its list.
    private struct Side {
        private enum State {
            case list(Listing)
            case chain(LogicalChain)
            case other(FieldExpression)
        }

        private var state: State
        private var range: SourceRange

        init(_ expression: FieldExpression) {
            range = expression.range
            if let listing = Listing(expression) {
                state = .list(listing)
            } else if case .logical(let chain) = expression.kind {
                state = .chain(chain)
            } else {
                state = .other(expression)
            }
        }

        var expression: FieldExpression {
            switch state {
            case .list(let listing): listing.expression(range)
            case .chain(let chain): FieldExpression(.logical(chain), range: range)
            case .other(let expression): expression
            }
        }

        mutating func join(_ other: Side, isAnd: Bool) -> Bool {
            guard case .list(var mine) = state, case .list(let theirs) = other.state else { return false }
            state = .other(FieldExpression(.literal(.null)))  // so that the values are appended in place
            let joined = mine.join(theirs, isAnd: isAnd)
            state = .list(mine)
            if joined { range = range.union(other.range) }
            return joined
        }

        mutating func append(_ other: Side, isAnd: Bool) {
            if case .chain(var chain) = state {
                state = .other(FieldExpression(.literal(.null)))
                chain.append(isAnd: isAnd, other.expression)
                state = .chain(chain)
            } else {
                state = .chain(LogicalChain(expression, isAnd: isAnd, other.expression))
            }
            range = range.union(other.range)
        }
    }

    /// `attribute op literal`, on either side, or a list made of such.
    private struct Listing {
        let original: FieldExpression
        let attribute: Attribute
        let op: BinaryOperator
        var values: Static
        var isList: Bool

        init?(_ expression: FieldExpression) {
            guard case .binary(let op, let lhs, let rhs) = expression.kind else { return nil }
            let attribute = lhs.attribute ?? rhs.attribute
            guard let attribute, let literal = rhs.literal ?? lhs.literal else { return nil }
            original = expression
            self.attribute = attribute
            switch op {
            case .equal, .in: self.op = .in
            case .notEqual, .notIn: self.op = .notIn
            case .regex, .matchAny: self.op = .matchAny
            case .notRegex, .matchNone: self.op = .matchNone
            default: return nil
            }
            isList = op.isRewritten
            switch literal {
            case .int(let value): values = .intArray([value])
            case .float(let value): values = .floatArray([value])
            case .string(let value): values = .stringArray([value])
            case .boolean(let value): values = .booleanArray([value])
            case .intArray, .floatArray, .stringArray, .booleanArray: values = literal
            case .null, .duration, .status, .kind: return nil
            }
            if self.op == .matchAny || self.op == .matchNone { guard values.type == .stringArray else { return nil } }
        }

        func expression(_ range: SourceRange) -> FieldExpression {
            guard isList else { return original }
            let left = FieldExpression(.attribute(attribute), range: range)
            return FieldExpression(.binary(op, left, FieldExpression(.literal(values), range: range)), range: range)
        }

        /// Takes over the values of the other list if both ask about the same attribute in the same way.
        mutating func join(_ other: Listing, isAnd: Bool) -> Bool {
            guard op == other.op, isAnd == (op == .notIn || op == .matchNone), attribute == other.attribute else {
                return false
            }
            let mine = values
            values = .null
            switch (mine, other.values) {
            case (.intArray(var list), .intArray(let more)):
                list += more
                values = .intArray(list)
            case (.floatArray(var list), .floatArray(let more)):
                list += more
                values = .floatArray(list)
            case (.stringArray(var list), .stringArray(let more)):
                list += more
                values = .stringArray(list)
            case (.booleanArray(var list), .booleanArray(let more)):
                list += more
                values = .booleanArray(list)
            default:
                values = mine
                return false
            }
            isList = true
            return true
        }
    }
}
