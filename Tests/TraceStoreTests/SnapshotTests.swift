import Foundation
import TempoAPI
import TestSupport
import Testing

@testable import TraceStore

@Suite(.computeThreads, .timeLimit(.minutes(20))) struct SnapshotTests {
    /// Snapshots taken at any moment hold what they held, while the store grows, seals, merges and deletes.
    @Test func snapshotsStayAsTheyWere() async throws {
        let folder = try TemporaryFolder()
        let clock = TestClock()
        let store = try TraceStore.testing(folder, clock: clock) {
            $0.maxHeadSpans = 100
            $0.mergeSegments = 2
            $0.retention = { _ in RetentionPolicy(age: 1_000_000_000) }
        }
        var generator = SpanGenerator(seed: 21)
        var sent: [FlatSpan] = []
        var taken: [(TenantSnapshot, [FlatSpan])] = []
        for round in 0..<12 {
            let request = generator.request(spans: 30)
            _ = try await store.push(request.protobuf, encoding: .protobuf, tenant: "t")
            sent += FlatSpan.all(in: request)
            taken.append((try #require(store.snapshot(tenant: "t")), sent))
            if round % 5 == 4 { await store.maintenance.perform() }
        }
        clock.advance(seconds: 10)
        await store.sealHeads()
        #expect(store.snapshot(tenant: "t") == nil)
        #expect(store.tenantNames().isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/tenants/t").isEmpty)
        for (snapshot, expected) in taken {
            for view in snapshot.views { SegmentTests.checkTraces(of: view) }
            let found = SegmentTests.byTrace(StoredSpans.all(in: snapshot))
            #expect(found == SegmentTests.byTrace(expected))
        }
    }

    /// Readers that look while others push and seal see whole pushes, in an order that only grows.
    @Test func readersSeeWholePushesWhileOthersWrite() async throws {
        let folder = try TemporaryFolder()
        let store = try TraceStore.testing(folder) {
            $0.maxHeadSpans = 150
            $0.mergeSegments = 3
        }
        let writers = 3
        let pushes = 40
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    for push in 0..<pushes {
                        let body = Self.numbered(writer: writer, push: push)
                        _ = try await store.push(body, encoding: .protobuf, tenant: "t")
                    }
                }
            }
            group.addTask {
                var seen = 0
                while seen < writers * pushes * 5 {
                    let counts = Self.counts(store.snapshot(tenant: "t"))
                    #expect(counts.values.allSatisfy { $0 == 5 })
                    #expect(counts.count * 5 >= seen)
                    seen = counts.count * 5
                    await Task.yield()
                }
            }
            try await group.waitForAll()
        }
        await store.sealHeads()
        let counts = Self.counts(store.snapshot(tenant: "t"))
        #expect(counts.count == writers * pushes)
        #expect(counts.values.allSatisfy { $0 == 5 })
    }

    /// Five spans whose name says which push they are of.
    private static func numbered(writer: Int, push: Int) -> [UInt8] {
        let spans = (0..<5).map { number in
            TraceSpan(
                traceID: SpanGenerator.traceID(UInt64(number)),
                spanID: [1, 1, 1, 1, 1, UInt8(writer), UInt8(push), UInt8(number)], name: "\(writer)/\(push)")
        }
        return Trace(resourceSpans: [ResourceSpans(scopeSpans: [ScopeSpans(spans: spans)])]).protobuf
    }

    private static func counts(_ snapshot: TenantSnapshot?) -> [String: Int] {
        var counts: [String: Int] = [:]
        for view in snapshot?.views ?? [] {
            for row in 0..<view.rowCount { counts[view.columns.text(view.columns.name[row]), default: 0] += 1 }
        }
        return counts
    }

    /// Tenants whose names look alike, to people or to file systems, have their own spans, before and after sealing and reopening.
    @Test func tenantsNeverMix() async throws {
        let names = [
            "a", "A", "a.", "a!", "..", ".", "^2e", "^2e^2e", "a/b", "", " ", "ж", String(repeating: "X!", count: 75),
            String(repeating: "X!", count: 74) + "X?", String(repeating: "a", count: 255),
        ]
        let folder = try TemporaryFolder()
        for isSealed in [false, true] {
            let store = try TraceStore.testing(folder)
            for (number, name) in names.enumerated() {
                var generator = SpanGenerator(seed: UInt64(number))
                let body = generator.request(spans: 4).protobuf
                if !isSealed { _ = try await store.push(body, encoding: .protobuf, tenant: name) }
            }
            if isSealed { await store.sealHeads() }
            #expect(store.tenantNames() == names.sorted())
            for (number, name) in names.enumerated() {
                var generator = SpanGenerator(seed: UInt64(number))
                let expected = FlatSpan.all(in: generator.request(spans: 4))
                let snapshot = try #require(store.snapshot(tenant: name))
                #expect(SegmentTests.byTrace(StoredSpans.all(in: snapshot)) == SegmentTests.byTrace(expected))
                // Not one text of another tenant is in the columns.
                let texts = Set(
                    snapshot.views.flatMap { view in
                        (0..<view.columns.strings.count).map { view.columns.text(UInt32($0)) }
                    })
                let foreign = Set(["s0", "s1", "s2", "s3"]).subtracting(
                    expected.flatMap { span in
                        span.resource.attributes.map { Self.text($0.value) }
                            + span.span.attributes.map { Self.text($0.value) }
                    })
                #expect(texts.isDisjoint(with: foreign))
            }
        }
        let reopened = try TraceStore.testing(folder)
        #expect(reopened.tenantNames() == names.sorted())
        let folders = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/tenants")
        #expect(folders.allSatisfy { $0.utf8.count <= 255 && !$0.hasPrefix(".") })
        #expect(Set(folders.map { $0.lowercased() }).count >= names.count - 1)
    }

    private static func text(_ value: AnyValue?) -> String {
        if case .string(let text) = value?.value { text } else { "" }
    }
}
