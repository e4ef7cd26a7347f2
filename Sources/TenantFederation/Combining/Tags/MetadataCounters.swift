import TempoAPI

extension MetadataMetrics {
    /// Adds the counters of one answer. As in Tempo, job and block counts stay unset.
    mutating func add(_ other: MetadataMetrics?, isCacheHit: Bool) {
        guard let other else { return }
        additionalMetrics.addCounters(other.additionalMetrics, isCacheHit: isCacheHit)
        guard !isCacheHit else { return }
        inspectedBytes.addSaturating(other.inspectedBytes)
        backendReads.addSaturating(other.backendReads)
        backendBytes.addSaturating(other.backendBytes)
    }
}
