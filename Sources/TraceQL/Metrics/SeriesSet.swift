/// Finished series over common intervals, between the stages of a metrics query.
public struct SeriesSet: Sendable {
    /// One series.
    public struct Row: Sendable {
        /// The labels in order.
        public var labels: [MetricsLabel]
        /// A value for every interval; not a number for none.
        public var values: [Double]
        /// The exemplars.
        public var exemplars: [MetricsExemplar]
    }

    /// The intervals.
    public let range: MetricsRange
    /// The series, in no order.
    public var rows: [Row]

    /// A set.
    public init(range: MetricsRange, rows: [Row] = []) {
        self.range = range
        self.rows = rows
    }

    /// The series as an answer has them: in order, without points that have no value and series that have no point,
    /// exemplars only where their interval has a value.
    /// - Parameter maxSeries: how many are kept; 0 for all.
    /// - Returns: the series, and whether some were left out.
    public func series(maxSeries: Int = 0) -> (series: [MetricsSeries], isCut: Bool) {
        let order = rows.indices.filter { rows[$0].values.contains { !$0.isNaN } }
            .map { (key: SeriesOrderKey(rows[$0].labels), position: $0) }
            .sorted { $0.key < $1.key }
        let isCut = maxSeries > 0 && order.count > maxSeries
        let times = (0..<range.count).map { range.timestampMilliseconds($0) }
        let kept = isCut ? order.prefix(maxSeries) : order[...]
        let series = kept.map { entry in
            let row = rows[entry.position]
            var samples: [MetricsSample] = []
            samples.reserveCapacity(row.values.count)
            for (interval, value) in row.values.enumerated() where !value.isNaN {
                samples.append(MetricsSample(timestampMilliseconds: times[interval], value: value))
            }
            return MetricsSeries(labels: row.labels, samples: samples, exemplars: exemplars(of: row))
        }
        return (series, isCut)
    }

    private func exemplars(of row: Row) -> [MetricsExemplar] {
        var kept: [MetricsExemplar] = []
        for var exemplar in row.exemplars {
            guard let interval = range.interval(ofMilliseconds: exemplar.timestampMilliseconds),
                !row.values[interval].isNaN
            else { continue }
            if exemplar.value.isNaN { exemplar.value = row.values[interval] }
            kept.append(exemplar)
        }
        return kept.sorted { $0.timestampMilliseconds < $1.timestampMilliseconds }
    }
}
