import Foundation
import TempoAPI
import TestSupport
import Testing

@testable import TraceStore

@Suite(.computeThreads, .timeLimit(.minutes(20))) struct SegmentTests {
    /// Spans by trace, in order of arrival: what sealing and merging keep.
    static func byTrace(_ spans: [FlatSpan]) -> [[UInt8]: [FlatSpan]] {
        Dictionary(grouping: spans, by: \.span.traceID)
    }

    /// Pushes requests that fill several heads; small limits make every push a head of its own.
    static func fill(_ store: TraceStore, tenant: String, requests: Int, seed: UInt64) async throws -> [FlatSpan] {
        var generator = SpanGenerator(seed: seed)
        var sent: [FlatSpan] = []
        for _ in 0..<requests {
            let request = generator.request(spans: 40)
            _ = try await store.push(request.protobuf, encoding: .protobuf, tenant: tenant)
            sent += FlatSpan.all(in: request)
        }
        return sent
    }

    /// What holds for the trace table of any view.
    static func checkTraces(of view: SegmentView) {
        let traces = view.traces
        var rows = Set<Int>()
        for trace in 0..<traces.count {
            #expect(traces.find(traces.id(trace)) == trace)
            let own = Array(traces.rows(trace))
            let numbers = Set(own.map { Int(view.columns.trace[$0]) })
            let start = own.map { view.columns.start[$0] }.min()
            let end = own.map { view.columns.end[$0] }.max()
            #expect(own == own.sorted())
            #expect(numbers == [trace])
            #expect(start == traces.start[trace])
            #expect(end == traces.end[trace])
            let roots = own.filter { view.columns.hasParent[$0] == 0 }
            let root = roots.last.map { UInt32($0) } ?? .max
            #expect(traces.root[trace] == root)
            rows.formUnion(own)
            if view.isSealed {
                #expect(traces.rows(trace).contiguous != nil)
                #expect(trace == 0 || traces.start[trace - 1] <= traces.start[trace])
            }
        }
        #expect(rows.count == view.rowCount)
        #expect(traces.find(TraceID(high: 1, low: 2)) == nil)
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func sealingKeepsEverySpan(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        let events = EventLog()
        do {
            let store = try TraceStore.testing(folder, events: events) {
                $0.maxHeadSpans = 40
                $0.mergeSegments = 1000
            }
            let sent = try await Self.fill(store, tenant: "t", requests: 5, seed: seed)
            let before = try #require(store.snapshot(tenant: "t"))
            await store.maintenance.perform()
            let after = try #require(store.snapshot(tenant: "t"))
            let sealed = after.views.filter(\.isSealed)
            #expect(sealed.count == 5)
            for view in before.views + after.views { Self.checkTraces(of: view) }
            #expect(Self.byTrace(StoredSpans.all(in: after)) == Self.byTrace(sent))
            // What was taken before is as it was.
            #expect(Self.byTrace(StoredSpans.all(in: before)) == Self.byTrace(sent))
            #expect(store.log.currentFiles().isEmpty)
            #expect(store.unsealedBytes.value == 0)
        }
        var generator = SpanGenerator(seed: seed)
        let sent = (0..<5).flatMap { _ in FlatSpan.all(in: generator.request(spans: 40)) }
        let reopened = try TraceStore.testing(folder, events: events)
        #expect(Self.byTrace(StoredSpans.all(in: reopened.snapshot(tenant: "t"))) == Self.byTrace(sent))
        #expect(events.all.last == .opened(tenants: 1, segments: 5, replayedRecords: 0, replayedSpans: 0))
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func mergingKeepsEverySpanAndFewFiles(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        let store = try TraceStore.testing(folder) {
            $0.maxHeadSpans = 40
            $0.mergeSegments = 4
        }
        let sent = try await Self.fill(store, tenant: "t", requests: 21, seed: seed)
        await store.maintenance.perform()
        let snapshot = try #require(store.snapshot(tenant: "t"))
        #expect(snapshot.views.count < 4)
        for view in snapshot.views { Self.checkTraces(of: view) }
        #expect(Self.byTrace(StoredSpans.all(in: snapshot)) == Self.byTrace(sent))
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/tenants/t")
        #expect(files.count == snapshot.views.count)
    }

    /// A crash between a merge and the removal of what it was made from leaves both on disk.
    @Test func segmentsThatWereMergedAreRemovedAtTheNextStart() async throws {
        let folder = try TemporaryFolder()
        var sent: [FlatSpan] = []
        let copy = try TemporaryFolder()
        do {
            let store = try TraceStore.testing(folder) {
                $0.maxHeadSpans = 40
                $0.mergeSegments = 1000
            }
            sent = try await Self.fill(store, tenant: "t", requests: 4, seed: 1)
            await store.maintenance.perform()
            let old = try #require(store.tenants.find("t")).segments()
            let segments = SegmentFolder(
                path: folder.path + "/tenants", files: PosixFiles(), identifiers: ViewIdentifiers())
            _ = try segments.open { _ in }
            _ = try segments.write(
                old.map(\.view), tenant: "t", sequences: 1...4, received: old[0].received, replacing: old)
            try FileManager.default.removeItem(atPath: copy.path)
            try FileManager.default.copyItem(atPath: folder.path, toPath: copy.path)
        }
        let reopened = try TraceStore.testing(copy)
        #expect(reopened.statistics().tenants["t"]?.segments == 1)
        #expect(Self.byTrace(StoredSpans.all(in: reopened.snapshot(tenant: "t"))) == Self.byTrace(sent))
        #expect(try FileManager.default.contentsOfDirectory(atPath: copy.path + "/tenants/t").count == 1)
    }

    /// A segment with any byte changed or cut off is refused with a reason, and the store opens without it.
    @Test func damagedSegmentsAreRefused() async throws {
        let folder = try TemporaryFolder()
        let store = try TraceStore.testing(folder) { $0.maxHeadSpans = 1 }
        var generator = SpanGenerator(seed: 5)
        _ = try await store.push(generator.request(spans: 3).protobuf, encoding: .protobuf, tenant: "t")
        await store.maintenance.perform()
        let segment = try #require(store.tenants.find("t")?.segments().first)
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: segment.path)))
        let whole = SegmentBytes(bytes)
        let (header, _) = try whole.read()
        #expect(header.tenant == "t")
        for length in stride(from: 0, to: bytes.count, by: 7) {
            #expect(throws: SegmentDamage.self) { try SegmentBytes(Array(bytes[..<length])).read() }
        }
        var changed = 0
        for offset in 0..<bytes.count {
            var bytes = bytes
            bytes[offset] ^= 0x10
            // Padding between columns belongs to nothing.
            if (try? SegmentBytes(bytes).read()) == nil { changed += 1 }
        }
        #expect(changed > bytes.count / 4)
    }

    @Test func aDamagedSegmentIsSetAside() async throws {
        let folder = try TemporaryFolder()
        var path = ""
        do {
            let store = try TraceStore.testing(folder) { $0.maxHeadSpans = 1 }
            var generator = SpanGenerator(seed: 5)
            _ = try await store.push(generator.request(spans: 3).protobuf, encoding: .protobuf, tenant: "t")
            await store.maintenance.perform()
            path = try #require(store.tenants.find("t")?.segments().first).path
        }
        try Data("no segment".utf8).write(to: URL(fileURLWithPath: path))
        let events = EventLog()
        let store = try TraceStore.testing(folder, events: events)
        #expect(store.snapshot(tenant: "t") == nil)
        #expect(events.all.first == .damagedSegment(file: path, reason: "not a segment file"))
        #expect(FileManager.default.fileExists(atPath: path + ".damaged"))
    }
}

/// A segment in memory, at an aligned address.
final class SegmentBytes {
    private let owner: ColumnBuffer
    private let count: Int

    init(_ bytes: [UInt8]) {
        owner = ColumnBuffer(byteCount: bytes.count + 64)
        count = bytes.count
        bytes.withUnsafeBytes { source in
            UnsafeMutableRawBufferPointer(start: owner.base, count: bytes.count).copyMemory(from: source)
        }
    }

    func read() throws(SegmentDamage) -> (SegmentFormat.Header, SegmentParts) {
        try SegmentReader(owner: owner, bytes: UnsafeRawBufferPointer(start: owner.base, count: count)).read()
    }
}
