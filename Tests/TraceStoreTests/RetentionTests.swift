import Foundation
import TempoAPI
import TestSupport
import Testing

@testable import TraceStore

@Suite(.computeThreads, .timeLimit(.minutes(20))) struct RetentionTests {
    private static func push(_ store: TraceStore, _ tenant: String, seed: UInt64) async throws -> [FlatSpan] {
        var generator = SpanGenerator(seed: seed)
        let request = generator.request(spans: 20)
        _ = try await store.push(request.protobuf, encoding: .protobuf, tenant: tenant)
        await store.sealHeads()
        return FlatSpan.all(in: request)
    }

    private static func spans(_ store: TraceStore, _ tenant: String) -> [[UInt8]: [FlatSpan]] {
        SegmentTests.byTrace(StoredSpans.all(in: store.snapshot(tenant: tenant)))
    }

    /// Each tenant keeps its spans for as long as its own policy says, counted from when they were received.
    @Test func agesAreOfTenants() async throws {
        let folder = try TemporaryFolder()
        let clock = TestClock()
        let events = EventLog()
        let store = try TraceStore.testing(folder, clock: clock, events: events) {
            $0.mergeSegments = 100
            $0.retention = { tenant in RetentionPolicy(age: tenant == "short" ? 60_000_000_000 : 0) }
        }
        _ = try await Self.push(store, "short", seed: 1)
        let kept = try await Self.push(store, "forever", seed: 2)
        clock.advance(seconds: 40)
        let newer = try await Self.push(store, "short", seed: 3)
        clock.advance(seconds: 20)
        await store.maintenance.perform()
        #expect(store.statistics().tenants["short"]?.segments == 2)
        clock.advance(seconds: 1)
        await store.maintenance.perform()
        #expect(Self.spans(store, "short") == SegmentTests.byTrace(newer))
        clock.advance(seconds: 1_000_000)
        await store.maintenance.perform()
        #expect(store.snapshot(tenant: "short") == nil)
        #expect(store.tenantNames() == ["forever"])
        #expect(Self.spans(store, "forever") == SegmentTests.byTrace(kept))
        let deleted = events.all.filter { if case .deleted(tenant: "short", spans: 20, _) = $0 { true } else { false } }
        #expect(deleted.count == 2)
        // A tenant that is forgotten may come back.
        let again = try await Self.push(store, "short", seed: 4)
        #expect(Self.spans(store, "short") == SegmentTests.byTrace(again))
    }

    @Test func theOldestSegmentsGoWhenThereAreTooManyBytes() async throws {
        let folder = try TemporaryFolder()
        let store = try TraceStore.testing(folder) {
            $0.mergeSegments = 100
            $0.retention = { _ in RetentionPolicy(age: 0, bytes: 30_000) }
        }
        var newest: [FlatSpan] = []
        for seed in 0..<8 { newest = try await Self.push(store, "t", seed: UInt64(seed)) }
        let statistics = try #require(store.statistics().tenants["t"])
        #expect(statistics.sealedBytes <= 30_000 && statistics.segments >= 1 && statistics.segments < 8)
        let last = try #require(store.snapshot(tenant: "t")?.views.first)
        #expect(SegmentTests.byTrace(StoredSpans.all(in: last)) == SegmentTests.byTrace(newest))
    }

    /// A head is sealed when its first span is old, or when it keeps the log from being cut.
    @Test func quietHeadsAreSealed() async throws {
        let folder = try TemporaryFolder()
        let clock = TestClock()
        let store = try TraceStore.testing(folder, clock: clock) {
            $0.maxHeadAge = 10_000_000_000
            $0.maxLogFileBytes = 1
            $0.maxLogFiles = 3
        }
        var generator = SpanGenerator(seed: 1)
        _ = try await store.push(generator.request(spans: 1).protobuf, encoding: .protobuf, tenant: "quiet")
        for _ in 0..<5 {
            _ = try await store.push(generator.request(spans: 1).protobuf, encoding: .protobuf, tenant: "busy")
        }
        #expect(store.statistics().logFiles == 6)
        await store.maintenance.perform()
        #expect(store.statistics().tenants["quiet"]?.unsealedSpans == 0)
        #expect(store.statistics().logFiles == 0)
        _ = try await store.push(generator.request(spans: 1).protobuf, encoding: .protobuf, tenant: "busy")
        clock.advance(seconds: 9)
        await store.maintenance.perform()
        #expect(store.statistics().tenants["busy"]?.unsealedSpans == 1)
        clock.advance(seconds: 1)
        await store.maintenance.perform()
        #expect(store.statistics().tenants["busy"]?.unsealedSpans == 0)
    }

    /// Merging makes no segment whose deletion would take most of what a tenant may keep.
    @Test func mergingLeavesWhatATenantMayKeep() async throws {
        let folder = try TemporaryFolder()
        let store = try TraceStore.testing(folder) {
            $0.mergeSegments = 2
            $0.retention = { _ in RetentionPolicy(age: 0, bytes: 100_000) }
        }
        for seed in 0..<30 {
            let newest = try await Self.push(store, "t", seed: UInt64(seed))
            await store.maintenance.perform()
            let kept = StoredSpans.all(in: store.snapshot(tenant: "t"))
            try #require(newest.allSatisfy(kept.contains), "after \(seed)")
            let bytes = try #require(store.statistics().tenants["t"]).sealedBytes
            try #require(bytes <= 100_000 && (seed < 20 || bytes >= 50_000), "\(bytes) bytes after \(seed)")
        }
    }

    /// Many heads, none of them large, do not fill the memory until pushes are refused: the largest are sealed early.
    @Test func headsAreSealedWhenMemoryGetsShort() async throws {
        var generator = SpanGenerator(seed: 1)
        let (small, large) = (generator.request(spans: 5).protobuf, generator.request(spans: 50).protobuf)
        func sealed(_ bytes: Int) async throws -> (sealed: [String], bytes: Int) {
            let folder = try TemporaryFolder()
            let store = try TraceStore.testing(folder) { $0.maxUnsealedBytes = bytes }
            for tenant in ["a", "b", "c"] {
                _ = try await store.push(tenant == "b" ? large : small, encoding: .protobuf, tenant: tenant)
            }
            let held = store.unsealedBytes.value
            await store.maintenance.perform()
            return (store.statistics().tenants.filter { $0.value.sealedSpans > 0 }.map(\.key).sorted(), held)
        }
        let roomy = try await sealed(1 << 30)
        #expect(roomy.sealed == [])
        #expect(try await sealed(roomy.bytes * 2 + 2).sealed == [])
        #expect(try await sealed(roomy.bytes * 2 - 2).sealed == ["b"])
    }

    /// `run()` does all of that by itself and ends when it is cancelled.
    @Test func runningSealsAndEnds() async throws {
        let folder = try TemporaryFolder()
        let store = try TraceStore.testing(folder) {
            $0.maxHeadAge = 0
            $0.maintenanceInterval = 1_000_000
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await store.run() }
            var generator = SpanGenerator(seed: 1)
            _ = try await store.push(generator.request(spans: 5).protobuf, encoding: .protobuf, tenant: "t")
            while store.statistics().tenants["t"]?.sealedSpans != 5 { await Task.yield() }
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(store.statistics().tenants["t"]?.sealedSpans == 5)
    }

    struct Plan: CustomTestStringConvertible {
        var sizes: [Int]
        var expected: Range<Int>?
        var testDescription: String { "\(sizes)" }
    }

    /// Segments in KiB, oldest first, and which of them become one when three of a class are enough and 4 MiB the most.
    @Test(arguments: [
        Plan(sizes: [], expected: nil), Plan(sizes: [1, 1], expected: nil), Plan(sizes: [1, 1, 1], expected: 0..<3),
        Plan(sizes: [900, 1, 1, 1], expected: 1..<4), Plan(sizes: [900, 800, 700], expected: 0..<3),
        Plan(sizes: [900, 1, 800, 1, 1], expected: 0..<5), Plan(sizes: [3000, 3000, 3000], expected: nil),
        Plan(sizes: [3000, 1000, 90, 10], expected: 1..<4), Plan(sizes: [1, 1, 5000, 1], expected: nil),
        Plan(sizes: [1, 1, 1, 5000, 1, 1, 1, 1], expected: 0..<3),
    ])
    func mergesAreOfNeighboursOfLikeSize(_ plan: Plan) {
        let merge = MergePlan(minSegments: 3, maxBytes: 4 << 20, maxSpan: 100)
        let candidates = plan.sizes.map { MergePlan.Candidate(byteCount: $0 << 10, received: 0...10) }
        #expect(merge.next(candidates) == plan.expected)
    }

    @Test func mergesDoNotSpanTooMuchTime() {
        let merge = MergePlan(minSegments: 2, maxBytes: 1 << 20, maxSpan: 100)
        let times: [UInt64] = [0, 90, 120, 400]
        let candidates = times.map { MergePlan.Candidate(byteCount: 1, received: $0...$0 + 10) }
        #expect(merge.next(candidates) == 0..<2)
        #expect(merge.next(Array(candidates[1...])) == 0..<2)
        #expect(merge.next(Array(candidates[2...])) == nil)
    }
}
