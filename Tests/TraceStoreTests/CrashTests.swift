import Foundation
import TempoAPI
import TestSupport
import Testing

@testable import TraceStore

/// Files that are copied away at chosen operations: what a crash at that moment would leave.
@Suite(.computeThreads, .timeLimit(.minutes(20))) struct CrashTests {
    /// A copy of the folder after any change to it opens, and holds every span that was answered before, once.
    @Test(arguments: 0..<3 as Range<UInt64>)
    func aCrashAtAnyMomentLosesNothingThatWasAnswered(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        let crashes = Crashes(folder: folder.path)
        var configuration = TraceStoreConfiguration(path: folder.path)
        configuration.maxHeadSpans = 12
        configuration.mergeSegments = 2
        configuration.maxLogFileBytes = 4000
        let store = try TraceStore(configuration: configuration, clock: { 1 }, files: crashes, report: { _ in })
        var generator = SpanGenerator(seed: seed)
        for push in 0..<14 {
            let request = generator.request(spans: 4)
            let tenant = ["a", "b"][push % 2]
            crashes.add(sent: FlatSpan.all(in: request), tenant: tenant)
            _ = try await store.push(request.protobuf, encoding: .protobuf, tenant: tenant)
            crashes.answered()
            if push % 3 == 2 { await store.maintenance.perform() }
        }
        let copies = crashes.copies
        #expect(copies.count > 60)
        for (number, copy) in copies.enumerated() {
            let reopened = try TraceStore.testing(copy.folder)
            for tenant in ["a", "b"] {
                let found = StoredSpans.all(in: reopened.snapshot(tenant: tenant)).map(\.span.spanID)
                let sent = copy.sent[tenant, default: []].map(\.span.spanID)
                let answered = sent.prefix(copy.answered[tenant] ?? 0)
                try #require(Set(found).count == found.count, "crash \(number) of \(tenant): spans twice")
                try #require(Set(answered).isSubset(of: found), "crash \(number) of \(tenant): spans lost")
                try #require(Set(found).isSubset(of: sent), "crash \(number) of \(tenant): spans from nowhere")
            }
        }
    }
}
