extension Route {
    /// The path of this endpoint below the URL of a target, escaped; nil for what we answer ourselves.
    var upstreamPath: String? {
        switch self {
        case .traceByID(let id): return "/api/traces/" + PercentCoding.segmentEscaped(id.utf8)
        case .traceByIDV2(let id): return "/api/v2/traces/" + PercentCoding.segmentEscaped(id.utf8)
        case .traceDiff: return "/api/v2/traces/diff"
        case .search: return "/api/search"
        case .searchTags: return "/api/search/tags"
        case .searchTagsV2: return "/api/v2/search/tags"
        case .searchTagValues(let tag): return "/api/search/tag/" + PercentCoding.segmentEscaped(tag.utf8) + "/values"
        case .searchTagValuesV2(let tag):
            return "/api/v2/search/tag/" + PercentCoding.segmentEscaped(tag.utf8) + "/values"
        case .metricsQueryRange: return "/api/metrics/query_range"
        case .metricsQuery: return "/api/metrics/query"
        case .metricsSummary: return "/api/metrics/summary"
        case .mcp: return "/api/mcp"
        case .overrides: return "/api/overrides"
        case .explain, .echo, .buildInfo, .ready, .metrics, .status, .statusSection, .statusOverrides,
            .statusTenantOverrides,
            .statusUpstreams, .usageStats:
            return nil
        }
    }
}
