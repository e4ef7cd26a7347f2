import Foundation
import HTTPTransport
import TempoAPI
import TenantFederation
import TestSupport
import Testing
import TraceQL

@testable import QueryFrontend

/// Metrics of tenants that share the spans of traces equal those of one tenant that holds them all.
///
/// `QUERY_ROUNDS` asks for more rounds, `QUERY_SEED` for others: the number of the first.
@Suite(.computeThreads) struct SplitMetricsTests {
    private static func setting(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    @Test func `any metrics of tenants that share traces equal those of one tenant with everything`() async throws {
        let rounds = Self.setting("QUERY_ROUNDS") ?? 150
        let first = Self.setting("QUERY_SEED") ?? 1
        var (matching, valid) = (0 as UInt64, 0 as UInt64)
        for seed in first..<(first + rounds) {
            guard let round = try MetricsRound(seed: seed) else { continue }
            valid += 1
            let outcome = try await round.run()
            if outcome.isMatching { matching += 1 }
            let shown = outcome.faults.prefix(3).joined(separator: "\n").prefix(1500)
            #expect(outcome.faults.isEmpty, "\(round)\n\(shown)")
        }
        if rounds >= 100 { #expect(valid > rounds / 2 && matching > rounds / 10, "\(matching) of \(valid)") }
    }

    @Test func `lists that are cut are asked for in parts, and nothing is summed over a cut`() async throws {
        let world = try SplitWorld(seed: 41, traces: 120)
        let targets = world.targets
        // Each finds many traces, few traces are found by all.
        let text = """
            { name = "emit" && kind = server } && { name = "b" && status = error } && { name = "root" && kind = client } \
            | count_over_time() by (name)
            """
        let items = QueryItems([("q", text), ("start", "1699999995"), ("end", "1700000070"), ("step", "5")])
        let path = "/api/metrics/query_range?" + items.encoded
        let whole = try await world.harness().get(path, tenant: "whole")
        #expect(whole.status == 200, "\(whole.text)")
        var (refused, answered, answeredInParts) = (0, 0, 0)
        for most in [1, 2, 30] {
            let harness = try ServiceHarness(
                """
                multitenancy_enabled: true
                server: {http_server_write_timeout: 30m}
                federation:
                  proxy_targets: [{name: target0, url: 'http://target0'}]
                  cross_tenant_evaluation: {max_candidate_traces: \(most)}
                """
            ) { targets.answer($0) }
            let ours = try await harness.get(path, tenant: world.allTenants)
            let listings = harness.transport.requests.count { $0.path == "/api/search" }
            if ours.status == 422 {
                refused += 1
                #expect(ours.text.contains("federation.cross_tenant_evaluation.max_candidate_traces"), "\(ours.text)")
                continue
            }
            #expect(ours.status == 200, "\(ours.text)")
            #expect(ours.json?["series"] == whole.json?["series"], "\(most): \(ours.text.prefix(400))")
            answered += 1
            if listings > 3 * world.tenants.count { answeredInParts += 1 }
            #expect(try await harness.service.evaluationBudget.settledBytes() == 0)
        }
        #expect(answered > answeredInParts && answeredInParts > 0, "\(refused) \(answered) \(answeredInParts)")
    }
}
