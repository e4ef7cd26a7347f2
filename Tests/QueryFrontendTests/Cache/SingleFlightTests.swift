import Synchronization
import Testing

@testable import QueryFrontend

/// No test waits for a time: what must have happened is waited for by looking.
@Suite(.timeLimit(.minutes(20))) struct SingleFlightTests {
    typealias Flight = SingleFlight<Int>
    private static let key = CacheKey("k")
    private struct Failed: Error {}

    /// Later than any test ends.
    private static var never: ContinuousClock.Instant { .now + .seconds(86_400) }

    /// Work that counts itself and waits for a gate.
    private final class Work: Sendable {
        let gate = Gate()
        private let runs = Mutex(0)
        private let running = Mutex(0)
        var count: Int { runs.withLock { $0 } }
        var inProgress: Int { running.withLock { $0 } }

        func run(_ end: @Sendable (Int) -> Flight.Outcome) async -> Flight.Outcome {
            let number = runs.withLock { runs in
                runs += 1
                return runs
            }
            running.withLock { $0 += 1 }
            defer { running.withLock { $0 -= 1 } }
            do {
                try await gate.wait()
                return end(number)
            } catch {
                return .ownFailure(error)
            }
        }
    }

    private static func until(_ condition: () -> Bool) async {
        while !condition() { await Task.yield() }
    }

    @Test func `what is asked at the same time is done once`() async throws {
        let flight = Flight()
        let work = Work()
        try await withThrowingTaskGroup(of: (Int, Flight.Role).self) { group in
            for _ in 0..<20 {
                group.addTask {
                    let result = try await flight.run(Self.key, deadline: Self.never) { await work.run { .value($0) } }
                    return (result.value, result.role)
                }
            }
            await Self.until { flight.followers(of: Self.key) == 19 }
            work.gate.open()
            var leaders = 0
            for try await (value, role) in group {
                #expect(value == 1)
                if role == .leader { leaders += 1 }
            }
            #expect(leaders == 1)
        }
        #expect(work.count == 1)
        #expect(flight.count == 0)
    }

    @Test func `other questions and later ones are worked on by themselves`() async throws {
        let flight = Flight()
        let work = Work()
        work.gate.open()
        for name in ["a", "b", "a"] {
            let result = try await flight.run(CacheKey(name), deadline: Self.never) { await work.run { .value($0) } }
            #expect(result.role == .leader)
        }
        #expect(work.count == 3)
        #expect(flight.count == 0)
    }

    @Test func `a failure of the work is everybody's`() async throws {
        let flight = Flight()
        let work = Work()
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    do {
                        _ = try await flight.run(Self.key, deadline: Self.never) {
                            await work.run { _ in .failure(Failed()) }
                        }
                        return false
                    } catch {
                        return error is Failed
                    }
                }
            }
            await Self.until { flight.followers(of: Self.key) == 4 }
            work.gate.open()
            for await hasFailed in group { #expect(hasFailed) }
        }
        #expect(work.count == 1)
        #expect(flight.count == 0)
    }

    @Test func `a failure of one's own is passed on to nobody, one after the other`() async throws {
        let flight = Flight()
        let work = Work()
        let results = await withTaskGroup(of: Result<Int, any Error>.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    do {
                        return .success(
                            try await flight.run(Self.key, deadline: Self.never) {
                                await work.run { $0 < 3 ? .ownFailure(Failed()) : .value($0) }
                            }.value)
                    } catch {
                        return .failure(error)
                    }
                }
            }
            await Self.until { flight.followers(of: Self.key) == 3 }
            work.gate.open()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.filter { (try? $0.get()) == 3 }.count == 2)
        #expect(results.filter { if case .failure(let error) = $0 { error is Failed } else { false } }.count == 2)
        #expect(work.count == 3)
        #expect(flight.count == 0)
    }

    @Test func `a cancelled leader's work ends, and the first who waits takes over`() async throws {
        let flight = Flight()
        let work = Work()
        let lead: @Sendable () async -> Result<Int, any Error> = {
            do {
                return .success(
                    try await flight.run(Self.key, deadline: Self.never) { await work.run { .value($0) } }.value)
            } catch {
                return .failure(error)
            }
        }
        await withTaskGroup(of: Void.self) { outer in
            let cancelling = Gate()
            outer.addTask {
                await withTaskGroup(of: Void.self) { inner in
                    inner.addTask {
                        let result = await lead()
                        #expect(throws: CancellationError.self) { try result.get() }
                    }
                    try? await cancelling.wait()
                    inner.cancelAll()
                }
            }
            await Self.until { work.inProgress == 1 }
            for number in 1...3 {
                outer.addTask {
                    let result = await lead()
                    #expect((try? result.get()) == 2)
                }
                await Self.until { flight.followers(of: Self.key) == number }
            }
            cancelling.open()
            // The next works while the others still wait.
            await Self.until { work.count == 2 && work.inProgress == 1 && flight.followers(of: Self.key) == 2 }
            work.gate.open()
        }
        #expect(work.count == 2)
        #expect(flight.count == 0)
    }

    @Test func `who is cancelled while waiting leaves alone, and when all are gone nothing is left`() async throws {
        let flight = Flight()
        let work = Work()
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    do {
                        _ = try await flight.run(Self.key, deadline: Self.never) { await work.run { .value($0) } }
                        return false
                    } catch {
                        return error is CancellationError
                    }
                }
            }
            await Self.until { flight.followers(of: Self.key) == 9 }
            group.cancelAll()
            for await isCancelled in group { #expect(isCancelled) }
        }
        #expect(work.inProgress == 0)
        #expect(flight.count == 0)
        #expect(flight.followers(of: Self.key) == 0)
    }

    @Test func `who waits past a deadline of its own leaves, and the others go on`() async throws {
        let flight = Flight()
        let work = Work()
        try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask {
                try await flight.run(Self.key, deadline: Self.never) { await work.run { .value($0) } }.value
            }
            await Self.until { work.inProgress == 1 }
            await #expect(throws: Flight.WaitedTooLong.self) {
                _ = try await flight.run(Self.key, deadline: .now - .seconds(1)) { await work.run { .value($0) } }
            }
            #expect(flight.followers(of: Self.key) == 0)
            group.addTask {
                try await flight.run(Self.key, deadline: Self.never) { await work.run { .value($0) } }.value
            }
            await Self.until { flight.followers(of: Self.key) == 1 }
            work.gate.open()
            for try await value in group { #expect(value == 1) }
        }
        #expect(work.count == 1)
    }

    @Test func `who finds no room to wait works alone`() async throws {
        let flight = Flight(maxFollowers: 2)
        let work = Work()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    try await flight.run(Self.key, deadline: Self.never) { await work.run { .value($0) } }.value
                }
            }
            await Self.until { flight.followers(of: Self.key) == 2 && work.inProgress == 3 }
            work.gate.open()
            try await group.waitForAll()
        }
        #expect(work.count == 3)
        #expect(flight.count == 0)
    }

    // MARK: Schedules

    /// One who asks in a schedule made by chance.
    private struct Caller: Sendable {
        let key: CacheKey
        /// How long it waits before it asks, and works.
        let yields: Int
        let workYields: Int
        /// It is cancelled after so long.
        let cancelledAfter: Int?
        let isLate: Bool
        /// 0: its work fails for all, 1: for itself.
        let fate: Int

        init(_ generator: inout CacheTestGenerator) {
            key = CacheKey(Bool.random(using: &generator) ? "a" : "b")
            yields = Int.random(in: 0...20, using: &generator)
            workYields = Int.random(in: 0...20, using: &generator)
            cancelledAfter = Bool.random(using: &generator) ? Int.random(in: 0...30, using: &generator) : nil
            isLate = Int.random(in: 0..<8, using: &generator) == 0
            fate = Int.random(in: 0..<4, using: &generator)
        }

        func work(_ working: FoldState<Int>) async -> Flight.Outcome {
            working.update { $0 += 1 }
            defer { working.update { $0 -= 1 } }
            for _ in 0..<workYields {
                await Task.yield()
                if Task.isCancelled { return .ownFailure(CancellationError()) }
            }
            return switch fate {
            case 0: .failure(Failed())
            case 1: .ownFailure(Failed())
            default: .value(1)
            }
        }

        func call(_ flight: Flight, _ working: FoldState<Int>) async {
            for _ in 0..<yields { await Task.yield() }
            do {
                let deadline = isLate ? ContinuousClock.now : SingleFlightTests.never
                let value = try await flight.run(key, deadline: deadline) { await work(working) }.value
                #expect(value == 1)
            } catch is Failed {
                // Its own, or that of whom it waited for.
            } catch is CancellationError {
                #expect(cancelledAfter != nil)
            } catch is Flight.WaitedTooLong {
                #expect(isLate)
            } catch {
                Issue.record("\(error)")
            }
        }

        func run(_ flight: Flight, _ working: FoldState<Int>) async {
            guard let cancelledAfter else { return await call(flight, working) }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await call(flight, working) }
                for _ in 0..<cancelledAfter { await Task.yield() }
                group.cancelAll()
            }
        }
    }

    /// Callers come, are cancelled, are late and fail in any order; everybody comes back, and nothing is left behind.
    @Test(arguments: 0..<60) func `any schedule ends with nobody lost`(_ seed: Int) async {
        var generator = CacheTestGenerator(state: UInt64(seed))
        let callers = (0..<40).map { _ in Caller(&generator) }
        let flight = Flight(maxFollowers: Int.random(in: 0...10, using: &generator))
        let working = FoldState(0)
        await withTaskGroup(of: Void.self) { group in
            for caller in callers { group.addTask { await caller.run(flight, working) } }
        }
        #expect(flight.count == 0)
        #expect(working.value == 0)
    }
}
