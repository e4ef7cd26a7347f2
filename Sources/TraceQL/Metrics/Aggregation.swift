/// How values of one series and interval add up.
enum Aggregation: Sendable, Hashable {
    /// Whole or scaled numbers of observations; no observation is 0.
    case count
    /// A sum; no observation is no value.
    case sum
    /// The least value.
    case minimum
    /// The greatest value.
    case maximum
    /// A sum and the number of its terms.
    case average

    init(_ function: MetricsFunction.Kind) {
        switch function {
        case .rate, .countOverTime, .histogramOverTime, .quantileOverTime, .compare: self = .count
        case .sumOverTime: self = .sum
        case .minOverTime: self = .minimum
        case .maxOverTime: self = .maximum
        case .avgOverTime: self = .average
        }
    }

    /// What an interval holds before anything was observed.
    var emptyValue: Double { self == .count ? 0 : .nan }
}

extension MetricsFunction.Kind {
    /// The name as a query and as the label `__name__` write it.
    var name: String {
        switch self {
        case .rate: "rate"
        case .countOverTime: "count_over_time"
        case .minOverTime: "min_over_time"
        case .maxOverTime: "max_over_time"
        case .sumOverTime: "sum_over_time"
        case .avgOverTime: "avg_over_time"
        case .histogramOverTime: "histogram_over_time"
        case .quantileOverTime: "quantile_over_time"
        case .compare: "compare"
        }
    }

    /// Whether a series without labels is told by the function's name.
    var isNamed: Bool {
        switch self {
        case .histogramOverTime, .quantileOverTime, .compare: false
        default: true
        }
    }

    /// Whether exemplars take the value of their series.
    var exemplarsFollowSeries: Bool {
        switch self {
        case .rate, .countOverTime, .histogramOverTime, .compare: true
        default: false
        }
    }
}
