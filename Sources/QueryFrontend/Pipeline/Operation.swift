/// The operation classes by which metrics are labelled, as Tempo names them.
enum Operation: String, Sendable, CaseIterable {
    case traces, search, metadata, metrics

    init(_ route: Route) {
        switch route {
        case .traceByID, .traceByIDV2, .traceDiff: self = .traces
        case .search: self = .search
        case .metricsQueryRange, .metricsQuery, .metricsSummary: self = .metrics
        default: self = .metadata
        }
    }
}
