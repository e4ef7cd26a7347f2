/// Writes a segment so that it is there whole or not at all: under a temporary name, synced, then renamed.
struct SegmentWriter {
    let files: any StoreFiles

    func write(_ parts: SegmentParts, _ header: SegmentFormat.Header, to path: String) throws(FileFailure) {
        let columns = ColumnSection.all()
        var sections: [SegmentFormat.Section] = []
        var offset = SegmentFormat.headerCount(header, columns.count)
        for column in columns {
            let bytes = column.bytes(parts)
            offset = Self.aligned(offset)
            sections.append(
                SegmentFormat.Section(
                    id: column.id, width: UInt16(column.width), count: UInt64(bytes.count / column.width),
                    offset: UInt64(offset), checksum: XXHash64.hash(bytes)))
            offset += bytes.count
        }
        let temporary = SegmentFormat.temporary(path)
        // What an earlier attempt left.
        try files.remove(temporary)
        let file = try files.create(temporary)
        do throws(FileFailure) {
            var written = 0
            let write = { (bytes: UnsafeRawBufferPointer) throws(FileFailure) in
                try file.write(bytes)
                written += bytes.count
            }
            try SegmentFormat.bytes(header, sections).withUnsafeBufferPointer { bytes throws(FileFailure) in
                try write(UnsafeRawBufferPointer(bytes))
            }
            let zeros = [UInt8](repeating: 0, count: SegmentFormat.alignment)
            for column in columns {
                try zeros.withUnsafeBufferPointer { zeros throws(FileFailure) in
                    let padding = Self.aligned(written) - written
                    try write(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(zeros)[..<padding]))
                }
                try write(column.bytes(parts))
            }
            try file.sync()
            file.close()
            try files.rename(temporary, to: path)
            try files.syncFolder(Self.folder(of: path))
        } catch {
            file.close()
            // A start removes what is left.
            try? files.remove(temporary)
            try? files.remove(path)
            throw error
        }
        withExtendedLifetime(parts) {}
    }

    private static func aligned(_ offset: Int) -> Int {
        (offset + SegmentFormat.alignment - 1) / SegmentFormat.alignment * SegmentFormat.alignment
    }

    private static func folder(of path: String) -> String {
        String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }
}
