/// Gives the value of the field that is being read, in the type that the message wants.
///
/// Every function throws ``WireError`` when the value does not fit. Repeated occurrences follow the rules of the encoding: protobuf
/// appends to lists and merges messages, JSON replaces.
public protocol FieldSource {
    /// A string; invalid UTF-8 becomes U+FFFD, one for each bad byte.
    mutating func string(_ value: inout String) throws(WireError)
    /// Bytes.
    mutating func bytes(_ value: inout [UInt8]) throws(WireError)
    /// A bool.
    mutating func bool(_ value: inout Bool) throws(WireError)
    /// An int32.
    mutating func int32(_ value: inout Int32) throws(WireError)
    /// A uint32.
    mutating func uint32(_ value: inout UInt32) throws(WireError)
    /// An int64.
    mutating func int64(_ value: inout Int64) throws(WireError)
    /// A uint64.
    mutating func uint64(_ value: inout UInt64) throws(WireError)
    /// A fixed32.
    mutating func fixed32(_ value: inout UInt32) throws(WireError)
    /// A fixed64.
    mutating func fixed64(_ value: inout UInt64) throws(WireError)
    /// A double.
    mutating func double(_ value: inout Double) throws(WireError)
    /// An enum; unknown numbers are kept.
    mutating func enumeration<E: WireEnum>(_ value: inout E) throws(WireError)
    /// A sub-message.
    mutating func message<M: WireMessage>(_ value: inout M?) throws(WireError)
    /// A list of sub-messages.
    mutating func messages<M: WireMessage>(_ value: inout [M]) throws(WireError)
    /// A list of strings.
    mutating func strings(_ value: inout [String]) throws(WireError)
    /// A map from string to string.
    mutating func map(_ value: inout [String: String]) throws(WireError)
    /// A map from string to int64: counters, whose names are Tempo's own and plain ASCII.
    mutating func map(_ value: inout [String: Int64]) throws(WireError)
    /// A map from string to message.
    mutating func map<M: WireMessage>(_ value: inout TextMap<M>) throws(WireError)
    /// A point in time.
    mutating func timestamp(_ value: inout WireTimestamp?) throws(WireError)
    /// Whether the value is JSON's `null`; the source then passes over it. Members of a oneof ask this first.
    mutating func skipNull() -> Bool
}
