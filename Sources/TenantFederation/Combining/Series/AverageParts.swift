import TraceQL

extension MetricsPartial {
    /// Takes in an average that was asked for as sums and weights.
    /// - Returns: false when a sum has no weights, so that it is left out.
    mutating func fold(sums: [MetricsSeries], weights: [MetricsSeries]) -> Bool {
        var isWhole = true
        var weightOf: [SeriesIdentity: MetricsSeries] = [:]
        for one in weights { weightOf[SeriesIdentity(one.labels)] = one }
        var parts: [MetricsSeries] = []
        parts.reserveCapacity(2 * sums.count)
        for one in sums {
            let identity = SeriesIdentity(one.labels)
            guard let weights = weightOf[identity] else {
                isWhole = isWhole && one.samples.allSatisfy { $0.value == 0 || $0.value.isNaN }
                continue
            }
            var counts: [Int64: Double] = [:]
            for sample in weights.samples where sample.value > 0 {
                counts[sample.timestampMilliseconds] = sample.value
            }
            var mean = one
            mean.labels = identity.labels
            mean.samples = one.samples.compactMap { sample in
                guard let count = counts[sample.timestampMilliseconds] else { return nil }
                return MetricsSample(
                    timestampMilliseconds: sample.timestampMilliseconds, value: sample.value / count)
            }
            parts.append(mean)
            parts.append(MetricsPartial.weights(labels: identity.labels, samples: weights.samples))
        }
        fold(parts)
        return isWhole
    }
}
