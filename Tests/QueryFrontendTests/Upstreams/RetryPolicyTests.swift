import TestSupport
import Testing

@testable import QueryFrontend

struct RetryPolicyTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var maxAttempts = 3
        var attempts = 1
        var retryAfter: Int?
        /// Milliseconds until the deadline.
        var left = 10_000
        var chance = 1.0
        /// Milliseconds; nil: no repetition.
        var pause: Int?
        var testDescription: String { name }
    }

    static let rows: [Row] = [
        Row(name: "the first pause", pause: 50),
        Row(name: "half of it by chance", chance: 0.5, pause: 25),
        Row(name: "none by chance", chance: 0, pause: 0),
        Row(name: "twice as long before the next", attempts: 2, pause: 100),
        Row(name: "bounded", maxAttempts: 10, attempts: 8, pause: 1000),
        Row(name: "bounded after very many", maxAttempts: .max, attempts: .max - 1, pause: 1000),
        Row(name: "no attempt is left", attempts: 3, pause: nil),
        Row(name: "one attempt only", maxAttempts: 1, pause: nil),
        Row(name: "the target asks for longer", retryAfter: 3000, pause: 3000),
        Row(name: "the target asks for less", retryAfter: 0, pause: 50),
        Row(name: "longer than there is time", retryAfter: 3000, left: 3000, pause: nil),
        Row(name: "just fits", retryAfter: 3000, left: 3001, pause: 3000),
        Row(name: "the pause does not fit", left: 50, pause: nil),
        Row(name: "the deadline has passed", left: 0, chance: 0, pause: nil),
    ]

    @Test(arguments: rows) func `pauses grow, are left to chance and fit before the deadline`(_ row: Row) {
        let now = ContinuousClock.now
        let pause = RetryPolicy(maxAttempts: row.maxAttempts).pause(
            afterAttempts: row.attempts, retryAfter: row.retryAfter.map { .milliseconds($0) }, now: now,
            deadline: now + .milliseconds(row.left), chance: row.chance)
        #expect(pause == row.pause.map { .milliseconds($0) })
    }

    @Test func `only server errors that may pass are repeated`() {
        for status in 100..<600 {
            #expect(RetryPolicy.isRetryable(status: status) == (status >= 500 && status != 501), "\(status)")
        }
    }

    struct RetryAfterCase: Decodable, Sendable, CustomTestStringConvertible {
        var text: String
        /// nil: it says nothing.
        var seconds: Int?
        var testDescription: String { text }
    }

    /// Seen from 1994-11-06 08:49:00 UTC.
    @Test(arguments: try Corpus.load("retry-after", in: .module, atLeast: 25, as: RetryAfterCase.self))
    func `Retry-After is read in all its forms`(_ item: RetryAfterCase) {
        #expect(RetryAfter.parse(item.text, unixSeconds: 784_111_740) == item.seconds.map { .seconds($0) })
    }
}
