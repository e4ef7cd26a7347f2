import Synchronization

/// Gives each view of a store a number of its own.
final class ViewIdentifiers: Sendable {
    private let last = Atomic<UInt64>(0)

    func next() -> UInt64 { last.wrappingAdd(1, ordering: .relaxed).newValue }
}
