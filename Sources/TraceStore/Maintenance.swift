import Dispatch
import Synchronization

/// Seals, merges, deletes and cuts the log, on a thread of its own.
final class Maintenance: Sendable {
    private let configuration: TraceStoreConfiguration
    private let tenants: TenantTable
    private let segments: SegmentFolder
    private let log: LogWriter
    private let clock: @Sendable () -> UInt64
    private let report: @Sendable (StoreEvent) -> Void
    /// Takes off bytes of heads that were sealed.
    private let unsealedBytes: UnsealedBytes
    private let queue = DispatchQueue(label: "trace-store.maintenance", qos: .utility)
    private let isScheduled = Atomic<Bool>(false)
    /// Merged segments whose files could not be removed yet.
    private let leftovers = Mutex<[Segment]>([])
    /// Held while work may be going on.
    private let lock: FileLock
    /// The failure that was reported last, so that one that stays is told once.
    private let lastFailure = Mutex<String?>(nil)

    init(
        configuration: TraceStoreConfiguration, tenants: TenantTable, segments: SegmentFolder, log: LogWriter,
        unsealedBytes: UnsealedBytes, lock: FileLock, clock: @escaping @Sendable () -> UInt64,
        report: @escaping @Sendable (StoreEvent) -> Void
    ) {
        self.configuration = configuration
        self.tenants = tenants
        self.segments = segments
        self.log = log
        self.unsealedBytes = unsealedBytes
        self.lock = lock
        self.clock = clock
        self.report = report
    }

    /// Has everything that is due done soon.
    func schedule() {
        guard !isScheduled.exchange(true, ordering: .acquiringAndReleasing) else { return }
        queue.async {
            self.isScheduled.store(false, ordering: .releasing)
            self.work()
        }
    }

    /// Does everything that is due; returns when it is done. Not to be called on the maintenance thread.
    func perform() async {
        await withCheckedContinuation { (waiter: CheckedContinuation<Void, Never>) in
            queue.async {
                self.work()
                waiter.resume()
            }
        }
    }

    /// Returns when what was begun is done.
    func finish() async {
        await withCheckedContinuation { (waiter: CheckedContinuation<Void, Never>) in
            queue.async { waiter.resume() }
        }
    }

    // MARK: On the queue

    private func work() {
        let now = clock()
        // What fails for one tenant does not keep the others from being sealed.
        var failures: [String] = []
        func attempt(_ work: () throws -> Void) {
            do { try work() } catch { failures.append("\(error)") }
        }
        // Also between merges, which take long: pushes wait for the memory and the log.
        func sealHeads() {
            freezeForMemory()
            for tenant in tenants.all() {
                attempt { while let frozen = tenant.nextFrozen() { try seal(frozen, of: tenant) } }
            }
            attempt(cutLog)
        }
        attempt(removeLeftovers)
        freezeOld(now)
        freezeForLog()
        sealHeads()
        for tenant in tenants.all() {
            attempt { try delete(of: tenant, now) }
            attempt { while try mergeOnce(tenant) { sealHeads() } }
            tenants.removeIfEmpty(tenant)
        }
        tell(failures)
    }

    private func cutLog() throws {
        try log.cut { name, sequence in
            guard let unsealed = tenants.find(name)?.unsealedSequences() else { return true }
            return sequence < unsealed.lowerBound
        }
    }

    /// Reports failures, but not the same ones again and again.
    private func tell(_ failures: [String]) {
        let text = failures.first
        let isNew = lastFailure.withLock { last in
            defer { last = text }
            return text != nil && last == nil
        }
        if isNew, let text { report(.storageFailed(text)) }
    }

    private func freezeOld(_ now: UInt64) {
        for tenant in tenants.all() {
            tenant.freeze { head in
                guard let first = head.received?.lowerBound else { return false }
                return now >= first && now - first >= configuration.maxHeadAge
            }
        }
    }

    /// Freezes the heads that keep the log from being cut when it has too many files.
    private func freezeForLog() {
        let files = log.currentFiles()
        let surplus = files.count - max(1, configuration.maxLogFiles)
        guard surplus > 0 else { return }
        for file in files.prefix(surplus) {
            for (name, sequence) in file.lastSequences {
                tenants.find(name)?.freeze { head in (head.sequences?.lowerBound ?? .max) <= sequence }
            }
        }
    }

    /// Freezes the largest heads when what is in memory comes near to what it may be, until a quarter of that is left.
    private func freezeForMemory() {
        guard unsealedBytes.value > configuration.maxUnsealedBytes / 2 else { return }
        let heads = tenants.all().map { (tenant: $0, bytes: $0.headByteCount) }.sorted { $0.bytes > $1.bytes }
        var left = heads.reduce(0) { $0 + $1.bytes }
        for head in heads where left > configuration.maxUnsealedBytes / 4 {
            head.tenant.freeze { _ in true }
            left -= head.bytes
        }
    }

    private func seal(_ frozen: FrozenHead, of tenant: Tenant) throws {
        let segment = try segments.write(
            [frozen.view], tenant: tenant.name, sequences: frozen.sequences, received: frozen.received, replacing: [])
        tenant.replace(frozen, with: segment)
        unsealedBytes.add(-frozen.byteCount)
        report(.sealed(tenant: tenant.name, spans: segment.view.rowCount, bytes: segment.byteCount))
    }

    private func delete(of tenant: Tenant, _ now: UInt64) throws {
        let policy = configuration.retention(tenant.name)
        var kept = tenant.segments()
        var expired: [Segment] = []
        if policy.age > 0 {
            expired = kept.filter { now > $0.received.upperBound && now - $0.received.upperBound > policy.age }
            kept.removeAll { segment in expired.contains { $0 === segment } }
        }
        if policy.bytes > 0 {
            var bytes = kept.reduce(0) { $0 + $1.byteCount }
            while bytes > policy.bytes, let oldest = kept.first {
                bytes -= oldest.byteCount
                expired.append(oldest)
                kept.removeFirst()
            }
        }
        for segment in expired {
            try segments.remove(segment)
            tenant.replace([segment], with: nil)
            report(.deleted(tenant: tenant.name, spans: segment.view.rowCount, bytes: segment.byteCount))
        }
    }

    /// - Returns: false when there is nothing to merge.
    private func mergeOnce(_ tenant: Tenant) throws -> Bool {
        // A merged segment says which ones it replaces, but only until it is replaced itself: not before they are gone.
        guard leftovers.withLock({ $0.isEmpty }) else { return false }
        let all = tenant.segments()
        // Segments are deleted whole: one that is all that a tenant may keep would go with everything in it.
        let bytesKept = configuration.retention(tenant.name).bytes
        let plan = MergePlan(
            minSegments: configuration.mergeSegments,
            maxBytes: min(configuration.maxSegmentBytes, 1 << 30, bytesKept > 0 ? bytesKept / 4 : .max),
            maxSpan: configuration.maxSegmentSpan)
        let candidates = all.map { MergePlan.Candidate(byteCount: $0.byteCount, received: $0.received) }
        guard let range = plan.next(candidates) else { return false }
        let old = Array(all[range])
        guard let first = old.first, let last = old.last else { return false }
        let segment = try segments.write(
            old.map(\.view), tenant: tenant.name, sequences: first.sequences.lowerBound...last.lastSequence,
            received: (old.map(\.received.lowerBound).min() ?? 0)...(old.map(\.received.upperBound).max() ?? 0),
            replacing: old)
        tenant.replace(old, with: segment)
        leftovers.withLock { $0 += old }
        report(
            .merged(
                tenant: tenant.name, segments: old.count, spans: segment.view.rowCount, bytes: segment.byteCount))
        try removeLeftovers()
        return true
    }

    private func removeLeftovers() throws {
        while let segment = leftovers.withLock({ $0.last }) {
            try segments.remove(segment)
            leftovers.withLock { _ = $0.popLast() }
        }
    }
}

/// Bytes of memory that unsealed spans of all tenants take, about.
final class UnsealedBytes: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .relaxed) }

    func add(_ bytes: Int) { count.wrappingAdd(bytes, ordering: .relaxed) }
}
