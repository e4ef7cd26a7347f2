/// An attribute.
public struct KeyValue: WireMessage {
    /// Its name.
    public var key: String
    /// Its value; nil and a value without a member are different on the wire.
    public var value: AnyValue?
    /// Index into a string table, normally absent.
    public var keyStringIndex: Int32
    /// Protobuf fields that are not known here, as they were read; written back unchanged.
    public var unknownFields: [UInt8] = []

    /// Makes a message; what is not given is empty.
    public init(
        key: String = "",
        value: AnyValue? = nil,
        keyStringIndex: Int32 = 0
    ) {
        self.key = key
        self.value = value
        self.keyStringIndex = keyStringIndex
    }

    /// The empty message.
    public init() {
        key = ""
        value = nil
        keyStringIndex = 0
    }
}

extension KeyValue {
    /// Same as in Tempo.
    public static let wireName = "v1.KeyValue"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "key"),
        WireFieldName(2, "value"),
        WireFieldName(3, "keyStrindex", "key_strindex"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.string(1, "key", key)
        sink.message(2, "value", value)
        sink.int32(3, "keyStrindex", keyStringIndex)
        sink.unknown(unknownFields)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.string(&key)
        case 2: try source.message(&value)
        case 3: try source.int32(&keyStringIndex)
        default: return false
        }
        return true
    }

    /// Keeps the field in ``unknownFields``.
    public mutating func keepUnknownField(_ raw: UnsafeRawBufferPointer) {
        unknownFields.append(contentsOf: raw)
    }
}

/// A list of attribute values.
public struct ArrayValue: WireMessage {
    /// The values.
    public var values: [AnyValue]
    /// Protobuf fields that are not known here, as they were read; written back unchanged.
    public var unknownFields: [UInt8] = []

    /// Makes a message; what is not given is empty.
    public init(
        values: [AnyValue] = []
    ) {
        self.values = values
    }

    /// The empty message.
    public init() {
        values = []
    }
}

extension ArrayValue {
    /// Same as in Tempo.
    public static let wireName = "v1.ArrayValue"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "values")
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.messages(1, "values", values)
        sink.unknown(unknownFields)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.messages(&values)
        default: return false
        }
        return true
    }

    /// Keeps the field in ``unknownFields``.
    public mutating func keepUnknownField(_ raw: UnsafeRawBufferPointer) {
        unknownFields.append(contentsOf: raw)
    }
}

/// A list of attributes as an attribute value.
public struct KeyValueList: WireMessage {
    /// The attributes.
    public var values: [KeyValue]
    /// Protobuf fields that are not known here, as they were read; written back unchanged.
    public var unknownFields: [UInt8] = []

    /// Makes a message; what is not given is empty.
    public init(
        values: [KeyValue] = []
    ) {
        self.values = values
    }

    /// The empty message.
    public init() {
        values = []
    }
}

extension KeyValueList {
    /// Same as in Tempo.
    public static let wireName = "v1.KeyValueList"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "values")
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.messages(1, "values", values)
        sink.unknown(unknownFields)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.messages(&values)
        default: return false
        }
        return true
    }

    /// Keeps the field in ``unknownFields``.
    public mutating func keepUnknownField(_ raw: UnsafeRawBufferPointer) {
        unknownFields.append(contentsOf: raw)
    }
}
