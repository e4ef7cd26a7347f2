import TempoAPI
import TestSupport
import Testing

@testable import TenantFederation

/// What is asked so that the traces of an answer become whole.
@Suite(.computeThreads) struct SearchCompletionTests {
    private static func origin(_ tenant: Int, target: Int = 0, replicas: Int? = nil) -> PartOrigin {
        PartOrigin(tenantRank: tenant, targetRank: target, replicaGroup: replicas)
    }

    private static func trace(_ id: String, start: UInt64, ms: UInt32, exact: String? = nil) -> TraceSearchMetadata {
        var trace = TraceSearchMetadata(traceID: id, startTimeUnixNano: start, durationMs: ms)
        if let exact {
            let duration = KeyValue(key: "by(traceDuration)", value: AnyValue(.string(exact)))
            trace.spanSets = [SpanSet(matched: 1, attributes: [duration])]
        }
        return trace
    }

    /// Questions as text: origin, kind, ids.
    private static func text(_ questions: [SearchCompletion.Question]) -> [String] {
        questions.map { question in
            let place = "\(question.origin.tenantRank)@\(question.origin.targetRank)"
            return "\(place) \(question.kind) \(question.traceIDs.joined(separator: " "))"
        }
    }

    private static func combiner(
        limit: Int = 20, _ parts: [(PartOrigin, [TraceSearchMetadata])]
    ) -> SearchCombiner {
        var combiner = SearchCombiner(options: .init(limit: limit))
        for (origin, traces) in parts { combiner.fold(SearchResponse(traces: traces), from: origin) }
        return combiner
    }

    @Test func `those who did not report a trace are asked, once`() {
        let origins = [Self.origin(0), Self.origin(1), Self.origin(2)]
        let combiner = Self.combiner([
            (origins[0], [Self.trace("a", start: 900, ms: 1), Self.trace("b", start: 800, ms: 1)]),
            (origins[1], [Self.trace("c", start: 700, ms: 1)]), (origins[2], []),
        ])
        var completion = SearchCompletion(origins: origins, asksForMatches: true)
        #expect(
            Self.text(completion.next(combiner)) == ["0@0 headers c", "1@0 headers a b", "2@0 headers a b c"])
        #expect(completion.next(combiner).isEmpty)
    }

    @Test func `a part is asked for its exact duration only where it can change the sum`() {
        let origins = [Self.origin(0), Self.origin(1)]
        let ms: UInt64 = 1_000_000
        // From 0.9 ms on, the other part from 10.2 ms to 30 ms and a bit.
        for (start, exact, isAsked) in [
            (UInt64(10_200_000), "19.9ms", true), (10_200_000, "9ms", true), (10_200_000, "500ms", false),
            // Begins with the other part: whole milliseconds of both are exact.
            (900_000, "20ms", false), (900_000, "1ms", false),
        ] {
            var combiner = Self.combiner([
                (origins[0], [Self.trace("a", start: start, ms: 20)]), (origins[1], []),
            ])
            var completion = SearchCompletion(origins: origins, asksForMatches: false)
            #expect(Self.text(completion.next(combiner)) == ["1@0 headers a"])
            let header = Self.trace("a", start: 900_000, ms: 0, exact: exact)
            combiner.fold(SearchResponse(traces: [header]), from: origins[1], role: .headers)
            #expect(
                Self.text(completion.next(combiner)) == (isAsked ? ["0@0 headers a"] : []), "\(start) \(exact)")
            guard isAsked else { continue }
            #expect(combiner.finish().traces[0].durationMs == 29)
            // 10.2 ms and 20.8 ms end at 31 ms, 30.1 ms after the start.
            combiner.fold(
                SearchResponse(traces: [Self.trace("a", start: start, ms: 20, exact: "20.8ms")]), from: origins[0],
                role: .headers)
            #expect(combiner.finish().traces[0].durationMs == 30)
            #expect(combiner.finish().traces[0].startTimeUnixNano == 9 * ms / 10)
            #expect(completion.next(combiner).isEmpty)
        }
    }

    @Test func `a tenant that the limit cut is asked for its matches in traces that it holds a part of`() {
        let origins = [Self.origin(0), Self.origin(1)]
        var combiner = Self.combiner(
            limit: 1,
            [(origins[0], [Self.trace("a", start: 900, ms: 1)]), (origins[1], [Self.trace("b", start: 940, ms: 1)])])
        var completion = SearchCompletion(origins: origins, asksForMatches: true)
        #expect(Self.text(completion.next(combiner)) == ["0@0 headers b"])
        var blind = SearchCompletion(origins: origins, asksForMatches: false)
        #expect(Self.text(blind.next(combiner)) == ["0@0 headers b"])
        combiner.fold(
            SearchResponse(traces: [Self.trace("b", start: 940, ms: 1, exact: "1ms")]), from: origins[0],
            role: .headers)
        #expect(Self.text(completion.next(combiner)) == ["0@0 matches b"])
        #expect(blind.next(combiner).isEmpty)
        var more = Self.trace("b", start: 940, ms: 1)
        more.spanSets = [SpanSet(spans: [SearchSpan(spanID: "01")], matched: 1)]
        combiner.fold(SearchResponse(traces: [more]), from: origins[0], role: .supplement)
        #expect(combiner.finish().traces[0].spanSets.map(\.matched) == [1])
        #expect(completion.next(combiner).isEmpty)
    }

    @Test func `headers and supplements find nothing by themselves and count nothing`() {
        var combiner = Self.combiner([(Self.origin(0), [])])
        for role in [SearchCombiner.Role.headers, .supplement] {
            combiner.fold(
                SearchResponse(
                    traces: [Self.trace("a", start: 1, ms: 1)], metrics: SearchMetrics(inspectedBytes: 5)),
                from: Self.origin(1), role: role)
        }
        #expect(combiner.finish() == SearchResponse(metrics: SearchMetrics()))
        #expect(combiner.completionBytes == 10)
    }

    @Test func `a trace that a header moves down makes room for one that is not whole yet`() {
        let origins = [Self.origin(0), Self.origin(1)]
        var combiner = Self.combiner(
            limit: 1,
            [(origins[0], [Self.trace("a", start: 900, ms: 1)]), (origins[1], [Self.trace("b", start: 800, ms: 1)])])
        var completion = SearchCompletion(origins: origins, asksForMatches: false)
        #expect(Self.text(completion.next(combiner)) == ["1@0 headers a"])
        combiner.fold(
            SearchResponse(traces: [Self.trace("a", start: 5, ms: 1, exact: "1ms")]), from: origins[1],
            role: .headers)
        #expect(Self.text(completion.next(combiner)) == ["0@0 headers b"])
        #expect(completion.next(combiner).isEmpty)
        #expect(combiner.finish().traces.map(\.traceID) == ["b"])
    }

    @Test func `replicas of one that reported a trace are not asked, and who failed is not asked again`() {
        let origins = [
            Self.origin(0, target: 0, replicas: 0), Self.origin(0, target: 1, replicas: 0), Self.origin(0, target: 2),
        ]
        let combiner = Self.combiner(
            limit: 1,
            [
                (origins[1], [Self.trace("a", start: 900, ms: 1), Self.trace("b", start: 950, ms: 1)]),
                (origins[2], []),
            ])
        var completion = SearchCompletion(origins: origins, asksForMatches: true)
        #expect(Self.text(completion.next(combiner)) == ["0@2 headers b"])
        completion.noteFailure(.headers, of: origins[2])
        let wider = Self.combiner([(origins[1], [Self.trace("c", start: 900, ms: 1)]), (origins[2], [])])
        #expect(completion.next(wider).isEmpty)
    }

    private static let second: UInt64 = 1_000_000_000
    private static let window = 1000 * second...2000 * second
    private static let wider = 700 * second...2300 * second

    @Test func `what lies beside the window is in the answer once its other parts reach in`() {
        let origins = [Self.origin(0), Self.origin(1)]
        var combiner = SearchCombiner(options: .init(limit: 20, window: Self.window))
        let found = [
            Self.trace("before", start: 900 * Self.second, ms: 1),
            Self.trace("after", start: 2100 * Self.second, ms: 1),
            Self.trace("in", start: 1500 * Self.second, ms: 1), Self.trace("elsewhere", start: 5, ms: 1),
        ]
        combiner.fold(SearchResponse(traces: found), from: origins[0], askedIn: Self.wider)
        #expect(combiner.finish().traces.map(\.traceID) == ["in", "elsewhere"])
        var completion = SearchCompletion(origins: origins, asksForMatches: false)
        #expect(Self.text(completion.next(combiner)) == ["1@0 headers in elsewhere before after"])
        let others = [
            Self.trace("before", start: 990 * Self.second, ms: 10_001, exact: "10s"),
            Self.trace("after", start: 2000 * Self.second, ms: 1, exact: "1ms"),
        ]
        combiner.fold(SearchResponse(traces: others), from: origins[1], role: .headers)
        #expect(combiner.finish().traces.map(\.traceID) == ["after", "in", "before", "elsewhere"])
    }

    @Test func `a full answer of any traces asks about none beside the window, one of the newest about newer ones`() {
        let origins = [Self.origin(0), Self.origin(1)]
        var combiner = SearchCombiner(options: .init(limit: 1, window: Self.window))
        combiner.fold(
            SearchResponse(traces: [Self.trace("in", start: 1500 * Self.second, ms: 1)]), from: origins[0],
            askedIn: Self.wider)
        combiner.fold(
            SearchResponse(traces: [
                Self.trace("before", start: 900 * Self.second, ms: 1),
                Self.trace("after", start: 2100 * Self.second, ms: 1),
            ]), from: origins[1], role: .beside)
        var any = SearchCompletion(origins: origins, asksForMatches: false)
        #expect(Self.text(any.next(combiner)) == ["1@0 headers in"])
        var newest = SearchCompletion(origins: origins, asksForMatches: false, isNewestFirst: true)
        #expect(Self.text(newest.next(combiner)) == ["0@0 headers after", "1@0 headers in"])
        #expect(combiner.untoldBeside(isNewestFirst: false).before.isEmpty)
        // The answer was cut in the window, and begins with what is newest.
        #expect(combiner.untoldBeside(isNewestFirst: true).before.isEmpty)
        #expect(combiner.untoldBeside(isNewestFirst: true).after.isEmpty)
        combiner.fold(
            SearchResponse(traces: [Self.trace("late", start: 2200 * Self.second, ms: 1)]), from: origins[1],
            askedIn: Self.wider)
        #expect(combiner.cutByBeside == [origins[1]])
        #expect(combiner.untoldBeside(isNewestFirst: true).after == [origins[1]])
    }

    @Test func `a part beside the window is asked for its matches unless all of that side were told`() {
        let origins = [Self.origin(0), Self.origin(1)]
        for side in [SearchCompletion.Side.before, .after] {
            var combiner = SearchCombiner(options: .init(limit: 20, window: Self.window))
            combiner.fold(
                SearchResponse(traces: [Self.trace("a", start: 1500 * Self.second, ms: 1)]), from: origins[0],
                askedIn: Self.wider)
            combiner.fold(
                SearchResponse(traces: [Self.trace("a", start: 900 * Self.second, ms: 1, exact: "1ms")]),
                from: origins[1], role: .headers)
            var completion = SearchCompletion(origins: origins, asksForMatches: true)
            completion.noteTold(side, by: origins)
            #expect(
                Self.text(completion.next(combiner)).filter { $0.contains("matches") }
                    == (side == .before ? [] : ["1@0 matches a"]))
        }
    }

    @Test func `parts that tell of different roots are asked for when these started`() {
        let origins = [Self.origin(0), Self.origin(1), Self.origin(2)]
        func trace(_ service: String, _ start: UInt64, spans: [SearchSpan] = [], matched: UInt32 = 1)
            -> TraceSearchMetadata
        {
            TraceSearchMetadata(
                traceID: "a", rootServiceName: service,
                rootTraceName: service == SearchCombiner.rootPlaceholder ? "" : "r", startTimeUnixNano: start,
                durationMs: 0,
                spanSets: spans.isEmpty ? [] : [SpanSet(spans: spans, matched: matched)])
        }
        func span(_ id: String, _ start: UInt64, _ service: String) -> SearchSpan {
            SearchSpan(
                spanID: id, name: "r", startTimeUnixNano: start,
                attributes: [KeyValue(key: "service.name", value: AnyValue(.string(service)))])
        }
        var combiner = Self.combiner([
            (origins[0], [trace("x", 10)]), (origins[1], [trace("y", 10)]),
            (origins[2], [trace(SearchCombiner.rootPlaceholder, 10)]),
        ])
        var completion = SearchCompletion(origins: origins, asksForMatches: false)
        let asked = Self.text(completion.next(combiner)).filter { $0.contains("roots") }
        #expect(asked == ["0@0 roots a", "1@0 roots a"])
        #expect(combiner.hasUndatedRoots)
        combiner.fold(
            SearchResponse(traces: [trace("x", 10, spans: [span("01", 10, "x"), span("03", 30, "z")], matched: 2)]),
            from: origins[0], role: .roots)
        #expect(combiner.hasUndatedRoots)
        combiner.fold(
            SearchResponse(traces: [trace("y", 10, spans: [span("02", 20, "y")])]), from: origins[1], role: .roots)
        #expect(!combiner.hasUndatedRoots)
        #expect(combiner.finish().traces[0].rootServiceName == "z")
        // Parts that agree are not asked.
        let same = Self.combiner([(origins[0], [trace("x", 10)]), (origins[1], [trace("x", 10)])])
        #expect(!same.hasUndatedRoots)
    }

    @Test func `a part that ends before it starts does not make the whole longer`() {
        let origins = [Self.origin(0), Self.origin(1)]
        let wrapped = UInt32(truncatingIfNeeded: (0 &- 5_000_000 as UInt64) / 1_000_000)
        var combiner = Self.combiner([
            (origins[0], [Self.trace("a", start: Self.second, ms: wrapped)]),
            (origins[1], [Self.trace("a", start: Self.second, ms: 20)]),
        ])
        var completion = SearchCompletion(origins: origins, asksForMatches: false)
        #expect(Self.text(completion.next(combiner)) == ["0@0 headers a", "1@0 headers a"])
        combiner.fold(
            SearchResponse(traces: [Self.trace("a", start: Self.second, ms: wrapped, exact: "-5ms")]), from: origins[0],
            role: .headers)
        #expect(combiner.finish().traces[0].durationMs == 20)
        #expect(completion.next(combiner).isEmpty)
    }

    @Test func `parts that show spans in common are asked for all their matches`() {
        let origins = [Self.origin(0), Self.origin(1)]
        func part(_ ids: [String], matched: UInt32) -> SearchResponse {
            let spans = ids.map { SearchSpan(spanID: $0, startTimeUnixNano: 5) }
            var trace = Self.trace("a", start: 5, ms: 0)
            trace.spanSets = [SpanSet(spans: spans, matched: matched)]
            return SearchResponse(traces: [trace])
        }
        for (second, asked) in [(["01", "04"], ["0@0 allMatches a"]), (["02", "04"], [])] {
            var combiner = SearchCombiner(options: .init(limit: 20, spansPerSpanSet: 2))
            combiner.fold(part(["01", "03"], matched: 3), from: origins[0])
            combiner.fold(part(second, matched: 2), from: origins[1])
            var completion = SearchCompletion(origins: origins, asksForMatches: true)
            #expect(Self.text(completion.next(combiner)).filter { $0.contains("Matches") } == asked)
            guard !asked.isEmpty else { continue }
            #expect(combiner.finish().traces[0].spanSets[0].matched == 4)
            combiner.fold(part(["01", "03", "04"], matched: 3), from: origins[0], role: .supplement)
            #expect(combiner.finish().traces[0].spanSets[0].matched == 3)
            #expect(combiner.finish().traces[0].spanSets[0].spans.map(\.spanID) == ["01", "03"])
        }
    }
}
