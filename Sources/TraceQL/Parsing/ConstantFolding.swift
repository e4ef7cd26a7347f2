/// Evaluates operations on literals while a tree is built.
///
/// The results are Tempo's, except where Tempo's are known defects: integers are raised to a power with the operands in the
/// order they are written, and the string `nil` is not nil.
enum ConstantFolding {
    static let durationInMetrics = "duration cannot be used as a scalar operand in metric arithmetic"

    enum ScalarResult {
        case value(Static)
        case failure(String)
    }

    /// `+ - * /` between the constants of scalar filters and metrics arithmetic.
    static func scalar(_ op: BinaryOperator, _ lhs: Static, _ rhs: Static) -> ScalarResult {
        switch (lhs, rhs) {
        case (.duration, _), (_, .duration): return .failure("duration cannot be used in scalar arithmetic")
        case (.int, .int(0)) where op == .divide: return .failure("division by zero")
        default:
            guard let value = arithmetic(op, lhs, rhs) else {
                return .failure("operator \(op.text) cannot be used in scalar arithmetic")
            }
            return .value(value)
        }
    }

    /// `-x` or `!x`; nil when the operator is not defined for the value.
    static func unary(_ op: UnaryOperator, _ value: Static) -> Static? {
        switch op {
        case .negate: return value.negated
        case .not:
            if case .boolean(let flag) = value { return .boolean(!flag) }
            return nil
        }
    }

    /// A literal is never nil.
    static func nilTest(_ test: FieldExpression.NilTest, _ value: Static) -> Bool { test == .exists }

    /// `lhs op rhs`; nil when the types do not allow it or there is no result, so that the node stays as it is.
    static func binary(_ op: BinaryOperator, _ lhs: Static, _ rhs: Static) -> Static? {
        guard TypeRules.areCompatible(lhs.type, rhs.type), TypeRules.isDefined(op, for: lhs.type),
            TypeRules.isDefined(op, for: rhs.type)
        else { return nil }
        switch op {
        case .add, .subtract, .multiply, .divide, .modulo, .power: return arithmetic(op, lhs, rhs)
        case .equal: return equality(lhs, rhs).map { .boolean($0) }
        case .notEqual: return equality(lhs, rhs).map { .boolean(!$0) }
        case .less:
            return order(lhs, rhs) {
                $0 < $1
            } ints: {
                $0 < $1
            } strings: { before, _ in
                before
            }
        case .greater:
            return order(rhs, lhs) {
                $0 < $1
            } ints: {
                $0 < $1
            } strings: { before, _ in
                before
            }
        case .lessOrEqual:
            return order(lhs, rhs) {
                $0 <= $1
            } ints: {
                $0 <= $1
            } strings: {
                $0 || $1
            }
        case .greaterOrEqual:
            return order(rhs, lhs) {
                $0 <= $1
            } ints: {
                $0 <= $1
            } strings: {
                $0 || $1
            }
        case .and:
            if case (.boolean(let x), .boolean(let y)) = (lhs, rhs) { return .boolean(x && y) }
            return nil
        case .or:
            if case (.boolean(let x), .boolean(let y)) = (lhs, rhs) { return .boolean(x || y) }
            return nil
        // Regular expressions cost more than a step: the parser sees to them.
        case .in, .notIn, .matchAny, .matchNone, .regex, .notRegex: return nil
        }
    }

    /// Removes leading zeros of a string literal; anything else stays.
    static func strippingZeros(_ expression: FieldExpression) -> FieldExpression {
        guard case .literal(.string(let bytes)) = expression.kind, bytes.first == UInt8(ascii: "0") else {
            return expression
        }
        return FieldExpression(
            .literal(.string(Array(bytes.drop { $0 == UInt8(ascii: "0") }))), range: expression.range)
    }

    // MARK: - Numbers

    private static func arithmetic(_ op: BinaryOperator, _ lhs: Static, _ rhs: Static) -> Static? {
        if case (.int(let x), .int(let y)) = (lhs, rhs) {
            switch op {
            case .add: return .int(x &+ y)
            case .subtract: return .int(x &- y)
            case .multiply: return .int(x &* y)
            case .divide: return y == 0 ? nil : .int(x.dividedReportingOverflow(by: y).partialValue)
            case .modulo: return y == 0 ? nil : .int(x.remainderReportingOverflow(dividingBy: y).partialValue)
            case .power:
                let result = FloatMath.power(Double(x), Double(y)).rounded(.towardZero)
                return Int64(exactly: result).map { .int($0) }
            default: return nil
            }
        }
        guard let x = lhs.asDouble, let y = rhs.asDouble else { return nil }
        switch op {
        case .add: return .float(x + y)
        case .subtract: return .float(x - y)
        case .multiply: return .float(x * y)
        case .divide: return .float(x / y)
        case .modulo: return .float(x.truncatingRemainder(dividingBy: y))
        case .power: return .float(FloatMath.power(x, y))
        default: return nil
        }
    }

    private static func equality(_ lhs: Static, _ rhs: Static) -> Bool? {
        switch (lhs, rhs) {
        case (.int(let x), .int(let y)), (.duration(let x), .duration(let y)), (.int(let x), .duration(let y)),
            (.duration(let x), .int(let y)):
            return x == y
        case (.string(let x), .string(let y)): return x == y
        case (.boolean(let x), .boolean(let y)): return x == y
        case (.status(let x), .status(let y)): return x == y
        case (.kind(let x), .kind(let y)): return x == y
        default:
            guard let x = lhs.asDouble, let y = rhs.asDouble else { return nil }
            return x == y
        }
    }

    /// `strings` takes "before" and "equal".
    private static func order(
        _ lhs: Static, _ rhs: Static, floats: (Double, Double) -> Bool, ints: (Int64, Int64) -> Bool,
        strings: (Bool, Bool) -> Bool
    ) -> Static? {
        switch (lhs, rhs) {
        case (.int(let x), .int(let y)): return .boolean(ints(x, y))
        case (.string(let x), .string(let y)):
            return .boolean(strings(x.lexicographicallyPrecedes(y), x == y))
        default:
            guard let x = lhs.asDouble, let y = rhs.asDouble else { return nil }
            return .boolean(floats(x, y))
        }
    }
}

extension Static {
    /// The number as a float; durations as nanoseconds. Nil for what is no number.
    var asDouble: Double? {
        switch self {
        case .int(let value), .duration(let value): Double(value)
        case .float(let value): value
        default: nil
        }
    }
}
