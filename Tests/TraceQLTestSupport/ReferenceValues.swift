package import TestSupport
package import TraceQL

/// A span cannot be evaluated; it does not match.
struct ReferenceFailure: Error {}

/// Operations on values, as the language page has them.
package enum ReferenceValues {
    static func number(_ value: Static) -> Double? {
        switch value {
        case .int(let value), .duration(let value): Double(value)
        case .float(let value): value
        default: nil
        }
    }

    private static func elements(_ value: Static) -> [Static]? {
        switch value {
        case .intArray, .floatArray, .stringArray, .booleanArray: value.elements
        default: nil
        }
    }

    private enum Family { case none, number, string, boolean, status, kind }

    private static func family(_ value: Static) -> Family {
        switch value {
        case .null: .none
        case .int, .float, .duration, .intArray, .floatArray: .number
        case .string, .stringArray: .string
        case .boolean, .booleanArray: .boolean
        case .status: .status
        case .kind: .kind
        }
    }

    static func unary(_ op: UnaryOperator, _ value: Static) throws -> Static {
        switch (op, value) {
        case (.not, .boolean(let flag)): return .boolean(!flag)
        case (.negate, .int(let number)): return .int(0 &- number)
        case (.negate, .float(let number)): return .float(-number)
        case (.negate, .duration(let number)): return .duration(0 &- number)
        default: throw ReferenceFailure()
        }
    }

    package static func binary(_ op: BinaryOperator, _ lhs: Static, _ rhs: Static) throws -> Static {
        let left = family(lhs)
        let right = family(rhs)
        let no = Static.boolean(false)
        // A missing value is compatible with all, but nothing is defined for it but equality, which it never has.
        guard left != .none, right != .none, left == right else { return no }
        switch op {
        case .add, .subtract, .multiply, .divide, .modulo, .power: guard left == .number else { return no }
        case .less, .lessOrEqual, .greater, .greaterOrEqual: guard left == .number || left == .string else { return no }
        case .regex, .notRegex, .matchAny, .matchNone: guard left == .string else { return no }
        case .and, .or: guard left == .boolean else { return no }
        case .equal, .notEqual, .in, .notIn: break
        }
        switch op {
        case .in, .matchAny, .notIn, .matchNone:
            guard let list = elements(rhs) else { throw ReferenceFailure() }
            if let values = elements(lhs) {
                // Lists are made of comparisons that were written one by one, and mean on an array what those mean.
                let results = try values.map { try binary(op, $0, rhs) == .boolean(true) }
                return .boolean(op == .in || op == .matchAny ? results.contains(true) : !results.contains(false))
            }
            let one: BinaryOperator =
                op == .in ? .equal : op == .notIn ? .notEqual : op == .matchAny ? .regex : .notRegex
            let results = try list.map { try binary(one, lhs, $0) == .boolean(true) }
            return .boolean(op == .in || op == .matchAny ? results.contains(true) : !results.contains(false))
        default: break
        }
        switch (elements(lhs), elements(rhs)) {
        case (_?, _?): throw ReferenceFailure()
        case (let list?, nil):
            guard !op.isArithmetic else { throw ReferenceFailure() }
            let results = try list.map { try binary(op, $0, rhs) == .boolean(true) }
            return .boolean(isForAll(op) ? !results.contains(false) : results.contains(true))
        case (nil, let list?):
            guard !op.isArithmetic else { throw ReferenceFailure() }
            let results = try list.map { try binary(op, lhs, $0) == .boolean(true) }
            return .boolean(isForAll(op) ? !results.contains(false) : results.contains(true))
        case (nil, nil): return try scalar(op, lhs, rhs)
        }
    }

    private static func isForAll(_ op: BinaryOperator) -> Bool { op == .notEqual || op == .notRegex }

    private static func scalar(_ op: BinaryOperator, _ lhs: Static, _ rhs: Static) throws -> Static {
        switch (lhs, rhs) {
        case (.boolean(let x), .boolean(let y)):
            switch op {
            case .equal: return .boolean(x == y)
            case .notEqual: return .boolean(x != y)
            case .and: return .boolean(x && y)
            case .or: return .boolean(x || y)
            default: return .boolean(false)
            }
        case (.status(let x), .status(let y)): return .boolean(op == .equal ? x == y : op == .notEqual && x != y)
        case (.kind(let x), .kind(let y)): return .boolean(op == .equal ? x == y : op == .notEqual && x != y)
        case (.string(let x), .string(let y)):
            switch op {
            case .equal: return .boolean(x == y)
            case .notEqual: return .boolean(x != y)
            case .less: return .boolean(x.lexicographicallyPrecedes(y))
            case .greaterOrEqual: return .boolean(!x.lexicographicallyPrecedes(y))
            case .greater: return .boolean(y.lexicographicallyPrecedes(x))
            case .lessOrEqual: return .boolean(!y.lexicographicallyPrecedes(x))
            case .regex: return .boolean(try RegularExpression(utf8: y).matches(x))
            case .notRegex: return .boolean(!(try RegularExpression(utf8: y).matches(x)))
            default: return .boolean(false)
            }
        case (.int(let x), .int(let y)):
            switch op {
            case .add: return .int(x &+ y)
            case .subtract: return .int(x &- y)
            case .multiply: return .int(x &* y)
            case .divide:
                guard y != 0 else { throw ReferenceFailure() }
                return .int(x.dividedReportingOverflow(by: y).partialValue)
            case .modulo:
                guard y != 0 else { throw ReferenceFailure() }
                return .int(x.remainderReportingOverflow(dividingBy: y).partialValue)
            case .power: throw ReferenceFailure()  // not made by the generator
            case .equal: return .boolean(x == y)
            case .notEqual: return .boolean(x != y)
            case .less: return .boolean(x < y)
            case .lessOrEqual: return .boolean(x <= y)
            case .greater: return .boolean(x > y)
            case .greaterOrEqual: return .boolean(x >= y)
            default: return .boolean(false)
            }
        default: break
        }
        guard let x = number(lhs), let y = number(rhs) else { return .boolean(false) }
        // Integers and durations are equal as integers.
        if op == .equal || op == .notEqual, let i = integer(lhs), let j = integer(rhs) {
            return .boolean((i == j) == (op == .equal))
        }
        switch op {
        case .add: return .float(x + y)
        case .subtract: return .float(x - y)
        case .multiply: return .float(x * y)
        case .divide: return .float(x / y)
        case .modulo: return .float(x.truncatingRemainder(dividingBy: y))
        case .equal: return .boolean(x == y)
        case .notEqual: return .boolean(x != y)
        case .less: return .boolean(x < y)
        case .lessOrEqual: return .boolean(x <= y)
        case .greater: return .boolean(x > y)
        case .greaterOrEqual: return .boolean(x >= y)
        default: return .boolean(false)
        }
    }

    private static func integer(_ value: Static) -> Int64? {
        switch value {
        case .int(let value), .duration(let value): value
        default: nil
        }
    }

    /// The value of an attribute; `.null` for what the language does not know.
    package static func value(_ model: ValueModel) -> Static {
        switch model {
        case .string(let text): return .string(Array(text.utf8))
        case .int(let number): return .int(number)
        case .double(let number): return .float(number)
        case .bool(let flag): return .boolean(flag)
        case .bytes, .keyValues, .empty: return .null
        case .array(let values):
            let list = values.map { value in
                if case .array = value { return Static.null }
                return self.value(value)
            }
            guard let first = list.first, first.type != .null, list.allSatisfy({ $0.type == first.type }) else {
                return .null
            }
            return join(list)
        }
    }

    /// Values of one type: none is nil, one is itself, several are a list.
    static func join(_ values: [Static]) -> Static {
        guard values.count > 1 else { return values.first ?? .null }
        switch values[0] {
        case .int: return .intArray(values.map { if case .int(let value) = $0 { value } else { 0 } })
        case .float: return .floatArray(values.map { if case .float(let value) = $0 { value } else { 0 } })
        case .string: return .stringArray(values.map { if case .string(let value) = $0 { value } else { [] } })
        case .boolean: return .booleanArray(values.map { if case .boolean(let value) = $0 { value } else { false } })
        default: return .null
        }
    }

    // MARK: - Aggregates

    private static func rank(_ value: Static) -> Int {
        switch value {
        case .null: 0
        case .int: 1
        case .float: 2
        case .string: 3
        case .boolean: 4
        case .intArray: 5
        case .floatArray: 6
        case .stringArray: 7
        case .booleanArray: 8
        case .duration: 9
        case .status: 10
        case .kind: 11
        }
    }

    /// The order in which `min` and `max` put values.
    private static func precedes(_ lhs: Static, _ rhs: Static) -> Bool {
        if case .int(let x) = lhs, case .int(let y) = rhs { return x < y }
        if let x = number(lhs), let y = number(rhs) { return x < y }
        guard rank(lhs) == rank(rhs) else { return rank(lhs) < rank(rhs) }
        switch (lhs, rhs) {
        case (.string(let x), .string(let y)): return x.lexicographicallyPrecedes(y)
        case (.boolean(let x), .boolean(let y)): return !x && y
        default: return false
        }
    }

    /// The value of an aggregate over values that are not nil; nil when there are none.
    static func aggregate(_ function: Aggregate.Function, _ values: [Static]) -> Static? {
        guard let first = values.first else { return nil }
        switch function {
        case .count: return .int(Int64(values.count))
        case .min: return values.dropFirst().reduce(first) { precedes($1, $0) ? $1 : $0 }
        case .max: return values.dropFirst().reduce(first) { precedes($0, $1) ? $1 : $0 }
        case .sum, .avg:
            var sum = first
            for value in values.dropFirst() {
                switch (sum, value) {
                case (.int(let x), .int(let y)): sum = .int(x &+ y)
                case (.duration(let x), .duration(let y)): sum = .duration(x &+ y)
                case (.float(let x), .float(let y)): sum = .float(x + y)
                default: break
                }
            }
            guard function == .avg else { return sum }
            switch sum {
            case .int(let total): return .float(Double(total) / Double(values.count))
            case .duration(let total): return .duration(total / Int64(values.count))
            case .float(let total): return .float(total / Double(values.count))
            default: return sum
            }
        }
    }
}
