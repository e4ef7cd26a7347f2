/// Every endpoint that we serve, with what its path carries.
enum Route: Sendable, Hashable {
    /// `/api/traces/{id}`; the id is not checked yet.
    case traceByID(id: String)
    /// `/api/v2/traces/{id}`
    case traceByIDV2(id: String)
    case traceDiff
    case search
    case searchTags
    case searchTagsV2
    /// The tag name is the decoded text, slashes included; it may be empty.
    case searchTagValues(tag: String)
    case searchTagValuesV2(tag: String)
    case metricsQueryRange
    case metricsQuery
    case metricsSummary
    case mcp
    case overrides
    case explain
    case echo
    case buildInfo
    case ready
    case metrics
    case status
    /// `/status/{section}` for the sections of `Route.statusSections`.
    case statusSection(String)
    case statusOverrides
    case statusTenantOverrides(tenant: String)
    case statusUpstreams
    case usageStats

    /// The sections of `/status`, in the order in which the whole page shows them.
    static let statusSections = ["version", "services", "endpoints", "runtime_config", "config"]

    /// Whether a request without tenant is refused with 401 when tenancy is on.
    var needsTenant: Bool {
        switch self {
        case .traceByID, .traceByIDV2, .traceDiff, .search, .searchTags, .searchTagsV2, .searchTagValues,
            .searchTagValuesV2, .metricsQueryRange, .metricsQuery, .metricsSummary, .mcp, .overrides, .explain:
            return true
        case .echo, .buildInfo, .ready, .metrics, .status, .statusSection, .statusOverrides, .statusTenantOverrides,
            .statusUpstreams, .usageStats:
            return false
        }
    }

    /// Refuses a method that the router does not take, before authentication. Query endpoints, `/ready`, `/metrics` and
    /// `/api/echo` take any.
    func checkMethod(_ method: String) throws(APIError) {
        switch self {
        case .explain, .buildInfo, .status, .statusSection, .statusOverrides, .statusTenantOverrides, .statusUpstreams:
            guard method == "GET" else { throw .methodNotAllowed }
        case .overrides:
            guard ["GET", "POST", "PATCH", "DELETE"].contains(method) else { throw .methodNotAllowed }
        case .traceByID, .traceByIDV2, .traceDiff, .search, .searchTags, .searchTagsV2, .searchTagValues,
            .searchTagValuesV2, .metricsQueryRange, .metricsQuery, .metricsSummary, .mcp, .echo, .ready, .metrics,
            .usageStats:
            break
        }
    }

    /// Refuses a method that the handler does not take, after authentication: trace diff is POST only.
    func checkHandlerMethod(_ method: String) throws(APIError) {
        if self == .traceDiff, method != "POST" {
            throw APIError(status: 405, message: "Method Not Allowed")
        }
    }
}
