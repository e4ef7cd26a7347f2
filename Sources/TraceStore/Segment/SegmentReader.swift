/// Reads a segment's columns where they lie in memory, after checking all that later reading relies on.
struct SegmentReader {
    let owner: ColumnOwner
    /// The whole file, at an address that is a multiple of 8, valid while the owner lives.
    let bytes: UnsafeRawBufferPointer

    /// - Throws: ``SegmentDamage`` for anything that is not exactly what a writer writes, as far as safety depends on it.
    func read() throws(SegmentDamage) -> (SegmentFormat.Header, SegmentParts) {
        let (header, sections) = try SegmentFormat.read(bytes)
        var parts = SegmentParts()
        for column in ColumnSection.all() {
            guard let section = sections.first(where: { $0.id == column.id }), Int(section.width) == column.width else {
                throw SegmentDamage("column \(column.id) is missing")
            }
            let (size, overflow) = section.count.multipliedReportingOverflow(by: UInt64(section.width))
            let count = UInt64(bytes.count)
            guard !overflow, section.offset <= count, size <= count - section.offset,
                section.offset % UInt64(SegmentFormat.alignment) == 0
            else { throw SegmentDamage("column \(column.id) does not fit the file") }
            let start = Int(section.offset)
            let content = UnsafeRawBufferPointer(rebasing: bytes[start..<start + Int(size)])
            guard XXHash64.hash(content) == section.checksum else {
                throw SegmentDamage("column \(column.id) does not match its checksum")
            }
            column.set(&parts, content, owner)
        }
        parts.traces.seed = header.seed
        parts.traces.isSortedByStart = true
        try SegmentCheck(parts: parts).check()
        return (header, parts)
    }
}
