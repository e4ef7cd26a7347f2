import TraceQL

/// What a query asks of the values of spans before its expressions are evaluated, written down as the language page has it:
/// plainly, for comparison with the evaluator of the library.
struct ReferenceConditions {
    enum Test: Hashable {
        case load, exists, isNil
        case compare(BinaryOperator, Static)
    }

    struct Condition: Hashable {
        var attribute: Attribute
        var test: Test
        /// Stands where failing it does not exclude a span: below `!`, or compared as a truth value.
        var isOptional: Bool
    }

    var list: [Condition] = []
    /// Whether every condition must hold.
    var all = true

    init(_ pipeline: Pipeline) {
        add(pipeline)
        guard !all else { return }
        // Conditions on one attribute are merged until nothing changes.
        var changed = true
        while changed {
            changed = false
            for i in list.indices {
                for j in list.indices
                where i != j && list[i].attribute == list[j].attribute && !list[i].isOptional && !list[j].isOptional
                    && list[i].test != .isNil && list[j].test != .isNil
                {
                    let merged: Test?
                    switch (list[i].test, list[j].test) {
                    case (let a, let b) where a == b: merged = a
                    case (.load, _), (_, .load): merged = .load
                    case (.compare(.equal, let a), .compare(.notEqual, let b)) where a == b: merged = .load
                    default: merged = nil
                    }
                    guard let merged else { continue }
                    list[min(i, j)].test = merged
                    list.remove(at: max(i, j))
                    changed = true
                    break
                }
                if changed { break }
            }
        }
    }

    private mutating func add(_ pipeline: Pipeline) {
        for element in pipeline.elements {
            switch element.kind {
            case .spanset(let spanset): add(spanset)
            case .scalarFilter(let filter):
                add(filter.lhs)
                add(filter.rhs)
            case .group(let expression):
                add(expression, false)
                all = false
            case .coalesce, .select: break
            case .aggregate(let aggregate): add(aggregate)
            }
        }
    }

    private mutating func add(_ spanset: SpansetExpression) {
        switch spanset.kind {
        case .filter(let filter):
            if filter.expression.literal == .boolean(true) { add(Attribute(.spanStartTime), .load, false) }
            add(filter.expression, false)
        case .operation(_, let lhs, let rhs):
            add(lhs)
            add(rhs)
            all = false
        case .wrapped(let pipeline): add(pipeline)
        }
    }

    private mutating func add(_ scalar: ScalarExpression) {
        if case .aggregate(let aggregate) = scalar.kind { add(aggregate) }
    }

    private mutating func add(_ aggregate: Aggregate) {
        if let argument = aggregate.argument { add(argument, false) }
        all = false
    }

    private mutating func add(_ attribute: Attribute, _ test: Test, _ isOptional: Bool) {
        list.append(Condition(attribute: attribute, test: test, isOptional: isOptional))
    }

    private mutating func add(_ expression: FieldExpression, _ isOptional: Bool) {
        switch expression.kind {
        case .literal: break
        case .attribute(let attribute): add(attribute, .load, isOptional)
        case .unary(let op, let operand): add(operand, isOptional || op == .not)
        case .nilTest(let test, let operand):
            if let attribute = operand.attribute {
                add(attribute, test == .isNil ? .isNil : .exists, isOptional)
            } else {
                add(operand, isOptional)
            }
        case .binary(let op, let lhs, let rhs): add(op, lhs, rhs, isOptional)
        case .logical(let chain):
            // As nested binary operations.
            var left = chain.first
            var steps = chain.rest[...]
            // The conditions come from the left; only the outermost operators see an expression on the left.
            guard let first = steps.popFirst() else { return }
            add(first.binaryOperator, left, first.operand, isOptional)
            left = FieldExpression(.logical(LogicalChain(left, isAnd: first.isAnd, first.operand)))
            for step in steps {
                add(step.operand, isOptional)
                if !step.isAnd && !isOptional { all = false }
            }
        }
    }

    private mutating func add(
        _ op: BinaryOperator, _ lhs: FieldExpression, _ rhs: FieldExpression, _ isOptional: Bool
    ) {
        // `(x) = false` holds for what fails x.
        var isOptional = isOptional
        if op == .equal || op == .notEqual, Self.isTruth(lhs) || Self.isTruth(rhs) {
            let wanted = Static.boolean(op == .equal)
            if lhs.literal != wanted && rhs.literal != wanted { isOptional = true }
        }
        if let attribute = lhs.attribute, let literal = rhs.literal {
            add(attribute, Self.test(op, literal), isOptional)
        } else if let literal = lhs.literal, let attribute = rhs.attribute {
            add(attribute, Self.test(op.mirrored ?? op, literal), isOptional)
        } else if let left = lhs.attribute, let right = rhs.attribute {
            add(left, .load, isOptional)
            add(right, .load, isOptional)
        } else if let left = lhs.attribute {
            add(left, .load, isOptional)
            add(rhs, isOptional)
        } else if lhs.literal != nil {
            add(rhs, isOptional)
        } else {
            add(lhs, isOptional)
            add(rhs, isOptional)
            if op == .or && !isOptional { all = false }
        }
    }

    private static func test(_ op: BinaryOperator, _ literal: Static) -> Test {
        op.isArithmetic || op == .and || op == .or ? .load : .compare(op, literal)
    }

    private static func isTruth(_ expression: FieldExpression) -> Bool {
        switch expression.kind {
        case .literal, .attribute: false
        case .unary(let op, _): op == .not
        case .binary(let op, _, _): !op.isArithmetic
        case .logical, .nilTest: true
        }
    }
}
