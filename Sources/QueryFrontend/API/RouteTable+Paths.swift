/// Paths as people and targets know them.
extension RouteTable {
    /// The path of a request without this server's own prefixes, percent-encoded as the client sent it where possible.
    ///
    /// A target has a prefix of its own, which its `url` names.
    func targetPath(_ target: RequestTarget) -> String {
        let prefix = pathPrefix + apiPrefix
        if target.rawPath.utf8.starts(with: prefix.utf8) {
            return String(Substring(target.rawPath.utf8.dropFirst(prefix.utf8.count)))
        }
        // The client spelled the prefix with escapes: the decoded path starts with it, or there would be no route.
        return PercentCoding.pathEscaped(Array(target.path.utf8.dropFirst(prefix.utf8.count)))
    }

    /// Every path that is served, with its parameters in braces.
    var documentedPaths: [String] {
        let moving = [
            "/api/traces/{traceID}", "/api/v2/traces/{traceID}", "/api/v2/traces/diff", "/api/search",
            "/api/search/tags", "/api/v2/search/tags", "/api/search/tag/{tagName}/values",
            "/api/v2/search/tag/{tagName}/values", "/api/metrics/query_range", "/api/metrics/query",
            "/api/metrics/summary", "/api/mcp", "/api/overrides", "/api/federation/explain", "/api/echo",
            "/api/status/buildinfo",
            "/api/status/instances", "/status/usage-stats",
        ]
        let bare = [
            "/ready", "/metrics", "/status", "/status/{endpoint}", "/status/overrides", "/status/overrides/{tenant}",
            "/status/upstreams",
        ]
        return moving.map { pathPrefix + apiPrefix + $0 } + bare.map { pathPrefix + $0 }
    }
}
