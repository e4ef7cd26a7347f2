import Foundation
import HTTPTransport
import TestSupport
import Testing

@testable import QueryFrontend

/// Searches that relate spans of three tenants, against what a real Tempo answered for the tenant that holds all of them.
@Suite(.computeThreads) struct RecordedRelationTests {
    private struct Recording: Decodable, Sendable {
        struct Case: Decodable, Sendable {
            let target: String
            let answer: JSONValue
        }

        /// OTLP requests by tenant.
        let tenants: [String: [JSONValue]]
        let cases: [Case]
    }

    @Test func `the answer of the tenants equals that of the one with everything`() async throws {
        let recording = try JSONDecoder().decode(
            Recording.self, from: Corpus.data("recorded-relations.json", in: .module))
        var targets = MemoryTargets()
        for (tenant, requests) in recording.tenants {
            for request in requests { try targets.add(otlp: request, to: tenant) }
        }
        let served = targets
        let harness = try ServiceHarness(
            "server: {http_server_write_timeout: 30m}\n" + ServiceHarness.oneTarget
        ) { served.answer($0) }
        #expect(recording.cases.count >= 15)
        for item in recording.cases {
            // The recorded window lies in the future of the clock that stands still; all spans are recent.
            let target = item.target.replacing("start=1795222878&end=1795223178", with: "start=0&end=0")
            #expect(target != item.target)
            let answer = try await harness.get(target, tenant: "onyx|jade|ruby|jade")
            #expect(answer.status == 200, "\(item.target): \(answer.text)")
            #expect(answer.fields["X-Tempo-Federation"] == "exact", "\(item.target)")
            let ours = try ComparableSearch.traces(answer.body)
            let oracle = try ComparableSearch.traces(item.answer.bytes())
            #expect(Set(ours.keys) == Set(oracle.keys), "\(item.target)")
            // Tempo leaves the milliseconds out of an answer that groups by the duration.
            let groupsByDuration = item.target.contains("by%28trace%3Aduration")
            for (id, trace) in oracle {
                #expect((trace["durationMs"] == nil) == groupsByDuration, "\(item.target)")
                let isEqual = (groupsByDuration ? ours[id]?.removing("durationMs") : ours[id]) == trace
                #expect(
                    isEqual,
                    "\(item.target), trace \(id): \(ComparableSearch.difference(ours[id] ?? .null, trace))")
            }
        }
    }
}
