import TenantFederation

extension ByteBudget {
    /// Bytes that are still taken once the tasks of a query that was answered are gone: a child that has ended may hold its result
    /// for a moment longer than its group. Waits at most ten seconds for zero.
    func settledBytes() async throws -> Int {
        let end = ContinuousClock.now + .seconds(10)
        while usedBytes > 0, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(1)) }
        return usedBytes
    }
}
