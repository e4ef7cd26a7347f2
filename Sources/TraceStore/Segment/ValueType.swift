/// What an attribute's value is, and what the payload of its pair means.
enum ValueType: UInt8, Sendable, CaseIterable {
    /// A `KeyValue` without a value. Payload 0.
    case absent = 0
    /// An `AnyValue` with no member set. Payload 0.
    case empty = 1
    /// Payload: string id.
    case string = 2
    /// Payload: 0 or 1.
    case bool = 3
    /// Payload: bit pattern of an `Int64`.
    case int = 4
    /// Payload: bit pattern of a `Double`.
    case double = 5
    /// Payload: string id of the bytes, as they are.
    case bytes = 6
    /// Payload: string id of the protobuf of the `ArrayValue`.
    case array = 7
    /// Payload: string id of the protobuf of the `KeyValueList`.
    case keyValueList = 8
}
