import Testing

@testable import QueryFrontend

struct TokenBudgetTests {
    @Test func `extra requests are a share of the ordinary ones and what was saved`() {
        let now = ContinuousClock.now
        var budget = TokenBudget(share: 0.05, capacity: 10)
        var extra = 0
        for _ in 0..<10_000 {
            budget.earn()
            if budget.take(now: now) { extra += 1 }
        }
        #expect(extra == 500)
        // Saving up has a bound: after a quiet time no more than ten come at once.
        for _ in 0..<10_000 { budget.earn() }
        extra = 0
        while budget.take(now: now) { extra += 1 }
        #expect(extra == 10)
    }

    @Test func `a target that is rarely asked gets a few a minute all the same`() {
        let now = ContinuousClock.now
        var budget = TokenBudget(share: 0, capacity: 10, perMinute: 10, initial: 10)
        func taken(after seconds: Int) -> Int {
            var count = 0
            while budget.take(now: now + .seconds(seconds)) { count += 1 }
            return count
        }
        #expect(taken(after: 0) == 10)
        #expect(taken(after: 5) == 0)
        #expect(taken(after: 7) == 1)
        #expect(taken(after: 3600) == 10)
        // A clock that seems to go back gives nothing.
        #expect(taken(after: 0) == 0)
    }

    @Test func `a token that was not used comes back`() {
        let now = ContinuousClock.now
        var budget = TokenBudget(share: 1, capacity: 1)
        budget.earn()
        let first = budget.take(now: now)
        #expect(first)
        #expect(budget.tokens == 0)
        budget.giveBack()
        #expect(budget.tokens == 1)
    }
}

struct LatencyWindowTests {
    @Test func `percentiles are those of the latest answers`() {
        let now = ContinuousClock.now
        var window = LatencyWindow()
        #expect(LatencyWindow.percentile(50, of: window.recent(now: now)) == nil)
        for value in 1...100 { window.record(.milliseconds(value), now: now) }
        let sorted = window.recent(now: now)
        for percent in [1, 50, 95, 99, 100] {
            #expect(LatencyWindow.percentile(percent, of: sorted) == .milliseconds(percent))
        }
        #expect(LatencyWindow.percentile(0, of: sorted) == .milliseconds(1))
        #expect(LatencyWindow.percentile(50, of: [.seconds(3)]) == .seconds(3))
        // The ring is bounded, and what is old does not count.
        for _ in 0..<1000 { window.record(.seconds(1), now: now + .seconds(60)) }
        #expect(window.recent(now: now + .seconds(60)) == Array(repeating: .seconds(1), count: LatencyWindow.maxCount))
        #expect(window.recent(now: now + .seconds(661)).isEmpty)
    }

    @Test func `nothing is learned from a few answers, and what was learned follows the target`() throws {
        let now = ContinuousClock.now
        var window = LatencyWindow()
        for _ in 1..<LatencyWindow.leastCount {
            window.record(.milliseconds(10), now: now)
            #expect(window.learned == nil)
        }
        window.record(.milliseconds(10), now: now)
        #expect(window.learned == .milliseconds(10))
        for _ in 0..<LatencyWindow.maxCount { window.record(.milliseconds(80), now: now) }
        #expect(window.learned == .milliseconds(80))
    }
}
