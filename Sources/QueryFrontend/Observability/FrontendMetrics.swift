/// Every metric of the frontend: Tempo's names where Tempo has the metric, so that its dashboards and alerts work.
///
/// `tenant` labels hold the normalised tenant list after validation, never the header as received. `op` is `traces`,
/// `search`, `metadata` or `metrics`; `result` is `completed` or `canceled`.
public struct FrontendMetrics: Sendable {
    /// Where all of them are exposed.
    public let registry: MetricsRegistry

    /// `tempo_query_frontend_queries_total{tenant,op,result}`: every finished query.
    public let queries: CounterFamily
    /// `tempo_query_frontend_queries_within_slo_total{tenant,op,result}`.
    public let queriesWithinSLO: CounterFamily
    /// `tempo_query_frontend_bytes_inspected_total{tenant,op}`: sum of `inspectedBytes`.
    public let bytesInspected: CounterFamily
    /// `tempo_query_frontend_retries`: repeated attempts of a sub-request.
    public let retries: HistogramFamily
    /// `tempo_query_frontend_discarded_requests_total{user}`: queries answered 429.
    public let discardedRequests: CounterFamily
    /// `tempo_query_frontend_multitenant_success_total{tenant}`: sub-requests of a tenant that succeeded.
    public let multitenantSuccess: CounterFamily
    /// `tempo_query_frontend_multitenant_failures_total{tenant,status_code}`.
    public let multitenantFailures: CounterFamily

    /// `tempo_request_duration_seconds{method,route,status_code,ws}`: the main series of the dashboards.
    public let requestDuration: HistogramFamily
    /// `tempo_inflight_requests{method,route}`.
    public let inflightRequests: GaugeFamily
    /// `tempo_build_info{version,revision,branch,goversion}`: always 1.
    public let buildInfo: GaugeFamily
    /// `tempo_tcp_connections_limit{protocol}`: 0 means none.
    public let tcpConnectionsLimit: GaugeFamily

    /// `tempo_federation_upstream_requests_total{upstream,op,status}`: sub-requests by the HTTP status of the last attempt, or
    /// `error`, `circuit_open`, `canceled`.
    public let upstreamRequests: CounterFamily
    /// `tempo_federation_upstream_duration_seconds{upstream,op}`.
    public let upstreamDuration: HistogramFamily
    /// `tempo_federation_upstream_inflight{upstream}`.
    public let upstreamInflight: GaugeFamily
    /// `tempo_federation_upstream_retries_total{upstream}`.
    public let upstreamRetries: CounterFamily
    /// `tempo_federation_upstream_breaker_state{upstream}`: 0 closed, 1 half open, 2 open.
    public let upstreamBreakerState: GaugeFamily
    /// `tempo_federation_upstream_hedges_total{upstream,won}`: second requests beside slow ones.
    public let upstreamHedges: CounterFamily
    /// `tempo_federation_partial_responses_total{op,reason}`.
    public let partialResponses: CounterFamily
    /// `tempo_federation_cache_requests_total{op,result}`: sub-requests to targets by what became of them before `federation.result_cache`:
    /// `hit`, `joined`, `miss` or `bypass`.
    public let cacheRequests: CounterFamily
    /// `tempo_federation_cache_evictions_total`: kept answers that were dropped for room.
    public let cacheEvictions: CounterFamily
    /// `tempo_federation_cache_bytes`: memory of kept answers.
    public let cacheBytes: GaugeFamily
    /// `tempo_federation_cache_entries`: kept answers.
    public let cacheEntries: GaugeFamily
    /// `tempo_federation_clock_skew_total{from,to}`: spans of target `to` that start before their parent in target `from`.
    public let clockSkew: CounterFamily
    /// `tempo_federation_clock_offset_seconds{from,to}`: how far the clock of `to` was last seen ahead of that of `from`, which comes
    /// first in the configuration.
    public let clockOffset: GaugeFamily
    /// `tempo_federation_tenants_per_query`.
    public let tenantsPerQuery: HistogramFamily

    /// `tempo_limits_defaults{limit_name}`.
    public let limitsDefaults: GaugeFamily
    /// `tempo_limits_overrides{limit_name,user}`.
    public let limitsOverrides: GaugeFamily
    /// `tempo_runtime_config_last_reload_successful{config}`: 1 or 0.
    public let runtimeConfigReloadSuccessful: GaugeFamily
    /// `tempo_runtime_config_hash{config,sha256}`: 1 for the content in use.
    public let runtimeConfigHash: GaugeFamily

    /// Buckets of request durations, in seconds, as Tempo's server uses them.
    public static let durationBuckets: [Double] = [
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100,
    ]

    /// Makes all families.
    public init(registry: MetricsRegistry = MetricsRegistry()) {
        self.registry = registry
        let tenant = MetricLabel("tenant", maxValues: 1000)
        let user = MetricLabel("user", maxValues: 1000)
        let frontend = "tempo_query_frontend_"
        queries = registry.counter(
            frontend + "queries_total", "Finished queries.", labels: [tenant, "op", "result"])
        queriesWithinSLO = registry.counter(
            frontend + "queries_within_slo_total", "Finished queries that kept their promise.",
            labels: [tenant, "op", "result"])
        bytesInspected = registry.counter(
            frontend + "bytes_inspected_total", "Bytes inspected by queries.", labels: [tenant, "op"])
        retries = registry.histogram(
            frontend + "retries", "Repeated attempts of a sub-request.", buckets: [0, 1, 2, 3, 4, 5])
        discardedRequests = registry.counter(
            frontend + "discarded_requests_total", "Queries refused because too many run.", labels: [user])
        multitenantSuccess = registry.counter(
            frontend + "multitenant_success_total", "Sub-requests of multi-tenant queries that succeeded.",
            labels: [tenant])
        multitenantFailures = registry.counter(
            frontend + "multitenant_failures_total", "Sub-requests of multi-tenant queries that failed.",
            labels: [tenant, "status_code"])

        requestDuration = registry.histogram(
            "tempo_request_duration_seconds", "Time spent serving HTTP requests, in seconds.",
            labels: ["method", "route", "status_code", "ws"], buckets: FrontendMetrics.durationBuckets)
        inflightRequests = registry.gauge(
            "tempo_inflight_requests", "Requests being served.", labels: ["method", "route"])
        buildInfo = registry.gauge(
            "tempo_build_info", "Always 1, labelled with what was built.",
            labels: ["version", "revision", "branch", "goversion"])
        tcpConnectionsLimit = registry.gauge(
            "tempo_tcp_connections_limit", "Connections that are accepted at once, 0 for no limit.",
            labels: ["protocol"])

        let upstream = MetricLabel("upstream", maxValues: 1000)
        let federation = "tempo_federation_"
        upstreamRequests = registry.counter(
            federation + "upstream_requests_total", "Requests to targets, by status.",
            labels: [upstream, "op", "status"])
        upstreamDuration = registry.histogram(
            federation + "upstream_duration_seconds", "Time of requests to targets, in seconds.",
            labels: [upstream, "op"], buckets: FrontendMetrics.durationBuckets)
        upstreamInflight = registry.gauge(
            federation + "upstream_inflight", "Requests to targets that run.", labels: [upstream])
        upstreamRetries = registry.counter(
            federation + "upstream_retries_total", "Repeated requests to targets.", labels: [upstream])
        upstreamBreakerState = registry.gauge(
            federation + "upstream_breaker_state", "Circuits of targets: 0 closed, 1 half open, 2 open.",
            labels: [upstream])
        upstreamHedges = registry.counter(
            federation + "upstream_hedges_total",
            "Second requests sent beside slow ones, by whether their answer was the one that counted.",
            labels: [upstream, "won"])
        partialResponses = registry.counter(
            federation + "partial_responses_total", "Answers that lack something.", labels: ["op", "reason"])
        cacheRequests = registry.counter(
            federation + "cache_requests_total", "Sub-requests by what the result cache did.", labels: ["op", "result"])
        cacheEvictions = registry.counter(
            federation + "cache_evictions_total", "Kept answers that were dropped for room.")
        cacheBytes = registry.gauge(federation + "cache_bytes", "Memory of kept answers.")
        cacheEntries = registry.gauge(federation + "cache_entries", "Kept answers.")
        let pair = [MetricLabel("from", maxValues: 1000), MetricLabel("to", maxValues: 1000)]
        clockSkew = registry.counter(
            federation + "clock_skew_total", "Spans that start before their parent in another target.", labels: pair)
        clockOffset = registry.gauge(
            federation + "clock_offset_seconds", "How far one target's clock is ahead of another's, in seconds.",
            labels: pair)
        tenantsPerQuery = registry.histogram(
            federation + "tenants_per_query", "Distinct tenants of a query.",
            buckets: [1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000])

        limitsDefaults = registry.gauge(
            "tempo_limits_defaults", "Limits of tenants without limits of their own.", labels: ["limit_name"])
        limitsOverrides = registry.gauge(
            "tempo_limits_overrides", "Limits of tenants with limits of their own.",
            labels: ["limit_name", MetricLabel("user", maxValues: 10_000)])
        runtimeConfigReloadSuccessful = registry.gauge(
            "tempo_runtime_config_last_reload_successful", "Whether the last reload worked.", labels: ["config"])
        runtimeConfigHash = registry.gauge(
            "tempo_runtime_config_hash", "Always 1, labelled with the content in use.", labels: ["config", "sha256"])
    }

    /// Sets `tempo_build_info` to 1 for this build. Like `/api/status/buildinfo`, `version` is that of the Tempo whose API is
    /// spoken, which dashboards compare, and `revision` says which program this is.
    public func setBuildInfo(_ build: BuildInformation) {
        buildInfo.with(build.tempoVersion, "\(build.name) \(build.version)", build.branch, build.languageVersion).set(1)
    }

    /// Adds `tempo_tcp_connections{protocol="http"}`; `read` is asked for the listener's open connections when exposing.
    /// Call it once.
    public func exposeTCPConnections(_ read: @escaping @Sendable () -> Int) {
        registry.gauge("tempo_tcp_connections", "Open connections.", labels: ["protocol"]) {
            [(labels: ["http"], value: Double(read()))]
        }
    }
}
