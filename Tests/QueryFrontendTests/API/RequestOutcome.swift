@testable import QueryFrontend

/// What the checks make of one request line: the values that a handler would see, or the first refusal and its phase.
enum RequestOutcome: Equatable {
    case accepted([String: String])
    case refused(phase: String, APIError)
    case redirected(String)

    /// The clock of all request tests, in Unix seconds.
    static let now: Int64 = 1_795_220_000

    static func of(
        _ target: String, limits: SearchLimits = SearchLimits(), tenantLimits: [String: Int] = [:],
        checks: QueryTextChecks = .none, now: Int64 = RequestOutcome.now * 1_000_000_000
    ) -> RequestOutcome {
        var phase = "routing"
        do throws(APIError) {
            let parsed: RequestTarget
            switch try RequestTarget.parse(target) {
            case .redirect(let location): return .redirected(location)
            case .target(let found): parsed = found
            }
            let route = try RouteTable().route(for: parsed.path)
            phase = "parameters"
            let items = try QueryItems(parsing: parsed.rawQuery ?? "")
            let longest = SearchDurationLimit.strictest(
                of: tenantLimits.sorted { $0.key < $1.key }.map { ($0.key, .seconds($0.value)) },
                configured: limits.maxDuration)
            switch route {
            case .search:
                let found = try SearchParameters.parse(query: items, limits: limits, now: now, checks: checks)
                phase = "tenants"
                try found.checkAfterTenants(limits: limits, maxSearchDuration: longest)
                return .accepted(found.described)
            case .searchTags, .searchTagsV2:
                let found = try TagsParameters.parse(
                    version: route == .searchTags ? .v1 : .v2, query: items, limits: limits, now: now, checks: checks)
                phase = "tenants"
                try found.checkAfterTenants(maxSearchDuration: longest)
                return .accepted(found.described)
            case .searchTagValues(let tag), .searchTagValuesV2(let tag):
                let version: APIVersion = route == .searchTagValues(tag: tag) ? .v1 : .v2
                let found = try TagValuesParameters.parse(
                    version: version, tagName: tag, query: items, limits: limits, now: now, checks: checks)
                phase = "tenants"
                try found.checkAfterTenants(maxSearchDuration: longest, checks: checks)
                var values = found.described
                values["upstream"] = route.upstreamPath
                return .accepted(values)
            case .traceByID(let id), .traceByIDV2(let id):
                let found = try TraceByIDParameters.parse(
                    version: route == .traceByID(id: id) ? .v1 : .v2, id: id, query: items, limits: limits,
                    checks: checks)
                return .accepted(found.described)
            default:
                return .accepted([:])
            }
        } catch {
            return .refused(phase: phase, error)
        }
    }
}

extension SearchParameters {
    fileprivate var described: [String: String] {
        [
            "limit": "\(limit)", "spss": "\(spansPerSpanSet)", "start": "\(range.start)", "end": "\(range.end)",
            "query": query ?? "", "tags": tags.map { "\($0.key)=\($0.value)" }.joined(separator: "|"),
            "min": "\(minDurationMs)", "max": "\(maxDurationMs)", "clamped": clamped.encoded,
        ]
    }
}

extension TagsParameters {
    fileprivate var described: [String: String] {
        [
            "limit": "\(limit)", "stale": "\(maxStaleValues)", "start": "\(range.start)", "end": "\(range.end)",
            "query": query ?? "", "scope": scope?.rawValue ?? "", "clamped": clamped.encoded,
        ]
    }
}

extension TagValuesParameters {
    fileprivate var described: [String: String] {
        [
            "limit": "\(limit)", "stale": "\(maxStaleValues)", "start": "\(range.start)", "end": "\(range.end)",
            "query": query ?? "", "tag": tagName, "clamped": clamped.encoded,
        ]
    }
}

extension TraceByIDParameters {
    fileprivate var described: [String: String] {
        [
            "id": id.strippedHex, "mode": mode.rawValue, "start": start.map { "\($0)" } ?? "",
            "end": end.map { "\($0)" } ?? "",
            "filter": filter.map { "\($0.query) \($0.keepHierarchy) \($0.matchDepth) \($0.ancestorDepth)" } ?? "",
        ]
    }
}
