/// The limits of metrics queries that do not depend on the query, with Tempo's defaults.
struct MetricsRequestLimits: Sendable, Equatable {
    /// `metrics.max_duration`, or the strictest of the tenants' own: the longest range; zero is no maximum.
    var maxDuration = SearchDurationLimit(value: .seconds(24 * 3600))
    /// `query_end_cutoff`: the newest data is left out.
    var queryEndCutoff: Duration = .seconds(30)
    /// `metrics.max_intervals`: points of a series; 0 is no maximum.
    var maxIntervals: Int64 = 10_000
    /// `metrics.max_exemplars`: the largest number and the usual one; 0 gives none.
    var maxExemplars: UInt32 = 100
    /// `metrics.max_response_series`; 0 is no maximum.
    var maxResponseSeries: UInt32 = 0
    /// Of the text of a query.
    var search = SearchLimits()

    /// As many series as an answer may have; 0 is no maximum. The smaller one of what the client and the server say.
    func seriesLimit(asked: UInt32) -> UInt32 {
        guard maxResponseSeries > 0 else { return asked }
        return asked == 0 ? maxResponseSeries : min(asked, maxResponseSeries)
    }
}

extension MetricsRequestLimits {
    /// The limits of a configuration for the tenants of a query.
    init(
        _ configuration: QueryFrontendConfiguration, search: SearchLimits,
        overrides: [(tenant: String, maxMetricsDuration: Duration)]
    ) {
        let metrics = configuration.metrics
        self.init(
            maxDuration: SearchDurationLimit.strictest(
                of: overrides.map { ($0.tenant, $0.maxMetricsDuration) }, configured: metrics.maxDuration),
            queryEndCutoff: configuration.queryEndCutoff,
            maxIntervals: Int64(max(0, metrics.maxIntervals)),
            maxExemplars: UInt32(clamping: metrics.maxExemplars),
            maxResponseSeries: UInt32(clamping: metrics.maxResponseSeries), search: search)
    }
}
