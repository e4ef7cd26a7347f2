package import TempoAPI
package import TraceQL

/// A sub-query of a metrics query of one tenant, for an upstream that gives what it gathered rather than finished series.
package struct PartialSeriesQuery: Sendable {
    /// A metrics query of one pipeline and function, nothing after it.
    package var query: Query
    /// The intervals.
    package var range: MetricsRange
    /// Most exemplars; 0 is none.
    package var exemplars: UInt32

    package init(query: Query, range: MetricsRange, exemplars: UInt32 = 0) {
        self.query = query
        self.range = range
        self.exemplars = exemplars
    }
}

/// What an upstream gathered for a sub-query.
package struct PartialSeries: Sendable {
    package enum Content: Sendable {
        /// The state itself.
        case state(MetricsPartial)
        /// The state as series: averages with the series of their weights, quantiles as buckets.
        case series([MetricsSeries])
    }

    package var content: Content
    /// Something is missing.
    package var isCut: Bool
    /// Why something is missing; may be empty.
    package var message = ""
    package var metrics: SearchMetrics

    package init(_ content: Content, isCut: Bool = false, metrics: SearchMetrics = SearchMetrics()) {
        self.content = content
        self.isCut = isCut
        self.metrics = metrics
    }
}
