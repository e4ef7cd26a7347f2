import Synchronization

/// Spans of many tenants, on disk and in memory. A tenant's spans are never mixed with another's.
///
/// Pushes are safe to make from anywhere at once; what they cost is CPU work in the caller's place (about a microsecond a span) and a
/// wait for the log. Questions are blocking CPU work.
package final class TraceStore: Sendable {
    package let configuration: TraceStoreConfiguration
    let clock: @Sendable () -> UInt64
    let report: @Sendable (StoreEvent) -> Void
    let files: any StoreFiles
    let tenants: TenantTable
    let log: LogWriter
    /// Bytes of memory that unsealed spans take, about.
    let unsealedBytes = Atomic<Int>(0)
    private let lock: FileLock

    /// Opens the folder, locks it and reads what is there.
    /// - Parameters:
    ///   - clock: Unix time in nanoseconds.
    ///   - report: gets what an operator wants to know; called from any thread, must not block.
    /// - Throws: ``StoreOpenError`` when the folder cannot be used or is in use.
    package convenience init(
        configuration: TraceStoreConfiguration, clock: @escaping @Sendable () -> UInt64,
        report: @escaping @Sendable (StoreEvent) -> Void
    ) throws {
        try self.init(configuration: configuration, clock: clock, files: PosixFiles(), report: report)
    }

    init(
        configuration: TraceStoreConfiguration, clock: @escaping @Sendable () -> UInt64, files: any StoreFiles,
        report: @escaping @Sendable (StoreEvent) -> Void
    ) throws {
        self.configuration = configuration
        self.clock = clock
        self.report = report
        self.files = files
        let opening = StoreOpening(configuration: configuration, files: files, report: report)
        let opened = try opening.open()
        lock = opened.lock
        tenants = opened.tenants
        log = opened.log
        unsealedBytes.store(opened.unsealedBytes, ordering: .relaxed)
    }

    /// Seals, merges and deletes, until it is cancelled; then returns with everything flushed.
    package func run() async throws {
        throw StoreOpenError("not there yet")
    }

    /// The tenants that have spans, sorted.
    package func tenantNames() -> [String] { tenants.all().filter { !$0.isEmpty }.map(\.name) }

    /// What is held now.
    package func statistics() -> StoreStatistics {
        var result = StoreStatistics()
        for tenant in tenants.all() { result.tenants[tenant.name] = tenant.statistics() }
        let logFiles = log.currentFiles()
        result.logFiles = logFiles.count
        result.logBytes = logFiles.reduce(0) { $0 + $1.byteCount }
        return result
    }
}

/// Why a store could not be opened.
package struct StoreOpenError: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
