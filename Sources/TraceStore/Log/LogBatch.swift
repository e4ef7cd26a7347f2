import Synchronization

/// Pushes that are written and synced together, and those who wait for it.
final class LogBatch: Sendable {
    private enum State {
        case open([CheckedContinuation<FileFailure?, Never>])
        case done(FileFailure?)
    }

    private let state = Mutex(State.open([]))

    /// Returns when the batch is durable.
    /// - Throws: ``FileFailure`` when it is not.
    func wait() async throws(FileFailure) {
        let failure = await withCheckedContinuation { (waiter: CheckedContinuation<FileFailure?, Never>) in
            let outcome: FileFailure?? = state.withLock { state in
                switch state {
                case .open(var waiters):
                    // Taken out, so that appending does not copy.
                    state = .open([])
                    waiters.append(waiter)
                    state = .open(waiters)
                    return nil
                case .done(let failure): return .some(failure)
                }
            }
            if let outcome { waiter.resume(returning: outcome) }
        }
        if let failure { throw failure }
    }

    /// Tells all who wait, once.
    func finish(_ failure: FileFailure?) {
        let waiters: [CheckedContinuation<FileFailure?, Never>] = state.withLock { state in
            guard case .open(let waiters) = state else { return [] }
            state = .done(failure)
            return waiters
        }
        for waiter in waiters { waiter.resume(returning: failure) }
    }
}
