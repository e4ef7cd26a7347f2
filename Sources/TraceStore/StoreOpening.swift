/// What a store does before it is there: locks its folder and reads what is in it.
struct StoreOpening {
    let configuration: TraceStoreConfiguration
    let files: any StoreFiles
    let report: @Sendable (StoreEvent) -> Void

    struct Opened {
        var lock: FileLock
        var tenants: TenantTable
        var segments: SegmentFolder
        var log: LogWriter
        var unsealedBytes: UnsealedBytes
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
            let segments = SegmentFolder(
                path: configuration.path + "/tenants", files: files, identifiers: tenants.identifiers)
            // By tenant: up to where the log is in segments.
            var sealed: [String: UInt64] = [:]
            for found in try segments.open(report: report) {
                tenants.findOrAddFound(found.tenant).add(found.segment)
                sealed[found.tenant] = max(sealed[found.tenant] ?? 0, found.segment.lastSequence)
            }
            let unsealedBytes = UnsealedBytes()
            let log = try replay(into: tenants, segments, after: sealed, unsealedBytes, lock)
            return Opened(
                lock: lock, tenants: tenants, segments: segments, log: log, unsealedBytes: unsealedBytes)
        } catch let failure as FileFailure {
            throw StoreOpenError("cannot open the trace store: \(failure)")
        }
    }

    private func replay(
        into tenants: TenantTable, _ segments: SegmentFolder, after sealed: [String: UInt64],
        _ unsealedBytes: UnsealedBytes, _ lock: FileLock
    ) throws -> LogWriter {
        let limits = HeadLimits(configuration)
        var canSeal = true
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
            unsealedBytes.add(appended?.growth ?? 0)
            // At once, so that a long log needs no more memory than pushes do. On a full disk heads stay in memory: what is there
            // can be read, and they are sealed when there is room.
            while canSeal, let frozen = tenant.nextFrozen() {
                let segment: Segment
                do {
                    segment = try segments.write(
                        [frozen.view], tenant: name, sequences: frozen.sequences, received: frozen.received,
                        replacing: [])
                } catch let failure as FileFailure {
                    report(.storageFailed(failure.description))
                    canSeal = false
                    break
                }
                tenant.replace(frozen, with: segment)
                unsealedBytes.add(-frozen.byteCount)
                report(.sealed(tenant: name, spans: segment.view.rowCount, bytes: segment.byteCount))
            }
            return request.spans.count
        }
        let greatest = max(replay.greatestSequence, sealed.values.max() ?? 0)
        let log = LogWriter(
            folder: logFolder, files: files, maxFileBytes: configuration.maxLogFileBytes,
            maxWait: .nanoseconds(Int64(clamping: configuration.maxLogWait)), limits: configuration.limits,
            nextSequence: greatest + 1, nextIndex: replay.nextIndex, ended: replay.ended, lock: lock, report: report)
        let all = tenants.all()
        report(
            .opened(
                tenants: all.count, segments: all.reduce(0) { $0 + $1.segments().count },
                replayedRecords: replay.records, replayedSpans: replay.spans))
        return log
    }
}

extension HeadLimits {
    /// Bytes beyond 1 GiB would not fit the columns' offsets.
    init(_ configuration: TraceStoreConfiguration) {
        self.init(
            maxSpans: max(1, min(configuration.maxHeadSpans, 100_000_000)),
            maxBytes: max(1, min(configuration.maxHeadBytes, 1 << 30)))
    }
}
