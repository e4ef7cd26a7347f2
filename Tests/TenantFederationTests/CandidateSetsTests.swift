import TempoAPI
import TestSupport
import Testing
import TraceQL

@testable import TenantFederation

/// Which traces the lists of several tenants leave as candidates.
@Suite(.computeThreads) struct CandidateSetsTests {
    private static func plan(_ query: String) throws -> CandidatePlan { try Query.parse(query).candidatePlan }

    private static func list(_ traces: (String, UInt64)...) -> SearchResponse {
        SearchResponse(traces: traces.map { TraceSearchMetadata(traceID: $0.0, startTimeUnixNano: $0.1) })
    }

    private static func text(_ result: CandidateSets.Result) -> String {
        let ids = result.candidates.map { "\($0.traceID)@\($0.latestStart)" }.joined(separator: " ")
        return result.isComplete ? ids : "\(ids) beyond \(result.horizon)"
    }

    @Test func `tenants are united for each filter, filters meet as the rule says`() throws {
        for (query, expected) in [
            ("{ .a = 1 } >> { .b = 2 }", "p@50"),
            ("({ .a = 1 } && { .b = 2 }) || ({ .a = 1 } && { .c = 3 })", "p@50 q@30"),
        ] {
            let plan = try Self.plan(query)
            var sets = CandidateSets(plan)
            for (index, filter) in plan.filters.enumerated() {
                switch "\(filter.expression)" {
                case ".a = 1":
                    sets.fold(Self.list(("p", 50), ("q", 30)), filter: index, limit: 9)
                    sets.fold(Self.list(("p", 70)), filter: index, limit: 9)
                case ".b = 2": sets.fold(Self.list(("p", 60), ("r", 10)), filter: index, limit: 9)
                default: sets.fold(Self.list(("q", 90), ("r", 10)), filter: index, limit: 9)
                }
            }
            #expect(plan.filters.count >= 2)
            #expect(Self.text(sets.result()).hasPrefix("p@50"), "\(query)")
            #expect(Self.text(sets.result()) == expected, "\(query)")
        }
    }

    @Test func `a list that was cut excludes nothing while another is whole`() throws {
        var sets = CandidateSets(try Self.plan("{ .a = 1 } && { .b = 2 }"))
        sets.fold(Self.list(("p", 50), ("q", 40)), filter: 0, limit: 2)
        sets.fold(Self.list(("r", 20)), filter: 1, limit: 2)
        #expect(Self.text(sets.result()) == "r@20")
        #expect(sets.cutFilters == [0])
    }

    @Test func `where all lists were cut, what is newer than the oldest listed is known`() throws {
        var sets = CandidateSets(try Self.plan("{ .a = 1 } && { .b = 2 }"))
        sets.fold(Self.list(("p", 50), ("q", 40)), filter: 0, limit: 2)
        sets.fold(Self.list(("p", 55), ("r", 20)), filter: 1, limit: 2)
        #expect(Self.text(sets.result()) == "p@50 beyond 40")
        sets.noteMissing(filter: 1)
        #expect(Self.text(sets.result()) == "p@50 beyond \(UInt64.max)")
    }

    @Test func `a start of zero is unknown, and what no filter asked for is ignored`() throws {
        var sets = CandidateSets(try Self.plan("{ .a = 1 } | count() > 2"))
        sets.fold(Self.list(("p", 0)), filter: 0, limit: 9)
        sets.fold(Self.list(("p", 7)), filter: 0, limit: 9)
        sets.fold(Self.list(("q", 7)), filter: 5, limit: 9)
        #expect(Self.text(sets.result()) == "p@7")
        #expect(CandidateSets(try Self.plan("{ false }")).result().candidates.isEmpty)
    }

    @Test func `a trace that nobody knows the start of may be newer than all, and so may what a list with such lacks`()
        throws
    {
        var sets = CandidateSets(try Self.plan("{ .a = 1 } | count() > 2"))
        sets.fold(Self.list(("p", 7), ("q", 0)), filter: 0, limit: 9)
        #expect(Self.text(sets.result()) == "q@\(UInt64.max) p@7")
        sets.fold(Self.list(("r", 9), ("s", 0)), filter: 0, limit: 2)
        #expect(sets.result().horizon == .max && !sets.result().isComplete)
    }
}

/// Budgets of bytes that enclose each other.
@Suite(.computeThreads) struct ByteBudgetTests {
    @Test func `a lease gives back however its work ends`() async throws {
        struct Failure: Error {}
        let process = ByteBudget(limit: 100)
        let query = ByteBudget(limit: 500)
        @Sendable func work(_ bytes: Int, fails: Bool) async throws -> ByteLease {
            let lease = ByteLease(from: process, countedBy: query)
            defer { withExtendedLifetime(lease) {} }
            #expect(lease.budget.take(bytes))
            if fails { throw Failure() }
            return lease
        }
        await #expect(throws: Failure.self) { try await work(60, fails: true) }
        #expect(process.usedBytes == 0 && query.usedBytes == 60)
        var lease: ByteLease? = try await work(70, fails: false)
        #expect(process.usedBytes == 70 && lease?.budget.take(40) == false && lease?.budget.isExhausted == true)
        lease = nil
        #expect(process.usedBytes == 0 && query.usedBytes == 130)
        await #expect(throws: Failure.self) {
            try await withThrowingTaskGroup(of: ByteLease.self) { group in
                for bytes in [10, 20, 30] { group.addTask { try await work(bytes, fails: bytes == 30) } }
                for try await _ in group {}
            }
        }
        #expect(process.usedBytes == 0)
    }

    @Test func `what is taken is taken everywhere, or nowhere`() {
        let process = ByteBudget(limit: 100)
        let query = ByteBudget(limit: 80, within: [process])
        let other = ByteBudget(limit: 80, within: [process])
        #expect(query.take(60) && process.usedBytes == 60)
        #expect(!other.take(50) && other.usedBytes == 0 && process.usedBytes == 60)
        #expect(other.isExhausted && !query.isExhausted && process.isExhausted)
        #expect(!query.take(30) && query.isExhausted && process.usedBytes == 60)
        #expect(other.take(40) && process.usedBytes == 100)
        query.giveBack(60)
        #expect(query.usedBytes == 0 && process.usedBytes == 40)
        #expect(ByteBudget().take(1 << 40))
    }
}
