import TempoAPI
import TestSupport
import Testing

@testable import TraceStore

@Suite(.computeThreads) struct RoundTripTests {
    /// Everything of a span, its resource and its scope comes back from the columns as it went in.
    @Test(arguments: 0..<6 as Range<UInt64>)
    func everyFieldComesBack(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        let store = try TraceStore.testing(folder)
        var generator = SpanGenerator(seed: seed)
        var sent: [FlatSpan] = []
        for _ in 0..<5 {
            let request = generator.request(spans: 60)
            let outcome = try await store.push(request.protobuf, encoding: .protobuf, tenant: "t")
            #expect(outcome == PushOutcome(acceptedSpans: 60))
            sent += FlatSpan.all(in: request)
            #expect(StoredSpans.all(in: store.snapshot(tenant: "t")) == sent)
        }
    }
}
