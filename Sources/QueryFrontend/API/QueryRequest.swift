/// A query with its parameters checked as far as they can be before the tenants are known.
enum QueryRequest: Sendable, Equatable {
    case trace(TraceByIDParameters)
    case search(SearchParameters)
    case tags(TagsParameters)
    case tagValues(TagValuesParameters)

    /// Reads the parameters of a federated endpoint; nil for the endpoints that take none or that we only pass on.
    /// - Parameter now: Unix nanoseconds.
    static func parse(
        _ route: Route, rawQuery: String?, limits: SearchLimits, now: Int64, checks: QueryTextChecks = .none
    ) throws(APIError) -> QueryRequest? {
        switch route {
        case .traceByID(let id):
            return .trace(
                try .parse(version: .v1, id: id, query: try items(rawQuery), limits: limits, checks: checks))
        case .traceByIDV2(let id):
            return .trace(
                try .parse(version: .v2, id: id, query: try items(rawQuery), limits: limits, checks: checks))
        case .search:
            return .search(try .parse(query: try items(rawQuery), limits: limits, now: now, checks: checks))
        case .searchTags:
            return .tags(
                try .parse(version: .v1, query: try items(rawQuery), limits: limits, now: now, checks: checks))
        case .searchTagsV2:
            return .tags(
                try .parse(version: .v2, query: try items(rawQuery), limits: limits, now: now, checks: checks))
        case .searchTagValues(let tag):
            return .tagValues(
                try .parse(
                    version: .v1, tagName: tag, query: try items(rawQuery), limits: limits, now: now, checks: checks))
        case .searchTagValuesV2(let tag):
            return .tagValues(
                try .parse(
                    version: .v2, tagName: tag, query: try items(rawQuery), limits: limits, now: now, checks: checks))
        case .traceDiff, .metricsQueryRange, .metricsQuery, .metricsSummary, .mcp, .overrides, .explain, .echo,
            .buildInfo,
            .ready, .metrics, .status, .statusSection, .statusOverrides, .statusTenantOverrides, .statusUpstreams,
            .usageStats:
            return nil
        }
    }

    /// The checks that a Tempo makes once the tenant header has been accepted.
    func checkAfterTenants(
        limits: SearchLimits, maxSearchDuration: SearchDurationLimit, checks: QueryTextChecks = .none
    ) throws(APIError) {
        switch self {
        case .trace: break
        case .search(let search): try search.checkAfterTenants(limits: limits, maxSearchDuration: maxSearchDuration)
        case .tags(let tags): try tags.checkAfterTenants(maxSearchDuration: maxSearchDuration)
        case .tagValues(let values):
            try values.checkAfterTenants(maxSearchDuration: maxSearchDuration, checks: checks)
        }
    }

    /// Whether a TraceQL text takes part.
    var hasQuery: Bool {
        switch self {
        case .trace(let trace): return trace.hasQuery
        case .search(let search): return search.hasQuery
        case .tags(let tags): return tags.hasQuery
        case .tagValues(let values): return values.hasQuery
        }
    }

    private static func items(_ rawQuery: String?) throws(APIError) -> QueryItems {
        try QueryItems(parsing: rawQuery ?? "")
    }
}
