/// A part's bytes do not follow the protobuf wire format, or give a known field another wire type.
struct MalformedWire: Error, Sendable, Hashable {
    /// Where in the part the reader gave up.
    var offset: Int
    /// The bytes are sound, but hold more messages than is worth the memory.
    var isTooLarge = false
}

/// Reads protobuf fields from a piece of memory, from `position` up to `end`.
///
/// The merger looks at every field of every span, so this reads through a raw pointer. Why that is safe: whoever makes
/// a cursor keeps the memory alive for the cursor's life (all do so inside one `withUnsafeBytes`), `end` never exceeds
/// the memory's size (`init` cuts it, `nested` checks it), and every read below compares with `end` before it touches
/// memory. Lengths are compared as unsigned numbers with what is left, so no sum can overflow.
struct WireCursor {
    let base: UnsafeRawPointer
    private(set) var position: Int
    let end: Int

    /// Nil when the memory is empty, which has no address.
    init?(_ memory: UnsafeRawBufferPointer, from start: Int, to end: Int) {
        guard let base = memory.baseAddress, start >= 0, start <= end, end <= memory.count else { return nil }
        self.init(base: base, position: start, end: end)
    }

    private init(base: UnsafeRawPointer, position: Int, end: Int) {
        self.base = base
        self.position = position
        self.end = end
    }

    @inline(__always) var isAtEnd: Bool { position >= end }

    @inline(__always) func byte(at offset: Int) -> UInt8 { base.load(fromByteOffset: offset, as: UInt8.self) }

    @inline(__always) mutating func varint() throws(MalformedWire) -> UInt64 {
        guard position < end else { throw MalformedWire(offset: position) }
        let first = byte(at: position)
        if first < 0x80 {
            position += 1
            return UInt64(first)
        }
        return try longVarint()
    }

    @inline(never) private mutating func longVarint() throws(MalformedWire) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < end, shift < 70 {
            let next = byte(at: position)
            position += 1
            // The tenth byte holds one bit of the value; more would not fit.
            guard shift < 63 || next <= 1 else { throw MalformedWire(offset: position) }
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 { return value }
            shift += 7
        }
        throw MalformedWire(offset: position)
    }

    /// Reads a length and steps over that many bytes; gives where they start.
    @inline(__always) mutating func lengthDelimited() throws(MalformedWire) -> (start: Int, end: Int) {
        let length = try varint()
        let left = UInt64(end - position)
        guard length <= left else { throw MalformedWire(offset: position) }
        let start = position
        position = start + Int(length)
        return (start, position)
    }

    @inline(__always) mutating func fixed64() throws(MalformedWire) -> UInt64 {
        guard end - position >= 8 else { throw MalformedWire(offset: position) }
        let value = base.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        position += 8
        return UInt64(littleEndian: value)
    }

    @inline(__always) mutating func skip(_ count: Int) throws(MalformedWire) {
        guard end - position >= count else { throw MalformedWire(offset: position) }
        position += count
    }

    /// Steps over the value of a field that the merger does not know. Groups are refused: no message here has them.
    mutating func skipValue(ofTag tag: UInt64) throws(MalformedWire) {
        guard tag >> 3 > 0, tag <= UInt64(UInt32.max) else { throw MalformedWire(offset: position) }
        switch tag & 7 {
        case 0: _ = try varint()
        case 1: try skip(8)
        case 2: _ = try lengthDelimited()
        case 5: try skip(4)
        default: throw MalformedWire(offset: position)
        }
    }

    /// A cursor over a range that this cursor has stepped over.
    @inline(__always) func nested(_ range: (start: Int, end: Int)) -> WireCursor {
        assert(range.start <= range.end && range.end <= end)
        return WireCursor(base: base, position: range.start, end: min(range.end, end))
    }

    /// The 8 bytes at `offset` as one number whose order is the order of the bytes. The caller has checked the range.
    @inline(__always) func bigEndian64(at offset: Int) -> UInt64 {
        UInt64(bigEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}

/// How many bytes a varint takes.
@inline(__always) func varintSize(_ value: Int) -> Int {
    (63 - (value | 1).leadingZeroBitCount) / 7 + 1
}

/// Size of a length-delimited field with a one-byte tag.
@inline(__always) func fieldSize(_ length: Int) -> Int {
    1 + varintSize(length) + length
}

extension [UInt8] {
    mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func appendFieldHeader(tag: UInt8, length: Int) {
        append(tag)
        appendVarint(UInt64(length))
    }
}
