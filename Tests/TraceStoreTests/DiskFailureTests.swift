import Foundation
import TempoAPI
import TestSupport
import Testing

@testable import TraceStore

@Suite(.computeThreads, .timeLimit(.minutes(20))) struct DiskFailureTests {
    /// A store whose disk can be broken.
    struct Broken {
        let folder: TemporaryFolder
        let files = FaultyFiles()
        let clock = TestClock()
        let events = EventLog()
        let store: TraceStore
        private var generator = SpanGenerator(seed: 9)

        init(_ change: (inout TraceStoreConfiguration) -> Void = { _ in }) throws {
            folder = try TemporaryFolder()
            var configuration = TraceStoreConfiguration(path: folder.path)
            change(&configuration)
            let (clock, events) = (clock, events)
            store = try TraceStore(
                configuration: configuration, clock: { clock.now }, files: files, report: { events.add($0) })
        }

        /// Pushes and gives what was sent when that succeeded.
        mutating func push(_ spans: Int = 3) async throws -> [FlatSpan] {
            let request = generator.request(spans: spans)
            _ = try await store.push(request.protobuf, encoding: .protobuf, tenant: "t")
            return FlatSpan.all(in: request)
        }

        /// What another process would find now.
        func reopenedCopy() throws -> [FlatSpan] {
            let copy = try TemporaryFolder()
            try FileManager.default.removeItem(atPath: copy.path)
            try FileManager.default.copyItem(atPath: folder.path, toPath: copy.path)
            return StoredSpans.all(in: try TraceStore.testing(copy).snapshot(tenant: "t"))
        }
    }

    /// Whatever room is left, a push is either answered and there after a crash, or it fails as 503; later pushes fail early, and
    /// when there is room again, they succeed.
    @Test func aFullDiskLosesNothingThatWasAnswered() async throws {
        for room in stride(from: 0, to: 2400, by: 40) {
            var broken = try Broken()
            broken.files.change { $0.room = room }
            var answered: [FlatSpan] = []
            var failures = 0
            for _ in 0..<4 {
                do {
                    answered += try await broken.push()
                } catch let error as PushError {
                    guard case .storageFailed = error else { throw error }
                    failures += 1
                }
            }
            let found = try broken.reopenedCopy()
            try #require(answered.allSatisfy(found.contains), "room \(room)")
            try #require(failures > 0 || room > 1000)
            guard failures > 0 else { continue }
            broken.files.change { $0.room = nil }
            // The probe that is due by now finds the room; the push that sets it off may be refused still.
            broken.clock.advance(seconds: 2)
            answered += (try? await broken.push()) ?? []
            broken.store.log.drain()
            answered += try await broken.push()
            let later = try broken.reopenedCopy()
            try #require(answered.allSatisfy(later.contains), "room \(room)")
            #expect(broken.events.all.contains(.storageRecovered))
        }
    }

    @Test func aFailedSyncMakesItsFileSuspect() async throws {
        var broken = try Broken()
        var answered = try await broken.push()
        let first = broken.store.log.currentFiles().map(\.path)
        broken.files.change { $0.syncFails = true }
        await #expect(throws: PushError.storageFailed("the spans could not be written to disk: input/output error")) {
            _ = try await broken.push()
        }
        broken.files.change { $0.syncFails = false }
        broken.clock.advance(seconds: 2)
        await #expect(throws: PushError.self) { _ = try await broken.push() }
        broken.store.log.drain()
        answered += try await broken.push()
        let paths = broken.store.log.currentFiles().map(\.path)
        #expect(paths.count == 2 && paths.first == first.first)
        let found = try broken.reopenedCopy()
        let kept = answered.filter(found.contains)
        #expect(kept == answered)
    }

    /// Spans whose segment cannot be written stay in memory and in the log, are found, and are sealed when it works.
    @Test func sealingThatFailsIsTriedAgain() async throws {
        for fault in 0..<3 {
            var broken = try Broken { $0.maxHeadSpans = 10_000 }
            let sent = try await broken.push(20)
            broken.files.change {
                $0.room = fault == 0 ? 500 : nil
                $0.renameFails = fault == 1
                $0.syncFails = fault == 2
            }
            await broken.store.sealHeads()
            let statistics = try #require(broken.store.statistics().tenants["t"])
            #expect(statistics.segments == 0 && statistics.unsealedSpans == 20)
            #expect(StoredSpans.all(in: broken.store.snapshot(tenant: "t")) == sent)
            #expect(try broken.reopenedCopy() == sent)
            let failures = broken.events.all.filter { if case .storageFailed = $0 { true } else { false } }
            #expect(failures.count == 1)
            broken.files.change { $0 = FaultyFiles.Plan() }
            await broken.store.sealHeads()
            #expect(broken.store.statistics().tenants["t"]?.sealedSpans == 20)
            let found = SegmentTests.byTrace(StoredSpans.all(in: broken.store.snapshot(tenant: "t")))
            #expect(found == SegmentTests.byTrace(sent))
            #expect(SegmentTests.byTrace(try broken.reopenedCopy()) == SegmentTests.byTrace(sent))
            #expect(broken.store.log.currentFiles().isEmpty)
        }
    }

    /// When merged segments cannot be removed, nothing is there twice, now or after a restart.
    @Test func segmentsThatCannotBeRemovedAreNotCountedTwice() async throws {
        var broken = try Broken {
            $0.maxHeadSpans = 1
            $0.mergeSegments = 2
        }
        var sent: [FlatSpan] = []
        for _ in 0..<3 { sent += try await broken.push() }
        broken.files.change { $0.removeFails = true }
        for _ in 0..<3 {
            sent += try await broken.push()
            await broken.store.sealHeads()
        }
        let now = SegmentTests.byTrace(StoredSpans.all(in: broken.store.snapshot(tenant: "t")))
        #expect(now == SegmentTests.byTrace(sent))
        #expect(SegmentTests.byTrace(try broken.reopenedCopy()) == now)
        broken.files.change { $0.removeFails = false }
        await broken.store.sealHeads()
        let later = SegmentTests.byTrace(StoredSpans.all(in: broken.store.snapshot(tenant: "t")))
        #expect(later == now)
        #expect(SegmentTests.byTrace(try broken.reopenedCopy()) == now)
    }

    /// A disk that does not answer holds no push for longer than it may, and later ones not at all. When it answers, what was being
    /// written is there, and pushes are taken again.
    @Test func aHungDiskIsNotWaitedForWithoutEnd() async throws {
        var broken = try Broken { $0.maxLogWait = 1_000_000 }
        broken.files.change { $0.hangs = true }
        let reason = "the disk has not answered for 0.001 seconds"
        await #expect(throws: PushError.storageFailed("the spans could not be written to disk: \(reason)")) {
            _ = try await broken.push()
        }
        await #expect(throws: PushError.storageFailed("spans cannot be written to disk: \(reason)")) {
            _ = try await broken.push()
        }
        broken.files.wake()
        broken.store.log.drain()
        #expect(broken.store.log.failure(now: broken.clock.now) == nil)
        #expect(broken.store.log.pendingBytes == 0)
        #expect(broken.events.all.suffix(1) == [.storageRecovered])
        #expect(try broken.reopenedCopy().count == 3)
    }

    /// What the log holds can be read although there is no room for the segments that a start would make of it.
    @Test func aStoreOpensOnAFullDisk() async throws {
        var broken = try Broken()
        var sent: [FlatSpan] = []
        for _ in 0..<4 { sent += try await broken.push() }
        let copy = try TemporaryFolder()
        try FileManager.default.removeItem(atPath: copy.path)
        try FileManager.default.copyItem(atPath: broken.folder.path, toPath: copy.path)
        var configuration = TraceStoreConfiguration(path: copy.path)
        configuration.maxHeadSpans = 2
        let files = FaultyFiles()
        files.change { $0.room = 0 }
        let events = EventLog()
        let store = try TraceStore(configuration: configuration, clock: { 1 }, files: files, report: { events.add($0) })
        #expect(StoredSpans.all(in: store.snapshot(tenant: "t")) == sent)
        #expect(events.all.count == 2 && store.statistics().tenants["t"]?.segments == 0)
        files.change { $0.room = nil }
        await store.sealHeads()
        #expect(store.statistics().tenants["t"]?.sealedSpans == sent.count)
        let found = SegmentTests.byTrace(StoredSpans.all(in: store.snapshot(tenant: "t")))
        #expect(found == SegmentTests.byTrace(sent))
    }

    @Test func pushesBeyondTheMemoryAreRefusedAndNothingOfThemIsStored() async throws {
        var broken = try Broken { $0.maxUnsealedBytes = 1 }
        let sent = try await broken.push()
        await #expect(
            throws: PushError.overloaded("too many spans wait to be written to segments", retryAfterSeconds: 5)
        ) { _ = try await broken.push() }
        #expect(StoredSpans.all(in: broken.store.snapshot(tenant: "t")) == sent)
        await broken.store.sealHeads()
        _ = try await broken.push()
    }
}
