/// Reads the records of one log file, whatever happened to it.
struct LogReader {
    /// A record that is whole; the ranges are in the file.
    struct Record {
        let sequence: UInt64
        let received: UInt64
        let tenant: Range<Int>
        let body: Range<Int>
    }

    /// What else is in the file.
    enum Finding: Equatable {
        /// It ends in the middle of a record: what a crash leaves. The file is good up to here.
        case torn(at: Int, droppedBytes: Int)
        /// Bytes that are no record lie between records.
        case damaged(at: Int, skippedBytes: Int)
        /// Neither copy of the file's header is whole, so no record can be trusted.
        case noHeader
    }

    let file: UnsafeRawBufferPointer

    /// Hands over every whole record, in order.
    /// - Throws: ``StoreOpenError`` for a file of another format version, and what the closure throws.
    func read(_ take: (Record, LogFormat.FileHeader) throws -> Void) throws -> [Finding] {
        let found = try LogFormat.FileHeader.read(file)
        // A file shorter than its header never held a record.
        guard file.count >= LogFormat.filePrologueCount else { return [.torn(at: 0, droppedBytes: file.count)] }
        guard let header = found else { return [.noHeader] }
        var findings: [Finding] = []
        var offset = LogFormat.filePrologueCount
        while offset < file.count {
            if let record = record(at: offset, salt: header.salt) {
                try take(record, header)
                offset = record.body.upperBound
                continue
            }
            guard let next = nextRecord(after: offset, salt: header.salt) else {
                findings.append(.torn(at: offset, droppedBytes: file.count - offset))
                break
            }
            findings.append(.damaged(at: offset, skippedBytes: next - offset))
            offset = next
        }
        return findings
    }

    private func record(at offset: Int, salt: UInt64) -> Record? {
        guard let header = LogFormat.RecordHeader(file, at: offset, salt: salt),
            header.recordCount <= file.count - offset
        else { return nil }
        let tenant = offset + LogFormat.recordHeaderCount..<offset + LogFormat.recordHeaderCount + header.tenantCount
        let body = tenant.upperBound..<tenant.upperBound + header.bodyCount
        let checksum = LogFormat.checksum(
            tenant: UnsafeRawBufferPointer(rebasing: file[tenant]), body: UnsafeRawBufferPointer(rebasing: file[body]),
            salt: salt)
        guard checksum == header.checksum else { return nil }
        return Record(sequence: header.sequence, received: header.received, tenant: tenant, body: body)
    }

    /// Where the next whole record begins. What clients sent cannot be taken for one: its checksums would need the salt.
    private func nextRecord(after offset: Int, salt: UInt64) -> Int? {
        let first = UInt8(truncatingIfNeeded: LogFormat.recordMagic)
        var candidate = offset + 1
        while candidate + LogFormat.recordHeaderCount <= file.count {
            if file[candidate] == first, record(at: candidate, salt: salt) != nil { return candidate }
            candidate += 1
        }
        return nil
    }
}
