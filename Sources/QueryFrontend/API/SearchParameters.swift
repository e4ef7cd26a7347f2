/// The parameters of `/api/search`, checked in two phases: `parse` before the tenants are known, `checkAfterTenants` after.
struct SearchParameters: Sendable, Equatable {
    /// The client's pairs, for an upstream that shall see what the client sent.
    let original: QueryItems
    /// The TraceQL text; nil for a tag search.
    let query: String?
    /// The `tags` text as sent.
    let rawTags: String?
    /// The pairs of `tags`, or the individual tags of old clients (only with `start=0&end=0`). Empty when `query` is set.
    let tags: [LogfmtPair]
    /// Milliseconds; 0 is no bound.
    let minDurationMs: UInt32
    /// Milliseconds; 0 is no bound.
    let maxDurationMs: UInt32
    /// How many traces at most: the client's or the default.
    let limit: UInt32
    /// How many spans a span set at most; 0 is all.
    let spansPerSpanSet: UInt32
    /// The clamped range. Both 0 when the client said so: recent data only.
    let range: DateRange

    /// The client's pairs with the clamped range: `start` and `end` in Unix seconds, without `since`.
    var clamped: QueryItems { range.applied(to: original) }

    /// Whether it is a TraceQL search.
    var hasQuery: Bool { query != nil }

    /// All checks that come before the tenant header is read.
    /// - Parameter now: Unix nanoseconds.
    static func parse(
        query items: QueryItems, limits: SearchLimits, now: Int64, checks: QueryTextChecks = .none
    ) throws(APIError) -> SearchParameters {
        try limits.checkQuerySize(items)
        let start = try items.uint32("start") ?? 0
        let end = try items.uint32("end") ?? 0
        let query = items.text("q")
        if query != nil, items.value("tags") != nil {
            throw .badRequest("invalid request: can't specify tags and q in the same query")
        }
        var tags = try items.parsed("tags") { text throws(GrammarError) in try LogfmtPair.parse(text) } ?? []
        let minDuration = try durationMilliseconds(items, "minDuration")
        let maxDuration = try durationMilliseconds(items, "maxDuration")
        if let minDuration, let maxDuration, minDuration > maxDuration {
            throw .badRequest("invalid maxDuration: must be greater than minDuration")
        }
        let limit = try items.uint32("limit")
        if limit == 0 { throw .badRequest("invalid limit: must be a positive number") }
        let spansPerSpanSet = try items.uint32("spss")
        try checkOrder(start: start, end: end)
        try checkResultLimit(limit ?? limits.defaultResultLimit, limits)
        if let query { try checks.syntax(query) }
        let range = try DateRange(clamping: items, limits: limits, now: now)
        try checks.clampedQuery(items, range)
        if let text = items.text("query") ?? query { try checks.semantics(text) }
        if query == nil, items.value("tags") == nil, range == DateRange(start: 0, end: 0) {
            tags = individualTags(items)
        }
        return SearchParameters(
            original: items, query: query, rawTags: items.text("tags"), tags: tags, minDurationMs: minDuration ?? 0,
            maxDurationMs: maxDuration ?? 0, limit: limit ?? limits.defaultResultLimit,
            spansPerSpanSet: spansPerSpanSet ?? limits.defaultSpansPerSpanSet, range: range)
    }

    /// The checks that come after the tenants: the clamped range once more, its length, and spans per span set.
    func checkAfterTenants(limits: SearchLimits, maxSearchDuration: SearchDurationLimit) throws(APIError) {
        let start = try range.uint32("start", range.start)
        let end = try range.uint32("end", range.end)
        try Self.checkOrder(start: start, end: end)
        try Self.checkResultLimit(limit, limits)
        try maxSearchDuration.check(start: start, end: end)
        if limits.maxSpansPerSpanSet != 0, spansPerSpanSet > limits.maxSpansPerSpanSet {
            throw .badRequest(
                "spans per span set exceeds \(limits.maxSpansPerSpanSet). received \(spansPerSpanSet)")
        }
    }

    private static func checkOrder(start: UInt32, end: UInt32) throws(APIError) {
        if start != 0 || end != 0, end <= start { throw .startNotBeforeEnd(start: Int64(start), end: Int64(end)) }
    }

    private static func checkResultLimit(_ limit: UInt32, _ limits: SearchLimits) throws(APIError) {
        if limits.maxResultLimit != 0, limit > limits.maxResultLimit {
            throw .badRequest("limit \(limit) exceeds max limit \(limits.maxResultLimit)")
        }
    }

    /// A bound in milliseconds. A negative or an enormous one, which wraps in Tempo, is refused.
    private static func durationMilliseconds(_ items: QueryItems, _ name: String) throws(APIError) -> UInt32? {
        try items.parsed(name) { text throws(GrammarError) in
            let nanoseconds = try GoDurationText.parse(text)
            guard nanoseconds >= 0 else { throw GrammarError(message: "must be a positive number") }
            guard let milliseconds = UInt32(exactly: nanoseconds / 1_000_000) else {
                throw GrammarError(message: "value out of range")
            }
            return milliseconds
        }
    }

    /// Old clients put each tag into a parameter of its own.
    private static func individualTags(_ items: QueryItems) -> [LogfmtPair] {
        let reserved = ["q", "tags", "minDuration", "maxDuration", "limit", "spss", "start", "end"]
        var tags: [LogfmtPair] = []
        var seen = Set(reserved.map { Array($0.utf8) })
        for item in items.items where seen.insert(item.name).inserted && !item.value.isEmpty {
            tags.append(
                LogfmtPair(
                    key: String(decoding: item.name, as: UTF8.self), value: String(decoding: item.value, as: UTF8.self))
            )
        }
        return tags
    }
}
