extension MetricsPartial {
    /// What `compare()` ranks together: the values of one attribute on one side.
    private struct Ranking: Hashable {
        var side: MetricsLabelValue
        var names: [String]
    }

    /// Keeps the most frequent values of every attribute and side; totals are one value and stay. Ties go to the values
    /// that come first in an answer.
    func finishCompare(topN: Int64) -> SeriesSet {
        var rankings: [Ranking: [Int]] = [:]
        for (position, identity) in identities.enumerated() {
            guard let side = identity.labels.first(where: { $0.name == MetricsLabel.Name.metaType }) else { continue }
            let ranking = Ranking(side: side.value, names: identity.labels.map { $0.name })
            rankings[ranking, default: []].append(position)
        }
        var set = SeriesSet(range: range)
        var kept: [SeriesIdentity: Int] = [:]
        for positions in rankings.values {
            for position in mostFrequent(positions, limit: Int(clamping: max(1, topN))) {
                kept[identities[position]] = set.rows.count
                set.rows.append(
                    SeriesSet.Row(labels: identities[position].labels, values: rows[position].values, exemplars: []))
            }
        }
        for reservoir in exemplars.values {
            for entry in reservoir.entries {
                guard let position = kept[entry.series] else { continue }
                set.rows[position].exemplars.append(entry.exemplar)
            }
        }
        return set
    }

    private func mostFrequent(_ positions: [Int], limit: Int) -> [Int] {
        guard positions.count > limit else { return positions }
        var ranked: [(position: Int, total: Double, key: SeriesOrderKey)] = []
        for position in positions {
            let total = rows[position].values.reduce(0, +)
            ranked.append((position, total, SeriesOrderKey(identities[position].labels)))
        }
        ranked.sort { $0.total != $1.total ? $0.total > $1.total : $0.key < $1.key }
        return ranked.prefix(limit).map { $0.position }
    }
}
