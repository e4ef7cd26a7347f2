/// How a segment lies in its file.
///
///     header    "TSTORSEG", version u32, header's bytes u32, then the fields of `Header` in their order, the sections of columns
///               (id u16, width u16, 0 u32, count u64, offset u64, XXH64 u64 each), and XXH64 u64 of all before it
///     columns   each at a multiple of 64 bytes
///
/// Numbers are little-endian.
enum SegmentFormat {
    static let magic: [UInt8] = Array("TSTORSEG".utf8)
    static let version: UInt32 = 1
    static let alignment = 64
    /// Headers of files that are not ours may claim anything.
    static let maxHeaderBytes = 1 << 20
    static let sectionCount = 32

    struct Header: Equatable {
        var tenant: String
        /// Log sequence numbers of the first and the last push in the segment.
        var sequences: ClosedRange<UInt64>
        /// Unix nanoseconds when the first and the last span were received.
        var received: ClosedRange<UInt64>
        var minStart: UInt64
        var maxEnd: UInt64
        /// Of the hash table of trace ids.
        var seed: UInt64
        /// Numbers of the segments that this one was merged from; they are removed when both are found.
        var replaces: [UInt64] = []
    }

    struct Section {
        var id: UInt16
        var width: UInt16
        var count: UInt64
        var offset: UInt64
        var checksum: UInt64
    }

    /// The path of a temporary file, whose name no reader takes for a segment.
    static func temporary(_ path: String) -> String { path + ".tmp" }

    /// The number in a segment file's name.
    static func number(ofName name: String) -> UInt64? {
        guard name.utf8.count == 20, name.hasSuffix(".seg") else { return nil }
        return UInt64(name.dropLast(4), radix: 16)
    }

    static func name(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, 16 - digits.count)) + digits + ".seg"
    }

    static func bytes(_ header: Header, _ sections: [Section]) -> [UInt8] {
        var bytes = magic
        bytes.append(number: version)
        bytes.append(number: UInt32(headerCount(header, sections.count)))
        for number in [
            header.sequences.lowerBound, header.sequences.upperBound, header.received.lowerBound,
            header.received.upperBound, header.minStart, header.maxEnd, header.seed,
        ] { bytes.append(number: number) }
        bytes.append(number: UInt32(truncatingIfNeeded: header.tenant.utf8.count))
        bytes.append(contentsOf: header.tenant.utf8)
        bytes.append(number: UInt32(truncatingIfNeeded: header.replaces.count))
        for number in header.replaces { bytes.append(number: number) }
        bytes.append(number: UInt32(truncatingIfNeeded: sections.count))
        for section in sections {
            bytes.append(number: section.id)
            bytes.append(number: section.width)
            bytes.append(number: UInt32(0))
            bytes.append(number: section.count)
            bytes.append(number: section.offset)
            bytes.append(number: section.checksum)
        }
        bytes.append(number: bytes.withUnsafeBytes { XXHash64.hash($0) })
        return bytes
    }

    static func headerCount(_ header: Header, _ sections: Int) -> Int {
        16 + 7 * 8 + 4 + header.tenant.utf8.count + 4 + header.replaces.count * 8 + 4 + sections * sectionCount + 8
    }

    /// Reads and checks a header, not the columns.
    static func read(_ file: UnsafeRawBufferPointer) throws(SegmentDamage) -> (Header, [Section]) {
        guard file.count >= 16, file[..<8].elementsEqual(magic) else { throw SegmentDamage("not a segment file") }
        let found = file.number(at: 8, as: UInt32.self)
        guard found == version else { throw SegmentDamage("format version \(found), this program reads \(version)") }
        let count = Int(file.number(at: 12, as: UInt32.self))
        guard count >= 24, count <= min(maxHeaderBytes, file.count) else {
            throw SegmentDamage("the header does not fit the file")
        }
        let checked = UnsafeRawBufferPointer(rebasing: file[..<(count - 8)])
        guard file.number(at: count - 8, as: UInt64.self) == XXHash64.hash(checked) else {
            throw SegmentDamage("the header does not match its checksum")
        }
        var cursor = Cursor(bytes: checked, offset: 16)
        var numbers: [UInt64] = []
        for _ in 0..<7 { numbers.append(try cursor.next(UInt64.self)) }
        guard numbers[0] <= numbers[1], numbers[2] <= numbers[3] else {
            throw SegmentDamage("the header holds a reversed range")
        }
        let tenant = try cursor.bytes(Int(cursor.next(UInt32.self)))
        var header = Header(
            tenant: String(decoding: tenant, as: UTF8.self), sequences: numbers[0]...numbers[1],
            received: numbers[2]...numbers[3], minStart: numbers[4], maxEnd: numbers[5], seed: numbers[6])
        for _ in 0..<(try cursor.next(UInt32.self)) { header.replaces.append(try cursor.next(UInt64.self)) }
        var sections: [Section] = []
        for _ in 0..<(try cursor.next(UInt32.self)) {
            let id = try cursor.next(UInt16.self)
            let width = try cursor.next(UInt16.self)
            _ = try cursor.next(UInt32.self)
            sections.append(
                Section(
                    id: id, width: width, count: try cursor.next(UInt64.self), offset: try cursor.next(UInt64.self),
                    checksum: try cursor.next(UInt64.self)))
        }
        return (header, sections)
    }

    private struct Cursor {
        let bytes: UnsafeRawBufferPointer
        var offset: Int

        mutating func next<Number: FixedWidthInteger & BitwiseCopyable>(
            _ type: Number.Type
        ) throws(SegmentDamage) -> Number {
            guard bytes.count - offset >= MemoryLayout<Number>.size else {
                throw SegmentDamage("the header is too short")
            }
            defer { offset += MemoryLayout<Number>.size }
            return bytes.number(at: offset, as: Number.self)
        }

        mutating func bytes(_ count: Int) throws(SegmentDamage) -> Slice<UnsafeRawBufferPointer> {
            guard bytes.count - offset >= count else { throw SegmentDamage("the header is too short") }
            defer { offset += count }
            return bytes[offset..<offset + count]
        }
    }
}

/// Why a segment file cannot be used.
struct SegmentDamage: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
