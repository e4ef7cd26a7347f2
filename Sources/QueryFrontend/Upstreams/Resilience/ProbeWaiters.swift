import Synchronization

/// Requests that wait for the end of a probe which another one makes.
final class ProbeWaiters: Sendable {
    private struct Waiter {
        let ticket: UInt64
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var waiters: [Waiter] = []
        var nextTicket: UInt64 = 0
    }

    private let state = Mutex(State())
    private let maxWaiters: Int

    /// - Parameter maxWaiters: how many may wait; who comes then does not.
    init(maxWaiters: Int = 1024) { self.maxWaiters = maxWaiters }

    var waiting: Int { state.withLock { $0.waiters.count } }

    /// Ends all waits. To be called after the probe's end can be seen by those who come now.
    func wake() {
        let woken = state.withLock { state in
            let woken = state.waiters
            state.waiters = []
            return woken
        }
        for waiter in woken { waiter.continuation.resume(returning: true) }
    }

    /// Waits for `wake`.
    /// - Parameters:
    ///   - deadline: until when at most.
    ///   - isProbing: whether there still is something to wait for.
    /// - Returns: whether the probe has ended; false when the time is up, the task is cancelled or too many wait already.
    func wait(
        until deadline: ContinuousClock.Instant, _ clock: any MonotonicClock,
        while isProbing: @escaping @Sendable () -> Bool
    ) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { await self.wait(while: isProbing) }
            group.addTask {
                try? await clock.sleep(until: deadline)
                return false
            }
            // Whichever ends first ends the other; a probe that ended at the same moment as the time counts.
            var hasEnded = false
            while let next = await group.next() {
                if next { hasEnded = true }
                group.cancelAll()
            }
            return hasEnded
        }
    }

    private func wait(while isProbing: @Sendable () -> Bool) async -> Bool {
        let ticket = state.withLock { state in
            state.nextTicket &+= 1
            return state.nextTicket
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
                let outcome: Bool? = state.withLock { state in
                    // The handler below finds this waiter, or has run before, and then this is true.
                    if Task.isCancelled { return false }
                    // A probe that ends from here on wakes this waiter: `wake` comes after the end and needs this lock.
                    if !isProbing() { return true }
                    guard state.waiters.count < maxWaiters else { return false }
                    state.waiters.append(Waiter(ticket: ticket, continuation: continuation))
                    return nil
                }
                if let outcome { continuation.resume(returning: outcome) }
            }
        } onCancel: {
            // Unless it has been woken already.
            let waiter = state.withLock { state -> Waiter? in
                guard let index = state.waiters.firstIndex(where: { $0.ticket == ticket }) else { return nil }
                return state.waiters.remove(at: index)
            }
            waiter?.continuation.resume(returning: false)
        }
    }
}
