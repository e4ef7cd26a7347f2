import TempoAPI
import TenantFederation
import TraceQL

/// How a search that relates spans of several tenants is done.
struct CrossTenantSearch: Sendable {
    let query: Query
    let plan: CandidatePlan
    /// What every tenant is asked, one for each filter of the plan.
    let filters: [SearchQuery]
    /// Most traces that a tenant lists for a filter.
    let listLimit: UInt32
    /// Most traces that are looked at.
    let maxCandidates: Int
    let maxBytes: Int
    /// Most traces of the answer.
    let limit: Int
    /// 0: all.
    let spansPerSpanSet: Int
    let isNewestFirst: Bool
    /// Where parts of traces are looked for.
    let partWindow: PartWindow
    /// In which a trace has to lie with some of its time, unix nanoseconds; nil: any.
    let window: ClosedRange<UInt64>?

    /// - Parameters:
    ///   - maxResultLimit: the largest `limit` that may be asked for; 0: any.
    ///   - maxTextBytes: a filter of more bytes is not sent; every trace is a candidate then.
    init(
        _ question: SearchQuestion, query: Query, _ settings: FederationConfiguration.CrossTenantEvaluation,
        maxResultLimit: UInt32, maxTextBytes: Int
    ) {
        self.query = query
        let plan = query.candidatePlan
        self.plan = plan
        // Where headers leave candidates out, more of them are listed than may be fetched.
        let (listed, overflow) = max(1, settings.maxCandidateTraces)
            .multipliedReportingOverflow(by: plan.durations == .any ? 1 : Self.listedPerFetched)
        let most = overflow ? UInt32.max : UInt32(clamping: listed)
        let listLimit = maxResultLimit == 0 ? most : min(most, maxResultLimit)
        self.listLimit = listLimit
        maxCandidates = max(1, settings.maxCandidateTraces)
        maxBytes = settings.maxBytes
        limit = Int(question.query.limit)
        spansPerSpanSet = Int(question.query.spansPerSpanSet)
        isNewestFirst = question.order.isNewestFirst
        let partWindow = question.partWindow
        self.partWindow = partWindow
        filters = plan.filters.map { filter in
            var text = Self.text(filter)
            if text.utf8.count > maxTextBytes { text = Self.text(CandidatePlan.everything) }
            return SearchQuery(
                conditions: [QueryParameter("q", text)], limit: listLimit, spansPerSpanSet: 1, start: partWindow.start,
                end: partWindow.end)
        }
        window = question.window
    }

    private static let listedPerFetched = 5

    /// What every tenant is asked of some candidates where their times decide.
    func headerQuery(_ batch: TraceIDQuestions.Batch) -> SearchQuery {
        SearchQuery(
            conditions: [QueryParameter("q", batch.text)], limit: UInt32(clamping: max(1, batch.traceIDs.count)),
            spansPerSpanSet: 1, start: partWindow.start, end: partWindow.end)
    }

    /// The newest first, since not all may be looked at.
    private static func text(_ filter: SpansetFilter) -> String {
        Query(
            .spansets(Pipeline([PipelineElement(.spanset(SpansetExpression(.filter(filter))))])),
            hints: [Hint(MostRecentHint.name, .boolean(true))]
        ).description
    }
}

/// The traces that match, newest first, ties by trace id.
struct CrossTenantMatches {
    let limit: Int
    let isNewestFirst: Bool
    private(set) var count = 0
    private var kept: [TraceSearchMetadata] = []

    init(limit: Int, isNewestFirst: Bool) {
        self.limit = limit
        self.isNewestFirst = isNewestFirst
    }

    var traces: [TraceSearchMetadata] { kept }

    mutating func insert(_ trace: TraceSearchMetadata) {
        count += 1
        // Mostly they come in order.
        var (low, high) = (0, kept.count)
        while low < high {
            let middle = (low + high) / 2
            if Self.precedes(trace, kept[middle]) { high = middle } else { low = middle + 1 }
        }
        kept.insert(trace, at: low)
        if limit > 0, kept.count > limit { kept.removeLast() }
    }

    private static func precedes(_ a: TraceSearchMetadata, _ b: TraceSearchMetadata) -> Bool {
        a.startTimeUnixNano != b.startTimeUnixNano
            ? a.startTimeUnixNano > b.startTimeUnixNano : a.traceID.utf8.lexicographicallyPrecedes(b.traceID.utf8)
    }

    /// Whether nothing that starts at `start` or before can change the answer: there are as many as wanted and, where the newest
    /// are, none of them is older.
    func isSettled(allNewerThan start: UInt64) -> Bool {
        guard limit > 0, kept.count >= limit, let oldest = kept.last else { return false }
        return !isNewestFirst || oldest.startTimeUnixNano > start
    }
}
