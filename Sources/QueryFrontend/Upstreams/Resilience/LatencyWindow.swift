/// How long the latest answers took: a ring of at most 256, none older than ten minutes. A pure value.
struct LatencyWindow: Sendable {
    static let maxCount = 256
    static let maxAge = Duration.seconds(600)
    /// With fewer answers than this nothing is learned from them.
    static let leastCount = 20
    /// The percentile that hedging waits for is found again after so many answers.
    private static let refreshEvery = 16

    private struct Sample: Sendable {
        var elapsed: Duration
        var at: ContinuousClock.Instant
    }

    private var samples: [Sample] = []
    private var next = 0
    private var sinceRefresh = 0
    /// What 95 of 100 answers did not exceed; nil while there are too few.
    private(set) var learned: Duration?

    mutating func record(_ elapsed: Duration, now: ContinuousClock.Instant) {
        let sample = Sample(elapsed: elapsed, at: now)
        if samples.count < Self.maxCount {
            samples.append(sample)
        } else {
            samples[next] = sample
            next = (next + 1) % Self.maxCount
        }
        sinceRefresh += 1
        guard samples.count >= Self.leastCount, learned == nil || sinceRefresh >= Self.refreshEvery else { return }
        sinceRefresh = 0
        let recent = recent(now: now)
        learned = recent.count >= Self.leastCount ? Self.percentile(95, of: recent) : nil
    }

    /// What the answers of the last ten minutes took, shortest first.
    func recent(now: ContinuousClock.Instant) -> [Duration] {
        samples.filter { now - $0.at <= Self.maxAge }.map(\.elapsed).sorted()
    }

    /// The smallest of the values that so many of a hundred do not exceed; nil of none.
    /// - Parameter sorted: ascending.
    static func percentile(_ percent: Int, of sorted: [Duration]) -> Duration? {
        guard !sorted.isEmpty else { return nil }
        let rank = (sorted.count * percent + 99) / 100
        return sorted[min(max(rank, 1), sorted.count) - 1]
    }
}
