import Synchronization

/// How many bytes of upstream answers one query may hold at once, shared by its sub-requests.
package final class ByteBudget: Sendable {
    /// 0: no limit.
    package let limit: Int
    private let used = Atomic<Int>(0)

    package init(limit: Int = 0) {
        self.limit = max(0, limit)
    }

    /// Takes `count` bytes; false, with nothing taken, when they would go past the limit.
    package func take(_ count: Int) -> Bool {
        guard limit > 0, count > 0 else { return true }
        let now = used.add(count, ordering: .relaxed).newValue
        guard now <= limit else {
            used.subtract(count, ordering: .relaxed)
            return false
        }
        return true
    }

    /// Gives back what an attempt took whose answer is not kept.
    package func giveBack(_ count: Int) {
        guard limit > 0, count > 0 else { return }
        used.subtract(count, ordering: .relaxed)
    }
}
