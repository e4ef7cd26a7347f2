/// The `overrides` block: limits of all tenants, and where the file with the limits of single tenants lies.
public struct OverridesConfiguration: Sendable, Equatable {
    /// `defaults`: the limits of a tenant that the per-tenant file does not name.
    public var defaults = TenantLimits.defaults
    /// `per_tenant_override_config`: path of the per-tenant file; empty when there is none.
    public var perTenantOverrideConfig = ""
    /// `per_tenant_override_period`: how often the file is looked at.
    public var perTenantOverridePeriod: Duration = .seconds(10)
    /// `enable_legacy_overrides`: accept the flat keys of old files.
    public var enableLegacyOverrides = false

    /// The defaults.
    public init() {}
}

/// The limits that hold for one tenant's queries, and for its spans in the embedded store.
///
/// Nested in the file as Tempo nests them (`read`, `global`, `ingestion`, `compaction`); only the keys that are obeyed are
/// kept.
public struct TenantLimits: Sendable, Equatable {
    /// `global.max_bytes_per_trace`: bytes of a combined trace; 0 means no limit.
    public var maxBytesPerTrace = 0
    /// `read.max_bytes_per_tag_values_query`: bytes of tag names or values of one answer; 0 means no limit.
    public var maxBytesPerTagValuesQuery = 0
    /// `read.max_blocks_per_tag_values_query`: obeyed by queriers; 0 means all.
    public var maxBlocksPerTagValuesQuery = 0
    /// `read.max_condition_groups_per_tag_query`: OR-groups of the `q` filter of tag values; 0 means no limit.
    public var maxConditionGroupsPerTagQuery = 0
    /// `read.max_search_duration`: 0 means `query_frontend.search.max_duration`.
    public var maxSearchDuration: Duration = .zero
    /// `read.max_metrics_duration`: 0 means `query_frontend.metrics.max_duration`.
    public var maxMetricsDuration: Duration = .zero
    /// `read.unsafe_query_hints`: allow hints beyond the safe ones.
    public var unsafeQueryHints = false
    /// `read.left_pad_trace_ids`: search answers with 32-digit trace ids.
    public var leftPadTraceIDs = false
    /// `read.max_tenants_per_query` (ours): tenants of a request that names this one; 0 means `federation.max_tenants`.
    public var maxTenantsPerQuery = 0

    /// `ingestion.rate_limit_bytes`: bytes a second that the receiver takes; beyond it 429; 0 means no limit.
    public var ingestionRateLimitBytes = 0
    /// `ingestion.burst_size_bytes`: bytes that may come at once; less than a second's worth counts as that.
    public var ingestionBurstSizeBytes = 0
    /// `compaction.block_retention`: how long the embedded store keeps spans; 0 means 14 days, Tempo's default.
    public var blockRetention: Duration = .zero
    /// `compaction.block_retention_bytes` (ours): how many bytes of segments the embedded store keeps, the newest; 0 means no bound.
    public var blockRetentionBytes = 0

    /// No limit at all: what an entry of the per-tenant file starts from, as in Tempo.
    public init() {}

    /// What holds without any `overrides` block.
    public static var defaults: TenantLimits {
        var limits = TenantLimits()
        limits.maxBytesPerTrace = 5_000_000
        limits.maxBytesPerTagValuesQuery = 1_000_000
        limits.maxConditionGroupsPerTagQuery = 100
        return limits
    }
}
