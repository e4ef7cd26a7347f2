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
            let longest = SearchDurationLimit.strictest(
                of: tenantLimits.sorted { $0.key < $1.key }.map { ($0.key, .seconds($0.value)) },
                configured: limits.maxDuration)
            guard
                let query = try QueryRequest.parse(
                    route, rawQuery: parsed.rawQuery, limits: limits, now: now, checks: checks)
            else { return .accepted([:]) }
            phase = "tenants"
            try query.checkAfterTenants(limits: limits, maxSearchDuration: longest, checks: checks)
            var values = query.described
            values["upstream"] = route.upstreamPath
            values["hasQuery"] = "\(query.hasQuery)"
            return .accepted(values)
        } catch {
            return .refused(phase: phase, error)
        }
    }
}

extension QueryRequest {
    fileprivate var described: [String: String] {
        switch self {
        case .trace(let trace): return trace.described
        case .search(let search): return search.described
        case .tags(let tags): return tags.described
        case .tagValues(let values): return values.described
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
