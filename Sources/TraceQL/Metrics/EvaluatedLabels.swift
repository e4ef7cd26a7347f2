extension MetricsLabelValue {
    /// A value as a label carries it; nil for none.
    init?(_ value: Static) {
        switch value {
        case .null: return nil
        case .int(let number): self = .int(number)
        case .float(let number): self = .float(number)
        case .string(let text): self = .string(String(decoding: text, as: UTF8.self))
        case .boolean(let flag): self = .boolean(flag)
        case .duration(let nanoseconds): self = .string(NumberText.duration(nanoseconds))
        case .status(let status): self = .string(status.rawValue)
        case .kind(let kind): self = .string(kind.rawValue)
        case .intArray(let values): self = .array(values.map { .int($0) })
        case .floatArray(let values): self = .array(values.map { .float($0) })
        case .stringArray(let values): self = .array(values.map { .string(String(decoding: $0, as: UTF8.self)) })
        case .booleanArray(let values): self = .array(values.map { .boolean($0) })
        }
    }
}

/// The values of `by()` of one span, and its bucket: quick to compare and to hash.
struct GroupKey: Hashable {
    var first = EvaluatedValue.null
    var second = EvaluatedValue.null
    var third = EvaluatedValue.null
    var fourth = EvaluatedValue.null
    var fifth = EvaluatedValue.null
    /// The exponent of the bucket; 0 for functions without buckets.
    var bucket: Int8 = 0
    /// Whether the bucket is one of durations.
    var isDuration = false

    /// How many values fit.
    static let capacity = 5

    subscript(index: Int) -> EvaluatedValue {
        get {
            switch index {
            case 0: first
            case 1: second
            case 2: third
            case 3: fourth
            default: fifth
            }
        }
        set {
            switch index {
            case 0: first = newValue
            case 1: second = newValue
            case 2: third = newValue
            case 3: fourth = newValue
            default: fifth = newValue
            }
        }
    }

    static func == (lhs: GroupKey, rhs: GroupKey) -> Bool {
        lhs.bucket == rhs.bucket && lhs.first == rhs.first && lhs.second == rhs.second && lhs.third == rhs.third
            && lhs.fourth == rhs.fourth && lhs.fifth == rhs.fifth && lhs.isDuration == rhs.isDuration
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(bucket)
        for index in 0..<Self.capacity {
            let value = self[index]
            if value == .null { continue }
            hasher.combine(index)
            hasher.combine(value)
        }
    }
}

extension EvaluatedValue {
    /// Whether the value means the same for every trace of one generation of the table's dictionary.
    var outlivesTrace: Bool {
        switch self {
        case .string(let ref): ref.id < 1 << 30
        case .array: false
        default: true
        }
    }
}
