/// Where a tag stands, as the `scope` parameter spells it.
enum TagScope: String, Sendable, Hashable, CaseIterable {
    case none, span, resource, event, link, instrumentation, trace, intrinsic
}

/// The parameters of `/api/search/tags` and `/api/v2/search/tags`, checked in two phases.
struct TagsParameters: Sendable, Equatable {
    let version: APIVersion
    /// The client's pairs.
    let original: QueryItems
    /// The scope as sent; nil for all. `checkAfterTenants` refuses an unknown one.
    let rawScope: String?
    /// How many names at most, in v2 for each scope; 0 is no bound.
    let limit: UInt32
    /// 0 is off.
    let maxStaleValues: UInt32
    /// The TraceQL text; it has no effect in v1.
    let query: String?
    /// The clamped range.
    let range: DateRange

    /// The client's pairs with the clamped range.
    var clamped: QueryItems { range.applied(to: original) }

    /// The scope once checked; nil for all.
    var scope: TagScope? { rawScope.flatMap(TagScope.init(rawValue:)) }

    /// Whether a TraceQL text narrows the answer.
    var hasQuery: Bool { query != nil }

    /// All checks that come before the tenant header is read.
    /// - Parameter now: Unix nanoseconds.
    static func parse(
        version: APIVersion, query items: QueryItems, limits: SearchLimits, now: Int64, checks: QueryTextChecks = .none
    ) throws(APIError) -> TagsParameters {
        try limits.checkQuerySize(items)
        let query = items.text("q")
        if version == .v2, let query { try checks.conditionGroups(query) }
        let range = try DateRange(clamping: items, limits: limits, now: now)
        try checks.clampedQuery(items, range)
        return TagsParameters(
            version: version, original: items, rawScope: items.text("scope"), limit: items.uint32OrNil("limit") ?? 0,
            maxStaleValues: items.uint32OrNil("maxStaleValues") ?? 0, query: query, range: range)
    }

    /// The checks that come after the tenants: scope, times, length of the range.
    func checkAfterTenants(maxSearchDuration: SearchDurationLimit) throws(APIError) {
        if let rawScope, scope == nil { throw .badRequest("invalid scope: \(rawScope)") }
        try maxSearchDuration.check(
            start: try range.int32("start", range.start), end: try range.int32("end", range.end))
    }
}
