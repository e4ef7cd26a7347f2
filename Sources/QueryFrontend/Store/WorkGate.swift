import Synchronization

/// Lets a bounded number of workers in at once, the others wait in the order of their coming.
final class WorkGate: Sendable {
    /// There is no room to wait either.
    struct Full: Error {}

    private struct Waiter {
        let ticket: UInt64
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var free: Int
        var nextTicket: UInt64 = 0
        var waiters: [Waiter] = []
    }

    private let state: Mutex<State>
    private let maxWaiters: Int

    /// - Parameters:
    ///   - places: workers at once, at least 1.
    ///   - maxWaiters: beyond it `enter` fails.
    init(places: Int, maxWaiters: Int) {
        state = Mutex(State(free: max(1, places)))
        self.maxWaiters = maxWaiters
    }

    /// How many wait.
    var waiting: Int { state.withLock { $0.waiters.count } }

    /// Returns with a place, which `leave` gives back.
    /// - Throws: ``Full``, or `CancellationError` when the task is cancelled while it waits; then there is no place to give back.
    func enter() async throws {
        let ticket = state.withLock { state in
            state.nextTicket &+= 1
            return state.nextTicket
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let settled: Result<Void, any Error>? = state.withLock { state in
                    // The handler below finds this waiter, or has run before, and then this is true.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.free > 0 {
                        state.free -= 1
                        return .success(())
                    }
                    guard state.waiters.count < maxWaiters else { return .failure(Full()) }
                    state.waiters.append(Waiter(ticket: ticket, continuation: continuation))
                    return nil
                }
                if let settled { continuation.resume(with: settled) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                guard let index = state.waiters.firstIndex(where: { $0.ticket == ticket }) else { return nil }
                return state.waiters.remove(at: index)
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }

    /// A place, if there is one now.
    func tryEnter() -> Bool {
        state.withLock { state in
            guard state.free > 0 else { return false }
            state.free -= 1
            return true
        }
    }

    /// Gives a place to the first that waits, or back.
    func leave() {
        let next = state.withLock { state -> Waiter? in
            guard state.waiters.isEmpty else { return state.waiters.removeFirst() }
            state.free += 1
            return nil
        }
        next?.continuation.resume()
    }
}
