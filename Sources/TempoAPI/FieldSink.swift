/// Receives the fields of a message one after another in order to encode them.
///
/// Unless `always` is set, a field with its type's zero value is not written. `always` is for members of a oneof and for `optional`
/// fields, which are written whenever they are set.
public protocol FieldSink {
    /// Whether fields are wanted in the order of their declaration rather than of their numbers.
    static var wantsDeclarationOrder: Bool { get }

    /// A string field.
    mutating func string(_ number: Int, _ name: StaticString, _ value: String, always: Bool)
    /// A bytes field.
    mutating func bytes(_ number: Int, _ name: StaticString, _ value: [UInt8], always: Bool)
    /// A bool field.
    mutating func bool(_ number: Int, _ name: StaticString, _ value: Bool, always: Bool)
    /// An int32 field.
    mutating func int32(_ number: Int, _ name: StaticString, _ value: Int32, always: Bool)
    /// A uint32 field.
    mutating func uint32(_ number: Int, _ name: StaticString, _ value: UInt32)
    /// An int64 field.
    mutating func int64(_ number: Int, _ name: StaticString, _ value: Int64, always: Bool)
    /// A uint64 field.
    mutating func uint64(_ number: Int, _ name: StaticString, _ value: UInt64)
    /// A fixed32 field.
    mutating func fixed32(_ number: Int, _ name: StaticString, _ value: UInt32)
    /// A fixed64 field.
    mutating func fixed64(_ number: Int, _ name: StaticString, _ value: UInt64)
    /// A double field.
    mutating func double(_ number: Int, _ name: StaticString, _ value: Double, always: Bool)
    /// An enum field.
    mutating func enumeration<E: WireEnum>(_ number: Int, _ name: StaticString, _ value: E)
    /// A sub-message; nil is not written.
    mutating func message<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: M?)
    /// A list of sub-messages. With `always` an empty list is written in JSON.
    mutating func messages<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: [M], always: Bool)
    /// A list of strings. With `always` an empty list is written in JSON.
    mutating func strings(_ number: Int, _ name: StaticString, _ value: [String], always: Bool)
    /// A map from string to string.
    mutating func map(_ number: Int, _ name: StaticString, _ value: [String: String])
    /// A map from string to int64.
    mutating func map(_ number: Int, _ name: StaticString, _ value: [String: Int64])
    /// A map from string to message.
    mutating func map<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: TextMap<M>)
    /// A point in time as google.protobuf.Timestamp; in JSON as RFC 3339 text.
    mutating func timestamp(_ number: Int, _ name: StaticString, _ value: WireTimestamp?)
    /// Fields that the message does not know, as they were read. JSON has no place for them.
    mutating func unknown(_ raw: [UInt8])
}

extension FieldSink {
    /// A string field, unless empty.
    mutating func string(_ number: Int, _ name: StaticString, _ value: String) {
        string(number, name, value, always: false)
    }
    /// A bytes field, unless empty.
    mutating func bytes(_ number: Int, _ name: StaticString, _ value: [UInt8]) {
        bytes(number, name, value, always: false)
    }
    /// A bool field, unless false.
    mutating func bool(_ number: Int, _ name: StaticString, _ value: Bool) {
        bool(number, name, value, always: false)
    }
    /// An int32 field, unless zero.
    mutating func int32(_ number: Int, _ name: StaticString, _ value: Int32) {
        int32(number, name, value, always: false)
    }
    /// An int64 field, unless zero.
    mutating func int64(_ number: Int, _ name: StaticString, _ value: Int64) {
        int64(number, name, value, always: false)
    }
    /// A double field, unless zero.
    mutating func double(_ number: Int, _ name: StaticString, _ value: Double) {
        double(number, name, value, always: false)
    }
    /// A list of sub-messages, unless empty.
    mutating func messages<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: [M]) {
        messages(number, name, value, always: false)
    }
    /// A list of strings, unless empty.
    mutating func strings(_ number: Int, _ name: StaticString, _ value: [String]) {
        strings(number, name, value, always: false)
    }
}
