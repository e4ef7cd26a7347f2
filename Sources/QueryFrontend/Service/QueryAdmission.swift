import Synchronization

/// Counts the queries that run at once and refuses those above a bound, rather than queueing them.
final class QueryAdmission: Sendable {
    private let running = Atomic<Int>(0)
    private let maximum: Int

    /// - Parameter maximum: queries at once; 0 means no limit.
    init(maximum: Int) { self.maximum = maximum }

    /// True when the query may run; then `leave()` must follow.
    func enter() -> Bool {
        let now = running.add(1, ordering: .relaxed).newValue
        if maximum > 0, now > maximum {
            running.subtract(1, ordering: .relaxed)
            return false
        }
        return true
    }

    func leave() { running.subtract(1, ordering: .relaxed) }
}
