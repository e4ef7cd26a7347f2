import HTTPTransport
import TestSupport
import Testing

@testable import QueryFrontend

/// Targets that federate themselves: what they say of their answers is said on.
@Suite(.timeLimit(.minutes(20))) struct FederatingTargetTests {
    private static let config = """
        multitenancy_enabled: true
        federation:
          proxy_targets: [{name: one, url: 'http://one'}, {name: two, url: 'http://two'}]
          result_cache: {enabled: true}
        """
    private static let window = "start=\(ServiceHarness.unixSeconds - 7200)&end=\(ServiceHarness.unixSeconds - 3600)"

    private static func answer(_ request: ScriptedRequest, _ mark: [(String, String)]) -> ScriptedAnswer {
        var answer: ScriptedAnswer =
            switch request.path {
            case "/api/search": .json(#"{"traces":[],"metrics":{}}"#)
            case "/api/v2/search/tags": .json(#"{"scopes":[{"name":"span","tags":["a"]}]}"#)
            default: ScriptedAnswer(status: 404)
            }
        if request.target == "two" { for (name, value) in mark { answer.fields.append(name, value) } }
        return answer
    }

    @Test(
        arguments: [
            "/api/search?q=%7B%7D&\(window)", "/api/v2/search/tags?\(window)",
            "/api/v2/traces/4dc2a627940eee3cba6f875c2e84496e",
        ],
        [("partial", "partial"), ("approximate", "approximate"), ("tenant-local", "approximate"), ("exact", "exact")])
    func `an answer is no better than what it is made of, and a part of one is not kept`(
        _ target: String, _ mark: (theirs: String, ours: String)
    ) async throws {
        let harness = try ServiceHarness(Self.config) { request in
            Self.answer(request, [("X-Tempo-Federation", mark.theirs), ("X-Tempo-Federation-Reason", "missing a@x")])
        }
        for _ in 0..<2 {
            let answer = try await harness.get(target)
            #expect(answer.status == 200)
            #expect(answer.fields["X-Tempo-Federation"] == mark.ours)
            let reason = mark.theirs == "exact" ? nil : "target two says \(mark.theirs): missing a@x"
            #expect(answer.fields["X-Tempo-Federation-Reason"] == reason)
        }
        let isKept = mark.theirs == "exact" && !target.contains("traces")
        #expect(harness.transport.requests.count { $0.target == "two" } == (isKept ? 1 : 2))
    }

    @Test func `the only target's word is said on too`() async throws {
        for mark in ["partial", "exact"] {
            let harness = try ServiceHarness { request in
                var answer = Self.answer(request, [])
                answer.fields.append("X-Tempo-Federation", mark)
                return answer
            }
            let answer = try await harness.get("/api/search?q=%7B%7D&\(Self.window)")
            #expect(answer.status == 200)
            #expect(answer.fields["X-Tempo-Federation"] == (mark == "exact" ? nil : mark))
        }
    }

    @Test(arguments: ["allow", "deny"])
    func `what the caller wants of missing members is asked of targets too`(_ wish: String) async throws {
        let harness = try ServiceHarness(Self.config) { Self.answer($0, []) }
        _ = try await harness.get(
            "/api/search?q=%7B%7D&\(Self.window)", fields: [("X-Tempo-Federation-Partial-Response", wish)])
        #expect(harness.transport.requests.count == 2)
        #expect(harness.transport.requests.allSatisfy { $0.fields["X-Tempo-Federation-Partial-Response"] == wish })
    }
}
