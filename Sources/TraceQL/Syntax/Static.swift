/// A literal value: what a query can write down, and the lists that rewrites make of several of them.
public enum Static: Sendable {
    /// The absence of a value. Written only next to `=` and `!=`, where it becomes a nil test; never a node of a parsed tree.
    case null
    /// A 64-bit signed integer.
    case int(Int64)
    /// A 64-bit float; infinities and not-a-number come from folded arithmetic.
    case float(Double)
    /// A byte string; usually, but not always, UTF-8.
    case string([UInt8])
    /// `true` or `false`.
    case boolean(Bool)
    /// A duration in nanoseconds.
    case duration(Int64)
    /// A span status.
    case status(Status)
    /// A span kind.
    case kind(Kind)
    /// A list of integers; made by rewrites, not writable.
    case intArray([Int64])
    /// A list of floats; made by rewrites, not writable.
    case floatArray([Double])
    /// A list of byte strings; made by rewrites, not writable.
    case stringArray([[UInt8]])
    /// A list of booleans; made by rewrites, not writable.
    case booleanArray([Bool])

    /// The status of a span.
    public enum Status: String, Sendable, Hashable, CaseIterable, BitwiseCopyable {
        case error, ok, unset
    }

    /// The kind of a span.
    public enum Kind: String, Sendable, Hashable, CaseIterable, BitwiseCopyable {
        case unspecified, `internal`, server, client, producer, consumer
    }

    /// A string value from text.
    public static func string(_ text: String) -> Static { .string(Array(text.utf8)) }

    /// The static type.
    public var type: StaticType {
        switch self {
        case .null: .null
        case .int: .int
        case .float: .float
        case .string: .string
        case .boolean: .boolean
        case .duration: .duration
        case .status: .status
        case .kind: .kind
        case .intArray: .intArray
        case .floatArray: .floatArray
        case .stringArray: .stringArray
        case .booleanArray: .booleanArray
        }
    }
}

extension Static: Hashable {
    /// Equality of what is written: floats by bits (any not-a-number equals any other), so that a tree equals itself.
    /// This is not the `=` of the language.
    public static func == (lhs: Static, rhs: Static) -> Bool {
        switch (lhs, rhs) {
        case (.null, .null): true
        case (.int(let a), .int(let b)): a == b
        case (.float(let a), .float(let b)): sameText(a, b)
        case (.string(let a), .string(let b)): a == b
        case (.boolean(let a), .boolean(let b)): a == b
        case (.duration(let a), .duration(let b)): a == b
        case (.status(let a), .status(let b)): a == b
        case (.kind(let a), .kind(let b)): a == b
        case (.intArray(let a), .intArray(let b)): a == b
        case (.floatArray(let a), .floatArray(let b)): a.elementsEqual(b, by: sameText)
        case (.stringArray(let a), .stringArray(let b)): a == b
        case (.booleanArray(let a), .booleanArray(let b)): a == b
        default: false
        }
    }

    /// Hashes the type and the value, consistent with `==`.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(type)
        switch self {
        case .null: break
        case .int(let value), .duration(let value): hasher.combine(value)
        case .float(let value): hasher.combine(value.isNaN ? 0 : value.bitPattern)
        case .string(let value): value.withUnsafeBytes { hasher.combine(bytes: $0) }
        case .boolean(let value): hasher.combine(value)
        case .status(let value): hasher.combine(value)
        case .kind(let value): hasher.combine(value)
        case .intArray(let values): hasher.combine(values)
        case .floatArray(let values): for value in values { hasher.combine(value.isNaN ? 0 : value.bitPattern) }
        case .stringArray(let values): hasher.combine(values)
        case .booleanArray(let values): hasher.combine(values)
        }
    }

    static func sameText(_ a: Double, _ b: Double) -> Bool {
        a.bitPattern == b.bitPattern || (a.isNaN && b.isNaN)
    }
}

/// The type of a value, or of an expression before anything is evaluated.
public enum StaticType: Sendable, Hashable, CaseIterable {
    /// No value.
    case null
    /// 64-bit integer.
    case int
    /// 64-bit float.
    case float
    /// Byte string.
    case string
    /// Truth value.
    case boolean
    /// Nanoseconds.
    case duration
    /// Span status.
    case status
    /// Span kind.
    case kind
    /// List of integers.
    case intArray
    /// List of floats.
    case floatArray
    /// List of byte strings.
    case stringArray
    /// List of truth values.
    case booleanArray
    /// Not known before evaluation: the type of every attribute.
    case any
}
