import Synchronization

/// Counts signals from whatever thread tells of them.
final class SignalCounter: Sendable {
    private let count = Atomic<Int>(0)

    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}
