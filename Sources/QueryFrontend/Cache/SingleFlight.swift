import Synchronization

/// Does the same work once for all who ask for it at the same time.
///
/// Who comes first does the work, in its own task; the others wait for what comes of it. When the first is cancelled, or fails in a
/// way that says nothing about the others, the one that has waited longest takes over. Nobody's work outlives its task, so that it
/// ends when all who asked are gone.
final class SingleFlight<Value: Sendable>: Sendable {
    /// What the work of one gives.
    enum Outcome: Sendable {
        case value(Value)
        /// A failure that all who wait would see too.
        case failure(any Error)
        /// A failure of this one only: it was cancelled, its deadline passed, its bytes were used up.
        case ownFailure(any Error)
    }

    /// How one came to its value.
    enum Role: Sendable {
        /// It did the work.
        case leader
        /// Another did it.
        case follower
    }

    /// The deadline passed while another did the work.
    struct WaitedTooLong: Error {}

    private enum Turn: Sendable {
        case lead
        /// There is no room to wait.
        case alone
        case settled(Result<Value, any Error>)
        /// Nobody waits any more: the task is cancelled, or the deadline passed.
        case gone
    }

    private struct Waiter {
        let ticket: UInt64
        let continuation: CheckedContinuation<Turn, Never>
    }

    private struct State {
        var flights: [CacheKey: [Waiter]] = [:]
        var nextTicket: UInt64 = 0
    }

    private let state = Mutex(State())
    private let maxFollowers: Int

    /// - Parameter maxFollowers: how many may wait for one; who comes then does the work for itself.
    init(maxFollowers: Int = 1024) { self.maxFollowers = maxFollowers }

    /// Keys that are worked on.
    var count: Int { state.withLock { $0.flights.count } }

    /// How many wait for another's work.
    var waiting: Int { state.withLock { $0.flights.values.reduce(0) { $0 + $1.count } } }

    /// How many wait for the work on a key.
    func followers(of key: CacheKey) -> Int { state.withLock { $0.flights[key]?.count ?? 0 } }

    /// - Parameters:
    ///   - deadline: until when to wait for another. The work has its own deadlines.
    ///   - work: must end when its task is cancelled.
    /// - Throws: what the work threw, ``WaitedTooLong``, or `CancellationError` when the task is cancelled while it waits.
    func run(
        _ key: CacheKey, deadline: ContinuousClock.Instant, work: () async -> Outcome
    ) async throws -> (value: Value, role: Role) {
        switch await turn(key, deadline: deadline) {
        case .lead:
            let outcome = await work()
            settle(key, outcome)
            return (try outcome.get(), .leader)
        case .alone: return (try await work().get(), .leader)
        case .settled(let result): return (try result.get(), .follower)
        case .gone:
            try Task.checkCancellation()
            throw WaitedTooLong()
        }
    }

    /// Leads at once, or waits until it is settled or has to lead. A turn to lead is never lost: whoever is given one gets it back
    /// from here, however late.
    private func turn(_ key: CacheKey, deadline: ContinuousClock.Instant) async -> Turn {
        let ticket: UInt64? = state.withLock { state in
            guard state.flights[key] != nil else {
                state.flights[key] = []
                return nil
            }
            state.nextTicket &+= 1
            return state.nextTicket
        }
        guard let ticket else { return .lead }
        return await withTaskGroup(of: Turn?.self) { group in
            group.addTask { await self.wait(key, ticket) }
            group.addTask {
                // nil: the time is up, or nobody needs it any more.
                try? await Task.sleep(until: deadline, clock: .continuous)
                return nil
            }
            // Whichever ends first ends the other; a turn that came at the same moment as the deadline counts.
            var turn = Turn.gone
            while let next = await group.next() {
                if let next { turn = next }
                group.cancelAll()
            }
            return turn
        }
    }

    private func wait(_ key: CacheKey, _ ticket: UInt64) async -> Turn {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Turn, Never>) in
                let turn: Turn? = state.withLock { state in
                    // The handler below finds this waiter, or has run before, and then this is true.
                    if Task.isCancelled { return .gone }
                    guard let waiters = state.flights[key] else {
                        // It landed in the meantime: whoever comes now begins a new one.
                        state.flights[key] = []
                        return .lead
                    }
                    guard waiters.count < maxFollowers else { return .alone }
                    state.flights[key]?.append(Waiter(ticket: ticket, continuation: continuation))
                    return nil
                }
                if let turn { continuation.resume(returning: turn) }
            }
        } onCancel: {
            // Unless it has had its turn already.
            let waiter = state.withLock { state -> Waiter? in
                guard let index = state.flights[key]?.firstIndex(where: { $0.ticket == ticket }) else { return nil }
                return state.flights[key]?.remove(at: index)
            }
            waiter?.continuation.resume(returning: .gone)
        }
    }

    /// Tells those who wait, or lets the first of them take over.
    private func settle(_ key: CacheKey, _ outcome: Outcome) {
        let shared: Result<Value, any Error>
        switch outcome {
        case .value(let value): shared = .success(value)
        case .failure(let error): shared = .failure(error)
        case .ownFailure:
            let next = state.withLock { state -> Waiter? in
                guard let waiters = state.flights[key], !waiters.isEmpty else {
                    state.flights[key] = nil
                    return nil
                }
                return state.flights[key]?.removeFirst()
            }
            next?.continuation.resume(returning: .lead)
            return
        }
        let waiters = state.withLock { $0.flights.removeValue(forKey: key) ?? [] }
        for waiter in waiters { waiter.continuation.resume(returning: .settled(shared)) }
    }
}

extension SingleFlight.Outcome {
    fileprivate func get() throws -> Value {
        switch self {
        case .value(let value): return value
        case .failure(let error), .ownFailure(let error): throw error
        }
    }
}
