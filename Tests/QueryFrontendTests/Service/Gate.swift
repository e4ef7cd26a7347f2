import Synchronization

/// Holds tasks until it is opened, or until they are cancelled. No test needs to sleep.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var cancelled: Set<Int> = []
        var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
        var nextTicket = 0
    }

    private let state = Mutex(State())

    func open() {
        let released = state.withLock { state in
            state.isOpen = true
            let released = state.waiting.sorted { $0.key < $1.key }.map(\.value)
            state.waiting = [:]
            return released
        }
        for continuation in released { continuation.resume() }
    }

    /// - Throws: `CancellationError`.
    func wait() async throws {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let outcome: Result<Void, any Error>? = state.withLock { state in
                    if state.cancelled.contains(ticket) { return .failure(CancellationError()) }
                    if state.isOpen { return .success(()) }
                    state.waiting[ticket] = continuation
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let continuation = state.withLock { state in
                state.cancelled.insert(ticket)
                return state.waiting.removeValue(forKey: ticket)
            }
            continuation?.resume(throwing: CancellationError())
        }
    }
}
