/// The `query_frontend` block: what queries may ask for and how they run. Key names and defaults are Tempo's. Keys that speak of
/// queriers, jobs or a metrics engine are read without effect, which the loader says when one is set.
public struct QueryFrontendConfiguration: Sendable, Equatable {
    /// `max_outstanding_per_tenant`: without effect; `federation.max_concurrent_queries` bounds queries.
    public var maxOutstandingPerTenant = 2000
    /// `max_batch_size`: without effect.
    public var maxBatchSize = 7
    /// `log_query_request_headers`: names of request headers copied into the query's log line.
    public var logQueryRequestHeaders: [String] = []
    /// `max_retries`: attempts of a sub-request in total, the first one counted; only 5xx and transport errors are repeated.
    public var maxRetries = 2
    /// `api_timeout`: a whole query; 0 means no limit but the server's write timeout.
    public var apiTimeout: Duration = .zero
    /// `url_deny_list`: regular expressions; a request whose URL holds a match is refused with 400.
    public var urlDenyList: [String] = []
    /// `max_grpc_streaming_packet_size`: without effect; there is no gRPC.
    public var maxGRPCStreamingPacketSize = 1_048_576
    /// `max_query_expression_size_bytes`: bytes of a TraceQL text; 0 means no limit; above it 400.
    public var maxQueryExpressionSizeBytes = 131_072
    /// `allowed_headers`: request headers that are passed on to the targets.
    public var allowedHeaders: [String] = []
    /// `query_end_cutoff`: the newest data that metrics queries leave out.
    public var queryEndCutoff: Duration = .seconds(30)
    /// `skip_ast_transformations` (`all`, `or_to_in`): without effect; targets rewrite queries.
    public var skipASTTransformations: [String] = []
    /// `multi_tenant_queries_enabled`: without it a header that names several tenants is refused.
    public var multiTenantQueriesEnabled = true
    /// `response_consumers`: without effect.
    public var responseConsumers = 10
    /// `weights`.
    public var weights = Weights()
    /// `mcp_server`.
    public var mcpServer = MCPServer()
    /// `search`.
    public var search = Search()
    /// `trace_by_id`.
    public var traceByID = TraceByID()
    /// `metrics`.
    public var metrics = Metrics()

    /// The defaults.
    public init() {}

    /// What an operation promises: it is within its promise when it is fast enough or moves enough bytes a second.
    public struct SLO: Sendable, Equatable {
        /// `duration_slo`: 0 means no promise.
        public var duration: Duration = .zero
        /// `throughput_bytes_slo`: bytes a second; 0 means no promise.
        public var throughputBytes: Double = 0

        /// No promise.
        public init() {}
    }

    /// `query_frontend.weights`: what a job costs when jobs are batched. Without effect.
    public struct Weights: Sendable, Equatable {
        /// `request_with_weights`.
        public var requestWithWeights = true
        /// `retry_with_weights`.
        public var retryWithWeights = true
        /// `max_traceql_conditions`.
        public var maxTraceQLConditions = 4
        /// `max_regex_conditions`.
        public var maxRegexConditions = 1

        /// The defaults.
        public init() {}
    }

    /// `query_frontend.mcp_server`.
    public struct MCPServer: Sendable, Equatable {
        /// `enabled`: serve `/api/mcp`.
        public var enabled = false

        /// The defaults.
        public init() {}
    }

    /// `query_frontend.search`.
    public struct Search: Sendable, Equatable {
        /// `concurrent_jobs`: without effect; `federation.max_concurrent_requests_per_query` bounds sub-requests.
        public var concurrentJobs = 1000
        /// `target_bytes_per_job`.
        public var targetBytesPerJob = 104_857_600
        /// `default_result_limit`: traces of an answer when the request names no `limit`.
        public var defaultResultLimit = 20
        /// `max_result_limit`: the largest `limit`; 0 means none; above it 400.
        public var maxResultLimit = 262_144
        /// `max_duration`: the largest span of `start` to `end`; 0 means none; a tenant's override goes before it.
        public var maxDuration: Duration = .seconds(168 * 3600)
        /// `query_backend_after`: older data is read from storage, younger from live stores.
        public var queryBackendAfter: Duration = .seconds(15 * 60)
        /// `ingester_shards`.
        public var ingesterShards = 3
        /// `most_recent_shards`.
        public var mostRecentShards = 200
        /// `default_spans_per_span_set`: when the request names no `spss`; 0 means all.
        public var defaultSpansPerSpanSet = 3
        /// `max_spans_per_span_set`: the largest `spss`; 0 means none; above it 400.
        public var maxSpansPerSpanSet = 100
        /// `timeout`: read and without effect, as in Tempo.
        public var timeout: Duration = .zero
        /// `duration_slo`, `throughput_bytes_slo`.
        public var slo = SLO()
        /// `metadata_slo`: the promise of tags and tag values.
        public var metadataSLO = SLO()

        /// The defaults.
        public init() {}
    }

    /// `query_frontend.trace_by_id`.
    public struct TraceByID: Sendable, Equatable {
        /// `query_shards`: 2 to 100000.
        public var queryShards = 50
        /// `concurrent_shards`: 0 means all at once.
        public var concurrentShards = 0
        /// `blocks_per_shard`: 0 means always `query_shards`.
        public var blocksPerShard = 30
        /// `span_pruning_enabled`.
        public var spanPruningEnabled = false
        /// `span_pruning_enabled_by_default`.
        public var spanPruningEnabledByDefault = false
        /// `duration_slo`, `throughput_bytes_slo`.
        public var slo = SLO()

        /// The defaults.
        public init() {}
    }

    /// `query_frontend.metrics`.
    public struct Metrics: Sendable, Equatable {
        /// `concurrent_jobs`: without effect; `federation.max_concurrent_requests_per_query` bounds sub-requests.
        public var concurrentJobs = 1000
        /// `target_bytes_per_job`: without effect.
        public var targetBytesPerJob = 104_857_600
        /// `max_duration`: the largest span of `start` to `end`; 0 means none; a tenant's override goes before it.
        public var maxDuration: Duration = .seconds(24 * 3600)
        /// `query_backend_after`: without effect; must be longer than `query_end_cutoff`.
        public var queryBackendAfter: Duration = .seconds(15 * 60)
        /// `interval`: width of a job of a target. A long range is put to several tenants or targets in parts, each at
        /// least twelve times as wide.
        public var interval: Duration = .seconds(5 * 60)
        /// `max_exemplars`: 0 means none are given.
        public var maxExemplars = 100
        /// `max_response_series`: 0 means no limit; what is above is cut and the answer says PARTIAL.
        public var maxResponseSeries = 0
        /// `streaming_shards`: without effect.
        public var streamingShards = 200
        /// `max_intervals`: points of a series; a smaller step is refused with 400.
        public var maxIntervals = 10_000
        /// `duration_slo`, `throughput_bytes_slo`.
        public var slo = SLO()

        /// The defaults.
        public init() {}
    }
}
