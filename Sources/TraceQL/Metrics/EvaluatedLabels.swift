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

/// The values of `by()` of one span, and its bucket, as numbers that are quick to compare and to hash.
struct GroupKey: Hashable {
    /// What the values are, eight bits each, and the bucket.
    private(set) var types: UInt64 = 0
    private var first: UInt64 = 0
    private var second: UInt64 = 0
    private var third: UInt64 = 0
    private var fourth: UInt64 = 0
    private var fifth: UInt64 = 0

    /// How many values fit.
    static let capacity = 5

    /// Sets a value that was not set before.
    @inline(__always)
    mutating func set(_ index: Int, _ value: EvaluatedValue) {
        let (type, bits) = value.packed
        types |= UInt64(type) << (8 * UInt64(truncatingIfNeeded: index))
        switch index {
        case 0: first = bits
        case 1: second = bits
        case 2: third = bits
        case 3: fourth = bits
        default: fifth = bits
        }
    }

    /// The exponent of the bucket; 0 for functions without buckets. Set once.
    var bucket: Int {
        get { Int(types >> 48 & 0xFF) }
        set { types |= UInt64(truncatingIfNeeded: newValue) << 48 }
    }

    /// Whether the bucket is one of durations. Set once.
    var isDuration: Bool {
        get { types >> 56 != 0 }
        set { if newValue { types |= 1 << 56 } }
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(types)
        hasher.combine(first)
        guard types & 0xFF_FFFF_FF00 != 0 else { return }
        hasher.combine(second)
        hasher.combine(third)
        hasher.combine(fourth)
        hasher.combine(fifth)
    }
}

extension EvaluatedValue {
    /// The type and the value as numbers, equal only for equal values of one trace.
    @inline(__always)
    var packed: (type: UInt8, bits: UInt64) {
        switch self {
        case .null: (0, 0)
        case .int(let number): (1, UInt64(bitPattern: number))
        case .float(let number): (2, number.bitPattern)
        case .boolean(let flag): (3, flag ? 1 : 0)
        case .string(let ref): (4, UInt64(ref.id))
        case .duration(let nanoseconds): (5, UInt64(bitPattern: nanoseconds))
        case .status(let status):
            switch status {
            case .error: (6, 0)
            case .ok: (6, 1)
            case .unset: (6, 2)
            }
        case .kind(let kind):
            switch kind {
            case .unspecified: (7, 0)
            case .internal: (7, 1)
            case .server: (7, 2)
            case .client: (7, 3)
            case .producer: (7, 4)
            case .consumer: (7, 5)
            }
        case .array(let ref): (8, UInt64(ref.offset) << 32 | UInt64(ref.count))
        }
    }

    /// Whether the value means the same for every trace of one generation of the table's dictionary.
    @inline(__always)
    var outlivesTrace: Bool {
        switch self {
        case .string(let ref): ref.id < 1 << 30
        case .array: false
        default: true
        }
    }
}
