extension MetricsPartial {
    /// The finished series of the function, before any second stage.
    public func finish() -> SeriesSet {
        switch function.kind {
        case .quantileOverTime(_, let quantiles): return finishQuantiles(quantiles)
        case .compare(_, let topN, _, _): return finishCompare(topN: topN)
        default: break
        }
        let scale = if case .rate = function.kind { 1 / range.stepSeconds } else { 1.0 }
        var set = SeriesSet(range: range)
        set.rows.reserveCapacity(rows.count)
        for position in rows.indices {
            set.rows.append(
                SeriesSet.Row(
                    labels: outputLabels(identities[position]), values: values(row: position, scale: scale),
                    exemplars: []))
        }
        attachExemplars(to: &set)
        return set
    }

    /// The state as partial series that another frontend can fold in: averages with their weights, quantiles as buckets.
    public func partialSeries() -> [MetricsSeries] {
        let scale = if case .rate = function.kind { 1 / range.stepSeconds } else { 1.0 }
        var set = SeriesSet(range: range)
        for position in rows.indices {
            set.rows.append(
                SeriesSet.Row(
                    labels: outputLabels(identities[position]), values: values(row: position, scale: scale),
                    exemplars: []))
        }
        attachExemplars(to: &set)
        if aggregation == .average {
            for position in rows.indices {
                let labels =
                    outputLabels(identities[position])
                    + [MetricsLabel(MetricsLabel.Name.metaType, Self.weightMark)]
                let weights = rows[position].weights.map { $0 > 0 ? $0 : Double.nan }
                set.rows.append(SeriesSet.Row(labels: labels, values: weights, exemplars: []))
            }
        }
        return set.rows.map { row in
            let samples = row.values.indices.filter { !row.values[$0].isNaN }.map {
                MetricsSample(timestampMilliseconds: range.timestampMilliseconds($0), value: row.values[$0])
            }
            return MetricsSeries(labels: row.labels, samples: samples, exemplars: row.exemplars)
        }.filter { !$0.samples.isEmpty }
    }

    private func outputLabels(_ identity: SeriesIdentity) -> [MetricsLabel] {
        guard identity.isEmpty, function.kind.isNamed else { return identity.labels }
        return [MetricsLabel(MetricsLabel.Name.function, function.kind.name)]
    }

    private func values(row: Int, scale: Double) -> [Double] {
        switch aggregation {
        case .count where scale != 1: rows[row].values.map { $0 * scale }
        case .count, .minimum, .maximum: rows[row].values
        case .sum, .average: (0..<range.count).map { value(row: row, interval: $0) }
        }
    }

    private func attachExemplars(to set: inout SeriesSet) {
        guard !exemplars.isEmpty else { return }
        let positions = Dictionary(zip(identities, identities.indices), uniquingKeysWith: { first, _ in first })
        for reservoir in exemplars.values {
            for entry in reservoir.entries {
                guard let position = positions[entry.series] else { continue }
                set.rows[position].exemplars.append(entry.exemplar)
            }
        }
    }
}
