extension FrontendConfiguration {
    /// What a start checks beyond types: every value that cannot work, with its key, and every one that is odd.
    /// - Throws: ``ConfigurationError`` that lists all problems.
    public func validate() throws(ConfigurationError) -> [ConfigurationWarning] {
        var checks = Checks()
        server.check(&checks)
        checks.notNegative("shutdown_delay", shutdownDelay)
        checks.path("http_api_prefix", httpAPIPrefix)
        if streamOverHTTPEnabled {
            checks.warnings.append(
                ConfigurationWarning(
                    "stream_over_http_enabled is set",
                    "it has no effect: the port speaks HTTP/1.1 and no gRPC; switch streaming off in the data source"))
        }
        queryFrontend.check(&checks)
        overrides.check(&checks)
        federation.check(&checks)
        federation.resultCache.check(&checks, queryEndCutoff: queryFrontend.queryEndCutoff, usesStore: usesStore)
        if usesStore {
            distributor.check(&checks)
            storage.check(&checks)
        } else if federation.proxyTargets.isEmpty {
            checks.problems.append(
                "federation.proxy_targets: at least one target is needed; only with -target=all the embedded store answers"
            )
        }
        guard checks.problems.isEmpty else { throw ConfigurationError.module(checks.problems) }
        return checks.warnings
    }

    /// The configuration with its path prefixes in one form: empty, or `/a/b`.
    func normalized() -> FrontendConfiguration {
        var result = self
        result.httpAPIPrefix = RouteTable.normalized(httpAPIPrefix)
        result.server.httpPathPrefix = RouteTable.normalized(server.httpPathPrefix)
        return result
    }

    /// Collects problems; every text has the key and the value.
    struct Checks {
        var problems: [String] = []
        var warnings: [ConfigurationWarning] = []

        mutating func positive(_ key: String, _ value: Int) {
            if value <= 0 { problems.append("\(key): must be greater than 0, is \(value)") }
        }

        mutating func notNegative(_ key: String, _ value: Int) {
            if value < 0 { problems.append("\(key): must not be negative, is \(value)") }
        }

        mutating func notNegative(_ key: String, _ value: Double) {
            if value < 0 { problems.append("\(key): must not be negative, is \(value)") }
        }

        mutating func range(_ key: String, _ value: Int, _ range: ClosedRange<Int>) {
            if !range.contains(value) {
                problems.append(
                    "\(key): should be between \(range.lowerBound) and \(range.upperBound) (both inclusive), is \(value)"
                )
            }
        }

        mutating func positive(_ key: String, _ value: Duration) {
            if value <= .zero { problems.append("\(key): must be greater than 0, is \(GoDuration.format(value))") }
        }

        mutating func notNegative(_ key: String, _ value: Duration) {
            if value < .zero { problems.append("\(key): must not be negative, is \(GoDuration.format(value))") }
        }

        mutating func path(_ key: String, _ value: String) {
            let isPath = value.utf8.allSatisfy { byte in
                byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "?") && byte != UInt8(ascii: "#")
                    && byte != UInt8(ascii: "%") && byte != UInt8(ascii: "{") && byte != UInt8(ascii: "}")
            }
            if !isPath || value.utf8.count > 256 {
                problems.append("\(key): must be a plain path of at most 256 bytes, such as /tempo")
            }
        }
    }
}

extension ServerConfiguration {
    fileprivate func check(_ checks: inout FrontendConfiguration.Checks) {
        checks.range("server.http_listen_port", httpListenPort, 0...65535)
        checks.notNegative("server.http_listen_conn_limit", httpListenConnLimit)
        checks.notNegative("server.graceful_shutdown_timeout", gracefulShutdownTimeout)
        checks.notNegative("server.http_server_read_timeout", httpServerReadTimeout)
        checks.notNegative("server.http_server_write_timeout", httpServerWriteTimeout)
        checks.notNegative("server.http_server_read_header_timeout", httpServerReadHeaderTimeout)
        checks.notNegative("server.http_server_idle_timeout", httpServerIdleTimeout)
        checks.positive("server.http_server_max_header_bytes", httpServerMaxHeaderBytes)
        checks.positive("server.http_server_max_header_count", httpServerMaxHeaderCount)
        checks.positive("server.http_server_max_url_bytes", httpServerMaxURLBytes)
        checks.positive("server.http_server_max_body_bytes", httpServerMaxBodyBytes)
        checks.path("server.http_path_prefix", httpPathPrefix)
        httpTLS.check(
            "server.http_tls_config.", versionKey: "server.tls_min_version", suitesKey: "server.tls_cipher_suites",
            versions: TLSNames.versions, &checks)
        for (key, isSet) in [
            ("tls_min_version", !httpTLS.minVersion.isEmpty), ("tls_cipher_suites", !httpTLS.cipherSuites.isEmpty),
        ] where isSet && !httpTLS.isEnabled {
            checks.warnings.append(
                ConfigurationWarning(
                    "server.\(key) is set",
                    "it has no effect: http_tls_config names no certificate, so the listener speaks plain HTTP"))
        }
        if httpListenAddress.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F || $0 == UInt8(ascii: "/") }) {
            checks.problems.append("server.http_listen_address: must be an address or a host name")
        }
    }
}

extension QueryFrontendConfiguration {
    fileprivate func check(_ checks: inout FrontendConfiguration.Checks) {
        let block = "query_frontend."
        checks.notNegative(block + "max_outstanding_per_tenant", maxOutstandingPerTenant)
        checks.positive(block + "max_batch_size", maxBatchSize)
        checks.notNegative(block + "max_retries", maxRetries)
        checks.notNegative(block + "api_timeout", apiTimeout)
        checks.problems += URLDenyList.problems(urlDenyList, key: block + "url_deny_list")
        checks.notNegative(block + "max_grpc_streaming_packet_size", maxGRPCStreamingPacketSize)
        checks.notNegative(block + "max_query_expression_size_bytes", maxQueryExpressionSizeBytes)
        checks.notNegative(block + "query_end_cutoff", queryEndCutoff)
        checks.positive(block + "response_consumers", responseConsumers)
        for name in allowedHeaders + logQueryRequestHeaders where !HeaderSyntax.isName(name) {
            checks.problems.append(block + "allowed_headers, log_query_request_headers: must hold header field names")
            break
        }
        for name in allowedHeaders where HeaderSyntax.isKeptFromTargets(name) {
            checks.problems.append(
                block
                    + "allowed_headers: \(name) cannot be passed on: the frontend sets it, or it holds for one connection"
            )
        }
        for name in skipASTTransformations where name != "all" && name != "or_to_in" {
            checks.warnings.append(
                ConfigurationWarning(
                    "query_frontend.skip_ast_transformations holds an unknown name",
                    "known are all and or_to_in; the others have no effect"))
            break
        }
        if mcpServer.enabled {
            checks.warnings.append(
                ConfigurationWarning(
                    "query_frontend.mcp_server.enabled is set",
                    "trace data goes to whatever language model asks through it"))
        }
        search.check(&checks, queryEndCutoff)
        traceByID.check(&checks)
        metrics.check(&checks, queryEndCutoff)
    }
}

extension QueryFrontendConfiguration.SLO {
    fileprivate func check(_ checks: inout FrontendConfiguration.Checks, _ block: String) {
        checks.notNegative(block + "duration_slo", duration)
        checks.notNegative(block + "throughput_bytes_slo", throughputBytes)
    }
}

extension QueryFrontendConfiguration.Search {
    fileprivate func check(_ checks: inout FrontendConfiguration.Checks, _ cutoff: Duration) {
        let block = "query_frontend.search."
        checks.positive(block + "concurrent_jobs", concurrentJobs)
        checks.positive(block + "target_bytes_per_job", targetBytesPerJob)
        checks.positive(block + "default_result_limit", defaultResultLimit)
        checks.notNegative(block + "max_result_limit", maxResultLimit)
        checks.notNegative(block + "max_duration", maxDuration)
        checks.notNegative(block + "query_backend_after", queryBackendAfter)
        checks.notNegative(block + "ingester_shards", ingesterShards)
        checks.positive(block + "most_recent_shards", mostRecentShards)
        checks.notNegative(block + "default_spans_per_span_set", defaultSpansPerSpanSet)
        checks.notNegative(block + "max_spans_per_span_set", maxSpansPerSpanSet)
        slo.check(&checks, block)
        metadataSLO.check(&checks, block + "metadata_slo.")
        if queryBackendAfter < cutoff {
            checks.problems.append(
                block + "query_backend_after: QueryBackendAfter (\(GoDuration.format(queryBackendAfter))) must be "
                    + "greater than query end cutoff (\(GoDuration.format(cutoff)))")
        }
    }
}

extension QueryFrontendConfiguration.TraceByID {
    fileprivate func check(_ checks: inout FrontendConfiguration.Checks) {
        let block = "query_frontend.trace_by_id."
        checks.range(block + "query_shards", queryShards, 2...100_000)
        checks.notNegative(block + "concurrent_shards", concurrentShards)
        checks.notNegative(block + "blocks_per_shard", blocksPerShard)
        slo.check(&checks, block)
        if concurrentShards > queryShards {
            checks.warnings.append(
                ConfigurationWarning(
                    "query_frontend.trace_by_id.concurrent_shards is above query_shards",
                    "\(concurrentShards) is more than the \(queryShards) there are"))
        }
    }
}

extension QueryFrontendConfiguration.Metrics {
    fileprivate func check(_ checks: inout FrontendConfiguration.Checks, _ cutoff: Duration) {
        let block = "query_frontend.metrics."
        checks.positive(block + "concurrent_jobs", concurrentJobs)
        checks.positive(block + "target_bytes_per_job", targetBytesPerJob)
        checks.notNegative(block + "max_duration", maxDuration)
        checks.positive(block + "interval", interval)
        checks.notNegative(block + "max_exemplars", maxExemplars)
        checks.notNegative(block + "max_response_series", maxResponseSeries)
        checks.positive(block + "streaming_shards", streamingShards)
        checks.notNegative(block + "max_intervals", maxIntervals)
        slo.check(&checks, block)
        if queryBackendAfter <= cutoff {
            checks.problems.append(
                block + "query_backend_after: QueryBackendAfter (\(GoDuration.format(queryBackendAfter))) must be "
                    + "greater than query end cutoff (\(GoDuration.format(cutoff)))")
        }
    }
}

extension OverridesConfiguration {
    fileprivate func check(_ checks: inout FrontendConfiguration.Checks) {
        if !perTenantOverrideConfig.isEmpty {
            checks.positive("overrides.per_tenant_override_period", perTenantOverridePeriod)
        }
        checks.problems += defaults.problems.map { "overrides.defaults." + $0 }
    }
}

extension TenantLimits {
    /// Values that cannot be limits, each with its key.
    var problems: [String] {
        var checks = FrontendConfiguration.Checks()
        checks.notNegative("global.max_bytes_per_trace", maxBytesPerTrace)
        checks.notNegative("read.max_bytes_per_tag_values_query", maxBytesPerTagValuesQuery)
        checks.notNegative("read.max_blocks_per_tag_values_query", maxBlocksPerTagValuesQuery)
        checks.notNegative("read.max_condition_groups_per_tag_query", maxConditionGroupsPerTagQuery)
        checks.notNegative("read.max_tenants_per_query", maxTenantsPerQuery)
        checks.notNegative("ingestion.rate_limit_bytes", ingestionRateLimitBytes)
        checks.notNegative("ingestion.burst_size_bytes", ingestionBurstSizeBytes)
        return checks.problems
    }
}
