import Foundation
import Synchronization
import TraceStore

/// The embedded store of a process: closed when it is made, so that the process can already say that it is starting; then
/// opened once, and run until the end.
public final class EmbeddedStore: Sendable {
    /// The name by which logs, metrics and error texts speak of it, as of a target.
    package static let name = "store"

    /// The folder.
    public let path: String
    let workers: StoreWorkers
    private let configuration: TraceStoreConfiguration
    private let clock: any WallClock
    private let logger: Logger
    private let opened = Mutex<TraceStore?>(nil)

    /// Nothing is opened or made yet.
    /// - Parameters:
    ///   - configuration: valid, with ``FrontendConfiguration/usesStore``.
    ///   - overrides: tell how long each tenant keeps its spans.
    public init(
        configuration: FrontendConfiguration, overrides: OverridesStore, logger: Logger,
        clock: any WallClock = SystemWallClock()
    ) {
        path = configuration.storage.path
        self.clock = clock
        self.logger = logger
        workers = StoreWorkers(count: max(1, ProcessInfo.processInfo.activeProcessorCount))
        var store = TraceStoreConfiguration(path: path)
        store.limits.maxAttributeBytes = configuration.distributor.maxAttributeBytes
        if let http = configuration.distributor.otlpHTTP { store.limits.maxRequestBytes = http.maxRequestBodySize }
        store.retention = { tenant in overrides.limits(for: tenant).retentionPolicy }
        self.configuration = store
    }

    /// Opens the folder, locks it and reads what is there, which may take long.
    /// - Throws: a text for people, when the folder cannot be used or another process has it open.
    public func open() async throws {
        let configuration = configuration
        let clock = clock
        let logger = logger
        let store = try await workers.elsewhere {
            try TraceStore(
                configuration: configuration, clock: { UInt64(clamping: clock.unixNanoseconds) },
                report: { logger.log($0) })
        }
        opened.withLock { $0 = store }
    }

    /// Does the store's own work until the task is cancelled, then returns with everything on disk.
    /// - Throws: what ended it before that.
    public func run() async throws {
        guard let store else { throw StoreOpenError("the store is not open") }
        try await store.run()
    }

    /// nil until it is open.
    var store: TraceStore? { opened.withLock { $0 } }

    /// Adds the gauges of the store. Call it once.
    public func expose(in metrics: FrontendMetrics) {
        let read = { @Sendable [weak self] in self?.store?.statistics() ?? StoreStatistics() }
        let tenant = MetricLabel("tenant", maxValues: 1000)
        metrics.registry.gauge("tempo_store_spans", "Spans in the store.", labels: [tenant, "state"]) {
            read().tenants.flatMap { name, tenant in
                [
                    (labels: [name, "unsealed"], value: Double(tenant.unsealedSpans)),
                    (labels: [name, "sealed"], value: Double(tenant.sealedSpans)),
                ]
            }
        }
        metrics.registry.gauge(
            "tempo_store_bytes", "Bytes of spans: unsealed in memory, sealed on disk.", labels: [tenant, "state"]
        ) {
            read().tenants.flatMap { name, tenant in
                [
                    (labels: [name, "unsealed"], value: Double(tenant.unsealedBytes)),
                    (labels: [name, "sealed"], value: Double(tenant.sealedBytes)),
                ]
            }
        }
        metrics.registry.gauge("tempo_store_segments", "Segment files.", labels: [tenant]) {
            read().tenants.map { (labels: [$0.key], value: Double($0.value.segments)) }
        }
        metrics.registry.gauge("tempo_store_log_bytes", "Bytes of the write-ahead log.") {
            [(labels: [], value: Double(read().logBytes))]
        }
    }
}

extension TenantLimits {
    /// How long and how much the store keeps of a tenant with these limits.
    var retentionPolicy: RetentionPolicy {
        var policy = RetentionPolicy()
        if blockRetention > .zero { policy.age = UInt64(clamping: GoDuration.nanoseconds(blockRetention)) }
        policy.bytes = max(0, blockRetentionBytes)
        return policy
    }
}
