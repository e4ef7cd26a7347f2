/// How one sub-request ended.
package struct SubRequestOutcome: Sendable {
    package var subRequest: SubRequest
    /// nil: answered whole.
    package var error: UpstreamError?
    /// When it was asked.
    package var started: ContinuousClock.Instant
    package var elapsed: Duration
    package var receivedBytes: Int
    /// Requests that were sent for it: the first, its repetitions and its hedge. None when the answer was at hand.
    package var attempts: Int
    /// Requests that were sent again after a failure.
    package var retries = 0
    /// Requests that were sent beside one that took long.
    package var hedges = 0
    /// The answer was at hand: nobody was asked for it.
    package var isCached = false
    /// Where the answer came from; nil: nothing keeps the answers of this upstream.
    package var cacheUse: CacheUse?
    /// What it holds lies outside of the time that was asked for, so it was not asked.
    package var isLeftOut = false
    /// What the upstream says of its answer.
    package var notes: [AnswerNote] = []

    package init(
        subRequest: SubRequest, error: UpstreamError?, started: ContinuousClock.Instant = .now, elapsed: Duration,
        receivedBytes: Int, attempts: Int
    ) {
        self.subRequest = subRequest
        self.error = error
        self.started = started
        self.elapsed = elapsed
        self.receivedBytes = receivedBytes
        self.attempts = attempts
    }

    /// With what the upstream counted while it worked.
    package init(
        subRequest: SubRequest, error: UpstreamError?, started: ContinuousClock.Instant, elapsed: Duration,
        account: SubRequestAccount
    ) {
        self.init(
            subRequest: subRequest, error: error, started: started, elapsed: elapsed,
            receivedBytes: account.receivedBytes, attempts: account.attempts)
        retries = account.retries
        hedges = account.hedges
        isCached = account.isCached
        cacheUse = account.cacheUse
        isLeftOut = account.isLeftOut
        notes = account.notes
    }
}
