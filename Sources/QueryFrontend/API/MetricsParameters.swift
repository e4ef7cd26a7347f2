import TraceQL

/// The parameters of `/api/metrics/query_range` and `/api/metrics/query`, checked in Tempo's order.
struct MetricsParameters: Sendable, Equatable {
    /// True for `/api/metrics/query`: one interval from start to end, and one value a series.
    let isInstant: Bool
    /// The client's pairs.
    let original: QueryItems
    /// `q`, else `query`.
    let text: String
    let query: Query
    /// The end is clamped, nothing is aligned.
    let range: MetricsWindow
    /// Nanoseconds; the whole range for an instant query. 0 only where the interval limit is off.
    let step: Int64
    /// How many exemplars at most; 0 is none.
    let exemplars: UInt32
    /// How many series at most; 0 is no maximum.
    let maxSeries: UInt32
    /// `instant` of a range query: the range is one interval.
    let isOneInterval: Bool
    /// `skip_ast_transformations` and `mode`, which are the targets' business.
    let passed: [(name: String, value: String)]
    private let latest: Int64

    static func == (a: MetricsParameters, b: MetricsParameters) -> Bool {
        a.isInstant == b.isInstant && a.original == b.original && a.range == b.range && a.step == b.step
    }

    /// All checks that come before the tenant header is read.
    /// - Parameter now: Unix nanoseconds.
    init(
        _ items: QueryItems, isInstant: Bool, limits: MetricsRequestLimits, parseLimits: ParseLimits, now: Int64
    ) throws(APIError) {
        try limits.search.checkQuerySize(items)
        var range = try MetricsWindow(items, now: now)
        var step: Int64 = 0
        if !isInstant {
            let asked = try MetricsWindow.read(items, "step", wrapped: false) { text throws(GrammarError) in
                try MetricsStep.parse(text)
            }
            step = asked ?? range.standardStep
        }
        try range.checkOrder()
        let (cutoff, overflow) = now.subtractingReportingOverflow(GoDuration.nanoseconds(limits.queryEndCutoff))
        latest = overflow ? .min : cutoff
        try range.clamp(to: latest, granularity: isInstant ? 1_000_000_000 : 1)
        if isInstant { step = range.length }
        try range.checkLength(limits.maxDuration)
        try range.checkIntervals(step: step, maximum: limits.maxIntervals)
        query = try MetricsQueryCheck.check(items, isInstant: isInstant, range: range, limits: parseLimits)
        text = items.text("q") ?? items.text("query") ?? ""
        original = items
        self.isInstant = isInstant
        self.range = range
        self.step = step
        isOneInterval = isInstant || items.bool("instant") ?? false
        exemplars = isInstant ? 0 : Self.exemplars(items, query, limits)
        // An instant query drops what the client asks for, as Tempo does.
        maxSeries = limits.seriesLimit(asked: isInstant ? 0 : items.uint32OrNil("maxSeries") ?? 0)
        passed = ["mode", "skip_ast_transformations"].compactMap { name in
            items.text(name).map { (name, $0) }
        }
    }

    /// The check that comes after the tenants.
    func checkAfterTenants() throws(APIError) {
        guard step > 0 else { throw .badRequest("step must be greater than 0") }
    }

    /// Start and end on whole steps, with the interval that the start lies on; those of an instant query as they are.
    var aligned: MetricsWindow {
        guard !isOneInterval, step > 0 else { return range }
        var aligned = range
        aligned.start -= aligned.start % step
        if aligned.start > step { aligned.start -= step }
        let part = aligned.end % step
        if part > 0 {
            let (up, overflow) = aligned.end.addingReportingOverflow(step - part)
            aligned.end = overflow ? aligned.end - part : up
        }
        if aligned.end > latest { aligned.end = latest - latest % step }
        return aligned
    }

    /// The hint goes before the parameter, and nothing goes beyond the maximum.
    private static func exemplars(_ items: QueryItems, _ query: Query, _ limits: MetricsRequestLimits) -> UInt32 {
        if let hint = query.integerHint("exemplars") { return min(UInt32(clamping: hint), limits.maxExemplars) }
        if query.booleanHint("exemplars") == false { return 0 }
        let asked = items.uint32OrNil("exemplars") ?? 0
        return asked == 0 ? limits.maxExemplars : min(asked, limits.maxExemplars)
    }

    /// The URL that Tempo's handler makes of these parameters, which is what its deny list sees.
    func rewrittenURL(prefix: String) -> String {
        let aligned = aligned
        let pairs = [
            ("start", "\(aligned.start)"), ("end", "\(aligned.end)"),
            ("step", GoDuration.format(.nanoseconds(step))), ("mode", original.text("mode") ?? ""), ("blockID", ""),
            ("startPage", "0"), ("pagesToSearch", "0"), ("version", ""), ("encoding", "none"), ("size", "0"),
            ("footerSize", "0"), ("q", text), ("exemplars", "\(exemplars)"), ("maxSeries", "\(maxSeries)"),
            ("instant", isOneInterval ? "true" : "false"),
        ]
        let query = pairs.map { QueryItems([$0]).encoded }.joined(separator: "&")
        return prefix + "/api/metrics/query_range?" + query
    }
}

extension QueryItems {
    /// A truth value on an endpoint that ignores what it cannot read.
    func bool(_ name: String) -> Bool? { value(name).flatMap { try? GoNumber.parseBool($0) } }
}
