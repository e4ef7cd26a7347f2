import HTTPTransport
import TempoAPI
import TenantFederation
import TestSupport
import Testing
import TraceQL

@testable import QueryFrontend

/// The one sentence, on random data: the answer for tenants that share the spans of traces equals the answer of one tenant that
/// holds them all.
@Suite(.computeThreads) struct SplitAnswerTests {
    /// Traces whose parts add up; what random odd traces may show differently is told where they are used.
    private static let oddities: TraceGenerator.Oddities = [.brokenTrees, .mixedValues]
    private static let window = "start=1699999000&end=1700001000"

    private struct World {
        var targets = MemoryTargets()
        var tenants: [String] = []

        init(seed: UInt64, traces: Int) throws {
            var generator = TraceGenerator(seed: seed, oddities: SplitAnswerTests.oddities)
            let count = generator.random.count(2...5)
            tenants = (0..<count).map { "t\($0)" }
            for _ in 0..<traces {
                let trace = generator.trace()
                try targets.add(trace, to: "whole")
                for (tenant, part) in generator.split(trace, into: count) { try targets.add(part, to: "t\(tenant)") }
            }
        }
    }

    /// Searches and their answers: of all tenants together, and of the one with everything.
    private static func answers(
        _ world: World, _ query: String, _ more: String = "limit=1000&spss=0"
    ) async throws -> (ours: ServiceAnswer, whole: ServiceAnswer) {
        let targets = world.targets
        let harness = try ServiceHarness(
            """
            query_frontend: {search: {max_spans_per_span_set: 0}}
            server: {http_server_write_timeout: 30m}
            \(ServiceHarness.oneTarget)
            """
        ) { targets.answer($0) }
        let q = QueryItems([("q", query)]).encoded
        let path = "/api/search?\(q)&\(more)&\(window)"
        return (
            try await harness.get(path, tenant: world.tenants.joined(separator: "|")),
            try await harness.get(path, tenant: "whole")
        )
    }

    private static func compare(_ world: World, _ query: String) async throws -> Bool {
        let (ours, whole) = try await answers(world, query)
        guard whole.status == 200 else { return false }
        #expect(ours.status == 200, "\(query): \(ours.text)")
        guard ours.status == 200 else { return true }
        let (left, right) = (try ComparableSearch.traces(ours.body), try ComparableSearch.traces(whole.body))
        #expect(Set(left.keys) == Set(right.keys), "\(query)")
        for (id, trace) in right where left[id] != nil {
            let isEqual = left[id] == trace
            #expect(isEqual, "\(query), trace \(id): \(ComparableSearch.difference(left[id] ?? .null, trace))")
        }
        #expect(
            ours.fields["X-Tempo-Federation"] == "exact", "\(query): \(ours.fields["X-Tempo-Federation-Reason"] ?? "")")
        return !right.isEmpty
    }

    @Test(.timeLimit(.minutes(5)), arguments: 0..<6 as Range<UInt64>)
    func `any search of tenants that share traces equals that of one tenant with everything`(_ seed: UInt64)
        async throws
    {
        let world = try World(seed: seed, traces: 10)
        var queries = QueryTextGenerator(seed: seed &* 977 &+ 5)
        var matching = 0
        for _ in 0..<25 {
            let text = queries.search()
            guard let query = try? Query.parse(text), (try? query.validate()) != nil, !query.federationClass.isSeparable
            else { continue }
            if try await Self.compare(world, text) { matching += 1 }
        }
        #expect(matching > 0)
    }

    @Test(.timeLimit(.minutes(5)), arguments: 0..<4 as Range<UInt64>)
    func `a separable search does so too, with headers for what others hold`(_ seed: UInt64) async throws {
        let world = try World(seed: seed &+ 1000, traces: 10)
        var queries = QueryTextGenerator(seed: seed &* 131 &+ 7)
        var matching = 0
        for _ in 0..<20 {
            let text = queries.separableSearch()
            guard let query = try? Query.parse(text), (try? query.validate()) != nil, query.federationClass.isSeparable
            else { continue }
            if try await Self.compare(world, text) { matching += 1 }
        }
        #expect(matching > 0)
    }

    @Test func `bytes are given back to the process by searches that succeed and by those that fail`() async throws {
        let world = try World(seed: 78, traces: 20)
        let targets = world.targets
        let harness = try ServiceHarness { targets.answer($0) }
        for (query, status) in [("{} >> {}", 200), ("({} | by(name)) >> {}", 400)] {
            let q = QueryItems([("q", query)]).encoded
            let answer = try await harness.get(
                "/api/search?\(q)&\(Self.window)", tenant: world.tenants.joined(separator: "|"))
            #expect(answer.status == status, "\(answer.text)")
            #expect(harness.service.evaluationBudget.usedBytes == 0, "\(query)")
        }
    }

    @Test func `the newest are the newest overall, and a limit cuts whole traces`() async throws {
        let world = try World(seed: 77, traces: 30)
        for query in [
            "{} >> {}", "{ span:childCount > 0 }", "{ status = error } && { kind = server }", "{ .x != nil }",
        ] {
            let all = try ComparableSearch.traces(try await Self.answers(world, query).whole.body)
            let starts = all.mapValues { $0["startTimeUnixNano"]?.text.flatMap { UInt64($0) } ?? 0 }
            for limit in [1, 3, 7] {
                let (ours, _) = try await Self.answers(
                    world, query + " with(most_recent=true)", "limit=\(limit)&spss=0")
                let got = try SearchResponse.decode(json: ours.body).traces.map(\.traceID)
                let expected = starts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(limit).map(\.key)
                #expect(got == expected, "\(query) limit \(limit)")
                let (any, _) = try await Self.answers(world, query, "limit=\(limit)&spss=0")
                let some = try ComparableSearch.traces(any.body)
                #expect(some.count == min(limit, all.count), "\(query) limit \(limit)")
                for (id, trace) in some { #expect(trace == all[id], "\(query) limit \(limit)") }
            }
        }
    }
}
