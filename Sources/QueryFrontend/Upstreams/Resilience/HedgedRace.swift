/// Two requests of one question: the first conclusive end counts, else that of the first request. A pure value.
struct HedgedRace: Sendable {
    private var first: TargetExchange.Attempt?
    private var second: TargetExchange.Attempt?
    private(set) var hasSecond = false
    private(set) var isWonBySecond = false
    private(set) var isOver = false
    private(set) var winner: TargetExchange.Attempt?
    private var lostBytes = 0

    /// A second request makes sense.
    var isWaitingForFirst: Bool { first == nil && !hasSecond && !isOver }

    mutating func secondStarted() { hasSecond = true }

    mutating func ended(_ attempt: TargetExchange.Attempt, isSecond: Bool) {
        guard !isOver else {
            lostBytes += attempt.bodyBytes
            return
        }
        if isSecond { second = attempt } else { first = attempt }
        let isLast = first != nil && (!hasSecond || second != nil)
        guard attempt.isConclusive || isLast else { return }
        isOver = true
        isWonBySecond = isSecond && attempt.isConclusive
        winner = attempt.isConclusive ? attempt : first
        lostBytes += (isWonBySecond ? first : second)?.bodyBytes ?? 0
    }

    /// Bytes of the answer that does not count, each told once.
    mutating func takeLostBytes() -> Int {
        defer { lostBytes = 0 }
        return lostBytes
    }
}
