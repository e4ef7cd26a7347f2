/// What was found in the log's folder.
struct LogReplay {
    private(set) var ended: [LogWriter.File] = []
    private(set) var greatestSequence: UInt64 = 0
    private(set) var nextIndex: UInt64 = 1
    private(set) var records = 0
    private(set) var spans = 0

    let folder: String
    let files: any StoreFiles
    let report: (StoreEvent) -> Void

    init(folder: String, files: any StoreFiles, report: @escaping (StoreEvent) -> Void) {
        self.folder = folder
        self.files = files
        self.report = report
    }

    /// Hands over every whole record of every file, oldest first; torn ends are cut off, damage is reported and its file set aside.
    /// - Parameter take: stores the record and gives how many spans that were; 0 for what is in a segment already.
    mutating func run(
        _ take: (_ tenant: String, _ record: LogReader.Record, _ body: [UInt8], _ limits: IngestLimits) throws -> Int
    ) throws {
        let names = try files.names(in: folder)
        let indexes = names.compactMap(LogWriter.index(ofName:)).sorted()
        for name in names {
            // What was set aside keeps its number, so that no new file gets it.
            let digits = name.prefix { $0 != "." }
            if let index = UInt64(digits, radix: 16) { nextIndex = max(nextIndex, index &+ 1) }
        }
        for index in indexes { try read(LogWriter.path(folder, index: index), take) }
    }

    private mutating func read(
        _ path: String,
        _ take: (_ tenant: String, _ record: LogReader.Record, _ body: [UInt8], _ limits: IngestLimits) throws -> Int
    ) throws {
        let map = try files.map(path)
        var file = LogWriter.File(path: path, byteCount: map.bytes.count)
        let reader = LogReader(file: map.bytes)
        var taken = (records: 0, spans: 0, sequence: greatestSequence)
        let findings = try reader.read { record, header in
            let tenant = String(decoding: reader.file[record.tenant], as: UTF8.self)
            let spans = try take(tenant, record, Array(reader.file[record.body]), header.limits)
            taken.records += 1
            taken.spans += spans
            taken.sequence = max(taken.sequence, record.sequence)
            file.lastSequences[tenant] = max(file.lastSequences[tenant] ?? 0, record.sequence)
        }
        withExtendedLifetime(map) {}
        records += taken.records
        spans += taken.spans
        greatestSequence = taken.sequence
        for finding in findings {
            try handle(finding, path)
            if case .damaged = finding { file.isDamaged = true }
        }
        if findings.contains(.noHeader) { return try files.rename(path, to: path + ".damaged") }
        ended.append(file)
    }

    private func handle(_ finding: LogReader.Finding, _ path: String) throws {
        switch finding {
        case .torn(let offset, let dropped):
            report(.tornLog(file: path, droppedBytes: dropped))
            try files.truncate(path, to: offset)
        case .damaged(let offset, let skipped):
            report(.damagedLog(file: path, reason: "\(skipped) bytes at \(offset) are no record"))
        case .noHeader:
            report(.damagedLog(file: path, reason: "the header is damaged; nothing of the file can be read"))
        }
    }
}
