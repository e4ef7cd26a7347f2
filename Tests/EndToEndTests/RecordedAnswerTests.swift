import Foundation
import TestSupport
import Testing

/// The program's one sentence, checked on recorded data: the answer for several tenants equals the answer of one tenant that holds the
/// spans of all.
@Suite(.ownThreads) struct RecordedAnswerTests {
    private static let tenants = "onyx|jade|ruby|jade"

    @Test func `cross-tenant answers equal the answers of the tenant that holds all spans`() throws {
        let questions = try Corpus.load("questions", in: .module, atLeast: 90, as: RecordedQuestion.self)
        let replay = try RunningReplay()
        defer { replay.stop() }
        let frontend = try RunningFrontend([.init(name: "replay", port: replay.port)])
        defer { frontend.stop() }

        var compared = 0
        for question in questions where question.leftOut == nil {
            for accept in ["application/json", "application/protobuf"] {
                var comparison = AnswerComparison(question)
                let ours = try frontend.get(question.target, tenants: Self.tenants, accept: accept)
                let oracle = try replay.get(question.target, tenant: "union", accept: accept)
                do {
                    if accept.hasSuffix("json") {
                        try comparison.compareJSON(ours, oracle)
                    } else {
                        try comparison.compareProtobuf(ours, oracle)
                    }
                } catch {
                    Issue.record("\(question.testDescription) as \(accept): \(error); body \(ours.text.prefix(300))")
                }
                #expect(
                    comparison.differences.isEmpty,
                    "\(question.testDescription) as \(accept): \(comparison.differences.joined(separator: "\n").prefix(2000))"
                )
                if ours.status == 200 {
                    #expect(ours["X-Tempo-Federation"] != nil, "\(question.testDescription): no federation mark")
                }
                compared += 1
            }
        }
        #expect(compared >= 150)
    }

    @Test func `what is left out above is what the answer itself calls evaluated inside each tenant`() throws {
        let questions = try Corpus.load("questions", in: .module, atLeast: 90, as: RecordedQuestion.self)
        let replay = try RunningReplay()
        defer { replay.stop() }
        // The recordings hold neither the filters nor all the traces that evaluation across tenants asks for.
        var settings = RunningFrontend.Settings()
        settings.federation = ["cross_tenant_evaluation: {enabled: false}"]
        let frontend = try RunningFrontend([.init(name: "replay", port: replay.port)], settings)
        defer { frontend.stop() }
        for question in questions where question.target.hasPrefix("/api/search?q=") && question.kind == .search {
            let answer = try frontend.get(question.target, tenants: Self.tenants)
            #expect(answer.status == 200, "\(question.testDescription): \(answer.text)")
            let reason = answer["X-Tempo-Federation-Reason"] ?? ""
            #expect(
                reason.contains("evaluated inside each tenant") == (question.leftOut != nil),
                "\(question.testDescription): \(reason)")
            #expect(answer["X-Tempo-Federation"] == (question.leftOut != nil ? "tenant-local" : "exact"))
            // One tenant of one target: the target's own answer, which is whole.
            let alone = try frontend.get(question.target, tenants: "union")
            #expect(alone["X-Tempo-Federation"] == nil, "\(question.testDescription)")
            var comparison = AnswerComparison(question.askedOfOneTenant)
            try comparison.compareJSON(alone, replay.get(question.target, tenant: "union"))
            #expect(comparison.differences.isEmpty, "\(question.testDescription): \(comparison.differences)")
        }
    }

    @Test func `the stand-in answers questions for headers as the recorded Tempo did`() throws {
        let replay = try RunningReplay()
        defer { replay.stop() }
        let recorded = try Corpus.load("questions", in: .module, atLeast: 90, as: RecordedQuestion.self)
            .filter { $0.target.contains("trace%3Aid") && $0.target.contains("by%28") }
        #expect(recorded.count >= 2)
        for question in recorded {
            // Ids in another order are another question, which was not recorded.

            let first = "trace%3Aid%3D%2200000000000000000000000000000001%22"
            let made = question.target.replacing("q=%7B+", with: "q=%7B+\(first)+%7C%7C+")
            #expect(made != question.target)
            for tenant in ["ruby", "jade", "onyx", "union"] {
                for accept in ["application/json", "application/protobuf"] {
                    var comparison = AnswerComparison(question.askedOfOneTenant)
                    let ours = try replay.get(made, tenant: tenant, accept: accept)
                    let oracle = try replay.get(question.target, tenant: tenant, accept: accept)
                    if accept.hasSuffix("json") {
                        try comparison.compareJSON(ours, oracle)
                    } else {
                        try comparison.compareProtobuf(ours, oracle)
                    }
                    #expect(comparison.differences.isEmpty, "\(tenant): \(comparison.differences)")
                }
            }
        }
    }

    @Test func `limit and spss cut the merged answer`() throws {
        let replay = try RunningReplay()
        defer { replay.stop() }
        let frontend = try RunningFrontend([.init(name: "replay", port: replay.port)])
        defer { frontend.stop() }
        let window = "start=1795222878&end=1795223178"
        let uncut = try JSONValue(
            parsing: replay.get("/api/search?q=%7B%7D&limit=100&spss=100&\(window)", tenant: "union").body)
        let whole = Dictionary(
            (uncut["traces"]?.elements ?? []).map { ($0["traceID"] ?? .null, $0) },
            uniquingKeysWith: { first, _ in first })
        for (limit, spans) in [(1, 1), (3, 2), (5, 3), (12, 4)] {
            let answer = try frontend.get(
                "/api/search?q=%7B%7D&limit=\(limit)&spss=\(spans)&\(window)", tenants: Self.tenants)
            #expect(answer.status == 200)
            let traces = try JSONValue(parsing: answer.body)["traces"]?.elements ?? []
            #expect(traces.count == min(limit, whole.count))
            for trace in traces {
                let oracle = try #require(whole[trace["traceID"] ?? .null])
                for member in ["rootServiceName", "rootTraceName", "startTimeUnixNano", "durationMs", "serviceStats"] {
                    #expect(trace[member] == oracle[member], "limit \(limit): \(member)")
                }
                let set = try #require(trace["spanSets"]?.elements.first)
                let oracleSet = try #require(oracle["spanSets"]?.elements.first)
                #expect(set["matched"] == oracleSet["matched"], "limit \(limit), spss \(spans)")
                let shown = set["spans"]?.elements ?? []
                #expect(shown.count == min(spans, oracleSet["spans"]?.elements.count ?? 0))
                #expect(Set(shown).isSubset(of: Set(oracleSet["spans"]?.elements ?? [])))
            }
        }
    }

    @Test func `the same question gives the same bytes whatever the order of the tenants`() throws {
        let replay = try RunningReplay()
        defer { replay.stop() }
        let frontend = try RunningFrontend([.init(name: "replay", port: replay.port)])
        defer { frontend.stop() }
        let window = "start=1795222878&end=1795223178"
        for target in [
            "/api/v2/traces/4dc2a627940eee3cba6f875c2e84496e", "/api/traces/4dc2a627940eee3cba6f875c2e84496e",
            "/api/search?q=%7B%7D&limit=4&\(window)", "/api/v2/search/tags?\(window)",
            "/api/v2/search/tag/name/values?\(window)",
        ] {
            let first = try frontend.get(target, tenants: "ruby|jade|onyx").body
            #expect(!first.isEmpty)
            for tenants in ["onyx|ruby|jade", "jade|onyx|ruby|onyx", "ruby:a=b|jade|onyx"] {
                #expect(try frontend.get(target, tenants: tenants).body == first, "\(target) as \(tenants)")
            }
        }
    }

    @Test func `two targets with fixed tenants answer as two tenants of one target do`() throws {
        let replay = try RunningReplay()
        defer { replay.stop() }
        let joined = try RunningFrontend([.init(name: "replay", port: replay.port)])
        defer { joined.stop() }
        let split = try RunningFrontend([
            .init(name: "east", port: replay.port, more: ["tenant: ruby"]),
            .init(name: "west", port: replay.port, more: ["tenant: onyx"]),
        ])
        defer { split.stop() }
        let window = "start=1795222878&end=1795223178"
        for target in [
            "/api/v2/traces/4dc2a627940eee3cba6f875c2e84496e", "/api/search?q=%7B%7D&limit=100&spss=100&\(window)",
            "/api/v2/search/tag/name/values?\(window)",
        ] {
            let one = try joined.get(target, tenants: "ruby|onyx")
            let two = try split.get(target, tenants: "anyone")
            #expect(one.status == 200)
            #expect(two.status == 200)
            #expect(
                try JSONValue(parsing: one.body).removing("metrics")
                    == JSONValue(parsing: two.body).removing("metrics"),
                "\(target)")
        }
    }
}
