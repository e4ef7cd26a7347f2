import Synchronization

/// Running totals of one sub-request, written by the upstream while it works and read by the query's log line.
package final class SubRequestAccount: Sendable {
    private let bytes = Atomic<Int>(0)
    private let tries = Atomic<Int>(0)

    package init() {}

    /// Body bytes received from the upstream, over all attempts.
    package var receivedBytes: Int { bytes.load(ordering: .relaxed) }

    /// Attempts made, the first included.
    package var attempts: Int { tries.load(ordering: .relaxed) }

    package func addReceivedBytes(_ count: Int) { bytes.add(count, ordering: .relaxed) }

    package func addAttempt() { tries.add(1, ordering: .relaxed) }
}
