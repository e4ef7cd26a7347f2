import Synchronization
import Testing

@testable import HTTPTransport

struct EventLoopTests {
    /// Numbers in the order in which they were noted.
    final class Log: Sendable {
        private let storage = Mutex<[Int]>([])

        var entries: [Int] { storage.withLock { $0 } }

        func append(_ number: Int) { storage.withLock { $0.append(number) } }
    }

    @Test(arguments: backends)
    func `tasks that prefer a loop run on it, and come back to it`(_ backend: EventLoopGroup.Backend) async throws {
        let group = try EventLoopGroup(loopCount: 3, backend: backend)
        let strays = await withTaskGroup(of: Int.self) { tasks in
            for loop in group.loops {
                tasks.addTask(executorPreference: loop) {
                    var strays = 0
                    for _ in 0..<500 {
                        await Self.visitGlobalExecutor()
                        if !loop.isCurrent { strays += 1 }
                        await loop.yield()
                        if !loop.isCurrent { strays += 1 }
                    }
                    return strays
                }
            }
            return await tasks.reduce(0, +)
        }
        #expect(strays == 0)
        #expect(EventLoop.current == nil)
        group.shutdown()
        await group.waitUntilStopped()
    }

    /// Changes threads, so that the return has to wake the loop.
    static func visitGlobalExecutor() async {
        await withTaskExecutorPreference(globalConcurrentExecutor) { await Self.doNothing() }
    }

    @concurrent static func doNothing() async {}

    @Test(arguments: backends)
    func `work from other threads wakes a waiting loop and keeps its order`(
        _ backend: EventLoopGroup.Backend
    ) async throws {
        let group = try EventLoopGroup(loopCount: 1, backend: backend)
        let loop = group.loops[0]
        let seen = Log()
        for index in 0..<2000 { loop.execute { seen.append(index) } }
        await withCheckedContinuation { continuation in loop.execute { continuation.resume() } }
        #expect(seen.entries == Array(0..<2000))
        group.shutdown()
        await group.waitUntilStopped()
    }

    @Test(arguments: backends)
    func `pauses end, the shorter first`(_ backend: EventLoopGroup.Backend) async throws {
        let group = try EventLoopGroup(loopCount: 1, backend: backend)
        let loop = group.loops[0]
        let order = Log()
        await withTaskGroup(of: Void.self) { tasks in
            for milliseconds in [60, 20, 40, 1] {
                tasks.addTask(executorPreference: loop) {
                    await loop.pause(until: loop.deadline(after: UInt64(milliseconds) * 1_000_000))
                    order.append(milliseconds)
                }
            }
        }
        #expect(order.entries == [1, 20, 40, 60])
        group.shutdown()
        await group.waitUntilStopped()
    }

    @Test func `tasks can still finish when their loop has ended`() async throws {
        let group = try EventLoopGroup(loopCount: 1)
        let loop = group.loops[0]
        group.shutdown()
        await group.waitUntilStopped()
        let sum = await withTaskGroup(of: Int.self) { tasks in
            for index in 0..<10 { tasks.addTask(executorPreference: loop) { index } }
            return await tasks.reduce(0, +)
        }
        #expect(sum == 45)
    }
}

struct TimerHeapTests {
    @Test func `timers come up in order of their deadlines`() {
        var generator = SeededGenerator(state: 3)
        var heap = TimerHeap()
        for _ in 0..<500 { heap.schedule(LoopTimer(), at: UInt64.random(in: 1...1000, using: &generator)) }
        var count = 0
        for now in UInt64(1)...1000 {
            if let earliest = heap.earliest { #expect(earliest >= now) }
            while heap.popDue(at: now) != nil { count += 1 }
        }
        #expect(count == 500)
        #expect(heap.earliest == nil)
    }

    @Test func `a deadline that moves later fires once, at the later time`() {
        var heap = TimerHeap()
        let timer = LoopTimer()
        heap.schedule(timer, at: 10)
        heap.schedule(timer, at: 30)
        #expect(heap.popDue(at: 10) == nil)
        #expect(heap.earliest == 30)
        #expect(heap.popDue(at: 30) === timer)
        #expect(heap.popDue(at: .max - 1) == nil)
    }

    @Test func `a deadline that moves earlier fires once, at the earlier time`() {
        var heap = TimerHeap()
        let timer = LoopTimer()
        heap.schedule(timer, at: 30)
        heap.schedule(timer, at: 10)
        #expect(heap.popDue(at: 10) === timer)
        #expect(heap.popDue(at: 30) == nil)
        #expect(heap.earliest == nil)
    }

    @Test func `cancelled timers do not pile up, and live ones survive`() {
        var heap = TimerHeap()
        var live: [LoopTimer] = []
        for index in 0..<100_000 {
            let timer = LoopTimer()
            heap.schedule(timer, at: UInt64(1_000_000 - index))
            if index % 1000 == 0 { live.append(timer) } else { timer.cancel() }
        }
        #expect(heap.count < 3000)
        var fired: [LoopTimer] = []
        while let timer = heap.popDue(at: 2_000_000) { fired.append(timer) }
        #expect(fired.count == live.count)
        #expect(zip(fired, live.reversed()).allSatisfy { $0 === $1 })
    }

    @Test func `a cancelled timer does not fire and can be used again`() {
        var heap = TimerHeap()
        let timer = LoopTimer()
        heap.schedule(timer, at: 10)
        timer.cancel()
        #expect(heap.popDue(at: 20) == nil)
        heap.schedule(timer, at: 25)
        #expect(heap.popDue(at: 25) === timer)
    }
}
