extension MetricsPartial {
    /// Takes in the series of one answer: finished series of a function whose results add up, or the partial series that
    /// a querier gives (averages with the series of their weights, quantiles as buckets).
    ///
    /// Samples are put into the interval that holds their time; others are ignored, and so is not-a-number. Series that
    /// carry `__query_fragment` must have been sorted out before.
    public mutating func fold(_ series: [MetricsSeries]) {
        if aggregation == .average {
            foldAverages(series)
        } else {
            for one in series { foldOne(one) }
        }
    }

    /// A mean series as the series of weights that belongs to it, for `fold`.
    public static func weights(labels: [MetricsLabel], samples: [MetricsSample]) -> MetricsSeries {
        MetricsSeries(labels: labels + [MetricsLabel(MetricsLabel.Name.metaType, weightMark)], samples: samples)
    }

    static let weightMark = "__count"
    static let compareSides: Set<String> = ["baseline", "selection", "baseline_total", "selection_total"]

    private mutating func foldOne(_ series: MetricsSeries) {
        guard let identity = identity(of: series) else { return }
        if !series.exemplars.isEmpty { fold(series.exemplars, of: identity) }
        guard let row = row(for: identity) else { return }
        var finder = IntervalFinder(range)
        let rate = 1 / range.stepSeconds
        let (kind, aggregation) = (function.kind, aggregation)
        update(row) { row in
            for sample in series.samples where !sample.value.isNaN {
                guard let interval = finder.interval(sample.timestampMilliseconds) else { continue }
                let value = Self.stateValue(sample.value, kind, rate: rate)
                row.add(value, at: interval, aggregation)
            }
        }
    }

    private mutating func fold(_ exemplars: [MetricsExemplar], of identity: SeriesIdentity) {
        for var exemplar in exemplars {
            if function.kind.exemplarsFollowSeries { exemplar.value = .nan }
            insert(exemplar, series: identity)
        }
    }

    /// What a series is kept under; nil when the function knows no such series.
    private func identity(of series: MetricsSeries) -> SeriesIdentity? {
        let identity = SeriesIdentity(series.labels)
        switch function.kind {
        case .quantileOverTime:
            guard let bucket = identity.labels.last(where: { $0.name == MetricsLabel.Name.bucket }),
                let bound = bucket.value.number, bound.isFinite, bound > 0
            else { return nil }
            let group = identity.labels.filter { $0.name != MetricsLabel.Name.bucket }
            return SeriesIdentity(group + [MetricsLabel(MetricsLabel.Name.bucket, .float(bound))])
        case .compare:
            guard let side = identity.labels.first(where: { $0.name == MetricsLabel.Name.metaType }),
                case .string(let text) = side.value, Self.compareSides.contains(text)
            else { return nil }
            return identity
        default: return identity
        }
    }

    /// A sample in the unit of the state.
    private static func stateValue(_ value: Double, _ kind: MetricsFunction.Kind, rate: Double) -> Double {
        switch kind {
        case .rate:
            // Rates are kept as counts, so that they add up without rounding.
            let count = value / rate
            let whole = count.rounded()
            return (count - whole).magnitude <= whole.magnitude * 1e-12 ? whole : count
        case .quantileOverTime: return value.rounded(.towardZero)
        default: return value
        }
    }

    /// Means are paired with the weights of the same answer, labels and time.
    private mutating func foldAverages(_ series: [MetricsSeries]) {
        var weights: [SeriesIdentity: MetricsSeries] = [:]
        for one in series {
            guard Self.isWeights(one) else { continue }
            weights[SeriesIdentity(one.labels.filter { $0.name != MetricsLabel.Name.metaType })] = one
        }
        for one in series {
            guard !Self.isWeights(one) else { continue }
            let identity = SeriesIdentity(one.labels)
            guard let weights = weights[identity] else { continue }
            fold(one.exemplars, of: identity)
            guard let row = row(for: identity) else { continue }
            var weightOf = Array(repeating: 0.0, count: range.count)
            var finder = IntervalFinder(range)
            for sample in weights.samples where sample.value > 0 {
                guard let interval = finder.interval(sample.timestampMilliseconds) else { continue }
                weightOf[interval] = sample.value
            }
            finder = IntervalFinder(range)
            update(row) { row in
                for sample in one.samples where !sample.value.isNaN {
                    guard let interval = finder.interval(sample.timestampMilliseconds) else { continue }
                    guard weightOf[interval] > 0, weightOf[interval].isFinite else { continue }
                    row.add(sample.value, weight: weightOf[interval], at: interval, .average)
                }
            }
        }
    }

    private static func isWeights(_ series: MetricsSeries) -> Bool {
        series.labels.contains {
            $0.name == MetricsLabel.Name.metaType && $0.value == .string(weightMark)
        }
    }
}

/// Finds the intervals of samples; quick for samples in order of time.
struct IntervalFinder {
    private let range: MetricsRange
    private var next = 0
    private var nextTime: Int64

    init(_ range: MetricsRange) {
        self.range = range
        nextTime = range.timestampMilliseconds(0)
    }

    mutating func interval(_ milliseconds: Int64) -> Int? {
        if milliseconds == nextTime {
            let found = next
            advance(past: found)
            return found
        }
        guard let found = range.interval(ofMilliseconds: milliseconds) else { return nil }
        advance(past: found)
        return found
    }

    private mutating func advance(past interval: Int) {
        next = interval + 1
        nextTime = next < range.count ? range.timestampMilliseconds(next) : -1
    }
}
