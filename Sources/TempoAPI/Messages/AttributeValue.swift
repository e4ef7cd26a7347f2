/// The value of an attribute: a oneof of several types.
public struct AnyValue: WireMessage {
    /// The members of the oneof.
    public enum Value: Sendable, Equatable {
        /// Text.
        case string(String)
        /// True or false.
        case bool(Bool)
        /// A whole number.
        case int(Int64)
        /// A floating-point number.
        case double(Double)
        /// A list of values.
        case array(ArrayValue)
        /// A list of attributes.
        case keyValueList(KeyValueList)
        /// Bytes.
        case bytes([UInt8])
        /// An index into a string table, normally absent.
        case stringIndex(Int32)
    }

    /// The member that is set, or nil for none.
    public var value: Value?
    /// Protobuf fields that are not known here, as they were read; written back unchanged.
    public var unknownFields: [UInt8] = []

    /// Makes a value with the given member set.
    public init(_ value: Value?) { self.value = value }

    /// A value with no member set.
    public init() { value = nil }

    /// Text.
    public static func string(_ value: String) -> AnyValue { AnyValue(.string(value)) }
    /// True or false.
    public static func bool(_ value: Bool) -> AnyValue { AnyValue(.bool(value)) }
    /// A whole number.
    public static func int(_ value: Int64) -> AnyValue { AnyValue(.int(value)) }
    /// A floating-point number.
    public static func double(_ value: Double) -> AnyValue { AnyValue(.double(value)) }
}

extension AnyValue {
    /// Same as in Tempo.
    public static let wireName = "v1.AnyValue"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "stringValue", "string_value"),
        WireFieldName(2, "boolValue", "bool_value"),
        WireFieldName(3, "intValue", "int_value"),
        WireFieldName(4, "doubleValue", "double_value"),
        WireFieldName(5, "arrayValue", "array_value"),
        WireFieldName(6, "kvlistValue", "kvlist_value"),
        WireFieldName(7, "bytesValue", "bytes_value"),
        WireFieldName(8, "stringValueStrindex", "string_value_strindex"),
    ]

    /// Hands the member that is set to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        switch value {
        case .string(let value): sink.string(1, "stringValue", value, always: true)
        case .bool(let value): sink.bool(2, "boolValue", value, always: true)
        case .int(let value): sink.int64(3, "intValue", value, always: true)
        case .double(let value): sink.double(4, "doubleValue", value, always: true)
        case .array(let value): sink.message(5, "arrayValue", value)
        case .keyValueList(let value): sink.message(6, "kvlistValue", value)
        case .bytes(let value): sink.bytes(7, "bytesValue", value, always: true)
        case .stringIndex(let value): sink.int32(8, "stringValueStrindex", value, always: true)
        case nil: break
        }
        sink.unknown(unknownFields)
    }

    /// Takes a member from a source. A later member replaces an earlier one, even a list another list: that is what Tempo does.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        guard 1...8 ~= number else { return false }
        if source.skipNull() { return true }
        switch number {
        case 1:
            var member = ""
            try source.string(&member)
            value = .string(member)
        case 2:
            var member = false
            try source.bool(&member)
            value = .bool(member)
        case 3:
            var member: Int64 = 0
            try source.int64(&member)
            value = .int(member)
        case 4:
            var member = 0.0
            try source.double(&member)
            value = .double(member)
        case 5:
            var member: ArrayValue?
            try source.message(&member)
            value = .array(member ?? ArrayValue())
        case 6:
            var member: KeyValueList?
            try source.message(&member)
            value = .keyValueList(member ?? KeyValueList())
        case 7:
            var member: [UInt8] = []
            try source.bytes(&member)
            value = .bytes(member)
        default:
            var member: Int32 = 0
            try source.int32(&member)
            value = .stringIndex(member)
        }
        return true
    }

    /// Keeps the field in ``unknownFields``.
    public mutating func keepUnknownField(_ raw: UnsafeRawBufferPointer) {
        unknownFields.append(contentsOf: raw)
    }
}
