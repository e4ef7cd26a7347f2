/// The counters of the receiver, under Tempo's names.
struct ReceiverMetrics: Sendable {
    /// `tempo_distributor_spans_received_total{tenant}`: spans that came, stored or not.
    let spansReceived: CounterFamily
    /// `tempo_distributor_bytes_received_total{tenant}`: bytes of bodies, decompressed.
    let bytesReceived: CounterFamily
    /// `tempo_discarded_spans_total{reason,tenant}`: spans that were not stored.
    let discardedSpans: CounterFamily
    /// `tempo_distributor_push_duration_seconds`: from the whole body to the answer.
    let pushDuration: Histogram

    init(_ metrics: FrontendMetrics) {
        let tenant = MetricLabel("tenant", maxValues: 1000)
        let registry = metrics.registry
        spansReceived = registry.counter(
            "tempo_distributor_spans_received_total", "Spans received, stored or not.", labels: [tenant])
        bytesReceived = registry.counter(
            "tempo_distributor_bytes_received_total", "Bytes of exports received, decompressed.", labels: [tenant])
        discardedSpans = registry.counter(
            "tempo_discarded_spans_total", "Spans that were not stored.", labels: ["reason", tenant])
        pushDuration = registry.histogram(
            "tempo_distributor_push_duration_seconds", "Time to store an export, in seconds.",
            buckets: FrontendMetrics.durationBuckets
        ).with()
    }
}
