/// Just enough of a protobuf decoder to compare answers with, independent of the code under test: a message becomes the JSON value
/// that protobuf's JSON mapping gives it.
public struct ProtobufSchema: Sendable {
    /// How one field is read.
    public indirect enum Kind: Sendable {
        /// UTF-8 text.
        case string
        /// A varint shown as a JSON number.
        case number
        /// A 64-bit varint shown as a string.
        case number64
        /// A varint shown as true.
        case bool
        /// Eight bytes shown as a number.
        case double
        /// A message.
        case message(ProtobufSchema)
        /// A map from text to messages.
        case map(ProtobufSchema)
        /// The same, many times.
        case repeated(Kind)
    }

    /// The bytes are no message of this schema.
    public struct Malformed: Error, CustomStringConvertible {
        /// What is wrong.
        public let description: String
    }

    let fields: [Int: (name: String, kind: Kind)]

    /// Fields by their number.
    public init(_ fields: [Int: (name: String, kind: Kind)]) { self.fields = fields }

    /// Decodes a message; an unknown field is an error, since an answer must hold nothing that the schema does not know.
    public func decode(_ bytes: some Sequence<UInt8>) throws -> JSONValue {
        var members: [String: JSONValue] = [:]
        for field in try ProtobufField.all(of: Array(bytes)) {
            guard let (name, kind) = fields[field.number] else {
                throw Malformed(description: "unknown field \(field.number)")
            }
            switch kind {
            case .repeated(let element):
                members[name] = .array((members[name]?.elements ?? []) + [try Self.value(field, element)])
            case .map(let value):
                let entry = try ProtobufSchema([1: ("key", .string), 2: ("value", .message(value))])
                    .decode(field.content)
                var map = members[name]?.members ?? [:]
                map[entry["key"]?.text ?? ""] = entry["value"] ?? .object([:])
                members[name] = .object(map)
            default: members[name] = try Self.value(field, kind)
            }
        }
        return .object(members)
    }

    private static func value(_ field: ProtobufField, _ kind: Kind) throws -> JSONValue {
        switch kind {
        case .string: return .string(String(decoding: field.content, as: UTF8.self))
        case .number: return .number(Double(field.varint))
        case .number64: return .string(String(field.varint))
        case .bool: return .bool(field.varint != 0)
        case .double: return .number(Double(bitPattern: field.varint))
        case .message(let schema): return try schema.decode(field.content)
        case .map, .repeated: throw Malformed(description: "a list inside a list")
        }
    }
}

/// One field of a protobuf message.
public struct ProtobufField: Sendable {
    /// Field number.
    public let number: Int
    /// The value of a varint or fixed field, 0 otherwise.
    public let varint: UInt64
    /// The bytes of a length-delimited field, empty otherwise.
    public let content: [UInt8]

    /// Splits a message into its fields.
    public static func all(of bytes: [UInt8]) throws -> [ProtobufField] {
        var fields: [ProtobufField] = []
        var position = 0
        func varint() throws -> UInt64 {
            var value: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 70, by: 7) {
                guard position < bytes.count else { break }
                let byte = bytes[position]
                position += 1
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return value }
            }
            throw ProtobufSchema.Malformed(description: "varint at \(position)")
        }
        func fixed(_ count: Int) throws -> UInt64 {
            guard bytes.count - position >= count else {
                throw ProtobufSchema.Malformed(description: "fixed at \(position)")
            }
            defer { position += count }
            return bytes[position..<(position + count)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        while position < bytes.count {
            let tag = try varint()
            let number = Int(truncatingIfNeeded: tag >> 3)
            switch tag & 7 {
            case 0: fields.append(ProtobufField(number: number, varint: try varint(), content: []))
            case 1: fields.append(ProtobufField(number: number, varint: try fixed(8), content: []))
            case 5: fields.append(ProtobufField(number: number, varint: try fixed(4), content: []))
            case 2:
                guard let length = Int(exactly: try varint()), length <= bytes.count - position else {
                    throw ProtobufSchema.Malformed(description: "length at \(position)")
                }
                fields.append(
                    ProtobufField(
                        number: number, varint: 0, content: Array(bytes[position..<(position + length)])))
                position += length
            default: throw ProtobufSchema.Malformed(description: "wire type at \(position)")
            }
        }
        return fields
    }

    /// A length-delimited field as bytes, for making messages by hand.
    public static func encode(_ number: Int, _ content: [UInt8]) -> [UInt8] {
        encode(varint: UInt64(number << 3 | 2)) + encode(varint: UInt64(content.count)) + content
    }

    /// A varint field as bytes.
    public static func encode(_ number: Int, varint value: UInt64) -> [UInt8] {
        encode(varint: UInt64(number << 3)) + encode(varint: value)
    }

    /// A fixed 64-bit field as bytes.
    public static func encode(_ number: Int, fixed64 value: UInt64) -> [UInt8] {
        encode(varint: UInt64(number << 3 | 1)) + (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func encode(varint value: UInt64) -> [UInt8] {
        var rest = value
        var bytes: [UInt8] = []
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}
