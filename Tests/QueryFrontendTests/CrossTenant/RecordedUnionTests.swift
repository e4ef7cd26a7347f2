import HTTPTransport
import TestSupport
import Testing

@testable import QueryFrontend

/// The one sentence, on what a real Tempo answered: three tenants of the embedded store that share traces are answered as it
/// answered the tenant that holds every trace whole.
@Suite(.computeThreads, .timeLimit(.minutes(20))) struct RecordedUnionTests {
    private struct AskedThen: WallClock {
        let unixNanoseconds = RecordedUnion.askedAt * 1_000_000_000
    }

    @Test func `three tenants of the store answer as the recorded tenant with everything`() async throws {
        let recorded = try RecordedUnion.load()
        let exceptions = try RecordedUnion.exceptions()
        #expect(Set(exceptions.keys).isSubset(of: Set(recorded.questions.map(\.target))))
        let house = try StoreHarness(
            """
            query_frontend: {query_end_cutoff: 0s}
            overrides: {defaults: {compaction: {block_retention: 0s}}}
            """, clock: AskedThen())
        try await house.running {
            for (tenant, requests) in recorded.tenants {
                for request in requests {
                    let answer = try await house.push(
                        HTTPRequestBody(try request.bytes()), tenant, contentType: "application/json")
                    #expect(answer.status == 200, "\(answer.text)")
                }
            }
            for question in recorded.questions {
                let parts = try await house.get(question.target, RecordedUnion.parts)
                let whole = try await house.get(question.target, RecordedUnion.whole)
                #expect(parts.status == question.status, "\(question): \(parts.text)")
                #expect(whole.status == question.status, "\(question): \(whole.text)")
                guard let right = question.answer, let ours = parts.json, let own = whole.json else { continue }
                let uncut = recorded.uncut(question)
                let ownUncut =
                    question.kind == .search
                    ? try await uncut.asyncMap { try await house.get($0.target, RecordedUnion.whole).json } : nil
                let ownFault = RecordedUnion.fault(question, ours, insteadOf: own, whole: ownUncut ?? nil)
                let fault = RecordedUnion.fault(question, ours, insteadOf: right, whole: uncut?.answer)
                let exception = exceptions[question.target]
                if let exception {
                    #expect(fault != nil, "\(question) is as recorded and no exception: \(exception.reason)")
                } else {
                    #expect(fault == nil, "\(question): \(fault ?? "")")
                }
                let mark = exception?.mark ?? "exact"
                let reason = parts.fields["X-Tempo-Federation-Reason"] ?? ""
                #expect(parts.fields["X-Tempo-Federation"] == mark, "\(question): \(reason)")
                let isOwn = ownFault == nil
                #expect(isOwn == (mark == "exact"), "\(question), against the store's own answer: \(ownFault ?? "")")
            }
        }
    }
}

extension Optional {
    fileprivate func asyncMap<Result>(_ body: (Wrapped) async throws -> Result) async rethrows -> Result? {
        if let value = self { try await body(value) } else { nil }
    }
}
