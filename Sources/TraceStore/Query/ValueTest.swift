import TraceQL

/// Whether a stored value may pass a comparison with a literal. Never says no to a value for which the evaluator says yes: types that
/// can be compared in any reading are compared, lists always pass.
struct ValueTest {
    private let op: BinaryOperator
    private let literal: Static
    private let pattern: RegularExpression?

    /// - Parameter op: one of `= != < <= > >= =~ !~`.
    /// - Returns: nil when nothing can be said.
    init?(_ op: BinaryOperator, _ literal: Static) {
        self.op = op
        self.literal = literal
        switch (op, literal) {
        case (.regex, .string(let text)), (.notRegex, .string(let text)):
            guard let pattern = try? RegularExpression(utf8: text) else { return nil }
            self.pattern = pattern
        case (.equal, _), (.notEqual, _), (.less, _), (.lessOrEqual, _), (.greater, _), (.greaterOrEqual, _):
            pattern = nil
        default: return nil
        }
    }

    /// A byte string.
    func mayPass(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard case .string(let other) = literal else { return false }
        switch op {
        case .equal: return text.elementsEqual(other)
        case .notEqual: return !text.elementsEqual(other)
        case .regex: return pattern?.matches(Array(text)) ?? true
        case .notRegex: return !(pattern?.matches(Array(text)) ?? false)
        case .less: return text.lexicographicallyPrecedes(other)
        case .greaterOrEqual: return !text.lexicographicallyPrecedes(other)
        case .greater: return other.lexicographicallyPrecedes(text)
        case .lessOrEqual: return !other.lexicographicallyPrecedes(text)
        default: return true
        }
    }

    /// A truth value.
    func mayPass(_ value: Bool) -> Bool {
        guard case .boolean(let other) = literal else { return false }
        switch op {
        case .equal: return value == other
        case .notEqual: return value != other
        default: return true
        }
    }

    /// A whole number.
    func mayPass(_ value: Int64) -> Bool {
        switch literal {
        case .int(let other), .duration(let other): return compare(value, other)
        case .float(let other): return compare(Double(value), other)
        default: return false
        }
    }

    /// A floating-point number.
    func mayPass(_ value: Double) -> Bool {
        switch literal {
        case .int(let other), .duration(let other): return compare(value, Double(other))
        case .float(let other): return compare(value, other)
        default: return false
        }
    }

    private func compare<Number: Comparable>(_ left: Number, _ right: Number) -> Bool {
        switch op {
        case .equal: left == right
        case .notEqual: left != right
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        default: true
        }
    }

    /// The value of an attribute pair.
    func mayPass(pair: Int, of columns: SegmentColumns) -> Bool {
        let payload = columns.pairPayload[pair]
        switch ValueType(rawValue: columns.pairType[pair]) {
        case .string: return mayPass(columns.bytes(UInt32(truncatingIfNeeded: payload)))
        case .bool: return mayPass(payload != 0)
        case .int: return mayPass(Int64(bitPattern: payload))
        case .double: return mayPass(Double(bitPattern: payload))
        case .array: return true
        case nil, .absent, .empty, .bytes, .keyValueList: return false
        }
    }
}
