import Dispatch
import Synchronization

/// The write-ahead log of all tenants: what was accepted and is not in a segment yet.
///
/// Records are queued under a lock and written by one thread, which takes all that is queued, writes it, syncs once and tells everybody
/// who waits. After an error the file is given up, since what it holds is not known any more; until a new one can be made, pushes are
/// refused before they are stored. Who has waited too long is told that it failed, and so are later pushes, until the disk answers.
final class LogWriter: Sendable {
    struct Record {
        let header: [UInt8]
        let tenant: String
        let sequence: UInt64
        let body: [UInt8]
    }

    /// A file that is not written to any more, or the one that is.
    struct File {
        let path: String
        var byteCount: Int
        /// The last record of each tenant.
        var lastSequences: [String: UInt64] = [:]
        /// A damaged file is kept under another name when its records are in segments.
        var isDamaged = false
    }

    private struct State {
        var nextSequence: UInt64
        var pending: [Record] = []
        var pendingBytes = 0
        var batch = LogBatch()
        /// Since when somebody waits for ``batch``.
        var batchSince: ContinuousClock.Instant?
        /// What is being written, unless it was given up.
        var writing: (batch: LogBatch, since: ContinuousClock.Instant)?
        var isScheduled = false
        /// Whether a look at how long they wait is due some time.
        var isWatched = false
        /// Why writing does not work now.
        var failure: FileFailure?
        /// When it was last tried after a failure.
        var lastAttempt: UInt64 = 0
        var ended: [File] = []
        var current: File?
    }

    private let folder: String
    private let files: any StoreFiles
    private let maxFileBytes: Int
    private let maxWait: Duration
    private let header: LogFormat.FileHeader
    private let report: @Sendable (StoreEvent) -> Void
    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "trace-store.log", qos: .userInitiated)
    private let watchQueue = DispatchQueue(label: "trace-store.log-watch", qos: .utility)
    private let disk: Mutex<Disk>
    /// Held while records may wait to be written.
    private let lock: FileLock

    /// What only the queue's thread uses.
    private struct Disk {
        var file: (any StoreFile)?
        var nextIndex: UInt64
        var buffer: [UInt8] = []
    }

    /// - Parameters:
    ///   - maxWait: how long a push may wait for the disk.
    ///   - nextSequence: greater than any sequence number in the store.
    ///   - nextIndex: greater than the index of any file in the folder.
    ///   - ended: the files that are there, with what they hold.
    init(
        folder: String, files: any StoreFiles, maxFileBytes: Int, maxWait: Duration, limits: IngestLimits,
        nextSequence: UInt64, nextIndex: UInt64, ended: [File], lock: FileLock,
        report: @escaping @Sendable (StoreEvent) -> Void
    ) {
        self.folder = folder
        self.files = files
        self.maxFileBytes = maxFileBytes
        self.maxWait = maxWait
        header = LogFormat.FileHeader(salt: .random(in: .min ... .max), limits: limits)
        self.report = report
        self.lock = lock
        state = Mutex(State(nextSequence: nextSequence, ended: ended))
        disk = Mutex(Disk(nextIndex: nextIndex))
    }

    static func path(_ folder: String, index: UInt64) -> String {
        let digits = String(index, radix: 16)
        return folder + "/" + String(repeating: "0", count: max(0, 16 - digits.count)) + digits + ".log"
    }

    /// The index in a file's name, or nil when it is no log file.
    static func index(ofName name: String) -> UInt64? {
        guard name.utf8.count == 20, name.hasSuffix(".log") else { return nil }
        return UInt64(name.dropLast(4), radix: 16)
    }

    // MARK: Storing

    /// Bytes that wait to be written.
    var pendingBytes: Int { state.withLock { $0.pendingBytes } }

    /// Why pushes cannot be stored now; nil when they can. After a failure it is tried anew, at most once a second.
    func failure(now: UInt64) -> FileFailure? {
        let (failure, isDue) = state.withLock { state in
            guard let failure = state.failure else { return (FileFailure?.none, false) }
            let isDue = now &- state.lastAttempt >= 1_000_000_000
            if isDue { state.lastAttempt = now }
            return (failure, isDue)
        }
        if isDue { queue.async { self.probe() } }
        return failure
    }

    /// The checksum that ``append(tenant:body:checksum:received:)`` wants, computed where nothing is locked.
    func checksum(tenant: String, body: [UInt8]) -> UInt64 {
        var tenant = tenant
        return tenant.withUTF8 { tenant in
            body.withUnsafeBytes { body in
                LogFormat.checksum(tenant: UnsafeRawBufferPointer(tenant), body: body, salt: header.salt)
            }
        }
    }

    /// Queues a record.
    /// - Returns: its sequence number and what to wait for.
    func append(
        tenant: String, body: [UInt8], checksum: UInt64, received: UInt64
    ) -> (sequence: UInt64, ticket: LogBatch) {
        let (sequence, batch, mustSchedule, mustWatch) = state.withLock { state in
            let sequence = state.nextSequence
            state.nextSequence += 1
            let record = LogFormat.RecordHeader(
                tenantCount: tenant.utf8.count, bodyCount: body.count, sequence: sequence, received: received,
                checksum: checksum)
            state.pending.append(
                Record(header: record.bytes(salt: header.salt), tenant: tenant, sequence: sequence, body: body))
            state.pendingBytes += record.recordCount
            let mustSchedule = !state.isScheduled
            state.isScheduled = true
            let mustWatch = !state.isWatched
            state.isWatched = true
            if state.batchSince == nil { state.batchSince = .now }
            return (sequence, state.batch, mustSchedule, mustWatch)
        }
        if mustWatch { watch(after: maxWait) }
        if mustSchedule { queue.async { self.flush() } }
        return (sequence, batch)
    }

    /// Returns when all that was queued before is written, or has failed.
    func drain() { queue.sync {} }

    // MARK: Waiting no longer

    private func watch(after delay: Duration) {
        let (seconds, attoseconds) = delay.components
        let deadline =
            DispatchTime.now() + .seconds(Int(clamping: seconds)) + .nanoseconds(Int(attoseconds / 1_000_000_000))
        // The folder's lock must not outlive the store because of this.
        watchQueue.asyncAfter(deadline: deadline) { [weak self] in self?.giveUpOldBatches() }
    }

    /// Tells those who have waited too long that it failed. What they wait for may be written later all the same.
    private func giveUpOldBatches() {
        let now = ContinuousClock.now
        let failure = FileFailure.timedOut(path: folder, after: maxWait)
        let (old, isNews, oldest) = state.withLock { state in
            var old: [LogBatch] = []
            if let writing = state.writing, now - writing.since >= maxWait {
                old.append(writing.batch)
                state.writing = nil
            }
            if let since = state.batchSince, now - since >= maxWait {
                old.append(state.batch)
                // Later pushes wait for another one, which is written with what is queued.
                state.batch = LogBatch()
                state.batchSince = nil
            }
            let isNews = !old.isEmpty && state.failure == nil
            if isNews { state.failure = failure }
            let oldest = [state.writing?.since, state.batchSince].compactMap { $0 }.min()
            state.isWatched = oldest != nil
            return (old, isNews, oldest)
        }
        if isNews { report(.storageFailed(failure.description)) }
        for batch in old { batch.finish(failure) }
        if let oldest { watch(after: max(.milliseconds(1), maxWait - (now - oldest))) }
    }

    // MARK: On the queue

    private func flush() {
        while let (records, batch) = take() {
            let failure = write(records)
            batch.finish(failure)
        }
    }

    private func take() -> ([Record], LogBatch)? {
        state.withLock { state in
            guard !state.pending.isEmpty else {
                state.isScheduled = false
                return nil
            }
            let taken = (state.pending, state.batch)
            state.pending = []
            state.pendingBytes = 0
            state.batch = LogBatch()
            state.writing = (taken.1, state.batchSince ?? .now)
            state.batchSince = nil
            return taken
        }
    }

    /// Writes and syncs; all or nothing is promised.
    private func write(_ records: [Record]) -> FileFailure? {
        let failure: FileFailure? = disk.withLock { disk in
            disk.buffer.removeAll(keepingCapacity: disk.buffer.capacity <= 16 << 20)
            for record in records {
                disk.buffer += record.header
                disk.buffer.append(contentsOf: record.tenant.utf8)
                disk.buffer += record.body
            }
            do throws(FileFailure) {
                if disk.file == nil { try open(&disk) }
                guard let file = disk.file else { return nil }
                try disk.buffer.withUnsafeBufferPointer { bytes throws(FileFailure) in
                    try file.write(UnsafeRawBufferPointer(bytes))
                }
                try file.sync()
                note(records, byteCount: disk.buffer.count)
                if isCurrentFull { end(&disk) }
                return nil
            } catch {
                end(&disk)
                return error
            }
        }
        change(to: failure)
        return failure
    }

    /// Makes a new file, to see whether writing works again.
    private func probe() {
        let failure: FileFailure? = disk.withLock { disk in
            guard disk.file == nil else { return nil }
            do throws(FileFailure) {
                try open(&disk)
                return nil
            } catch {
                return error
            }
        }
        change(to: failure)
    }

    private func open(_ disk: inout Disk) throws(FileFailure) {
        let path = Self.path(folder, index: disk.nextIndex)
        disk.nextIndex += 1
        let file = try files.create(path)
        do throws(FileFailure) {
            try header.prologue.withUnsafeBufferPointer { bytes throws(FileFailure) in
                try file.write(UnsafeRawBufferPointer(bytes))
            }
            try file.sync()
            try files.syncFolder(folder)
        } catch {
            file.close()
            // What is left of it holds no record; the next start passes over it.
            try? files.remove(path)
            throw error
        }
        disk.file = file
        state.withLock { $0.current = File(path: path, byteCount: LogFormat.filePrologueCount) }
    }

    private func note(_ records: [Record], byteCount: Int) {
        state.withLock { state in
            state.current?.byteCount += byteCount
            for record in records { state.current?.lastSequences[record.tenant] = record.sequence }
        }
    }

    private var isCurrentFull: Bool { state.withLock { ($0.current?.byteCount ?? 0) >= maxFileBytes } }

    private func end(_ disk: inout Disk) {
        disk.file?.close()
        disk.file = nil
        state.withLock { state in
            if let current = state.current { state.ended.append(current) }
            state.current = nil
        }
    }

    private func change(to failure: FileFailure?) {
        let before = state.withLock { state in
            let before = state.failure
            state.failure = failure
            state.writing = nil
            return before
        }
        switch (before, failure) {
        case (nil, .some(let failure)): report(.storageFailed(failure.description))
        case (.some, nil): report(.storageRecovered)
        default: break
        }
    }

    // MARK: Cutting

    /// Removes the files whose records are all in segments. The file that is written to is ended first when that holds for it too.
    /// - Parameter isSealed: whether a tenant's records up to a sequence number are in segments.
    func cut(isSealed: (_ tenant: String, _ sequence: UInt64) -> Bool) throws(FileFailure) {
        // Never asked under a lock of this type: a push holds its tenant's lock and then takes the log's.
        func isCovered(_ file: File) -> Bool { file.lastSequences.allSatisfy { isSealed($0.key, $0.value) } }
        if let current = state.withLock({ $0.current }), !current.lastSequences.isEmpty, isCovered(current) {
            // On the queue nothing is being written meanwhile. What was written since then keeps the file.
            queue.sync { disk.withLock { end(&$0) } }
        }
        let covered = state.withLock { $0.ended }.filter { isCovered($0) }
        for file in covered {
            if file.isDamaged {
                try files.rename(file.path, to: file.path + ".damaged")
            } else {
                try files.remove(file.path)
            }
            state.withLock { state in state.ended.removeAll { $0.path == file.path } }
        }
    }

    /// The files, oldest first.
    func currentFiles() -> [File] { state.withLock { $0.ended + ($0.current.map { [$0] } ?? []) } }
}
