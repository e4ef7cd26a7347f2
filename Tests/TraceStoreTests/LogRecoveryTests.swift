import Foundation
import TempoAPI
import TestSupport
import Testing

@testable import TraceStore

@Suite(.computeThreads, .timeLimit(.minutes(20))) struct LogRecoveryTests {
    /// A folder with a log of a few small pushes, what they held, and the log's bytes.
    struct Written {
        let folder: TemporaryFolder
        let pushes: [(tenant: String, spans: [FlatSpan])]
        let path: String
        let bytes: [UInt8]

        init(pushes count: Int = 5) async throws {
            folder = try TemporaryFolder()
            let store = try TraceStore.testing(folder)
            var generator = SpanGenerator(seed: 11)
            var pushes: [(tenant: String, spans: [FlatSpan])] = []
            for number in 0..<count {
                let request = generator.request(spans: 2)
                let tenant = ["a", "b!"][number % 2]
                _ = try await store.push(request.protobuf, encoding: .protobuf, tenant: tenant)
                pushes.append((tenant, FlatSpan.all(in: request)))
            }
            self.pushes = pushes
            path = try #require(store.log.currentFiles().first).path
            bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        }

        /// What the first `count` pushes gave a tenant.
        func spans(of tenant: String, first count: Int) -> [FlatSpan] {
            pushes.prefix(count).filter { $0.tenant == tenant }.flatMap(\.spans)
        }

        /// Where the records end.
        var recordEnds: [Int] {
            var ends: [Int] = []
            let salt = bytes.withUnsafeBytes { $0.number(at: 16, as: UInt64.self) }
            var offset = LogFormat.filePrologueCount
            while let header = bytes.withUnsafeBytes({ LogFormat.RecordHeader($0, at: offset, salt: salt) }) {
                offset += header.recordCount
                ends.append(offset)
            }
            return ends
        }

        /// Opens a fresh folder with these bytes as its log.
        func reopen(_ bytes: [UInt8], events: EventLog) throws -> (TraceStore, TemporaryFolder) {
            let copy = try TemporaryFolder()
            try FileManager.default.createDirectory(atPath: copy.path + "/log", withIntermediateDirectories: true)
            try Data(bytes).write(to: URL(fileURLWithPath: LogWriter.path(copy.path + "/log", index: 1)))
            return (try TraceStore.testing(copy, events: events), copy)
        }
    }

    @Test func whatWasPushedIsThereAfterReopening() async throws {
        let written = try await Written()
        #expect(written.recordEnds.last == written.bytes.count)
        let events = EventLog()
        let (store, _) = try written.reopen(written.bytes, events: events)
        #expect(store.tenantNames() == ["a", "b!"])
        for tenant in ["a", "b!"] {
            #expect(StoredSpans.all(in: store.snapshot(tenant: tenant)) == written.spans(of: tenant, first: 5))
        }
        #expect(events.all == [.opened(tenants: 2, segments: 0, replayedRecords: 5, replayedSpans: 10)])
    }

    /// A log cut anywhere gives exactly the pushes whose records are whole, says that it was torn, and takes pushes again.
    @Test func aLogThatIsCutAnywhereKeepsEveryWholeRecord() async throws {
        let written = try await Written(pushes: 3)
        let ends = written.recordEnds
        for length in 0..<written.bytes.count {
            let events = EventLog()
            let (store, folder) = try written.reopen(Array(written.bytes[..<length]), events: events)
            let whole = ends.count { $0 <= length }
            for tenant in ["a", "b!"] {
                let expected = written.spans(of: tenant, first: whole)
                try #require(StoredSpans.all(in: store.snapshot(tenant: tenant)) == expected, "cut at \(length)")
            }
            let isAtEnd = length == LogFormat.filePrologueCount || ends.contains(length)
            let isTorn = events.all.contains { if case .tornLog = $0 { true } else { false } }
            try #require(isTorn == !isAtEnd, "cut at \(length)")
            withExtendedLifetime(folder) {}
        }
    }

    /// Any one flipped bit costs at most the record that it is in, and never goes unnoticed there.
    @Test func aFlippedBitCostsAtMostItsRecord() async throws {
        let written = try await Written(pushes: 3)
        let ends = written.recordEnds
        var random = SeededRandom(3)
        for offset in 0..<written.bytes.count {
            var bytes = written.bytes
            bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            let events = EventLog()
            let (store, folder) = try written.reopen(bytes, events: events)
            let hit = offset < LogFormat.filePrologueCount ? nil : ends.firstIndex { offset < $0 }
            for tenant in ["a", "b!"] {
                let expected = written.pushes.enumerated().filter { $0.offset != hit && $0.element.tenant == tenant }
                    .flatMap(\.element.spans)
                try #require(StoredSpans.all(in: store.snapshot(tenant: tenant)) == expected, "bit at \(offset)")
            }
            let isReported = events.all.contains {
                switch $0 {
                case .tornLog, .damagedLog: true
                default: false
                }
            }
            try #require(isReported == (hit != nil), "bit at \(offset)")
            withExtendedLifetime(folder) {}
        }
    }

    @Test func aFolderIsOpenedOnce() async throws {
        let folder = try TemporaryFolder()
        var store: TraceStore? = try TraceStore.testing(folder)
        #expect(throws: StoreOpenError.self) { try TraceStore.testing(folder) }
        _ = store?.tenantNames()
        store = nil
        _ = try TraceStore.testing(folder)
    }
}
