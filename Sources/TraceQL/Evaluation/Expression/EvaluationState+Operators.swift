extension EvaluationState {
    /// `a op b` for values of any types. What is not defined for the types is false; what cannot be evaluated is a failure:
    /// division of integers by zero, arithmetic with a list, two lists.
    mutating func binary(_ op: BinaryOperator, _ a: LoadedValue, _ b: LoadedValue, _ table: SpanTable) -> LoadedValue {
        switch (a, b) {
        case (.failure, _), (_, .failure): return .failure
        case (.int(let x), .int(let y)): return Self.integers(op, x, y)
        case (.boolean(let x), .boolean(let y)):
            switch op {
            case .equal: return .boolean(x == y)
            case .notEqual: return .boolean(x != y)
            case .and: return .boolean(x && y)
            case .or: return .boolean(x || y)
            default: return .boolean(false)
            }
        case (.status(let x), .status(let y)), (.kind(let x), .kind(let y)):
            switch op {
            case .equal: return .boolean(x == y)
            case .notEqual: return .boolean(x != y)
            default: return .boolean(false)
            }
        case (.array(let list), .array(let other)):
            guard let x = elements(list, table).first, let y = elements(other, table).first,
                Self.areCompatible(op, LoadedValue(x), LoadedValue(y))
            else { return .boolean(false) }
            return .failure
        case (.array(let list), _): return any(op, list, b, isListOnLeft: true, table)
        case (_, .array(let list)): return any(op, list, a, isListOnLeft: false, table)
        default:
            if a.isText, b.isText { return .boolean(compareText(op, a, b, table)) }
            guard let x = a.asDouble, let y = b.asDouble else { return .boolean(false) }
            return numbers(op, a, b, x, y)
        }
    }

    private func numbers(_ op: BinaryOperator, _ a: LoadedValue, _ b: LoadedValue, _ x: Double, _ y: Double)
        -> LoadedValue
    {
        switch op {
        case .add: return .float(x + y)
        case .subtract: return .float(x - y)
        case .multiply: return .float(x * y)
        case .divide: return .float(x / y)
        case .modulo: return .float(x.truncatingRemainder(dividingBy: y))
        case .power: return .float(FloatMath.power(x, y))
        case .equal, .notEqual:
            let isEqual: Bool
            switch (a, b) {
            case (.int(let x), .duration(let y)), (.duration(let x), .int(let y)), (.duration(let x), .duration(let y)):
                isEqual = x == y
            default: isEqual = x == y
            }
            if case .equal = op { return .boolean(isEqual) }
            return .boolean(!isEqual)
        case .less: return .boolean(x < y)
        case .lessOrEqual: return .boolean(x <= y)
        case .greater: return .boolean(x > y)
        case .greaterOrEqual: return .boolean(x >= y)
        default: return .boolean(false)
        }
    }

    private static func integers(_ op: BinaryOperator, _ x: Int64, _ y: Int64) -> LoadedValue {
        switch op {
        case .add: return .int(x &+ y)
        case .subtract: return .int(x &- y)
        case .multiply: return .int(x &* y)
        case .divide: return y == 0 ? .failure : .int(x.dividedReportingOverflow(by: y).partialValue)
        case .modulo:
            if y == 0 { return .failure }
            return y == -1 ? .int(0) : .int(x.remainderReportingOverflow(dividingBy: y).partialValue)
        case .power:
            let result = FloatMath.power(Double(x), Double(y)).rounded(.towardZero)
            return .int(Int64(exactly: result) ?? .min)
        case .equal: return .boolean(x == y)
        case .notEqual: return .boolean(x != y)
        case .less: return .boolean(x < y)
        case .lessOrEqual: return .boolean(x <= y)
        case .greater: return .boolean(x > y)
        case .greaterOrEqual: return .boolean(x >= y)
        default: return .boolean(false)
        }
    }

    private mutating func compareText(_ op: BinaryOperator, _ a: LoadedValue, _ b: LoadedValue, _ table: SpanTable)
        -> Bool
    {
        let x = text(a, table)
        let y = text(b, table)
        switch op {
        case .equal: return strings.areEqual(x, y)
        case .notEqual: return !strings.areEqual(x, y)
        case .less: return strings.precedes(x, y)
        case .greater: return strings.precedes(y, x)
        case .lessOrEqual: return !strings.precedes(y, x)
        case .greaterOrEqual: return !strings.precedes(x, y)
        default: return false
        }
    }

    /// A text as a reference; ids are written out.
    mutating func text(_ value: LoadedValue, _ table: SpanTable) -> StringRef {
        switch value {
        case .string(let ref): ref
        case .spanID(let id): strings.intern(IDText.span(id))
        case .traceID(let row): strings.intern(IDText.trace(traceID(row, table)))
        default: StringMemory.empty
        }
    }

    /// A list against a scalar: some element, or for `!=` all of them.
    private mutating func any(
        _ op: BinaryOperator, _ list: ArrayRef, _ scalar: LoadedValue, isListOnLeft: Bool, _ table: SpanTable
    ) -> LoadedValue {
        let elements = elements(list, table)
        guard let first = elements.first, Self.areCompatible(op, LoadedValue(first), scalar) else {
            return .boolean(false)
        }
        if op.isArithmetic { return .failure }
        var wantsAll = false
        if case .notEqual = op { wantsAll = true }
        for element in elements {
            let value = LoadedValue(element)
            let result = isListOnLeft ? binary(op, value, scalar, table) : binary(op, scalar, value, table)
            if case .boolean(let holds) = result, holds != wantsAll { return .boolean(!wantsAll) }
        }
        return .boolean(wantsAll)
    }

    /// Whether the operator takes scalars of these types.
    private static func areCompatible(_ op: BinaryOperator, _ a: LoadedValue, _ b: LoadedValue) -> Bool {
        switch (a, b) {
        case (.boolean, .boolean):
            switch op {
            case .equal, .notEqual, .and, .or: return true
            default: return false
            }
        default:
            if a.isText && b.isText {
                switch op {
                case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: return true
                default: return false
                }
            }
            guard a.asDouble != nil, b.asDouble != nil else { return false }
            switch op {
            case .and, .or: return false
            default: return true
            }
        }
    }
}
