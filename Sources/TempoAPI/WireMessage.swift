/// A message of Tempo's API: readable from and writable to protobuf and protobuf-JSON (jsonpb) as Tempo speaks them.
///
/// A conforming type describes its fields once for writing (``describe(to:)``) and once for reading (``readField(_:from:)``); every
/// encoding is derived from these two.
public protocol WireMessage: Sendable, Equatable {
    /// The empty message.
    init()

    /// The message's name as it appears in Tempo's error texts, such as `tempopb.SearchResponse`.
    static var wireName: String { get }

    /// Number and JSON names of every field.
    static var fieldNames: [WireFieldName] { get }

    /// Hands every field to a sink: in declaration order when the sink asks for it (JSON), else in field number order.
    func describe<Sink: FieldSink>(to sink: inout Sink)

    /// Takes the value of a field from a source.
    /// - Returns: false, with nothing read, when the message has no such field.
    /// - Throws: ``WireError`` when the value does not fit the field.
    mutating func readField<Source: FieldSource>(_ number: Int, from source: inout Source) throws(WireError) -> Bool

    /// Takes over a protobuf field that the message does not know, tag included. The default drops it.
    mutating func keepUnknownField(_ raw: UnsafeRawBufferPointer)

    /// What ``decode(protobuf:limits:)`` does. These five have defaults; they are requirements so that a call from another module
    /// reaches the code that the compiler made for this very message.
    static func read(protobuf bytes: [UInt8], limits: WireLimits) throws(WireError) -> Self
    /// What ``decode(json:limits:)`` does.
    static func read(json bytes: [UInt8], limits: WireLimits) throws(WireError) -> Self
    /// What ``protobufSize`` gives.
    func measureProtobuf() -> Int
    /// What ``appendProtobuf(to:)`` does.
    func writeProtobuf(to bytes: inout [UInt8])
    /// What ``appendJSON(to:)`` does.
    func writeJSON(to bytes: inout [UInt8])
}

/// The number of a field and its two names in JSON.
public struct WireFieldName: Sendable {
    /// The protobuf field number.
    public let number: Int
    /// The name that is written, in lowerCamelCase.
    public let json: StaticString
    /// The name in the schema, accepted when reading.
    public let original: StaticString

    /// Makes a name; `original` defaults to `json`.
    public init(_ number: Int, _ json: StaticString, _ original: StaticString? = nil) {
        self.number = number
        self.json = json
        self.original = original ?? json
    }
}

/// An open enumeration: numbers without a name are kept.
public protocol WireEnum: Sendable, Hashable, RawRepresentable where RawValue == Int32 {
    /// The enumeration's name as it appears in Tempo's error texts.
    static var wireName: String { get }
    /// The names of the known numbers.
    static var names: [(value: Int32, name: StaticString)] { get }
    /// Makes a value from any number.
    init(rawValue: Int32)
}

extension WireMessage {
    /// Drops the field.
    public mutating func keepUnknownField(_ raw: UnsafeRawBufferPointer) {}

    /// Reads a message from protobuf.
    /// - Throws: ``WireError`` for malformed input and for input beyond `limits`.
    public static func decode(
        protobuf bytes: [UInt8], limits: WireLimits = .default
    ) throws(WireError) -> Self {
        try read(protobuf: bytes, limits: limits)
    }

    /// Reads a message from JSON as leniently, and as strictly, as Tempo does: text after the first value is ignored, `null` is the
    /// empty message, an unknown member is an error.
    /// - Throws: ``WireError`` for malformed input, unknown members and for input beyond `limits`.
    public static func decode(json bytes: [UInt8], limits: WireLimits = .default) throws(WireError) -> Self {
        try read(json: bytes, limits: limits)
    }

    /// The size of the protobuf encoding in bytes.
    public var protobufSize: Int { measureProtobuf() }

    /// Appends the protobuf encoding: fields in number order, map entries sorted by the bytes of their keys.
    public func appendProtobuf(to bytes: inout [UInt8]) { writeProtobuf(to: &bytes) }

    /// Appends the JSON encoding, without whitespace.
    public func appendJSON(to bytes: inout [UInt8]) { writeJSON(to: &bytes) }

    /// The protobuf encoding.
    public var protobuf: [UInt8] {
        var bytes: [UInt8] = []
        appendProtobuf(to: &bytes)
        return bytes
    }

    /// The JSON encoding.
    public var json: [UInt8] {
        var bytes: [UInt8] = []
        appendJSON(to: &bytes)
        return bytes
    }
}
