/// Bounds the requests to one target that are in flight at once.
final class ConcurrencyGate: Sendable {
    /// There is no room, nor will there be in time.
    struct NoRoom: Error {}

    private let gate: WorkGate
    /// For every request in flight, so many may wait.
    static let waitersAPlace = 16

    /// - Parameter places: at least 1.
    init(places: Int) {
        let places = min(max(1, places), 100_000)
        gate = WorkGate(places: places, maxWaiters: places * Self.waitersAPlace)
    }

    var waiting: Int { gate.waiting }

    func tryEnter() -> Bool { gate.tryEnter() }

    func leave() { gate.leave() }

    /// Returns with a place, which `leave` gives back.
    /// - Throws: ``NoRoom``, or `CancellationError`; then there is no place to give back.
    func enter(until deadline: ContinuousClock.Instant, _ clock: any MonotonicClock) async throws {
        if gate.tryEnter() { return }
        let gate = gate
        let hasEntered = try await withThrowingTaskGroup(of: Bool?.self) { group in
            // true: it has a place; false: there is no room to wait; nil: the time is over, or somebody ended the wait.
            group.addTask {
                do {
                    try await gate.enter()
                    return true
                } catch is WorkGate.Full {
                    return false
                } catch {
                    return nil
                }
            }
            group.addTask {
                try? await clock.sleep(until: deadline)
                return nil
            }
            var hasEntered = false
            while let outcome = try await group.next() {
                if outcome == true { hasEntered = true }
                group.cancelAll()
            }
            return hasEntered
        }
        guard hasEntered else {
            try Task.checkCancellation()
            throw NoRoom()
        }
    }
}
