/// What a store does before it is there: locks its folder and reads what is in it.
struct StoreOpening {
    let configuration: TraceStoreConfiguration
    let files: any StoreFiles
    let report: @Sendable (StoreEvent) -> Void

    struct Opened {
        var lock: FileLock
        var tenants: TenantTable
        var log: LogWriter
        var unsealedBytes: Int
    }

    private var logFolder: String { configuration.path + "/log" }

    func open() throws -> Opened {
        do {
            try files.makeFolder(configuration.path)
            guard let lock = try files.lock(configuration.path + "/lock") else {
                throw StoreOpenError("\(configuration.path) is in use by another process")
            }
            try files.makeFolder(logFolder)
            let tenants = TenantTable(maxTenants: configuration.maxTenants)
            let (log, unsealedBytes) = try replay(into: tenants, after: [:])
            return Opened(lock: lock, tenants: tenants, log: log, unsealedBytes: unsealedBytes)
        } catch let failure as FileFailure {
            throw StoreOpenError("cannot open the trace store: \(failure)")
        }
    }

    /// - Parameter sealed: by tenant, up to where the log is in segments.
    private func replay(into tenants: TenantTable, after sealed: [String: UInt64]) throws -> (LogWriter, Int) {
        var unsealedBytes = 0
        let limits = HeadLimits(maxSpans: configuration.maxHeadSpans, maxBytes: configuration.maxHeadBytes)
        var replay = LogReplay(folder: logFolder, files: files, report: report)
        try replay.run { name, record, body, bounds in
            guard record.sequence > sealed[name] ?? 0 else { return 0 }
            let request = try? body.withUnsafeBytes { bytes in
                try OTLPParser.parse(bytes, limits: bounds, hash: tenants.textHash)
            }
            guard let request else {
                report(.damagedLog(file: logFolder, reason: "record \(record.sequence) is no export request"))
                return 0
            }
            let tenant = tenants.findOrAddFound(name)
            let appended = body.withUnsafeBytes { bytes in
                tenant.append(request, bytes: bytes, received: record.received, limits: limits) {
                    (record.sequence, ())
                }
            }
            unsealedBytes += appended.growth
            return request.spans.count
        }
        let greatest = max(replay.greatestSequence, sealed.values.max() ?? 0)
        let log = LogWriter(
            folder: logFolder, files: files, maxFileBytes: configuration.maxLogFileBytes, limits: configuration.limits,
            nextSequence: greatest + 1, nextIndex: replay.nextIndex, ended: replay.ended, report: report)
        report(
            .opened(
                tenants: tenants.all().count, segments: tenants.all().reduce(0) { $0 + $1.segments().count },
                replayedRecords: replay.records, replayedSpans: replay.spans))
        return (log, unsealedBytes)
    }
}
