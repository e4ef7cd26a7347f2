/// The limits of search and tag queries that do not depend on the tenant, with Tempo's defaults.
struct SearchLimits: Sendable, Equatable {
    /// `search.default_result_limit`
    var defaultResultLimit: UInt32 = 20
    /// `search.max_result_limit`; 0 is no maximum.
    var maxResultLimit: UInt32 = 262_144
    /// `search.default_spans_per_span_set`
    var defaultSpansPerSpanSet: UInt32 = 3
    /// `search.max_spans_per_span_set`; 0 is no maximum.
    var maxSpansPerSpanSet: UInt32 = 100
    /// `search.max_duration`: the longest range; zero is no maximum.
    var maxDuration: Duration = .seconds(168 * 3600)
    /// `search.query_backend_after`: how far back a query without times reaches.
    var queryBackendAfter: Duration = .seconds(15 * 60)
    /// `query_end_cutoff`: the newest data is left out.
    var queryEndCutoff: Duration = .seconds(30)
    /// `max_query_expression_size_bytes`; 0 is no maximum.
    var maxQueryExpressionBytes: Int = 131_072

    /// Refuses a request in which any `q` or `query` is too long, the values that nobody will read included.
    func checkQuerySize(_ query: QueryItems) throws(APIError) {
        guard maxQueryExpressionBytes > 0 else { return }
        for item in query.items where item.name.elementsEqual("q".utf8) || item.name.elementsEqual("query".utf8) {
            guard item.value.count <= maxQueryExpressionBytes else {
                throw .badRequest(
                    "TraceQL expression exceeds the configured maximum size of \(maxQueryExpressionBytes) bytes, "
                        + "reduce the query expression size or contact your system administrator")
            }
        }
    }
}
