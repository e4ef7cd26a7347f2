/// Bytes that one piece of work holds of budgets, given back to one of them when nobody holds the lease any more: the work is
/// done, it failed, or it was cancelled.
package final class ByteLease: Sendable {
    /// What the work takes its bytes from.
    package let budget: ByteBudget
    private let lender: ByteBudget

    /// - Parameters:
    ///   - lender: gets back what was taken.
    ///   - total: counts what was taken and gets nothing back.
    package init(from lender: ByteBudget, countedBy total: ByteBudget) {
        budget = ByteBudget(limit: lender.limit > 0 ? lender.limit : .max, within: [total, lender])
        self.lender = lender
    }

    deinit { lender.giveBack(budget.usedBytes) }
}
