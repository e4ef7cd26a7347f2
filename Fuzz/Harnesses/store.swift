import Synchronization

/// Input: a byte, then what a client sent (0: protobuf, 1: JSON), a log file (2), or changes to a segment file (3) or a log file (4)
/// that is whole. Whatever is accepted can be read to its end, and makes a segment that passes its own check.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    // libFuzzer hands `size` bytes at `data` that live until the return; they are copied here.
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    guard let choice = bytes.first else { return 0 }
    let input = Array(bytes.dropFirst())
    switch choice % 5 {
    case 0: checkRequest(input)
    case 1:
        let protobuf = try? input.withUnsafeBufferPointer { buffer throws(PushError) in
            try OTLPJSONTranscoder.protobuf(UnsafeRawBufferPointer(buffer), limits: IngestLimits())
        }
        if let protobuf { checkRequest(protobuf) }
    case 2: checkLog(input)
    case 3: checkSegment(changing: input)
    default: checkLog(changed(wholeLog, by: input))
    }
    return 0
}

private let hash = ByteHash(seed: 7)

private func builder(_ body: [UInt8]) -> SegmentView? {
    body.withUnsafeBufferPointer { buffer in
        let bytes = UnsafeRawBufferPointer(buffer)
        guard let request = try? OTLPParser.parse(bytes, limits: IngestLimits(), hash: hash) else { return nil }
        let head = Head(hash: hash, identifiers: ViewIdentifiers())
        // Twice, so that everything is found again as well as added.
        head.append(request, bytes: bytes)
        head.append(request, bytes: bytes)
        let view = head.view()
        precondition(view.rowCount == 2 * request.spans.count)
        return view
    }
}

private func checkRequest(_ body: [UInt8]) {
    guard let view = builder(body) else { return }
    let parts = SegmentMerger.merge([view, view])
    precondition(parts.columns.spanID.count == 2 * view.rowCount)
    do { try SegmentCheck(parts: parts).check() } catch { preconditionFailure("\(error)") }
    walk(parts)
}

private func checkLog(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { file in
        let reader = LogReader(file: file)
        var end = 0
        _ = try? reader.read { record, _ in
            precondition(record.tenant.lowerBound >= end && record.body.upperBound <= file.count)
            end = record.body.upperBound
        }
    }
}

/// Reads everything that the columns refer to.
private func walk(_ parts: SegmentParts) {
    let columns = parts.columns
    var sum = 0
    for row in 0..<columns.spanID.count {
        sum &+= columns.bytes(columns.name[row]).count
        sum &+= columns.bytes(columns.detailStatusMessage[Int(columns.detail[row])]).count
        sum &+= columns.bytes(columns.resourceServiceName[Int(columns.resource[row])]).count
        sum &+= columns.bytes(columns.scopeName[Int(columns.scope[row])]).count
        for pair in columns.pairs.buffer(row) { sum &+= columns.bytes(columns.pairKey[Int(pair)]).count }
        for event in columns.events(row) { sum &+= columns.eventPairs.buffer(event).count }
        for link in columns.links(row) { sum &+= columns.linkPairs.buffer(link).count }
    }
    for trace in 0..<parts.traces.count {
        for row in parts.traces.rows(trace) { sum &+= Int(columns.trace[row]) }
        _ = parts.traces.find(parts.traces.id(trace))
    }
    precondition(sum >= 0)
}

// MARK: Whole files, and changes to them

private let body: [UInt8] = {
    let span =
        "\"spanId\":\"0102030405060708\",\"name\":\"op\",\"attributes\":[{\"key\":\"k\",\"value\":{\"intValue\":5}},"
        + "{\"key\":\"t\",\"value\":{\"stringValue\":\"text\"}}],\"events\":[{\"name\":\"e\"}],\"links\":[{}],\"status\":{\"code\":2}"
    let spans = (1...3).map { "{\"traceId\":\"0000000000000000000000000000000\($0)\",\(span)}" }.joined(separator: ",")
    let text =
        "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"s\"}}]},"
        + "\"scopeSpans\":[{\"scope\":{\"name\":\"n\"},\"spans\":[\(spans)]}]}]}"
    return
        (try? Array(text.utf8).withUnsafeBufferPointer { buffer throws(PushError) in
            try OTLPJSONTranscoder.protobuf(UnsafeRawBufferPointer(buffer), limits: IngestLimits())
        }) ?? []
}()

private let wholeLog: [UInt8] = {
    let file = LogFormat.FileHeader(salt: 0, limits: IngestLimits())
    var bytes = file.prologue
    for sequence in 1...3 as ClosedRange<UInt64> {
        let checksum = Array("t".utf8).withUnsafeBytes { tenant in
            body.withUnsafeBytes { LogFormat.checksum(tenant: tenant, body: $0, salt: 0) }
        }
        bytes += LogFormat.RecordHeader(
            tenantCount: 1, bodyCount: body.count, sequence: sequence, received: 1, checksum: checksum
        ).bytes(salt: 0)
        bytes += Array("t".utf8) + body
    }
    return bytes
}()

private let wholeSegment: [UInt8] = {
    guard let view = builder(body) else { preconditionFailure("no segment") }
    let parts = SegmentMerger.merge([view])
    let header = SegmentFormat.Header(
        tenant: "t", sequences: 1...2, received: 3...4, minStart: 0, maxEnd: 0, seed: parts.traces.seed)
    let files = MemoryFiles()
    try? SegmentWriter(files: files).write(parts, header, to: "x/y")
    return files.written.withLock { $0 }
}()

/// Three bytes a change: where, of 65536ths of the file, and what is put there.
private func changed(_ whole: [UInt8], by changes: [UInt8]) -> [UInt8] {
    var bytes = whole
    for change in stride(from: 0, to: changes.count - 2, by: 3) {
        let place = (Int(changes[change]) << 8 | Int(changes[change + 1])) * bytes.count >> 16
        bytes[place] = changes[change + 2]
    }
    return bytes
}

/// Changes a segment and makes its checksums right again, so that what is behind them is reached.
private func checkSegment(changing changes: [UInt8]) {
    var bytes = changed(wholeSegment, by: changes)
    let sections =
        bytes.withUnsafeBytes { try? SegmentFormat.read($0) }?.1
        ?? wholeSegment.withUnsafeBytes { try? SegmentFormat.read($0) }?.1 ?? []
    let count = bytes.withUnsafeBytes { Int($0.number(at: 12, as: UInt32.self)) }
    // The header as it was changed, with the checksums of the columns as they are.
    let table = (wholeSegment.withUnsafeBytes { Int($0.number(at: 12, as: UInt32.self)) }) - 8 - sections.count * 32
    for (index, section) in sections.enumerated() {
        let (start, size) = (Int(section.offset), Int(section.count) * Int(section.width))
        let sum = bytes.withUnsafeBytes { XXHash64.hash(UnsafeRawBufferPointer(rebasing: $0[start..<start + size])) }
        bytes.replaceSubrange(table + index * 32 + 24..<table + index * 32 + 32, with: number(sum))
    }
    if 24...bytes.count ~= count {
        let sum = bytes.withUnsafeBytes { XXHash64.hash(UnsafeRawBufferPointer(rebasing: $0[..<(count - 8)])) }
        bytes.replaceSubrange(count - 8..<count, with: number(sum))
    }
    let owner = ColumnBuffer(byteCount: bytes.count + 8)
    bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(start: owner.base, count: bytes.count).copyMemory(from: $0) }
    let reader = SegmentReader(owner: owner, bytes: UnsafeRawBufferPointer(start: owner.base, count: bytes.count))
    guard let (_, parts) = try? reader.read() else { return }
    walk(parts)
}

private func number(_ number: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(number: number)
    return bytes
}

/// Keeps the file that is written.
private final class MemoryFiles: StoreFiles, StoreFile {
    let written = Mutex<[UInt8]>([])

    func makeFolder(_ path: String) throws(FileFailure) {}
    func names(in folder: String) throws(FileFailure) -> [String] { [] }
    func create(_ path: String) throws(FileFailure) -> any StoreFile { self }
    func read(_ path: String) throws(FileFailure) -> [UInt8] { [] }
    func map(_ path: String) throws(FileFailure) -> MappedFile { MappedFile(base: nil, count: 0) }
    func rename(_ path: String, to target: String) throws(FileFailure) {}
    func remove(_ path: String) throws(FileFailure) {}
    func truncate(_ path: String, to count: Int) throws(FileFailure) {}
    func syncFolder(_ path: String) throws(FileFailure) {}
    func lock(_ path: String) throws(FileFailure) -> FileLock? { nil }
    func write(_ bytes: UnsafeRawBufferPointer) throws(FileFailure) { written.withLock { $0 += bytes } }
    func sync() throws(FileFailure) {}
    func close() {}
}
