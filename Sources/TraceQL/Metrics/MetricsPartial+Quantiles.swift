// Quantiles of the buckets that were gathered.
extension MetricsPartial {
    /// The buckets of one group.
    private struct Group {
        var identity: SeriesIdentity
        /// Bounds ascending, with the position of the row.
        var buckets: [(bound: Double, row: Int)] = []
    }

    func finishQuantiles(_ quantiles: [Double]) -> SeriesSet {
        var groups: [SeriesIdentity: Group] = [:]
        for (position, identity) in identities.enumerated() {
            guard let bound = identity.labels.last?.value.number else { continue }
            let group = SeriesIdentity(Array(identity.labels.dropLast()))
            groups[group, default: Group(identity: group)].buckets.append((bound, position))
        }
        var set = SeriesSet(range: range)
        let pooled = exemplars.isEmpty ? [] : pooledQuantiles(quantiles)
        for (identity, var group) in groups {
            group.buckets.sort { $0.bound < $1.bound }
            let first = set.rows.count
            for quantile in quantiles {
                set.rows.append(
                    SeriesSet.Row(
                        labels: identity.labels + [MetricsLabel(MetricsLabel.Name.quantile, .float(quantile))],
                        values: Array(repeating: 0, count: range.count), exemplars: []))
            }
            var counts: [MetricsBuckets.Count] = []
            for interval in 0..<range.count {
                counts.removeAll(keepingCapacity: true)
                for bucket in group.buckets {
                    let count = Self.wholeCount(rows[bucket.row].values[interval])
                    if count > 0 { counts.append(MetricsBuckets.Count(bound: bucket.bound, count: count)) }
                }
                guard !counts.isEmpty else { continue }
                for (offset, quantile) in quantiles.enumerated() {
                    set.rows[first + offset].values[interval] = MetricsBuckets.quantile(quantile, of: counts)
                }
            }
            for entry in exemplars[identity]?.entries ?? [] {
                let nearest = Self.nearest(entry.exemplar.value, pooled)
                set.rows[first + nearest].exemplars.append(entry.exemplar)
            }
        }
        return set
    }

    /// The quantiles of all groups and intervals together.
    private func pooledQuantiles(_ quantiles: [Double]) -> [Double] {
        var pool: [Double: Int64] = [:]
        for (position, identity) in identities.enumerated() {
            guard let bound = identity.labels.last?.value.number else { continue }
            for value in rows[position].values where value > 0 {
                let (sum, overflow) = pool[bound, default: 0].addingReportingOverflow(Self.wholeCount(value))
                pool[bound] = overflow ? .max : sum
            }
        }
        let counts = pool.map { MetricsBuckets.Count(bound: $0.key, count: $0.value) }.sorted { $0.bound < $1.bound }
        return quantiles.map { MetricsBuckets.quantile($0, of: counts) }
    }

    private static func nearest(_ value: Double, _ candidates: [Double]) -> Int {
        var best = 0
        for index in candidates.indices.dropFirst()
        where (candidates[index] - value).magnitude < (candidates[best] - value).magnitude {
            best = index
        }
        return best
    }

    private static func wholeCount(_ value: Double) -> Int64 {
        value >= 0x1p63 ? .max : value >= 1 ? Int64(value) : 0
    }
}
