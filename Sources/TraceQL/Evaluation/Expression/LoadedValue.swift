/// A value while expressions are evaluated.
enum LoadedValue: Sendable, Hashable, BitwiseCopyable {
    /// Nothing was loaded: the next place is looked at.
    case absent
    /// There is an entry, without a value.
    case null
    /// There is no such key, which was asked for.
    case marker
    /// It cannot be evaluated.
    case failure
    case int(Int64)
    case float(Double)
    case boolean(Bool)
    case string(StringRef)
    case duration(Int64)
    /// The OTLP code.
    case status(UInt8)
    /// The OTLP code.
    case kind(UInt8)
    /// The text of a span id: 16 lower-case hex digits.
    case spanID(UInt64)
    /// The text of a trace id without leading zeros: that of the table for -1, else that of a link.
    case traceID(Int32)
    case array(ArrayRef)

    init(_ value: ColumnValue) {
        switch value {
        case .missing: self = .absent
        case .unusable: self = .null
        case .int(let value): self = .int(value)
        case .float(let value): self = .float(value)
        case .boolean(let value): self = .boolean(value)
        case .string(let value): self = .string(value)
        case .array(let value): self = .array(value)
        }
    }

    /// Whether there is no value.
    var isNil: Bool {
        switch self {
        case .absent, .null, .marker: true
        default: false
        }
    }

    /// The number as a float.
    var asDouble: Double? {
        switch self {
        case .int(let value), .duration(let value): Double(value)
        case .float(let value): value
        default: nil
        }
    }

    /// Whether it is a list.
    var isList: Bool { if case .array = self { true } else { false } }

    /// Whether it is a string in any form.
    var isText: Bool {
        switch self {
        case .string, .spanID, .traceID: true
        default: false
        }
    }
}

extension Static.Status {
    init(code: UInt8) { self = code == 1 ? .ok : code == 2 ? .error : .unset }

    var code: UInt8 {
        switch self {
        case .unset: 0
        case .ok: 1
        case .error: 2
        }
    }
}

extension Static.Kind {
    init(code: UInt8) {
        switch code {
        case 1: self = .internal
        case 2: self = .server
        case 3: self = .client
        case 4: self = .producer
        case 5: self = .consumer
        default: self = .unspecified
        }
    }

    var code: UInt8 {
        switch self {
        case .unspecified: 0
        case .internal: 1
        case .server: 2
        case .client: 3
        case .producer: 4
        case .consumer: 5
        }
    }
}

/// Ids as text.
enum IDText {
    /// 16 lower-case hex digits.
    static func span(_ value: UInt64) -> [UInt8] { digits(value) }

    /// Lower-case hex digits without leading zeros; empty for an id of zeros.
    static func trace(_ id: SpanTable.TraceID) -> [UInt8] {
        Array((digits(id.high) + digits(id.low)).drop { $0 == UInt8(ascii: "0") })
    }

    /// A literal that may be meant as an id, as ids are written: lower case if it is all hex digits, of a trace id without
    /// leading zeros.
    static func normalised(_ literal: [UInt8], isTrace: Bool) -> [UInt8] {
        guard isHex(literal) else { return literal }
        let lower = literal.map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "F") ? $0 | 0x20 : $0 }
        return isTrace ? Array(lower.drop { $0 == UInt8(ascii: "0") }) : lower
    }

    static func isHex(_ text: [UInt8]) -> Bool {
        text.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                UInt8(ascii: "A")...UInt8(ascii: "F"):
                true
            default: false
            }
        }
    }

    private static func digits(_ value: UInt64) -> [UInt8] {
        (0..<16).map { place in
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * place)) & 15
            return digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
        }
    }
}
