import Foundation
import HTTPTransport
import TempoAPI
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
}
