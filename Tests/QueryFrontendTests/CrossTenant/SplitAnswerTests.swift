import Foundation
import HTTPTransport
import TempoAPI
import TenantFederation
import TestSupport
import Testing
import TraceQL

@testable import QueryFrontend

/// The one sentence, on random data: the answer for tenants that share the spans of traces equals the answer of one tenant that
/// holds them all.
///
/// `QUERY_ROUNDS` asks for more rounds, `QUERY_SEED` for others: the number of the first.
@Suite(.computeThreads) struct SplitAnswerTests {
    private static func setting(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    /// On both threads: one does the odd seeds, one the even ones.
    @Test(arguments: 0..<2 as Range<UInt64>)
    func `any search of tenants that share traces equals that of one tenant with everything`(_ half: UInt64)
        async throws
    {
        let rounds = Self.setting("QUERY_ROUNDS") ?? 300
        let first = Self.setting("QUERY_SEED") ?? 1
        var (matching, valid) = (0 as UInt64, 0 as UInt64)
        for seed in first..<(first + rounds) where seed % 2 == half {
            guard let round = try SplitRound(seed: seed) else { continue }
            valid += 1
            let outcome = try await round.run()
            if outcome.isMatching { matching += 1 }
            let shown = outcome.faults.prefix(3).joined(separator: "\n").prefix(1500)
            #expect(outcome.faults.isEmpty, "\(round)\n\(shown)")
        }
        if rounds >= 100 { #expect(valid > rounds / 4 && matching > rounds / 10, "\(matching) of \(valid)") }
    }

    @Test func `bytes are given back to the process by searches that succeed and by those that fail`() async throws {
        let world = try SplitWorld(seed: 78, traces: 20)
        let harness = try world.harness()
        for (query, status) in [("{} >> {}", 200), ("({} | by(name)) >> {}", 400)] {
            let answer = try await harness.get(SplitWorld.path(query), tenant: world.allTenants)
            #expect(answer.status == status, "\(answer.text)")
            #expect(try await harness.service.evaluationBudget.settledBytes() == 0, "\(query)")
        }
    }

    @Test func `the newest are the newest overall, and a limit cuts whole traces`() async throws {
        let world = try SplitWorld(seed: 77, traces: 30)
        let harness = try world.harness()
        for query in [
            "{} >> {}", "{ span:childCount > 0 }", "{ status = error } && { kind = server }", "{ .x != nil }",
        ] {
            let whole = try await harness.get(SplitWorld.path(query), tenant: "whole")
            let all = try ComparableSearch.traces(whole.body)
            let starts = all.mapValues { $0["startTimeUnixNano"]?.text.flatMap { UInt64($0) } ?? 0 }
            for limit in [1, 3, 7] {
                let newest = try await harness.get(
                    SplitWorld.path(query + " with(most_recent=true)", limit: limit), tenant: world.allTenants)
                let got = try SearchResponse.decode(json: newest.body).traces.map(\.traceID)
                let expected = starts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(limit).map(\.key)
                #expect(got == expected, "\(query) limit \(limit)")
                let any = try await harness.get(SplitWorld.path(query, limit: limit), tenant: world.allTenants)
                let some = try ComparableSearch.traces(any.body)
                #expect(some.count == min(limit, all.count), "\(query) limit \(limit)")
                for (id, trace) in some { #expect(trace == all[id], "\(query) limit \(limit)") }
            }
        }
    }
}
