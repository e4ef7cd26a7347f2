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

/// The longest range that the tenants of one query may ask for.
struct SearchDurationLimit: Sendable, Equatable {
    /// Zero is no maximum.
    let value: Duration
    /// Whose override it is; nil for the limit of the configuration.
    let tenant: String?

    init(value: Duration, tenant: String? = nil) {
        self.value = value
        self.tenant = tenant
    }

    /// The strictest limit of several tenants: a tenant's own value holds where it is set (not zero), else the configured one.
    /// Of equal values the configured one is named first, then the first tenant.
    static func strictest(
        of overrides: [(tenant: String, maxSearchDuration: Duration)], configured: Duration
    ) -> SearchDurationLimit {
        let own = overrides.filter { $0.maxSearchDuration != .zero }
        var candidates = own.map { SearchDurationLimit(value: $0.maxSearchDuration, tenant: $0.tenant) }
        if own.count < overrides.count || overrides.isEmpty {
            candidates.insert(SearchDurationLimit(value: configured), at: 0)
        }
        return candidates.filter { $0.value != .zero }.min { $0.value < $1.value }
            ?? SearchDurationLimit(value: .zero)
    }

    /// Refuses a range of whole Unix seconds that is too long. A range that runs backwards counts as endless, as in Tempo,
    /// whose unsigned difference wraps; without a limit it has its own refusal.
    func check(start: UInt32, end: UInt32) throws(APIError) {
        let isTooLong = start > end || Duration.seconds(Int64(end) - Int64(start)) > value
        guard value != .zero, isTooLong else {
            if start > end { throw .startNotBeforeEnd(start: Int64(start), end: Int64(end)) }
            return
        }
        let source = tenant.map { " (max_search_duration of tenant \($0))" } ?? ""
        throw .badRequest(
            "range specified by start and end exceeds \(GoDuration.format(value)). "
                + "received start=\(start) end=\(end)\(source)")
    }
}

extension APIError {
    static func startNotBeforeEnd(start: Int64, end: Int64) -> APIError {
        .badRequest("http parameter start must be before end. received start=\(start) end=\(end)")
    }
}
