/// Finds the route of a decoded path, under the configured prefixes.
struct RouteTable: Sendable, Equatable {
    /// In front of everything: `server.http_path_prefix`. Empty, or starts with `/` and does not end with it.
    let pathPrefix: String
    /// In front of `/api/...` and `/status/usage-stats`, after `pathPrefix`: `http_api_prefix`.
    let apiPrefix: String

    /// Prefixes are joined as paths: `/tempo/`, `tempo` and `/tempo` mean the same, and so do the empty one and `/`.
    init(pathPrefix: String = "", apiPrefix: String = "") {
        self.pathPrefix = Self.normalized(pathPrefix)
        self.apiPrefix = Self.normalized(apiPrefix)
    }

    /// - Parameter path: the decoded path. Upper and lower case differ; a trailing slash is another path.
    /// - Throws: 404 for an unknown path.
    func route(for path: String) throws(APIError) -> Route {
        guard let local = Self.strip(pathPrefix, from: path[...]) else { throw .pageNotFound }
        if let route = Self.bareRoute(local) { return route }
        guard let inAPI = Self.strip(apiPrefix, from: local), let route = Self.prefixedRoute(inAPI) else {
            throw .pageNotFound
        }
        return route
    }

    /// The one form of a prefix: empty, or `/a/b` without empty segments, `.` and `..`.
    static func normalized(_ prefix: String) -> String {
        var kept: [Substring] = []
        for segment in prefix.split(separator: "/") where segment != "." {
            if segment == ".." { _ = kept.popLast() } else { kept.append(segment) }
        }
        return kept.map { "/" + $0 }.joined()
    }

    /// The rest of the path after a prefix, or nil. Compares bytes: canonically equal texts are unlike paths.
    private static func strip(_ prefix: String, from path: Substring) -> Substring? {
        guard path.utf8.starts(with: prefix.utf8) else { return nil }
        let rest = Substring(path.utf8.dropFirst(prefix.utf8.count))
        return rest.utf8.first == UInt8(ascii: "/") ? rest : nil
    }

    /// Routes that `http_api_prefix` does not move.
    private static func bareRoute(_ path: Substring) -> Route? {
        switch path {
        case "/ready": return .ready
        case "/metrics": return .metrics
        case "/status": return .status
        case "/status/overrides": return .statusOverrides
        case "/status/upstreams": return .statusUpstreams
        default: break
        }
        if let tenant = segment(path, after: "/status/overrides/", before: "") {
            return .statusTenantOverrides(tenant: tenant)
        }
        if let section = segment(path, after: "/status/", before: ""), Route.statusSections.contains(section) {
            return .statusSection(section)
        }
        return nil
    }

    private static func prefixedRoute(_ path: Substring) -> Route? {
        switch path {
        case "/api/search": return .search
        case "/api/search/tags": return .searchTags
        case "/api/v2/search/tags": return .searchTagsV2
        case "/api/v2/traces/diff": return .traceDiff
        case "/api/metrics/query_range": return .metricsQueryRange
        case "/api/metrics/query": return .metricsQuery
        case "/api/metrics/summary": return .metricsSummary
        case "/api/mcp": return .mcp
        case "/api/overrides": return .overrides
        case "/api/federation/explain": return .explain
        case "/api/echo": return .echo
        case "/api/status/buildinfo": return .buildInfo
        case "/api/status/instances": return .statusUpstreams
        case "/status/usage-stats": return .usageStats
        default: break
        }
        if let id = segment(path, after: "/api/traces/", before: "") { return .traceByID(id: id) }
        if let id = segment(path, after: "/api/v2/traces/", before: "") { return .traceByIDV2(id: id) }
        if let tag = between(path, "/api/search/tag/", "/values") { return .searchTagValues(tag: tag) }
        if let tag = between(path, "/api/v2/search/tag/", "/values") { return .searchTagValuesV2(tag: tag) }
        return nil
    }

    /// What stands between two fixed parts, if it is one non-empty segment.
    private static func segment(_ path: Substring, after start: String, before end: String) -> String? {
        guard let middle = between(path, start, end), !middle.isEmpty, !middle.utf8.contains(UInt8(ascii: "/")) else {
            return nil
        }
        return middle
    }

    private static func between(_ path: Substring, _ start: String, _ end: String) -> String? {
        let bytes = path.utf8
        guard
            bytes.count >= start.utf8.count + end.utf8.count, bytes.starts(with: start.utf8),
            bytes.suffix(end.utf8.count).elementsEqual(end.utf8)
        else { return nil }
        return String(Substring(bytes.dropFirst(start.utf8.count).dropLast(end.utf8.count)))
    }
}

extension RouteTable {
    /// The `route` label of the request metrics, as stock dashboards expect it: the path template with everything but letters
    /// and digits turned into `_`. A request without route is `other`.
    func metricLabel(for route: Route?) -> String {
        guard let route else { return "other" }
        let (template, moves) = Self.template(route)
        var label: [UInt8] = []
        var separated = false
        func append(_ part: String) {
            for byte in part.utf8 {
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"):
                    if separated, !label.isEmpty { label.append(UInt8(ascii: "_")) }
                    separated = false
                    // Setting this bit makes a capital letter small and leaves digits and small letters as they are.
                    label.append(byte | 0x20)
                default:
                    separated = true
                }
            }
        }
        append(pathPrefix)
        if moves { append(apiPrefix) }
        append(template)
        return String(decoding: label, as: UTF8.self)
    }

    /// The path with its variables, and whether `http_api_prefix` stands in front of it.
    private static func template(_ route: Route) -> (path: String, hasAPIPrefix: Bool) {
        switch route {
        case .traceByID: return ("/api/traces/{traceID}", true)
        case .traceByIDV2: return ("/api/v2/traces/{traceID}", true)
        case .traceDiff: return ("/api/v2/traces/diff", true)
        case .search: return ("/api/search", true)
        case .searchTags: return ("/api/search/tags", true)
        case .searchTagsV2: return ("/api/v2/search/tags", true)
        case .searchTagValues: return ("/api/search/tag/{tagName}/values", true)
        case .searchTagValuesV2: return ("/api/v2/search/tag/{tagName}/values", true)
        case .metricsQueryRange: return ("/api/metrics/query_range", true)
        case .metricsQuery: return ("/api/metrics/query", true)
        case .metricsSummary: return ("/api/metrics/summary", true)
        case .mcp: return ("/api/mcp", true)
        case .overrides: return ("/api/overrides", true)
        case .explain: return ("/api/federation/explain", true)
        case .echo: return ("/api/echo", true)
        case .buildInfo: return ("/api/status/buildinfo", true)
        case .usageStats: return ("/status/usage-stats", true)
        case .ready: return ("/ready", false)
        case .metrics: return ("/metrics", false)
        case .status: return ("/status", false)
        case .statusSection: return ("/status/{endpoint}", false)
        case .statusOverrides: return ("/status/overrides", false)
        case .statusTenantOverrides: return ("/status/overrides/{tenant}", false)
        case .statusUpstreams: return ("/status/upstreams", false)
        }
    }
}
