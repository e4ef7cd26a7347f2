import Synchronization

/// The limits of every tenant, kept up to date with the per-tenant file. May be used from any thread.
public final class OverridesStore: Sendable {
    private struct State {
        var limits: PerTenantLimits
        /// The hash of the content that was last looked at, good or bad.
        var lastSeenHash: String
        var lastError: String?
    }

    private let defaults: TenantLimits
    private let source: OverridesSource?
    private let metrics: FrontendMetrics?
    private let logger: Logger?
    private let state: Mutex<State>

    /// A store that starts with what the loader read. Without a `source` it never changes.
    public init(
        defaults: TenantLimits = .defaults, initial: PerTenantLimits = PerTenantLimits(),
        source: OverridesSource? = nil, metrics: FrontendMetrics? = nil, logger: Logger? = nil
    ) {
        self.defaults = defaults
        self.source = source
        self.metrics = metrics
        self.logger = logger
        state = Mutex(State(limits: initial, lastSeenHash: initial.sha256))
        if let metrics {
            for (name, value) in defaults.numbers { metrics.limitsDefaults.with(name).set(value) }
        }
        publish(initial)
    }

    /// The limits of one tenant: its own entry, else the entry of `*`, else the defaults.
    public func limits(for tenant: String) -> TenantLimits {
        state.withLock { $0.limits.entry(for: tenant) } ?? defaults
    }

    /// The strictest positive value of one limit over the tenants of a query, with the tenant that set it.
    ///
    /// A tenant whose value is zero has `fallback` instead; when that is zero too, the tenant sets no limit. Of equal
    /// values the first tenant of `tenants` is named. Nil when no tenant sets a limit.
    public func strictest<Value: Comparable & AdditiveArithmetic>(
        _ key: KeyPath<TenantLimits, Value>, tenants: [String], fallback: Value = .zero
    ) -> (value: Value, tenant: String)? {
        let limits = state.withLock { $0.limits }
        var strictest: (value: Value, tenant: String)?
        for tenant in tenants {
            let own = (limits.entry(for: tenant) ?? defaults)[keyPath: key]
            let value = own > .zero ? own : fallback
            guard value > .zero else { continue }
            if let found = strictest, found.value <= value { continue }
            strictest = (value, tenant)
        }
        return strictest
    }

    /// The defaults, and the entries of the file in the order of their names: what `/status/overrides` shows.
    public var all: (defaults: TenantLimits, entries: [(tenant: String, limits: TenantLimits)]) {
        let entries = state.withLock { $0.limits.entries }
        return (defaults, entries.sorted { $0.key < $1.key }.map { (tenant: $0.key, limits: $0.value) })
    }

    /// Why the last reload failed; nil when it worked.
    public var lastError: String? { state.withLock { $0.lastError } }

    /// Reads the file again when its content changed. A file that is missing or broken leaves the limits as they are,
    /// which is logged once for each content and shown by `tempo_runtime_config_last_reload_successful`.
    ///
    /// Reads the file on the calling thread; call it from one task only.
    public func reloadIfChanged() {
        guard let source else { return }
        let bytes: [UInt8]
        do throws(ConfigurationError) {
            bytes = try source.readBytes()
        } catch {
            // Once the file is back it must be read, even with the content of before.
            state.withLock { $0.lastSeenHash = "" }
            return noteFailure(error)
        }
        let hash = SHA256.hexDigest(bytes)
        let isChanged = state.withLock { state in
            defer { state.lastSeenHash = hash }
            return state.lastSeenHash != hash
        }
        guard isChanged else { return }
        do throws(ConfigurationError) {
            let loaded = try source.parse(bytes)
            state.withLock {
                $0.limits = loaded.limits
                $0.lastError = nil
            }
            for warning in loaded.warnings {
                logger?.warn(warning.message, ["explain": .string(warning.explanation)])
            }
            logger?.info("per-tenant overrides reloaded", ["entries": .int(loaded.limits.entries.count)])
            publish(loaded.limits)
        } catch {
            noteFailure(error)
        }
    }

    /// Logs an error once, however often it comes again.
    private func noteFailure(_ error: ConfigurationError) {
        let isNew = state.withLock { state in
            defer { state.lastError = error.message }
            return state.lastError != error.message
        }
        metrics?.runtimeConfigReloadSuccessful.with("overrides").set(0)
        if isNew { logger?.error("failed to load config", ["err": .string(error.message)]) }
    }

    private func publish(_ limits: PerTenantLimits) {
        guard let metrics, source != nil else { return }
        metrics.runtimeConfigReloadSuccessful.with("overrides").set(1)
        metrics.runtimeConfigHash.removeAll()
        metrics.runtimeConfigHash.with("overrides", limits.sha256).set(1)
        metrics.limitsOverrides.removeAll()
        for (tenant, limits) in limits.entries {
            for (name, value) in limits.numbers { metrics.limitsOverrides.with(name, tenant).set(value) }
        }
    }
}

extension TenantLimits {
    /// The limits that are numbers, by key, durations in seconds.
    var numbers: [(name: String, value: Double)] {
        let seconds = { (duration: Duration) in Double(GoDuration.nanoseconds(duration)) / 1e9 }
        return [
            ("max_bytes_per_trace", Double(maxBytesPerTrace)),
            ("max_bytes_per_tag_values_query", Double(maxBytesPerTagValuesQuery)),
            ("max_blocks_per_tag_values_query", Double(maxBlocksPerTagValuesQuery)),
            ("max_condition_groups_per_tag_query", Double(maxConditionGroupsPerTagQuery)),
            ("max_search_duration", seconds(maxSearchDuration)),
            ("max_metrics_duration", seconds(maxMetricsDuration)),
            ("max_tenants_per_query", Double(maxTenantsPerQuery)),
            ("ingestion_rate_limit_bytes", Double(ingestionRateLimitBytes)),
            ("ingestion_burst_size_bytes", Double(ingestionBurstSizeBytes)),
            ("block_retention", seconds(blockRetention)),
            ("block_retention_bytes", Double(blockRetentionBytes)),
        ]
    }
}
