/// Keys of Tempo that are read, kept and shown, but that nothing here acts on: it has no block jobs, no queriers and no
/// metrics engine of its own.
extension FrontendConfiguration {
    /// One line for each such key whose value differs from the default: whoever set it must not believe that it works.
    var effectlessKeys: [String] {
        let defaults = FrontendConfiguration.fields.rendered(FrontendConfiguration())
        let changed = FrontendConfiguration.fields.rendered(self).difference(from: defaults)
        return (changed?.keyPaths ?? []).compactMap { path in
            FrontendConfiguration.effectless(path).map { "\(path) has no effect here: \($0)" }
        }
    }

    /// What holds instead of a key, or where it counts; nil for a key that is obeyed.
    private static func effectless(_ path: String) -> String? {
        let limits = "overrides.defaults."
        if path.hasPrefix(limits) { return TenantLimits.effectless[String(path.dropFirst(limits.count))] }
        if let reason = reasons[path] { return reason }
        return groups.first { path.hasPrefix($0.prefix) && !$0.obeyed.contains { path.hasSuffix($0) } }?.reason
    }

    private static let jobs = "the targets cut a query into jobs themselves"

    private static let groups: [(prefix: String, obeyed: [String], reason: String)] = [
        ("query_frontend.weights.", [], "there is no queue of jobs to weigh")
    ]

    private static let reasons: [String: String] = [
        "query_frontend.max_outstanding_per_tenant": "federation.max_concurrent_queries bounds queries",
        "query_frontend.max_batch_size": "there are no queriers that take jobs in batches",
        "query_frontend.max_grpc_streaming_packet_size": "there is no gRPC",
        "query_frontend.skip_ast_transformations": "queries are rewritten by the targets, whose own value holds",
        "query_frontend.response_consumers": "federation.max_concurrent_requests_per_query bounds sub-requests",
        "query_frontend.search.concurrent_jobs":
            "federation.max_concurrent_requests_per_query bounds sub-requests",
        "query_frontend.search.target_bytes_per_job": jobs,
        "query_frontend.search.ingester_shards": jobs,
        "query_frontend.search.most_recent_shards": jobs,
        "query_frontend.search.timeout":
            "Tempo ignores it too; query_frontend.api_timeout bounds a query",
        "query_frontend.metrics.concurrent_jobs":
            "federation.max_concurrent_requests_per_query bounds sub-requests",
        "query_frontend.metrics.target_bytes_per_job": jobs,
        "query_frontend.metrics.query_backend_after": "the targets know where their data is",
        "query_frontend.metrics.streaming_shards": "there is no gRPC",
        "query_frontend.trace_by_id.query_shards": jobs,
        "query_frontend.trace_by_id.concurrent_shards":
            "federation.max_concurrent_requests_per_query bounds sub-requests",
        "query_frontend.trace_by_id.blocks_per_shard": jobs,
        "query_frontend.trace_by_id.span_pruning_enabled_by_default":
            "only a request that asks for pruning is passed on as one, and the targets' own value holds for others",
        "server.log_request_at_info_level_enabled":
            "there is no access log; every query has its line at level info",
    ]
}

extension TenantLimits {
    /// Limits that hold in the targets only, by their path in a set of limits.
    fileprivate static let effectless = [
        "read.max_blocks_per_tag_values_query": "no blocks are read here, and the targets' own limit holds",
        "read.unsafe_query_hints": "hints are obeyed by the targets, whose own limit holds",
    ]
}

extension PerTenantLimits {
    /// As ``FrontendConfiguration/effectlessKeys``; one line a key, however many tenants set it.
    func effectlessKeys(path: String) -> [String] {
        let none = TenantLimits.fields.rendered(TenantLimits())
        var found: Set<String> = []
        for limits in entries.values {
            found.formUnion(TenantLimits.fields.rendered(limits).difference(from: none)?.keyPaths ?? [])
        }
        return TenantLimits.effectless.sorted { $0.key < $1.key }.filter { found.contains($0.key) }
            .map { "\($0.key) in \(path) has no effect here: \($0.value)" }
    }
}

extension YAMLOutput {
    /// The paths to what is no mapping, with dots, in the order of the tree.
    fileprivate var keyPaths: [String] {
        guard case .mapping(let entries) = self else { return [] }
        return entries.flatMap { entry in
            if case .mapping(let inner) = entry.value, !inner.isEmpty {
                return entry.value.keyPaths.map { entry.key + "." + $0 }
            }
            return [entry.key]
        }
    }
}
