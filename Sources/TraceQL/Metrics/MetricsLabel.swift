/// A name and a value that tell series apart.
public struct MetricsLabel: Sendable, Hashable {
    /// The name: an attribute in canonical form, or an internal name.
    public var name: String
    /// The value with its type.
    public var value: MetricsLabelValue

    /// A label.
    public init(_ name: String, _ value: MetricsLabelValue) {
        self.name = name
        self.value = value
    }

    /// A label with a text.
    public init(_ name: String, _ text: String) { self.init(name, .string(text)) }

    /// Equal by bytes: texts that only look alike are different.
    public static func == (lhs: MetricsLabel, rhs: MetricsLabel) -> Bool {
        lhs.value == rhs.value && UTF8Text.areEqual(lhs.name, rhs.name)
    }

    /// Consistent with `==`.
    public func hash(into hasher: inout Hasher) {
        UTF8Text.hash(name, into: &hasher)
        hasher.combine(value)
    }

    /// The names that Tempo gives labels of its own.
    public enum Name {
        /// The function, on series without other labels.
        public static let function = "__name__"
        /// The upper bound of a bucket of a histogram.
        public static let bucket = "__bucket"
        /// The quantile.
        public static let quantile = "p"
        /// The side of `compare()`, and the mark of the weights of averages.
        public static let metaType = "__meta_type"
        /// The sub-query that a partial series belongs to.
        public static let fragment = "__query_fragment"
    }
}

/// The value of a label as it travels.
///
/// Durations, statuses and kinds are texts, and so is a missing value: they cannot be told from texts once they travelled,
/// so they are not told apart here either. A number and the same number of another type are different values.
public enum MetricsLabelValue: Sendable, Hashable {
    /// Text.
    case string(String)
    /// A whole number.
    case int(Int64)
    /// A floating-point number.
    case float(Double)
    /// True or false.
    case boolean(Bool)
    /// A list of values of one type.
    case array([MetricsLabelValue])

    /// What stands for a value that a span does not have.
    public static let missing = MetricsLabelValue.string("nil")

    /// Equal by type and bytes; all not-a-numbers are one value.
    public static func == (lhs: MetricsLabelValue, rhs: MetricsLabelValue) -> Bool {
        switch (lhs, rhs) {
        case (.string(let a), .string(let b)): UTF8Text.areEqual(a, b)
        case (.int(let a), .int(let b)): a == b
        case (.float(let a), .float(let b)): Static.sameText(a, b)
        case (.boolean(let a), .boolean(let b)): a == b
        case (.array(let a), .array(let b)): a == b
        default: false
        }
    }

    /// Consistent with `==`.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .string(let text):
            hasher.combine(0 as UInt8)
            UTF8Text.hash(text, into: &hasher)
        case .int(let number):
            hasher.combine(1 as UInt8)
            hasher.combine(number)
        case .float(let number):
            hasher.combine(2 as UInt8)
            hasher.combine(number.isNaN ? 0 : number.bitPattern)
        case .boolean(let flag):
            hasher.combine(3 as UInt8)
            hasher.combine(flag)
        case .array(let values):
            hasher.combine(4 as UInt8)
            hasher.combine(values)
        }
    }

    /// The number, if this is one.
    public var number: Double? {
        switch self {
        case .int(let number): Double(number)
        case .float(let number): number
        default: nil
        }
    }
}

/// Text compared by its bytes, where the standard library compares by what it looks like.
enum UTF8Text {
    static func areEqual(_ a: String, _ b: String) -> Bool {
        a.utf8.count == b.utf8.count && a.utf8.elementsEqual(b.utf8)
    }

    static func precedes(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }

    static func hash(_ text: String, into hasher: inout Hasher) {
        let done: Void? = text.utf8.withContiguousStorageIfAvailable {
            hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        if done == nil { for byte in text.utf8 { hasher.combine(byte) } }
        hasher.combine(0xFF as UInt8)
    }
}
