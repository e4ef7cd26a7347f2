extension EvaluationState {
    /// Whether a filter keeps the span: its expression is the truth value true.
    @inline(__always)
    mutating func keeps(_ node: Int32, _ span: Int, _ program: Program, _ table: SpanTable) -> Bool {
        if case .boolean(true) = evaluate(node, span, program, table) { true } else { false }
    }

    /// What an expression comes to for a span whose values are loaded.
    mutating func evaluate(_ node: Int32, _ span: Int, _ program: Program, _ table: SpanTable) -> LoadedValue {
        switch program.nodes[Int(node)] {
        case .value(let value): return value
        case .spanEntry(let index): return spanRows[span &* program.spanWidth &+ Int(index)]
        case .lookup(let first, let count): return lookup(Int(first), Int(count), span, program, table)
        case .test(let operand, let test):
            let value = evaluate(operand, span, program, table)
            if case .failure = value { return .failure }
            return .boolean(passes(value, Int(test), program, table))
        case .binary(let op, let lhs, let rhs):
            let left = evaluate(lhs, span, program, table)
            return binary(op, left, evaluate(rhs, span, program, table), table)
        case .chain(let head, let first, let count):
            var result = evaluate(head, span, program, table)
            for index in Int(first)..<Int(first) + Int(count) {
                let step = program.steps[index]
                if step.isTruth, case .boolean(let value) = result, value != step.isAnd { continue }
                let right = evaluate(step.operand, span, program, table)
                if case .boolean(let x) = result, case .boolean(let y) = right {
                    result = .boolean(step.isAnd ? x && y : x || y)
                } else {
                    result = binary(step.isAnd ? .and : .or, result, right, table)
                }
            }
            return result
        case .not(let operand):
            if case .boolean(let value) = evaluate(operand, span, program, table) { return .boolean(!value) }
            return .failure
        case .negate(let operand):
            switch evaluate(operand, span, program, table) {
            case .int(let value): return .int(0 &- value)
            case .float(let value): return .float(-value)
            case .duration(let value): return .duration(0 &- value)
            default: return .failure
            }
        case .exists(let operand):
            let value = evaluate(operand, span, program, table)
            if case .failure = value { return .failure }
            return .boolean(!value.isNil)
        case .isMissing(let first, let count):
            guard count > 0 else { return .boolean(false) }
            for index in Int(first)..<Int(first) + Int(count) {
                guard case .marker = loaded(program.places[index], span, program, table) else {
                    return .boolean(false)
                }
            }
            return .boolean(true)
        case .never(let operand):
            if case .failure = evaluate(operand, span, program, table) { return .failure }
            return .boolean(false)
        }
    }

    private mutating func lookup(
        _ first: Int, _ count: Int, _ span: Int, _ program: Program, _ table: SpanTable
    ) -> LoadedValue {
        for index in first..<first + count {
            let value = loaded(program.places[index], span, program, table)
            switch value {
            // That a key is missing in one place, which something else asked for, hides no value of another.
            case .absent, .marker: continue
            default: return value
            }
        }
        return .absent
    }

    @inline(__always)
    private func loaded(_ place: LoadedPlace, _ span: Int, _ program: Program, _ table: SpanTable) -> LoadedValue {
        let index = Int(place.index)
        switch place.row {
        case .span: return spanRows[span &* program.spanWidth &+ index]
        case .resource:
            let number = Int(table.spans[span].resource)
            let row = number >= 0 && number < table.resourceCount ? number : table.resourceCount
            return resourceRows[row &* program.resource.steps.count &+ index]
        case .scope:
            let number = Int(table.spans[span].scope)
            let row = number >= 0 && number < table.scopes.count ? number : table.scopes.count
            return scopeRows[row &* program.scope.steps.count &+ index]
        case .trace: return traceRow[index]
        }
    }

    // MARK: - Tests

    /// Whether a value passes a test; a list does if some element does, or every one for `!=` and `!~`.
    @inline(__always)
    mutating func passes(_ value: LoadedValue, _ number: Int, _ program: Program, _ table: SpanTable) -> Bool {
        switch value {
        case .string(let ref):
            guard case .string(let test) = program.tests[number].literal else { return false }
            return strings.passes(ref, Int(test))
        case .absent, .null, .marker, .failure: return false
        case .spanID(let id):
            guard case .string(let test) = program.tests[number].literal else { return false }
            return strings.passes(IDText.span(id), Int(test))
        case .traceID(let row):
            guard case .string(let test) = program.tests[number].literal else { return false }
            return strings.passes(IDText.trace(traceID(row, table)), Int(test))
        case .array(let ref): return passesList(ref, number, program, table)
        case .int, .float, .boolean, .duration, .status, .kind: return passesScalar(value, number, program)
        }
    }

    /// The same for values that are no strings and no lists.
    func passesScalar(_ value: LoadedValue, _ number: Int, _ program: Program) -> Bool {
        let test = program.tests[number]
        guard case .list(let list) = test.literal else { return test.passes(value) }
        guard let contains = program.lists[Int(list)].contains(value) else { return false }
        return contains != test.wantsAll
    }

    private mutating func passesList(
        _ ref: ArrayRef, _ number: Int, _ program: Program, _ table: SpanTable
    ) -> Bool {
        let wantsAll = program.tests[number].wantsAll
        let elements = elements(ref, table)
        for element in elements where passes(LoadedValue(element), number, program, table) != wantsAll {
            return !wantsAll
        }
        return wantsAll && !elements.isEmpty
    }
}
