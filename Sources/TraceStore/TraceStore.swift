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
    let unsealedBytes: UnsealedBytes
    let maintenance: Maintenance

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
        tenants = opened.tenants
        log = opened.log
        unsealedBytes = opened.unsealedBytes
        maintenance = Maintenance(
            configuration: configuration, tenants: tenants, segments: opened.segments, log: log,
            unsealedBytes: unsealedBytes, lock: opened.lock, clock: clock, report: report)
    }

    /// Seals, merges and deletes, until it is cancelled; then returns with everything flushed. Errors are reported, and tried again.
    package func run() async throws {
        let interval = Duration.nanoseconds(Int64(clamping: max(configuration.maintenanceInterval, 1_000_000)))
        while !Task.isCancelled {
            await maintenance.perform()
            // Ends early when it is cancelled.
            try? await Task.sleep(for: interval)
        }
        await maintenance.finish()
        log.drain()
    }

    /// What a tenant has now; nil for a tenant without spans. Costs microseconds, not a copy of the data.
    func snapshot(tenant: String) -> TenantSnapshot? {
        let snapshot = tenants.find(tenant)?.snapshot()
        return snapshot.flatMap { $0.views.isEmpty ? nil : $0 }
    }

    /// Seals all heads, whatever their size, and does what else is due.
    package func sealHeads() async {
        for tenant in tenants.all() { tenant.freeze { _ in true } }
        await maintenance.perform()
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
