extension QueryFrontendConfiguration {
    static let typeName = "frontend.Config"

    /// The keys of `query_frontend`.
    static var fields: [ConfigurationField<QueryFrontendConfiguration>] {
        [
            .int("max_outstanding_per_tenant", \.maxOutstandingPerTenant),
            .int("max_batch_size", \.maxBatchSize),
            .commaList("log_query_request_headers", \.logQueryRequestHeaders),
            .int("max_retries", \.maxRetries),
            .duration("api_timeout", \.apiTimeout),
            .strings("url_deny_list", \.urlDenyList),
            .int("max_grpc_streaming_packet_size", \.maxGRPCStreamingPacketSize),
            .int("max_query_expression_size_bytes", \.maxQueryExpressionSizeBytes),
            .strings("allowed_headers", \.allowedHeaders),
            .duration("query_end_cutoff", \.queryEndCutoff),
            .strings("skip_ast_transformations", \.skipASTTransformations),
            .bool("multi_tenant_queries_enabled", \.multiTenantQueriesEnabled),
            .int("response_consumers", \.responseConsumers),
            .rf1After,
            .block("weights", \.weights, "pipeline.WeightsConfig", Weights.fields),
            .block("mcp_server", \.mcpServer, "frontend.MCPServerConfig", [.bool("enabled", \.enabled)]),
            .block("search", \.search, "frontend.SearchConfig", Search.fields),
            .block("trace_by_id", \.traceByID, "frontend.TraceByIDConfig", TraceByID.fields),
            .block("metrics", \.metrics, "frontend.MetricsConfig", Metrics.fields),
            .dropped(
                "tolerate_failed_blocks", in: typeName,
                "dropped by Tempo 2.2; what is missing is said by federation.allow_partial_responses"),
        ]
    }
}

extension ConfigurationField where Block == QueryFrontendConfiguration {
    /// Deprecated and without effect in Tempo too.
    fileprivate static var rf1After: ConfigurationField {
        ConfigurationField(
            key: "rf1_after", isHidden: true,
            decode: { _, node, _, decoder in
                guard decoder.string(node)?.isEmpty == false else { return }
                decoder.warnings.append(
                    ConfigurationWarning(
                        "query_frontend.rf1_after is set", "it is deprecated and has no effect; remove it"))
            }, render: { _ in nil })
    }
}

extension QueryFrontendConfiguration.SLO {
    static var fields: [ConfigurationField<QueryFrontendConfiguration.SLO>] {
        [.duration("duration_slo", \.duration), .float("throughput_bytes_slo", \.throughputBytes)]
    }
}

extension QueryFrontendConfiguration.Weights {
    static var fields: [ConfigurationField<QueryFrontendConfiguration.Weights>] {
        [
            .bool("request_with_weights", \.requestWithWeights),
            .bool("retry_with_weights", \.retryWithWeights),
            .int("max_traceql_conditions", \.maxTraceQLConditions),
            .int("max_regex_conditions", \.maxRegexConditions),
        ]
    }
}

extension QueryFrontendConfiguration.Search {
    static var fields: [ConfigurationField<QueryFrontendConfiguration.Search>] {
        [
            .int("concurrent_jobs", \.concurrentJobs),
            .int("target_bytes_per_job", \.targetBytesPerJob),
            .int("default_result_limit", \.defaultResultLimit),
            .int("max_result_limit", \.maxResultLimit),
            .duration("max_duration", \.maxDuration),
            .duration("query_backend_after", \.queryBackendAfter),
            .int("ingester_shards", \.ingesterShards),
            .int("most_recent_shards", \.mostRecentShards),
            .int("default_spans_per_span_set", \.defaultSpansPerSpanSet),
            .int("max_spans_per_span_set", \.maxSpansPerSpanSet),
            .duration("timeout", \.timeout),
            .duration("duration_slo", \.slo.duration),
            .float("throughput_bytes_slo", \.slo.throughputBytes),
            .block("metadata_slo", \.metadataSLO, "frontend.SLOConfig", QueryFrontendConfiguration.SLO.fields),
            .dropped(
                "query_ingesters_until", in: "frontend.SearchConfig", "dropped by Tempo 3.0; use query_backend_after"),
            .dropped(
                "tolerate_failed_blocks", in: "frontend.SearchConfig",
                "dropped by Tempo 2.2; what is missing is said by federation.allow_partial_responses"),
        ]
    }
}

extension QueryFrontendConfiguration.TraceByID {
    static var fields: [ConfigurationField<QueryFrontendConfiguration.TraceByID>] {
        let typeName = "frontend.TraceByIDConfig"
        let hedging = "dropped by Tempo 2.5; there is no successor"
        return [
            .int("query_shards", \.queryShards),
            .int("concurrent_shards", \.concurrentShards),
            .int("blocks_per_shard", \.blocksPerShard),
            .unsupported("external_enabled", "name the other source under federation.proxy_targets"),
            .bool("span_pruning_enabled", \.spanPruningEnabled),
            .bool("span_pruning_enabled_by_default", \.spanPruningEnabledByDefault),
            .duration("duration_slo", \.slo.duration),
            .float("throughput_bytes_slo", \.slo.throughputBytes),
            .dropped("hedge_requests_at", in: typeName, hedging),
            .dropped("hedge_requests_up_to", in: typeName, hedging),
            .dropped(
                "tolerate_failed_blocks", in: typeName,
                "dropped by Tempo 2.2; what is missing is said by federation.allow_partial_responses"),
        ]
    }
}

extension QueryFrontendConfiguration.Metrics {
    static var fields: [ConfigurationField<QueryFrontendConfiguration.Metrics>] {
        [
            .int("concurrent_jobs", \.concurrentJobs),
            .int("target_bytes_per_job", \.targetBytesPerJob),
            .duration("max_duration", \.maxDuration),
            .duration("query_backend_after", \.queryBackendAfter),
            .duration("interval", \.interval),
            .int("max_exemplars", \.maxExemplars),
            .int("max_response_series", \.maxResponseSeries),
            .int("streaming_shards", \.streamingShards),
            .int("max_intervals", \.maxIntervals),
            .duration("duration_slo", \.slo.duration),
            .float("throughput_bytes_slo", \.slo.throughputBytes),
        ]
    }
}
