/// How many extra requests may be made beside the ordinary ones: each ordinary one earns a share of a token, an extra one takes
/// a whole one. A pure value.
struct TokenBudget: Sendable {
    /// Tokens that an ordinary request earns.
    let share: Double
    /// The most that is saved up.
    let capacity: Double
    /// Tokens that come with time alone, a minute.
    let perMinute: Double
    private(set) var tokens: Double
    private var filledAt: ContinuousClock.Instant?

    init(share: Double, capacity: Double, perMinute: Double = 0, initial: Double = 0) {
        self.share = share
        self.capacity = capacity
        self.perMinute = perMinute
        tokens = min(initial, capacity)
    }

    /// An ordinary request is made.
    mutating func earn() { tokens = min(capacity, tokens + share) }

    /// Whether there is a token to take.
    mutating func hasToken(now: ContinuousClock.Instant) -> Bool {
        fill(now)
        // Shares such as a twentieth add up to a hair less than a whole.
        return tokens >= 1 - 1e-9
    }

    /// Takes a token for an extra request; false when there is none.
    mutating func take(now: ContinuousClock.Instant) -> Bool {
        guard hasToken(now: now) else { return false }
        tokens = max(0, tokens - 1)
        return true
    }

    /// Gives back a token whose request was not made after all.
    mutating func giveBack() { tokens = min(capacity, tokens + 1) }

    private mutating func fill(_ now: ContinuousClock.Instant) {
        defer { filledAt = now }
        guard perMinute > 0, let filledAt, now > filledAt else { return }
        tokens = min(capacity, tokens + perMinute * ((now - filledAt) / .seconds(60)))
    }
}
