/// Appends protobuf fields to a byte array. The caller knows the size of a sub-message before it writes it.
public struct ProtobufWriter: Sendable {
    /// What has been written so far; may be taken, cleared and replaced between calls.
    public var bytes: [UInt8]

    /// Starts with an empty buffer, or continues one.
    @inlinable
    public init(_ bytes: [UInt8] = []) { self.bytes = bytes }

    /// How many bytes a number takes as varint: 1 to 10.
    @inlinable
    public static func size(ofVarint value: UInt64) -> Int {
        // 7 bits a byte; `| 1` lets zero take one byte.
        (70 - (value | 1).leadingZeroBitCount) / 7
    }

    /// How many bytes the tag of a field takes.
    @inlinable
    public static func size(ofTag number: Int) -> Int {
        size(ofVarint: UInt64(truncatingIfNeeded: number) << 3)
    }

    /// How many bytes a length-delimited field takes whose content has `count` bytes.
    @inlinable
    public static func size(ofField number: Int, content count: Int) -> Int {
        size(ofTag: number) + size(ofVarint: UInt64(truncatingIfNeeded: count)) + count
    }

    /// Appends a base-128 number.
    @inlinable
    public mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Appends the tag of a field.
    @inlinable
    public mutating func tag(_ number: Int, _ wireType: ProtobufWireType) {
        varint(UInt64(truncatingIfNeeded: number) << 3 | UInt64(wireType.rawValue))
    }

    /// Appends tag and length of a length-delimited field; its content of exactly `count` bytes must follow.
    @inlinable
    public mutating func header(_ number: Int, content count: Int) {
        tag(number, .lengthDelimited)
        varint(UInt64(truncatingIfNeeded: count))
    }

    /// Appends a varint field.
    @inlinable
    public mutating func field(_ number: Int, varint value: UInt64) {
        tag(number, .varint)
        varint(value)
    }

    /// Appends a fixed32 field.
    @inlinable
    public mutating func field(_ number: Int, fixed32 value: UInt32) {
        tag(number, .fixed32)
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Appends a fixed64 field.
    @inlinable
    public mutating func field(_ number: Int, fixed64 value: UInt64) {
        tag(number, .fixed64)
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Appends a length-delimited field with its content.
    @inlinable
    public mutating func field(_ number: Int, bytes content: [UInt8]) {
        header(number, content: content.count)
        bytes.append(contentsOf: content)
    }

    /// Appends a length-delimited field with its content.
    @inlinable
    public mutating func field(_ number: Int, bytes content: UnsafeRawBufferPointer) {
        header(number, content: content.count)
        bytes.append(contentsOf: content)
    }

    /// Appends a string field.
    @inlinable
    public mutating func field(_ number: Int, string: String) {
        header(number, content: string.utf8.count)
        bytes.append(contentsOf: string.utf8)
    }

    /// Appends bytes as they are, such as whole fields taken from another message.
    @inlinable
    public mutating func raw(_ content: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: content)
    }
}
