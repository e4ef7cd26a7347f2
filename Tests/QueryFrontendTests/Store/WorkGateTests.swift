import Foundation
import Testing

@testable import QueryFrontend

@Suite(.timeLimit(.minutes(20))) struct WorkGateTests {
    /// Waits until so many stand at the gate.
    private func settle(_ gate: WorkGate, waiting count: Int) async {
        while gate.waiting != count { await Task.yield() }
    }

    @Test func `places are given in the order of coming`() async throws {
        let gate = WorkGate(places: 1, maxWaiters: 10)
        try await gate.enter()
        let order = FoldState<[Int]>([])
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for number in 0..<4 {
                tasks.addTask {
                    try await gate.enter()
                    order.update { $0.append(number) }
                    gate.leave()
                }
                await settle(gate, waiting: number + 1)
            }
            gate.leave()
            try await tasks.waitForAll()
        }
        #expect(order.value == [0, 1, 2, 3])
        // The place is free again.
        try await gate.enter()
    }

    @Test func `who finds the waiting room full is sent away`() async throws {
        let gate = WorkGate(places: 1, maxWaiters: 0)
        try await gate.enter()
        await #expect(throws: WorkGate.Full.self) { try await gate.enter() }
        gate.leave()
        try await gate.enter()
    }

    @Test func `a cancelled waiter leaves no place behind`() async throws {
        let gate = WorkGate(places: 1, maxWaiters: 10)
        try await gate.enter()
        await withTaskGroup(of: Bool.self) { tasks in
            for _ in 0..<3 {
                tasks.addTask {
                    do {
                        try await gate.enter()
                        return false
                    } catch {
                        return error is CancellationError
                    }
                }
            }
            await settle(gate, waiting: 3)
            tasks.cancelAll()
            for await wasCancelled in tasks { #expect(wasCancelled) }
        }
        #expect(gate.waiting == 0)
        gate.leave()
        try await gate.enter()
    }

    @Test func `work that passes its deadline is cancelled and said to be late`() async throws {
        let workers = StoreWorkers(count: 1)
        await #expect(throws: DeadlinePassed.self) {
            try await workers.run(until: .now + .milliseconds(10)) {
                while !Task.isCancelled { usleep(1000) }
                throw CancellationError()
            }
        }
        // Its place is free for the next.
        #expect(try await workers.run(until: .now + .seconds(60)) { 7 } == 7)
    }

    @Test func `as many work at once as there are places`() async throws {
        let workers = StoreWorkers(count: 2)
        let inside = FoldState<(now: Int, most: Int)>((0, 0))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for _ in 0..<20 {
                tasks.addTask {
                    try await workers.run(until: .now + .seconds(60)) {
                        inside.update {
                            $0.now += 1
                            $0.most = max($0.most, $0.now)
                        }
                        inside.update { $0.now -= 1 }
                    }
                }
            }
            try await tasks.waitForAll()
        }
        #expect(inside.value.now == 0)
        #expect((1...2).contains(inside.value.most))
    }
}
