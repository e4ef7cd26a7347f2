import Synchronization

/// How many bytes of upstream answers one query may hold at once, shared by its sub-requests.
package final class ByteBudget: Sendable {
    /// 0: no limit.
    package let limit: Int
    private let used = Atomic<Int>(0)
    /// Budgets that this one is a part of: what is taken here is taken there too.
    private let enclosing: [ByteBudget]
    private let wasRefused = Atomic<Bool>(false)
    private let wasRefusedHere = Atomic<Bool>(false)

    package init(limit: Int = 0, within enclosing: [ByteBudget] = []) {
        self.limit = max(0, limit)
        self.enclosing = enclosing
    }

    /// Bytes that are taken now; 0 of a budget without a limit.
    package var usedBytes: Int { used.load(ordering: .relaxed) }

    /// True once bytes were refused.
    package var isExhausted: Bool { wasRefused.load(ordering: .relaxed) }

    /// True once bytes were refused by this budget itself, not by one that it is a part of.
    package var isTooSmall: Bool { wasRefusedHere.load(ordering: .relaxed) }

    /// Takes `count` bytes; false, with nothing taken, when they would go past the limit.
    package func take(_ count: Int) -> Bool {
        guard count > 0 else { return true }
        guard takeHere(count) else {
            wasRefused.store(true, ordering: .relaxed)
            return false
        }
        for (index, budget) in enclosing.enumerated() where !budget.take(count) {
            for taken in enclosing[..<index] { taken.giveBack(count) }
            giveBackHere(count)
            wasRefused.store(true, ordering: .relaxed)
            return false
        }
        return true
    }

    /// Gives back what is not held any more.
    package func giveBack(_ count: Int) {
        guard count > 0 else { return }
        giveBackHere(count)
        for budget in enclosing { budget.giveBack(count) }
    }

    private func takeHere(_ count: Int) -> Bool {
        guard limit > 0 else { return true }
        let now = used.add(count, ordering: .relaxed).newValue
        guard now <= limit else {
            used.subtract(count, ordering: .relaxed)
            wasRefusedHere.store(true, ordering: .relaxed)
            return false
        }
        return true
    }

    private func giveBackHere(_ count: Int) {
        guard limit > 0 else { return }
        used.subtract(count, ordering: .relaxed)
    }
}
