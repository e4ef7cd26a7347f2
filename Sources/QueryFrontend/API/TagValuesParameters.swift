/// The parameters of `/api/search/tag/{name}/values` and its v2, checked in two phases.
struct TagValuesParameters: Sendable, Equatable {
    let version: APIVersion
    /// The decoded name from the path.
    let tagName: String
    /// The client's pairs.
    let original: QueryItems
    /// The TraceQL text; it has no effect in v1.
    let query: String?
    /// The clamped range.
    let range: DateRange

    /// How many values at most; 0 is no bound, and so is a text that `checkAfterTenants` refuses.
    var limit: UInt32 { original.uint32OrNil("limit") ?? 0 }
    /// 0 is off.
    var maxStaleValues: UInt32 { original.uint32OrNil("maxStaleValues") ?? 0 }

    /// The client's pairs with the clamped range.
    var clamped: QueryItems { range.applied(to: original) }

    /// Whether a TraceQL text narrows the answer.
    var hasQuery: Bool { query != nil }

    /// All checks that come before the tenant header is read.
    /// - Parameter now: Unix nanoseconds.
    static func parse(
        version: APIVersion, tagName: String, query items: QueryItems, limits: SearchLimits, now: Int64,
        checks: QueryTextChecks = .none
    ) throws(APIError) -> TagValuesParameters {
        try limits.checkQuerySize(items)
        let query = items.text("q")
        if version == .v2, let query { try checks.conditionGroups(query) }
        let range = try DateRange(clamping: items, limits: limits, now: now)
        try checks.clampedQuery(items, range)
        return TagValuesParameters(
            version: version, tagName: tagName, original: items, query: query, range: range)
    }

    /// The checks that come after the tenants: name, times, limits, length of the range.
    func checkAfterTenants(
        maxSearchDuration: SearchDurationLimit, checks: QueryTextChecks = .none
    ) throws(APIError) {
        if tagName.isEmpty { throw .badRequest("please provide a non-empty tagName") }
        if version == .v2 { try checks.identifier(tagName) }
        let start = try range.int32("start", range.start)
        let end = try range.int32("end", range.end)
        _ = try original.uint32("limit")
        _ = try original.uint32("maxStaleValues")
        try maxSearchDuration.check(start: start, end: end)
    }
}
