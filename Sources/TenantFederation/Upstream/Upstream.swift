package import TempoAPI

/// What stores spans and answers for one tenant at a time: a Tempo behind its public HTTP API, an embedded store, a
/// querier that dials in.
///
/// Every method answers for the one tenant of `context`; a failure is thrown as `UpstreamError`, cancellation as
/// `CancellationError`. An upstream makes its own attempts (retries) and obeys `context.deadline` over all of them.
package protocol Upstream: Sendable {
    /// The name by which logs, metrics and error texts speak of it; unique in the configuration.
    var name: String { get }

    /// What it can do, stated and not guessed.
    var capabilities: UpstreamCapabilities { get }

    /// All spans of one trace. No part, or a part that `isNotFound`, means that the tenant does not hold the trace.
    func trace(_ lookup: TraceLookup, _ context: SubRequestContext) -> PartialAnswers<TraceAnswer>

    func search(_ query: SearchQuery, _ context: SubRequestContext) -> PartialAnswers<SearchResponse>

    func tagNames(_ query: TagNamesQuery, _ context: SubRequestContext) -> PartialAnswers<SearchTagsResponse>

    func scopedTagNames(_ query: TagNamesQuery, _ context: SubRequestContext) -> PartialAnswers<SearchTagsV2Response>

    func tagValues(_ query: TagValuesQuery, _ context: SubRequestContext) -> PartialAnswers<SearchTagValuesResponse>

    func typedTagValues(_ query: TagValuesQuery, _ context: SubRequestContext)
        -> PartialAnswers<SearchTagValuesV2Response>

    /// The finished series of a metrics query. Those of an instant query have one sample each, at the end of the range.
    func metricsSeries(_ query: SeriesQuery, _ context: SubRequestContext) -> PartialAnswers<QueryRangeResponse>

    /// What was gathered for a sub-query; only asked where `capabilities.hasMetricPartials` is true.
    func metricsPartials(_ query: PartialSeriesQuery, _ context: SubRequestContext) -> PartialAnswers<PartialSeries>
}

/// What an upstream can do beyond the common questions.
package struct UpstreamCapabilities: Sendable, Equatable {
    /// True: metrics queries are answered with mergeable partials; false: with final series only, as Tempo's public API.
    package var hasMetricPartials: Bool
    /// True: searches are answered up to now; false: the newest data is left out, as a Tempo does (`query_end_cutoff`).
    package var answersNewest: Bool

    package init(hasMetricPartials: Bool = false, answersNewest: Bool = false) {
        self.hasMetricPartials = hasMetricPartials
        self.answersNewest = answersNewest
    }
}

/// What accompanies every sub-request.
package struct SubRequestContext: Sendable {
    /// The tenant to ask as; nil sends no tenant at all (`multitenancy_enabled: false`).
    package var tenant: String?
    /// No attempt goes on past this instant.
    package var deadline: ContinuousClock.Instant
    /// Fields of the client's request that the upstream may pass on, in order; credentials are among them.
    package var forwardedFields: [ForwardedField]
    /// Counts bytes and attempts for the query's log line.
    package var account: SubRequestAccount
    /// The bytes that the answers of the whole query may have, shared by its sub-requests.
    package var budget: ByteBudget
    /// What the client says about answers that are kept.
    package var cacheDirective: CacheDirective

    package init(
        tenant: String?, deadline: ContinuousClock.Instant, forwardedFields: [ForwardedField] = [],
        account: SubRequestAccount = SubRequestAccount(), budget: ByteBudget = ByteBudget(),
        cacheDirective: CacheDirective = CacheDirective()
    ) {
        self.tenant = tenant
        self.deadline = deadline
        self.forwardedFields = forwardedFields
        self.account = account
        self.budget = budget
        self.cacheDirective = cacheDirective
    }
}

/// One field of the client's request that may travel on to upstreams.
package struct ForwardedField: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

extension Upstream {
    /// For an upstream that has no finished series: the query fails by name.
    package func metricsSeries(
        _ query: SeriesQuery, _ context: SubRequestContext
    ) -> PartialAnswers<QueryRangeResponse> {
        notAnswered(context)
    }

    /// For an upstream that has finished series only.
    package func metricsPartials(
        _ query: PartialSeriesQuery, _ context: SubRequestContext
    ) -> PartialAnswers<PartialSeries> {
        notAnswered(context)
    }

    private func notAnswered<Part: Sendable>(_ context: SubRequestContext) -> PartialAnswers<Part> {
        let error = UpstreamError(
            .status(501), message: "metrics are not answered here", target: name, tenant: context.tenant)
        return PartialAnswers(single: { throw error })
    }
}
