/// What an operand in a chain of operators is. The order in which kinds appear decides what may follow:
/// see traceQL's rule that `(` may open a spanset expression, a whole pipeline, a number or a metrics expression.
struct OperandKinds: OptionSet {
    let rawValue: UInt8

    /// Filters, related by spanset operators.
    static let spanset = OperandKinds(rawValue: 1)
    /// Pipelines in parentheses, related by spanset operators.
    static let wrapped = OperandKinds(rawValue: 2)
    /// Pipelines in parentheses that end in an aggregate, and arithmetic on them.
    static let wrappedScalar = OperandKinds(rawValue: 4)
    /// Metrics pipelines in parentheses, and arithmetic on them.
    static let metrics = OperandKinds(rawValue: 8)
    /// Numbers; folded while they are read.
    static let constant = OperandKinds(rawValue: 16)
    /// Arithmetic with an aggregate in it.
    static let scalar = OperandKinds(rawValue: 32)

    static let anything: OperandKinds = [.spanset, .wrapped, .wrappedScalar, .metrics, .constant, .scalar]
}

/// An operand that was read.
struct Operand {
    // Indirect, because operands live in the frames of a parser that recurses.
    indirect enum Value {
        case spanset(SpansetExpression)
        case wrapped(SpansetExpression)
        case wrappedScalar(ScalarExpression)
        case metrics(MetricsExpression)
        case constant(Static)
        case scalar(ScalarExpression)
    }

    var value: Value
    var range: SourceRange
    /// The height of the tree below.
    var height: Int

    var kind: OperandKinds {
        switch value {
        case .spanset: .spanset
        case .wrapped: .wrapped
        case .wrappedScalar: .wrappedScalar
        case .metrics: .metrics
        case .constant: .constant
        case .scalar: .scalar
        }
    }

    /// The operand as a side of a scalar filter or of scalar arithmetic.
    var scalar: ScalarExpression? {
        switch value {
        case .scalar(let expression), .wrappedScalar(let expression): expression
        case .constant(let value): ScalarExpression(.constant(value), range: range)
        case .spanset, .wrapped, .metrics: nil
        }
    }
}

extension Parser {
    /// A chain of operators, loosest level `minPrecedence`, whose operands are of the kinds allowed.
    mutating func parseChain(_ allowed: OperandKinds, minPrecedence: Int) throws(ParseError) -> Operand {
        let first = try parseOperand(allowed)
        return try continueChain(first, allowed, minPrecedence: minPrecedence)
    }

    private mutating func continueChain(
        _ first: Operand, _ allowed: OperandKinds, minPrecedence: Int
    ) throws(ParseError) -> Operand {
        var lhs = first
        while true {
            switch lhs.value {
            case .spanset, .wrapped:
                guard let (op, precedence) = spansetOperator(current.kind), precedence >= minPrecedence else {
                    return lhs
                }
                try advance()
                let rhs = try parseChain(lhs.kind, minPrecedence: precedence + 1)
                lhs = try relate(op, lhs, rhs)
            case .wrappedScalar, .scalar, .constant, .metrics:
                guard let (op, precedence) = arithmeticOperator(current.kind), precedence >= minPrecedence else {
                    return lhs
                }
                guard let next = operandsAfter(op, lhs.kind, allowed) else { return lhs }
                try advance()
                var rhs: Operand
                if op == .power {
                    // To the right; counted as nesting because it recurses.
                    try descend()
                    rhs = try parseChain(next, minPrecedence: precedence)
                    ascend()
                } else {
                    rhs = try parseChain(next, minPrecedence: precedence + 1)
                }
                if lhs.kind == .constant && (op == .modulo || op == .power) {
                    // Constants know no `%` and `^`: an aggregate has to come, whatever the operators before it.
                    while rhs.kind == .constant {
                        guard arithmeticOperator(current.kind) != nil else { throw unexpected(nil) }
                        rhs = try continueChainOnce(rhs, next)
                    }
                }
                lhs = try calculate(op, lhs, rhs, allowed)
            }
        }
    }

    /// Takes one more operator and operand to the right of a constant.
    @inline(never)
    private mutating func continueChainOnce(_ lhs: Operand, _ allowed: OperandKinds) throws(ParseError) -> Operand {
        guard let (op, precedence) = arithmeticOperator(current.kind),
            let next = operandsAfter(op, lhs.kind, allowed)
        else { throw unexpected(nil) }
        try advance()
        try descend()
        var rhs = try parseChain(next, minPrecedence: precedence + 1)
        if op == .modulo || op == .power {
            while rhs.kind == .constant { rhs = try continueChainOnce(rhs, next) }
        }
        ascend()
        return try calculate(op, lhs, rhs, allowed)
    }

    /// The operands that may follow an arithmetic operator; nil when the operator is none for that left side.
    @inline(never)
    private func operandsAfter(_ op: BinaryOperator, _ lhs: OperandKinds, _ allowed: OperandKinds) -> OperandKinds? {
        let isMath = op != .modulo && op != .power
        switch lhs {
        case .wrappedScalar: return .wrappedScalar
        case .scalar: return [.scalar, .constant]
        case .metrics: return isMath ? [.metrics, .constant] : nil
        default:
            if isMath { return allowed.intersection([.constant, .scalar, .metrics]) }
            return allowed.contains(.scalar) ? [.constant, .scalar] : nil
        }
    }

    @inline(never)
    private mutating func parseOperand(_ allowed: OperandKinds) throws(ParseError) -> Operand {
        let start = current.start
        switch current.kind {
        case .openBrace where allowed.contains(.spanset):
            let filter = try parseFilter()
            return Operand(
                value: .spanset(SpansetExpression(.filter(filter), range: filter.range)), range: filter.range, height: 1
            )
        case .openParen: return try parseGroup(allowed)
        case .count, .avg, .max, .min, .sum:
            guard allowed.contains(.scalar) else { throw unexpected(operandList(allowed)) }
            let aggregate = try parseAggregate()
            let range = range(from: start)
            return Operand(
                value: .scalar(ScalarExpression(.aggregate(aggregate), range: range)), range: range, height: 1)
        case .integer, .float, .durationLiteral:
            guard allowed.contains(.constant), let value = try parseLiteral() else {
                throw unexpected(operandList(allowed))
            }
            return Operand(value: .constant(value), range: range(from: start), height: 1)
        case .minus where allowed.contains(.constant):
            try advance()
            try descend()
            let operand = try parseOperand(.constant)
            ascend()
            guard case .constant(let value) = operand.value else { throw unexpected(nil) }
            return Operand(value: .constant(value.negated ?? value), range: range(from: start), height: 1)
        default: throw unexpected(operandList(allowed))
        }
    }

    /// What Tempo lists when an operand is missing.
    private func operandList(_ allowed: OperandKinds) -> String? {
        switch allowed {
        case .spanset: "{ or ("
        case .wrapped, .wrappedScalar: "("
        default: nil
        }
    }

    @inline(never)
    mutating func parseFilter() throws(ParseError) -> SpansetFilter {
        let start = current.start
        try expect(.openBrace, expecting: "{")
        if try consume(if: .closeBrace) {
            let range = range(from: start)
            return SpansetFilter(FieldExpression(.literal(.boolean(true)), range: range), range: range)
        }
        let expression = try parseField()
        try expect(.closeBrace, expecting: nil)
        return SpansetFilter(expression, range: range(from: start))
    }

    @inline(never)
    private mutating func parseAggregate() throws(ParseError) -> Aggregate {
        let function: Aggregate.Function
        switch current.kind {
        case .avg: function = .avg
        case .max: function = .max
        case .min: function = .min
        case .sum: function = .sum
        default: function = .count
        }
        try advance()
        try expect(.openParen, expecting: "(")
        guard function != .count else {
            try expect(.closeParen, expecting: ")")
            return Aggregate(.count)
        }
        let argument = try parseField()
        try expect(.closeParen, expecting: nil)
        return Aggregate(function, argument)
    }

    // MARK: - Parentheses

    /// `( ... )`: what it is shows inside.
    @inline(never)
    private mutating func parseGroup(_ allowed: OperandKinds) throws(ParseError) -> Operand {
        let start = current.start
        try advance()
        try descend()
        let holdsPipeline = !allowed.isDisjoint(with: [.wrapped, .wrappedScalar, .metrics])
        if holdsPipeline && (at(.by) || at(.select)) {
            let element = try parseElement()
            return try finishPipelineGroup([element], allowed, from: start)
        }
        let inner = holdsPipeline ? allowed.union([.spanset, .scalar, .constant]) : allowed
        var operand = try parseChain(inner, minPrecedence: 0)
        if at(.closeParen) && allowed.contains(operand.kind) {
            try advance()
            ascend()
            operand.range = range(from: start)
            return operand
        }
        guard holdsPipeline else { throw unexpected(nil) }
        switch operand.value {
        case .spanset(let spanset):
            let element = PipelineElement(.spanset(spanset), range: operand.range)
            return try finishPipelineGroup([element], allowed, from: start, height: operand.height)
        case .scalar, .constant:
            let element = try parseScalarFilter(operand, from: operand.range.lowerBound)
            return try finishPipelineGroup([element], allowed, from: start, height: operand.height)
        case .wrapped, .wrappedScalar, .metrics: throw unexpected(nil)
        }
    }

    /// The rest of a pipeline in parentheses after its first element.
    @inline(never)
    private mutating func finishPipelineGroup(
        _ first: [PipelineElement], _ allowed: OperandKinds, from start: Int, height: Int = 1
    ) throws(ParseError) -> Operand {
        var elements = first
        while at(.pipe) {
            try advance()
            if allowed.contains(.metrics), let function = try parseMetricsFunction() {
                let pipeline = Pipeline(elements, range: elementsRange(elements))
                var metrics = MetricsExpression(.function(pipeline, function))
                metrics.secondStages = try parseSecondStages()
                try expect(.closeParen, expecting: nil)
                return finishGroup(.metrics(metrics), from: start, height: height)
            }
            if allowed.contains(.wrappedScalar), let aggregate = try parseClosingAggregate() {
                elements.append(aggregate)
                try expect(.closeParen, expecting: nil)
                let pipeline = Pipeline(elements, range: elementsRange(elements))
                return finishGroup(.wrappedScalar(ScalarExpression(.wrapped(pipeline))), from: start, height: height)
            }
            if let pending = pendingElement {
                pendingElement = nil
                elements.append(pending)
            } else {
                elements.append(try parseElement())
            }
        }
        guard allowed.contains(.wrapped) else { throw unexpected("|") }
        try expect(.closeParen, expecting: ") or |")
        let pipeline = Pipeline(elements, range: elementsRange(elements))
        return finishGroup(.wrapped(SpansetExpression(.wrapped(pipeline))), from: start, height: height)
    }

    @inline(never)
    private mutating func finishGroup(_ value: Operand.Value, from start: Int, height: Int) -> Operand {
        ascend()
        let range = range(from: start)
        var value = value
        switch value {
        case .spanset(var expression):
            expression.range = range
            value = .spanset(expression)
        case .wrapped(var expression):
            expression.range = range
            value = .wrapped(expression)
        case .wrappedScalar(var expression):
            expression.range = range
            value = .wrappedScalar(expression)
        case .scalar(var expression):
            expression.range = range
            value = .scalar(expression)
        case .metrics(var expression):
            expression.range = range
            value = .metrics(expression)
        case .constant: break
        }
        return Operand(value: value, range: range, height: height + 1)
    }

    /// An aggregate with nothing behind it ends a pipeline in parentheses. When more follows it is the start of a scalar
    /// filter, which is read and kept in `pendingElement`.
    @inline(never)
    private mutating func parseClosingAggregate() throws(ParseError) -> PipelineElement? {
        switch current.kind {
        case .count, .avg, .max, .min, .sum: break
        default: return nil
        }
        let start = current.start
        let operand = try parseChain([.scalar, .constant], minPrecedence: 0)
        if at(.closeParen), case .scalar(let scalar) = operand.value, case .aggregate(let aggregate) = scalar.kind {
            return PipelineElement(.aggregate(aggregate), range: operand.range)
        }
        pendingElement = try parseScalarFilter(operand, from: start)
        return nil
    }

    // MARK: - Combining

    private func spansetOperator(_ kind: TokenKind) -> (SpansetOperator, Int)? {
        switch kind {
        case .and: (.and, 1)
        case .or: (.or, 1)
        case .greater: (.child, 2)
        case .descendant: (.descendant, 2)
        case .less: (.parent, 2)
        case .ancestor: (.ancestor, 2)
        case .tilde: (.sibling, 2)
        case .notChild: (.notChild, 2)
        case .notDescendant: (.notDescendant, 2)
        case .notParent: (.notParent, 2)
        case .notAncestor: (.notAncestor, 2)
        case .notRegex: (.notSibling, 2)
        case .unionChild: (.unionChild, 2)
        case .unionDescendant: (.unionDescendant, 2)
        case .unionParent: (.unionParent, 2)
        case .unionAncestor: (.unionAncestor, 2)
        case .unionSibling: (.unionSibling, 2)
        default: nil
        }
    }

    private func arithmeticOperator(_ kind: TokenKind) -> (BinaryOperator, Int)? {
        switch kind {
        case .plus: (.add, 1)
        case .minus: (.subtract, 1)
        case .star: (.multiply, 2)
        case .slash: (.divide, 2)
        case .percent: (.modulo, 2)
        case .caret: (.power, 3)
        default: nil
        }
    }

    @inline(never)
    private func relate(_ op: SpansetOperator, _ lhs: Operand, _ rhs: Operand) throws(ParseError) -> Operand {
        let range = lhs.range.union(rhs.range)
        let height = max(lhs.height, rhs.height) + 1
        try checkHeight(height)
        switch (lhs.value, rhs.value) {
        case (.spanset(let left), .spanset(let right)):
            let expression = SpansetExpression(.operation(op, left, right), range: range)
            return Operand(value: .spanset(expression), range: range, height: height)
        case (.wrapped(let left), .wrapped(let right)):
            let expression = SpansetExpression(.operation(op, left, right), range: range)
            return Operand(value: .wrapped(expression), range: range, height: height)
        default: throw unexpected(nil)
        }
    }

    /// Joins two operands by an arithmetic operator; constants fold.
    @inline(never)
    private func calculate(
        _ op: BinaryOperator, _ lhs: Operand, _ rhs: Operand, _ allowed: OperandKinds
    ) throws(ParseError) -> Operand {
        let range = lhs.range.union(rhs.range)
        let height = max(lhs.height, rhs.height) + 1
        try checkHeight(height)
        // Where a tighter operator could follow, Tempo has looked at the next token before it folds.
        let looksAhead = allowed.contains(.scalar) || op == .add || op == .subtract
        let value: Operand.Value
        switch (lhs.value, rhs.value) {
        case (.constant(let left), .constant(let right)):
            switch ConstantFolding.scalar(op, left, right) {
            case .value(let folded): value = .constant(folded)
            case .failure(let message): throw foldingError(message, afterLookahead: looksAhead)
            }
        case (.metrics(let left), .metrics(let right)):
            value = .metrics(MetricsExpression(.operation(op, left, right), range: range))
        case (.metrics(let left), .constant(let right)):
            guard let number = right.metricsOperand else {
                throw foldingError(
                    ConstantFolding.durationInMetrics, afterLookahead: op == .add || op == .subtract)
            }
            value = .metrics(MetricsExpression(.scalarOnRight(op, left, number), range: range))
        case (.constant(let left), .metrics(let right)):
            guard let number = left.metricsOperand else {
                throw foldingError(
                    ConstantFolding.durationInMetrics, afterLookahead: op == .add || op == .subtract)
            }
            value = .metrics(MetricsExpression(.scalarOnLeft(op, number, right), range: range))
        default:
            guard let left = lhs.scalar, let right = rhs.scalar else { throw unexpected(nil) }
            let expression = ScalarExpression(.operation(op, left, right), range: range)
            value = lhs.kind == .wrappedScalar ? .wrappedScalar(expression) : .scalar(expression)
        }
        return Operand(value: value, range: range, height: value.isConstant ? 1 : height)
    }
}

extension Operand.Value {
    fileprivate var isConstant: Bool {
        if case .constant = self { true } else { false }
    }
}

extension Static {
    /// The value with its sign changed, the type kept; nil when it is no number.
    var negated: Static? {
        switch self {
        case .int(let value): .int(0 &- value)
        case .float(let value): .float(-value)
        case .duration(let value): .duration(0 &- value)
        default: nil
        }
    }

    /// The number that metrics arithmetic uses; nil for durations, which it refuses.
    var metricsOperand: Double? {
        switch self {
        case .int(let value): Double(value)
        case .float(let value): value
        default: nil
        }
    }
}
