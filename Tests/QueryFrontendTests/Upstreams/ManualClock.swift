import Synchronization

@testable import QueryFrontend

/// A clock that a test moves. Sleepers wait until it has been moved far enough, or are cancelled.
final class ManualClock: MonotonicClock {
    private struct Sleeper {
        var wake: ContinuousClock.Instant
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var offset: Duration = .zero
        var sleepers: [Int: Sleeper] = [:]
        var cancelled: Set<Int> = []
        var nextTicket = 0
        var slept: [Duration] = []
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let start = ContinuousClock.now
    private let movesItself: Bool
    private let state = Mutex(State())

    /// - Parameter movesItself: a sleep ends at once, and the time is later by as much.
    init(movesItself: Bool = false) { self.movesItself = movesItself }

    var now: ContinuousClock.Instant { state.withLock { start + $0.offset } }
    /// How long the sleeps were, in their order.
    var slept: [Duration] { state.withLock { $0.slept } }
    var sleeping: Int { state.withLock { $0.sleepers.count } }

    func advance(_ duration: Duration) {
        let woken = state.withLock { state in
            state.offset += duration
            let now = start + state.offset
            let due = state.sleepers.filter { $0.value.wake <= now }
            for ticket in due.keys { state.sleepers[ticket] = nil }
            return due.sorted { ($0.value.wake, $0.key) < ($1.value.wake, $1.key) }.map(\.value.continuation)
        }
        for continuation in woken { continuation.resume() }
    }

    /// Returns once so many sleep at the same time.
    func sleepers(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.sleepers.count >= count { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    func sleep(until instant: ContinuousClock.Instant) async throws {
        try Task.checkCancellation()
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                var ready: [CheckedContinuation<Void, Never>] = []
                let outcome: Result<Void, any Error>? = state.withLock { state in
                    let now = start + state.offset
                    state.slept.append(max(.zero, instant - now))
                    if state.cancelled.contains(ticket) { return .failure(CancellationError()) }
                    if movesItself { state.offset += max(.zero, instant - now) }
                    if movesItself || instant <= now { return .success(()) }
                    state.sleepers[ticket] = Sleeper(wake: instant, continuation: continuation)
                    ready = state.watchers.filter { $0.count <= state.sleepers.count }.map(\.continuation)
                    state.watchers.removeAll { $0.count <= state.sleepers.count }
                    return nil
                }
                for watcher in ready { watcher.resume() }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                state.cancelled.insert(ticket)
                return state.sleepers.removeValue(forKey: ticket)
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }
}
