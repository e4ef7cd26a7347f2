/// The wire types that proto3 messages use. Groups (3, 4) and the undefined 6 and 7 are refused.
public enum ProtobufWireType: UInt8, Sendable {
    /// int32, int64, uint32, uint64, bool, enum.
    case varint = 0
    /// fixed64, sfixed64, double.
    case fixed64 = 1
    /// string, bytes, message, packed list.
    case lengthDelimited = 2
    /// fixed32, sfixed32, float.
    case fixed32 = 5
}

/// One field as it lies on the wire. All offsets count from the start of the reader's buffer.
public struct ProtobufField: Sendable, Equatable {
    /// The field number, 1 to 536,870,911.
    public let number: Int
    /// The wire type.
    public let wireType: ProtobufWireType
    /// Where the field's tag starts.
    public let start: Int
    /// The value of a varint, fixed32 or fixed64 field; 0 for a length-delimited one.
    public let value: UInt64
    /// The bytes after the tag; for a length-delimited field the content, without its length.
    public let payload: Range<Int>

    /// Makes a field from its parts.
    @inlinable
    public init(number: Int, wireType: ProtobufWireType, start: Int, value: UInt64, payload: Range<Int>) {
        self.number = number
        self.wireType = wireType
        self.start = start
        self.value = value
        self.payload = payload
    }

    /// The whole field, tag included.
    @inlinable
    public var range: Range<Int> { start..<payload.upperBound }

    /// The content of a length-delimited field.
    /// - Throws: ``WireError`` when the field has another wire type.
    @inlinable
    public func content() throws(WireError) -> Range<Int> {
        guard wireType == .lengthDelimited else { throw .wrongWireType(wireType, field: number) }
        return payload
    }

    /// The value of a field of the given wire type.
    /// - Throws: ``WireError`` when the field has another wire type.
    @inlinable
    public func scalar(_ expected: ProtobufWireType) throws(WireError) -> UInt64 {
        guard wireType == expected else { throw .wrongWireType(wireType, field: number) }
        return value
    }
}

/// A cursor over the protobuf bytes of one message. It never reads outside its range and never traps on any input.
///
/// The memory must outlive the reader: make one inside `withUnsafeBytes` and let it not escape.
public struct ProtobufReader {
    /// The memory that is read; every load is preceded by a check against `end`, which is within this buffer.
    public let bytes: UnsafeRawBufferPointer
    @usableFromInline
    var position: Int
    /// Where the next value starts.
    @inlinable
    public var offset: Int { position }
    /// Where the message ends.
    public let end: Int

    /// Reads the whole buffer as one message.
    @inlinable
    public init(_ bytes: UnsafeRawBufferPointer) {
        self.init(bytes, range: 0..<bytes.count)
    }

    /// Reads a part of the buffer as one message; a range beyond the buffer is cut to it.
    @inlinable
    public init(_ bytes: UnsafeRawBufferPointer, range: Range<Int>) {
        self.bytes = bytes
        let end = min(max(range.upperBound, 0), bytes.count)
        self.end = end
        self.position = min(max(range.lowerBound, 0), end)
    }

    /// Whether the message has been read to its end.
    @inlinable
    public var isAtEnd: Bool { offset == end }

    /// Reads a base-128 number. As in Go, bits beyond the 64th are dropped.
    /// - Throws: ``WireError`` when it is cut short or longer than ten bytes.
    @inlinable
    public mutating func varint() throws(WireError) -> UInt64 {
        guard offset < end else { throw .truncated() }
        let first = bytes[offset]
        if first < 0x80 {
            position += 1
            return UInt64(first)
        }
        var result = UInt64(first & 0x7f)
        var cursor = position + 1
        var shift: UInt64 = 7
        while cursor < end {
            let byte = bytes[cursor]
            cursor += 1
            result |= UInt64(byte & 0x7f) &<< shift
            if byte < 0x80 {
                position = cursor
                return result
            }
            shift += 7
            guard shift < 70 else { throw .varintTooLong() }
        }
        throw .truncated()
    }

    /// Reads the tag of a field.
    /// - Throws: ``WireError`` for an illegal field number or wire type.
    @inlinable
    public mutating func tag() throws(WireError) -> (number: Int, wireType: ProtobufWireType) {
        let raw = try varint()
        let number = raw >> 3
        guard number != 0, number <= 0x1fff_ffff else { throw .illegalTag(raw) }
        guard let wireType = ProtobufWireType(rawValue: UInt8(raw & 7)) else { throw .illegalWireType(raw) }
        return (Int(number), wireType)
    }

    /// Reads a length and passes over that many bytes.
    /// - Returns: the range of the content in the buffer.
    @inlinable
    public mutating func lengthDelimited() throws(WireError) -> Range<Int> {
        let length = try varint()
        guard length <= UInt64(Int.max) else { throw .lengthTooLarge() }
        guard Int(length) <= end - offset else { throw .truncated() }
        let start = offset
        position = start + Int(length)
        return start..<offset
    }

    /// Reads four bytes, least significant first.
    @inlinable
    public mutating func fixed32() throws(WireError) -> UInt32 {
        guard end - offset >= 4 else { throw .truncated() }
        let value = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        position += 4
        return UInt32(littleEndian: value)
    }

    /// Reads eight bytes, least significant first.
    @inlinable
    public mutating func fixed64() throws(WireError) -> UInt64 {
        guard end - offset >= 8 else { throw .truncated() }
        let value = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        position += 8
        return UInt64(littleEndian: value)
    }

    /// Reads the next field whole.
    /// - Returns: nil at the end of the message.
    @inlinable
    public mutating func next() throws(WireError) -> ProtobufField? {
        guard offset < end else { return nil }
        let start = offset
        let (number, wireType) = try tag()
        let payloadStart = offset
        switch wireType {
        case .varint:
            let value = try varint()
            return ProtobufField(
                number: number, wireType: wireType, start: start, value: value, payload: payloadStart..<offset)
        case .fixed64:
            let value = try fixed64()
            return ProtobufField(
                number: number, wireType: wireType, start: start, value: value, payload: payloadStart..<offset)
        case .fixed32:
            let value = UInt64(try fixed32())
            return ProtobufField(
                number: number, wireType: wireType, start: start, value: value, payload: payloadStart..<offset)
        case .lengthDelimited:
            let content = try lengthDelimited()
            return ProtobufField(number: number, wireType: wireType, start: start, value: 0, payload: content)
        }
    }

    /// The bytes of a range of the buffer; a range beyond the buffer is cut to it.
    @inlinable
    public func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[range.clamped(to: 0..<bytes.count)])
    }
}
