/// `value op literal`, made ready: small enough to be copied, strings and lists are elsewhere (`StringTest`, `ListTest`).
struct ValueTest: Sendable, BitwiseCopyable {
    enum Literal: Sendable, BitwiseCopyable {
        case int(Int64)
        case float(Double)
        case duration(Int64)
        case boolean(Bool)
        case status(UInt8)
        case kind(UInt8)
        /// The number of a `StringTest`, which answers the whole question.
        case string(Int32)
        /// The number of a `ListTest`.
        case list(Int32)
        /// Nothing compares to it.
        case nothing
    }

    var op: BinaryOperator
    var literal: Literal

    /// The answer for a value that is no string and no list.
    func passes(_ value: LoadedValue) -> Bool {
        switch (value, literal) {
        case (.int(let x), .int(let y)): return integers(x, y)
        case (.int(let x), .duration(let y)), (.duration(let x), .int(let y)), (.duration(let x), .duration(let y)):
            switch op {
            case .equal: return x == y
            case .notEqual: return x != y
            default: return floats(Double(x), Double(y))
            }
        case (.int(let x), .float(let y)), (.duration(let x), .float(let y)): return floats(Double(x), y)
        case (.float(let x), .float(let y)): return floats(x, y)
        case (.float(let x), .int(let y)), (.float(let x), .duration(let y)): return floats(x, Double(y))
        case (.boolean(let x), .boolean(let y)):
            switch op {
            case .equal: return x == y
            case .notEqual: return x != y
            case .and: return x && y
            case .or: return x || y
            default: return false
            }
        case (.status(let x), .status(let y)), (.kind(let x), .kind(let y)):
            switch op {
            case .equal: return x == y
            case .notEqual: return x != y
            default: return false
            }
        default: return false
        }
    }

    @inline(__always)
    private func integers(_ x: Int64, _ y: Int64) -> Bool {
        switch op {
        case .equal: x == y
        case .notEqual: x != y
        case .less: x < y
        case .lessOrEqual: x <= y
        case .greater: x > y
        case .greaterOrEqual: x >= y
        default: false
        }
    }

    private func floats(_ x: Double, _ y: Double) -> Bool {
        switch op {
        case .equal: x == y
        case .notEqual: x != y
        case .less: x < y
        case .lessOrEqual: x <= y
        case .greater: x > y
        case .greaterOrEqual: x >= y
        default: false
        }
    }

    /// Whether a list on the left passes only if all its elements do.
    var wantsAll: Bool {
        switch op {
        case .notEqual, .notRegex, .notIn, .matchNone: true
        default: false
        }
    }
}

/// A question about one string; the answers are remembered by its number.
enum StringTest: Sendable {
    case compare(BinaryOperator, [UInt8])
    /// `=~` or, negated, `!~`.
    case matches(RegularExpression, isNegated: Bool)
    case isIn(Set<[UInt8]>, isNegated: Bool)
    case matchesAny([RegularExpression], isNegated: Bool)
    /// Some expression does not match: what Tempo's storage lets pass for a list of `!~`, before the whole is evaluated.
    case escapesSome([RegularExpression])
    /// For values that are filtered by what any of several comparisons lets pass.
    case anyOf([Int])

    /// - Parameter all: where `anyOf` finds its parts.
    func passes(_ text: UnsafeBufferPointer<UInt8>, _ all: [StringTest]) -> Bool {
        switch self {
        case .compare(let op, let literal):
            switch op {
            case .equal: return text.count == literal.count && text.elementsEqual(literal)
            case .notEqual: return text.count != literal.count || !text.elementsEqual(literal)
            case .less: return text.lexicographicallyPrecedes(literal)
            case .lessOrEqual: return !literal.lexicographicallyPrecedes(text)
            case .greater: return literal.lexicographicallyPrecedes(text)
            case .greaterOrEqual: return !text.lexicographicallyPrecedes(literal)
            default: return false
            }
        case .matches(let expression, let isNegated): return expression.matches(utf8: text) != isNegated
        case .isIn(let values, let isNegated): return values.contains(Array(text)) != isNegated
        case .matchesAny(let expressions, let isNegated):
            return expressions.contains { $0.matches(utf8: text) } != isNegated
        case .escapesSome(let expressions): return expressions.contains { !$0.matches(utf8: text) }
        case .anyOf(let parts): return parts.contains { all[$0].passes(text, all) }
        }
    }
}

/// A list that values are looked up in.
enum ListTest: Sendable {
    case ints(Set<Int64>)
    case floats([Double])
    case booleans([Bool])

    /// Whether the value equals an element; nil if their types do not compare.
    func contains(_ value: LoadedValue) -> Bool? {
        switch (self, value) {
        case (.ints(let list), .int(let x)), (.ints(let list), .duration(let x)): list.contains(x)
        case (.ints(let list), .float(let x)): list.contains { Double($0) == x }
        case (.floats(let list), .float(let x)): list.contains(x)
        case (.floats(let list), .int(let x)), (.floats(let list), .duration(let x)): list.contains(Double(x))
        case (.booleans(let list), .boolean(let x)): list.contains(x)
        default: nil
        }
    }
}

/// All tests of a query, each once.
struct TestTable: Sendable {
    private(set) var tests: ContiguousArray<ValueTest> = []
    private(set) var strings: [StringTest] = []
    private(set) var lists: [ListTest] = []
    private var known: [Key: Int] = [:]
    private var instructions = 0

    /// How large the regular expressions of a query may be together; each takes time to make fast.
    static let maxInstructions = 100_000

    private mutating func expression(_ pattern: [UInt8]) throws(RegularExpression.Failure) -> RegularExpression {
        let expression = try RegularExpression(utf8: pattern)
        instructions += expression.instructionCount
        guard instructions <= Self.maxInstructions else {
            throw RegularExpression.Failure("the regular expressions of the query are too large", isUnsupported: true)
        }
        return expression
    }

    private struct Key: Hashable {
        var op: BinaryOperator
        var literal: Static
        var idKind: Int
    }

    /// What the left side of a comparison is, as far as it changes what a literal means.
    enum Subject: Int {
        case value
        case spanID
        case traceID
    }

    /// The number of a test.
    /// - Throws: for a pattern that does not compile.
    mutating func add(
        _ op: BinaryOperator, _ literal: Static, for subject: Subject
    ) throws(RegularExpression.Failure) -> Int {
        let key = Key(op: op, literal: literal, idKind: subject.rawValue)
        if let number = known[key] { return number }
        tests.append(ValueTest(op: op, literal: try make(op, literal, subject)))
        known[key] = tests.count - 1
        return tests.count - 1
    }

    /// The number of a string test that any of some tests passes.
    mutating func anyString(_ numbers: [Int]) -> Int {
        let parts = numbers.compactMap { number -> Int? in
            guard case .string(let index) = tests[number].literal else { return nil }
            guard case .matchesAny(let expressions, isNegated: true) = strings[Int(index)] else { return Int(index) }
            strings.append(.escapesSome(expressions))
            return strings.count - 1
        }
        if parts.count == 1 { return parts[0] }
        strings.append(.anyOf(parts))
        return strings.count - 1
    }

    private mutating func make(
        _ op: BinaryOperator, _ literal: Static, _ subject: Subject
    ) throws(RegularExpression.Failure) -> ValueTest.Literal {
        func text(_ bytes: [UInt8]) -> [UInt8] {
            switch subject {
            case .value: bytes
            case .spanID: IDText.normalised(bytes, isTrace: false)
            case .traceID: IDText.normalised(bytes, isTrace: true)
            }
        }
        switch literal {
        case .null: return .nothing
        case .int(let value): return .int(value)
        case .float(let value): return .float(value)
        case .duration(let value): return .duration(value)
        case .boolean(let value): return .boolean(value)
        case .status(let value): return .status(value.code)
        case .kind(let value): return .kind(value.code)
        case .string(let bytes):
            switch op {
            case .regex, .notRegex:
                var isNegated = false
                if case .notRegex = op { isNegated = true }
                return add(.matches(try expression(bytes), isNegated: isNegated))
            case .equal, .notEqual: return add(.compare(op, text(bytes)))
            default: return add(.compare(op, bytes))
            }
        case .stringArray(let values):
            switch op {
            case .in: return add(.isIn(Set(values.map(text)), isNegated: false))
            case .notIn: return add(.isIn(Set(values.map(text)), isNegated: true))
            case .matchAny, .matchNone:
                var expressions: [RegularExpression] = []
                for value in values { expressions.append(try expression(value)) }
                var isNegated = false
                if case .matchNone = op { isNegated = true }
                return add(.matchesAny(expressions, isNegated: isNegated))
            default: return .nothing
            }
        case .intArray(let values): return add(.ints(Set(values)))
        case .floatArray(let values): return add(.floats(values))
        case .booleanArray(let values): return add(.booleans(values))
        }
    }

    private mutating func add(_ test: StringTest) -> ValueTest.Literal {
        strings.append(test)
        return .string(Int32(truncatingIfNeeded: strings.count - 1))
    }

    private mutating func add(_ list: ListTest) -> ValueTest.Literal {
        lists.append(list)
        return .list(Int32(truncatingIfNeeded: lists.count - 1))
    }
}
