import Foundation
import TestSupport
import Testing

/// Two processes with stores as the clusters of a third: three recorded tenants, spread over both, are answered as a real Tempo
/// answered the tenant that holds all their spans.
@Suite(.ownThreads, .timeLimit(.minutes(20))) struct RecordedUnionClusterTests {
    @Test func `tenants spread over clusters answer as the recorded tenant with everything`() throws {
        let recorded = try RecordedUnion.load()
        let exceptions = try RecordedUnion.exceptions()
        var settings = RunningStore.Settings()
        settings.root = [
            "query_frontend: {query_end_cutoff: 0s}", "overrides: {defaults: {compaction: {block_retention: 0s}}}",
        ]
        let clusters = [
            try RunningStore(RunningStore.Folder(), settings), try RunningStore(RunningStore.Folder(), settings),
        ]
        defer { for cluster in clusters { cluster.stop() } }
        for (tenant, requests) in recorded.tenants {
            for request in requests {
                // The services of a trace alternate, so that both clusters have spans of it, of one tenant too.
                for (index, batch) in (request["resourceSpans"]?.elements ?? []).enumerated() {
                    let part = JSONValue.object(["resourceSpans": .array([batch])])
                    let answer = try clusters[index % 2].push(try part.bytes(), tenant: tenant)
                    #expect(answer.status == 200, "\(answer.text)")
                }
            }
        }
        var front = RunningFrontend.Settings()
        front.root = ["query_frontend: {query_end_cutoff: 0s}"]
        let frontend = try RunningFrontend(
            [.init(name: "east", port: clusters[0].port), .init(name: "west", port: clusters[1].port)], front)
        defer { frontend.stop() }
        var exact = 0
        for question in recorded.questions {
            for tenants in [RecordedUnion.parts, RecordedUnion.whole] {
                let answer = try frontend.get(question.target, tenants: tenants)
                #expect(answer.status == question.status, "\(question) as \(tenants): \(answer.text)")
                guard let right = question.answer, answer.status == 200 else { continue }
                let fault = RecordedUnion.fault(
                    question, try JSONValue(parsing: answer.body), insteadOf: right,
                    whole: recorded.uncut(question)?.answer)
                let exception = exceptions[question.target]
                if let exception {
                    #expect(fault != nil, "\(question) is as recorded and no exception: \(exception.reason)")
                } else {
                    #expect(fault == nil, "\(question) as \(tenants): \(fault ?? "")")
                    exact += 1
                }
                let reason = answer["X-Tempo-Federation-Reason"] ?? ""
                #expect(
                    answer["X-Tempo-Federation"] == exception?.mark ?? "exact", "\(question) as \(tenants): \(reason)")
            }
        }
        #expect(exact > 200)
    }
}
