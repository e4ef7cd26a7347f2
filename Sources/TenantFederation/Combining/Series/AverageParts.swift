import TraceQL

extension MetricsPartial {
    /// Takes in an average that was asked for as sums and weights.
    /// - Returns: false when a sum has no weights, so that it is left out.
    mutating func fold(sums: [MetricsSeries], weights: [MetricsSeries]) -> Bool {
        var isWhole = true
        // Sums as well as weights may come in several parts.
        var weightOf: [SeriesIdentity: [MetricsSeries]] = [:]
        for one in weights { weightOf[SeriesIdentity(one.labels), default: []].append(one) }
        var sumOf: [SeriesIdentity: Int] = [:]
        var united: [MetricsSeries] = []
        for one in sums {
            let identity = SeriesIdentity(one.labels)
            if let place = sumOf[identity] {
                united[place].add(one)
            } else {
                sumOf[identity] = united.count
                united.append(one)
            }
        }
        var parts: [MetricsSeries] = []
        parts.reserveCapacity(2 * united.count)
        for one in united {
            let identity = SeriesIdentity(one.labels)
            guard let weights = weightOf[identity] else {
                isWhole = isWhole && one.samples.allSatisfy { $0.value == 0 || $0.value.isNaN }
                continue
            }
            var counts: [Int64: Double] = [:]
            for sample in weights.lazy.flatMap(\.samples) where sample.value > 0 {
                counts[sample.timestampMilliseconds, default: 0] += sample.value
            }
            var mean = one
            mean.labels = identity.labels
            mean.samples = one.samples.compactMap { sample in
                guard let count = counts[sample.timestampMilliseconds] else { return nil }
                return MetricsSample(
                    timestampMilliseconds: sample.timestampMilliseconds, value: sample.value / count)
            }
            parts.append(mean)
            parts.append(
                MetricsPartial.weights(
                    labels: identity.labels,
                    samples: counts.sorted { $0.key < $1.key }.map {
                        MetricsSample(timestampMilliseconds: $0.key, value: $0.value)
                    }))
        }
        fold(parts)
        return isWhole
    }
}

extension MetricsSeries {
    /// Adds another part of the same series, time by time.
    fileprivate mutating func add(_ other: MetricsSeries) {
        var places: [Int64: Int] = [:]
        for (place, sample) in samples.enumerated() { places[sample.timestampMilliseconds] = place }
        for sample in other.samples {
            if let place = places[sample.timestampMilliseconds] {
                samples[place].value += sample.value
            } else {
                places[sample.timestampMilliseconds] = samples.count
                samples.append(sample)
            }
        }
        exemplars += other.exemplars
    }
}
