/// Whether and when a failed request is made again. A pure value: time and chance are given.
struct RetryPolicy: Sendable, Equatable {
    /// Requests in all, the first counted, at least 1.
    var maxAttempts: Int
    /// The longest pause before the first repetition; before each further one it doubles.
    var firstPause: Duration = .milliseconds(50)
    /// The longest pause that chance may give.
    var longestPause: Duration = .seconds(1)

    /// How long to wait before the next attempt; nil: there is none.
    /// - Parameters:
    ///   - attempts: those made so far, at least 1.
    ///   - retryAfter: what the target asked for.
    ///   - chance: from 0 to 1; the pause is that share of the longest one ("full jitter").
    func pause(
        afterAttempts attempts: Int, retryAfter: Duration?, now: ContinuousClock.Instant,
        deadline: ContinuousClock.Instant, chance: Double
    ) -> Duration? {
        guard attempts < maxAttempts, now < deadline else { return nil }
        let doublings = min(max(0, attempts - 1), 20)
        let longest = min(firstPause * (1 << doublings), longestPause)
        var pause = longest * min(max(chance, 0), 1)
        if let retryAfter { pause = max(pause, retryAfter) }
        // An attempt that could not begin before the deadline is not waited for.
        return now + pause < deadline ? pause : nil
    }

    /// Statuses that say that the same request may work later; 501 says that it never will.
    static func isRetryable(status: Int) -> Bool { (500...599).contains(status) && status != 501 }
}
