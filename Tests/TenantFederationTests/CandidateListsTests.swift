import TempoAPI
import Testing
import TraceQL

@testable import TenantFederation

/// Lists of candidates that must not miss a trace.
struct CandidateListsTests {
    private typealias Window = CandidateLists.Window
    private typealias Question = CandidateLists.Question

    private static func part(_ ids: [String]) -> SearchResponse {
        SearchResponse(traces: ids.map { TraceSearchMetadata(traceID: $0) })
    }

    private static func texts(_ ids: Set<ExactText>?) -> [String]? { ids.map { $0.map(\.text).sorted() } }

    @Test func `windows are cut into parts that touch`() {
        #expect(
            Window(start: 10, end: 20).cut(into: 3) == [
                Window(start: 10, end: 13), Window(start: 13, end: 16), Window(start: 16, end: 20),
            ])
        #expect(Window(start: 10, end: 12).cut(into: 4).map(\.end) == [11, 12])
        #expect(Window(start: 10, end: 10).cut(into: 4) == [Window(start: 10, end: 10)])
        #expect(Window(start: 0, end: .max).cut(into: 2).map(\.start) == [0, 1 << 31 - 1])
    }

    @Test func `a list that was cut tells what is known, and no more until its parts are whole`() throws {
        var lists = CandidateLists(filters: 2, maxTraces: 100)
        let whole = Window(start: 0, end: 100)
        lists.fold(Self.part(["a", "b"]), of: Question(filter: 0, place: 0, window: whole), limit: 3)
        lists.fold(Self.part(["b", "c", "d"]), of: Question(filter: 1, place: 0, window: whole), limit: 3)
        let both = CandidatePlan.Rule.all([.filter(0), .filter(1)])
        let either = CandidatePlan.Rule.any([.filter(0), .filter(1)])
        var bounds = lists.bounds(of: .filter(1), filters: [0, 1])
        #expect(Self.texts(bounds.known) == ["b", "c", "d"] && bounds.possible == nil)
        // The list that is whole tells all there may be.
        bounds = lists.bounds(of: both, filters: [0, 1])
        #expect(Self.texts(bounds.known) == ["b"] && Self.texts(bounds.possible) == ["a", "b"])
        bounds = lists.bounds(of: either, filters: [0, 1])
        #expect(Self.texts(bounds.known) == ["a", "b", "c", "d"] && bounds.possible == nil)

        #expect(lists.nextQuestions(of: [0], parts: 2, room: 10).isEmpty)
        let next = lists.nextQuestions(of: [0, 1], parts: 2, room: 10)
        #expect(next.map(\.window) == [Window(start: 0, end: 50), Window(start: 50, end: 100)])
        #expect(next.allSatisfy { $0.filter == 1 && $0.place == 0 })
        lists.fold(Self.part(["b", "c"]), of: next[0], limit: 3)
        lists.fold(Self.part(["d", "e"]), of: next[1], limit: 3)
        bounds = lists.bounds(of: both, filters: [0, 1])
        #expect(Self.texts(bounds.possible) == ["b"])
        #expect(Self.texts(lists.bounds(of: either, filters: [0, 1]).possible) == ["a", "b", "c", "d", "e"])
        // The numbers of a sub-query's own filters are not those of all.
        #expect(Self.texts(lists.bounds(of: .filter(0), filters: [1]).possible) == ["b", "c", "d", "e"])
        #expect(lists.bounds(of: .never, filters: []).possible == [])
    }

    @Test(arguments: ["second", "room", "traces"])
    func `a filter that cannot be listed whole is given up`(_ reason: String) {
        var lists = CandidateLists(filters: 1, maxTraces: reason == "traces" ? 2 : 100)
        let window = Window(start: 5, end: reason == "second" ? 6 : 1000)
        let part = Self.part(["a", "b", "c"])
        lists.fold(part, of: Question(filter: 0, place: 3, window: window), limit: 3)
        #expect(lists.nextQuestions(of: [0], parts: 4, room: reason == "room" ? 3 : 100).isEmpty)
        lists.fold(Self.part(["d"]), of: Question(filter: 0, place: 4, window: window), limit: 3)
        #expect(lists.nextQuestions(of: [0], parts: 4, room: 100).isEmpty)
        let bounds = lists.bounds(of: .filter(0), filters: [0])
        #expect(bounds.possible == nil && bounds.known.count == 3)
    }

    @Test func `an average of several parts of sums and weights is that of all`() throws {
        let query = try Query.parse("{} | avg_over_time(span.n) by (span.a)")
        let rewrite = try MetricsRewrite(query)
        let range = try MetricsRange.exact(start: 1_000_000_000, end: 3_000_000_000, step: 1_000_000_000)
        func part(_ value: Double) -> QueryRangeResponse {
            QueryRangeResponse(series: [
                TimeSeries(
                    labels: [KeyValue(key: "span.a", value: .string("x"))],
                    samples: [Sample(timestampMs: 2000, value: value)])
            ])
        }
        let sums = try #require(rewrite.questions.firstIndex { $0.role == .sums })
        let weights = try #require(rewrite.questions.firstIndex { $0.role == .weights })
        for order in [
            [sums, sums, weights, weights], [weights, sums, sums, weights], [sums, weights, weights, sums],
        ] {
            var combiner = try SeriesCombiner(query, rewrite, range: range, options: .init())
            var (parts, counts) = ([10.0, 2.0], [1.0, 3.0])
            for question in order {
                let value = question == sums ? parts.removeFirst() : counts.removeFirst()
                combiner.fold(
                    part(value), question: question, shard: range, from: PartOrigin(tenantRank: 0, targetRank: 0))
            }
            #expect(combiner.isComplete)
            #expect(combiner.finish().series.map(\.samples.first?.value) == [3])
            combiner.pairHalves()
            #expect(combiner.isComplete)
            #expect(combiner.finish().series.map(\.samples.first?.value) == [3])
        }
    }

    @Test func `lists as labels come over the wire as lists`() {
        let list = AnyValue(.array(ArrayValue(values: [.string("x"), .string("y")])))
        #expect(MetricsLabelValue(list) == .array([.string("x"), .string("y")]))
        #expect(MetricsLabelValue(list).wireValue == list)
        let nested = AnyValue(.array(ArrayValue(values: [list])))
        #expect(MetricsLabelValue(nested) == .missing)
        #expect(MetricsLabelValue(AnyValue(.bytes([1]))) == .missing && MetricsLabelValue(nil) == .missing)
    }
}
