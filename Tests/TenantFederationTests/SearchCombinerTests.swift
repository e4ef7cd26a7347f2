import TempoAPI
import TestSupport
import Testing

@testable import TenantFederation

@Suite(.computeThreads) struct SearchCombinerTests {
    private func origin(_ tenant: Int, _ target: Int = 0, group: Int? = nil) -> PartOrigin {
        PartOrigin(tenantRank: tenant, targetRank: target, replicaGroup: group)
    }

    private func trace(
        _ id: String, start: UInt64 = 1, ms: UInt32 = 0, root: String = "", matched: UInt32 = 0, spans: [String] = [],
        stats: TextMap<ServiceStats> = [:]
    ) -> TraceSearchMetadata {
        TraceSearchMetadata(
            traceID: id, rootServiceName: root, rootTraceName: root.isEmpty ? "" : "\(root) op",
            startTimeUnixNano: start, durationMs: ms,
            spanSets: matched == 0
                ? [] : [SpanSet(spans: spans.map { SearchSpan(spanID: $0, startTimeUnixNano: 5) }, matched: matched)],
            serviceStats: stats)
    }

    private func combine(
        _ parts: [(PartOrigin, [TraceSearchMetadata])], limit: Int = 20, spss: Int = 0
    ) -> [TraceSearchMetadata] {
        var combiner = SearchCombiner(options: .init(limit: limit, spansPerSpanSet: spss))
        for (origin, traces) in parts { combiner.fold(SearchResponse(traces: traces), from: origin) }
        return combiner.finish().traces
    }

    @Test func theNewestTracesOfAllTenantsAreKeptAndTiesGoByID() {
        let traces = combine(
            [(origin(0), [trace("b", start: 5), trace("d", start: 9)]), (origin(1), [trace("a", start: 5)])], limit: 2)
        #expect(traces.map(\.traceID) == ["d", "a"])
    }

    @Test func theRealRootIsFoundWhereverItIs() {
        let placeholder = SearchCombiner.rootPlaceholder
        let traces = combine([
            (origin(0), [trace("a", root: placeholder)]), (origin(1), [trace("a", root: "web")]),
            (origin(2), [trace("a"), trace("b")]),
        ])
        #expect(traces.map(\.rootServiceName) == ["web", placeholder])
        #expect(traces.map(\.rootTraceName) == ["web op", ""])
    }

    @Test func durationReachesFromTheFirstStartToTheLastEnd() {
        let traces = combine([
            (origin(0), [trace("a", start: 1_000_000_000, ms: 100)]),
            (origin(1), [trace("a", start: 1_050_000_000, ms: 80)]),
            (origin(2), [trace("a", start: 0, ms: 3)]),
            (origin(3), [trace("b", start: 0, ms: 7)]), (origin(4), [trace("b", start: 0, ms: 9)]),
        ])
        #expect(traces.map(\.durationMs) == [130, 9])
        #expect(traces.map(\.startTimeUnixNano) == [1_000_000_000, 0])
        let extreme = combine([
            (origin(0), [trace("a", start: .max, ms: .max)]), (origin(1), [trace("a", start: 1, ms: 1)]),
        ])
        #expect(extreme[0].durationMs == .max)
    }

    @Test func headersCompleteTracesButFindNone() {
        var combiner = SearchCombiner(options: .init(limit: 20))
        var header = trace(
            "a", start: 900_000, root: "web", matched: 1, spans: ["zz"],
            stats: ["web": ServiceStats(spanCount: 2, errorCount: 1)])
        header.spanSets[0].attributes = [
            KeyValue(key: "by(traceDuration)", value: AnyValue(.string("2.0999999ms")))
        ]
        combiner.fold(SearchResponse(traces: [header, trace("other")]), from: origin(1), role: .headers)
        let found = trace(
            "a", start: 1_000_000, ms: 1, matched: 1, spans: ["01"], stats: ["db": ServiceStats(spanCount: 1)])
        combiner.fold(SearchResponse(traces: [found]), from: origin(0))
        let traces = combiner.finish().traces
        #expect(traces.count == 1)
        #expect(traces[0].rootServiceName == "web")
        #expect(traces[0].durationMs == 2)
        #expect(traces[0].startTimeUnixNano == 900_000)
        #expect(traces[0].spanSets == found.spanSets)
        #expect(traces[0].serviceStats.keys == ["db", "web"])
        #expect(combiner.reporters().map(\.origins) == [[origin(0), origin(1)]])
    }

    @Test func statsOfTenantsAddUpAndThoseOfReplicasDoNot() {
        let part = trace(
            "a", matched: 2, spans: ["01", "02"], stats: ["web": ServiceStats(spanCount: 2, errorCount: 1)])
        let other = trace("a", matched: 2, spans: ["03", "04"], stats: ["web": ServiceStats(spanCount: 3)])
        let replicas = combine([(origin(0, 0, group: 1), [part]), (origin(0, 1, group: 1), [part])])
        #expect(replicas[0].serviceStats["web"] == ServiceStats(spanCount: 2, errorCount: 1))
        #expect(replicas[0].spanSets[0].matched == 2 && replicas[0].spanSets[0].spans.count == 2)
        let tenants = combine([
            (origin(0, 0, group: 1), [part]), (origin(0, 1, group: 1), [part]), (origin(1, 0, group: 1), [other]),
        ])
        #expect(tenants[0].serviceStats["web"] == ServiceStats(spanCount: 5, errorCount: 1))
        #expect(tenants[0].spanSets[0].matched == 4)
    }

    @Test func namesAreToldApartByTheirBytes() {
        // The same letter in two spellings, which Swift calls equal.
        let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}")
        let a = trace("a", matched: 1, stats: [composed: ServiceStats(spanCount: 1)])
        let b = trace(
            "a", matched: 1, stats: [decomposed: ServiceStats(spanCount: 2), composed: ServiceStats(spanCount: 4)])
        let stats = combine([(origin(0), [a]), (origin(1), [b])])[0].serviceStats
        #expect(stats.count == 2)
        #expect(stats[composed]?.spanCount == 5 && stats[decomposed]?.spanCount == 2)

        func spans(_ ids: [String], name: String) -> TraceSearchMetadata {
            var trace = trace("a", matched: UInt32(ids.count), spans: ids)
            for i in trace.spanSets[0].spans.indices { trace.spanSets[0].spans[i].name = name }
            trace.spanSets[0].attributes = [KeyValue(key: name, value: AnyValue(.int(1)))]
            return trace
        }
        let set = combine([
            (origin(0), [spans(["1"], name: composed)]), (origin(1), [spans(["1", "2"], name: decomposed)]),
        ])[0].spanSets[0]
        #expect(set.matched == 3)
        #expect(
            set.spans.map { Array(($0.spanID + $0.name).utf8) }
                == ["1" + decomposed, "1" + composed, "2" + decomposed].map { Array($0.utf8) })
        #expect(set.attributes.map { Array($0.key.utf8) } == [Array(composed.utf8), Array(decomposed.utf8)])
        let ids = combine([(origin(0), [trace(composed)]), (origin(1), [trace(decomposed)])])
        #expect(ids.count == 2)
    }

    @Test func spanSetsUniteWithoutDuplicatesAndAreCutAfterwards() {
        let traces = combine(
            [
                (origin(0), [trace("a", matched: 5, spans: ["03", "01"])]),
                (origin(1), [trace("a", matched: 3, spans: ["01", "02"])]),
            ], spss: 2)
        #expect(traces[0].spanSets.count == 1)
        #expect(traces[0].spanSets[0].matched == 7)
        #expect(traces[0].spanSets[0].spans.map(\.spanID) == ["01", "02"])
        #expect(traces[0].spanSet == traces[0].spanSets[0])
    }

    @Test func aClientAndAServerSpanOfOneIDAreTwoMatches() {
        var client = trace("a", matched: 1, spans: ["01"])
        client.spanSets[0].spans[0].name = "call"
        var server = trace("a", matched: 1, spans: ["01"])
        server.spanSets[0].spans[0].name = "serve"
        let traces = combine([(origin(0), [client]), (origin(1), [server])])
        #expect(traces[0].spanSets[0].matched == 2 && traces[0].spanSets[0].spans.count == 2)
    }

    @Test func theOrderOfArrivalDoesNotMatter() {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<200 {
            let parts = (0..<Int.random(in: 1...5, using: &generator)).map { tenant in
                let traces = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                    let spans = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                        "0\(Int.random(in: 0...9, using: &generator))"
                    }
                    return trace(
                        "t\(Int.random(in: 0...5, using: &generator))", start: .random(in: 0...9, using: &generator),
                        ms: .random(in: 0...9, using: &generator),
                        root: Bool.random(using: &generator) ? "r\(tenant)" : "",
                        matched: UInt32(spans.count), spans: spans,
                        stats: ["s\(tenant % 2)": ServiceStats(spanCount: .random(in: 0...9, using: &generator))])
                }
                return (origin(tenant), traces)
            }
            let expected = combine(parts, limit: 3, spss: 3)
            #expect(combine(parts.shuffled(using: &generator), limit: 3, spss: 3) == expected)
            #expect(expected.count <= 3)
        }
    }

    @Test func onlyTenantsThatMayHoldNewerTracesAreAskedAgain() {
        var combiner = SearchCombiner(options: .init(limit: 2))
        combiner.fold(
            SearchResponse(traces: [trace("a", start: 90), trace("b", start: 80)]), from: origin(0), limitAsked: 2)
        combiner.fold(SearchResponse(traces: [trace("c", start: 70)]), from: origin(1), limitAsked: 2)
        #expect(combiner.cutParts == [origin(0)])
        // All that tenant 0 left out is as old as `b` or older.
        #expect(combiner.needsMore().isEmpty)
        // Another tenant has an early part of `a`, which is now older than what tenant 0 may have left out.
        combiner.fold(SearchResponse(traces: [trace("a", start: 10)]), from: origin(2), limitAsked: 2)
        #expect(combiner.finish().traces.map(\.traceID) == ["b", "c"])
        #expect(combiner.needsMore() == [origin(0)])
        // Asked again with the doubled limit it is not cut any more.
        combiner.fold(
            SearchResponse(traces: [trace("a", start: 90), trace("b", start: 80), trace("d", start: 75)]),
            from: origin(0), limitAsked: 4)
        #expect(combiner.cutParts.isEmpty && combiner.needsMore().isEmpty)
        #expect(combiner.finish().traces.map(\.traceID) == ["b", "d"])
    }

    @Test func countsOfUpstreamsAddUp() {
        var combiner = SearchCombiner(options: .init(limit: 1))
        let metrics = SearchMetrics(
            inspectedTraces: 1, inspectedBytes: .max, totalBlocks: 2, completedJobs: 3, totalJobs: .max,
            totalBlockBytes: 5, backendReads: 7, additionalMetrics: ["k": .max])
        combiner.fold(SearchResponse(metrics: metrics), from: origin(0))
        combiner.fold(SearchResponse(metrics: metrics), from: origin(1))
        let sum = combiner.finish().metrics
        #expect(sum?.inspectedTraces == 2 && sum?.completedJobs == 6 && sum?.totalBlocks == 4)
        #expect(sum?.inspectedBytes == .max && sum?.totalJobs == .max)
        #expect(sum?.additionalMetrics == ["k": .max])
    }

    @Test(
        arguments: [
            ("110ms", 110_000_000), ("42.5ms", 42_500_000), ("1m2.5s", 62_500_000_000), ("9µs", 9_000),
            ("1h0m0.000000001s", 3_600_000_000_001), ("0s", 0), ("0", 0), ("120ns", 120), ("1.5ns", 1),
        ] as [(String, UInt64)])
    func durationTextsAreRead(text: String, nanoseconds: UInt64) {
        #expect(GoDurationText.nanoseconds(text) == nanoseconds)
    }

    @Test(arguments: ["", "5", "ms", "-1s", "1x", "99999999999999h", "1.ms.", "9999999999999999999999s", " 1s"])
    func otherTextsAreNoDurations(text: String) {
        #expect(GoDurationText.nanoseconds(text) == nil)
    }
}
