import TenantFederation
import TraceQL

/// How the sub-queries of a metrics query that relate spans of several tenants or targets are counted here, on whole traces.
struct CrossTenantMetrics: Sendable {
    /// One sub-query and how its candidates are found.
    struct SubQuery: Sendable {
        /// Its number in `MetricsRewrite.fragments`.
        let fragment: Int
        let expression: MetricsExpression
        /// Which traces may count, by filters of its own plan.
        let rule: CandidatePlan.Rule
        /// The numbers in ``CrossTenantMetrics/filters`` of those.
        let filters: [Int]
        /// What needs whole traces in it, in words.
        let reasons: [String]
        /// Past a bound it is evaluated inside each tenant, and the answer says so; others are refused.
        let mayFallBack: Bool
    }

    /// What every tenant is asked to list traces for.
    struct Filter: Sendable {
        let text: String
        /// Where such spans must lie, in parts that a target answers for.
        let windows: [CandidateLists.Window]
    }

    private(set) var subQueries: [SubQuery] = []
    private(set) var filters: [Filter] = []
    /// How many traces a tenant is asked for; one that lists as many may know more.
    let listLimit: UInt32
    let maxCandidates: Int
    let maxBytes: Int
    /// Where parts of traces are looked for.
    let partWindow: PartWindow

    /// What bounds the questions.
    struct Bounds: Sendable {
        var settings: FederationConfiguration.CrossTenantEvaluation
        /// Added on both sides of the range.
        var margin: Duration
        /// The longest window of a search; zero: any.
        var longestWindow: Duration
        /// The largest `limit` of a search; 0: any.
        var maxResultLimit: UInt32
        /// A filter of more bytes is not sent; every trace is a candidate then.
        var maxTextBytes: Int
    }

    /// nil when nothing relates.
    init?(_ rewrite: MetricsRewrite, range: MetricsRange, _ bounds: Bounds) {
        let relating = rewrite.fragments.indices.filter { !rewrite.relations[$0].isEmpty }
        guard !relating.isEmpty else { return nil }
        maxCandidates = max(1, bounds.settings.maxCandidateTraces)
        maxBytes = bounds.settings.maxBytes
        // One more than may be looked at, so that a list which is just long enough does not seem cut.
        let most = UInt32(clamping: maxCandidates.addingReportingOverflow(1).partialValue)
        listLimit = bounds.maxResultLimit == 0 ? most : min(most, bounds.maxResultLimit)
        // Both edges lie in it; intervals are open on the left.
        let first = UInt32(clamping: max(1, range.start / 1_000_000_000))
        let last = UInt32(clamping: (range.end - 1) / 1_000_000_000 + 1)
        let counted = CandidateLists.Window(start: first, end: max(last, first.addingReportingOverflow(1).partialValue))
        partWindow = PartWindow(start: counted.start, end: counted.end, margin: bounds.margin, longest: .zero)
        let whole = CandidateLists.Window(start: partWindow.start, end: partWindow.end)
        var places: [String: Int] = [:]
        var windows: [(text: String, isCounted: Bool)] = []
        for fragment in relating {
            guard case .function(let pipeline, _) = rewrite.fragments[fragment].kind else { continue }
            let plan = Query(.spansets(pipeline)).candidatePlan
            var numbers: [Int] = []
            for (index, filter) in plan.filters.enumerated() {
                var text = Self.text(filter)
                var isCounted = plan.answerFilter == index
                if text.utf8.count > bounds.maxTextBytes {
                    text = Self.text(CandidatePlan.everything)
                    isCounted = false
                }
                if let place = places[text] {
                    // The wider window has what any sub-query needs.
                    windows[place].isCounted = windows[place].isCounted && isCounted
                    numbers.append(place)
                } else {
                    places[text] = windows.count
                    numbers.append(windows.count)
                    windows.append((text, isCounted))
                }
            }
            subQueries.append(
                SubQuery(
                    fragment: fragment, expression: rewrite.fragments[fragment], rule: plan.rule, filters: numbers,
                    reasons: rewrite.relations[fragment].map(\.text),
                    mayFallBack: rewrite.relations[fragment].allSatisfy(\.isMild)))
        }
        filters = windows.map { text, isCounted in
            Filter(text: text, windows: Self.parts(isCounted ? counted : whole, longest: bounds.longestWindow))
        }
    }

    var fragments: Set<Int> { Set(subQueries.map(\.fragment)) }

    /// Parts that are no longer than a target answers for.
    private static func parts(_ window: CandidateLists.Window, longest: Duration) -> [CandidateLists.Window] {
        let seconds = longest.components.seconds
        guard longest > .zero, seconds > 0 else { return [window] }
        let width = Int64(window.end - window.start)
        return window.cut(into: Int(clamping: (width + seconds - 1) / seconds))
    }

    private static func text(_ filter: SpansetFilter) -> String {
        Query(.spansets(Pipeline([PipelineElement(.spanset(SpansetExpression(.filter(filter))))]))).description
    }

    func question(_ question: CandidateLists.Question) -> SearchQuery {
        SearchQuery(
            conditions: [QueryParameter("q", filters[question.filter].text)], limit: listLimit, spansPerSpanSet: 1,
            start: question.window.start, end: question.window.end)
    }

    /// What every place is asked first.
    func firstQuestions(places: Int) -> [CandidateLists.Question] {
        filters.indices.flatMap { filter in
            (0..<places).flatMap { place in
                filters[filter].windows.map {
                    CandidateLists.Question(filter: filter, place: place, window: $0)
                }
            }
        }
    }
}
