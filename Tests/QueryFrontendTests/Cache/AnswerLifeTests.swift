import TempoAPI
import TenantFederation
import Testing

@testable import QueryFrontend

struct AnswerLifeTests {
    private static let second: Int64 = 1_000_000_000
    /// 2026-11-21T00:13:20Z.
    private static let now = ServiceHarness.unixSeconds * second
    /// What ends here or before is closed.
    private static let border = now - 900 * second
    private static let life = AnswerLife(ResultCacheConfiguration())

    // MARK: Traces

    private static func trace(_ ends: [Int64]) -> Trace {
        Trace(resourceSpans: [
            ResourceSpans(scopeSpans: [
                ScopeSpans(
                    spans: ends.map {
                        TraceSpan(
                            traceID: [1], spanID: [2], startTimeUnixNano: UInt64(max(0, $0 - 10)),
                            endTimeUnixNano: UInt64($0))
                    })
            ])
        ])
    }

    private static func response(
        _ ends: [Int64], status: PartialStatus = .complete, message: String = ""
    ) -> TraceAnswer {
        .response(TraceByIDResponse(trace: trace(ends), status: status, message: message).protobuf)
    }

    @Test func `finished traces are kept`() {
        let ten = 600 * Self.second
        let kept: [TraceAnswer] = [
            Self.response([Self.border]), Self.response([1, 2, Self.border]),
            .trace(Self.trace([Self.border - 5]).protobuf),
        ]
        for answer in kept { #expect(Self.life.life(of: answer, askedAt: Self.now) == ten) }
        let notKept: [TraceAnswer] = [
            .notFound, Self.response([]), .response([]), .trace([]), Self.response([Self.border + 1]),
            Self.response([Self.border + 1, 1]), Self.response([0]), Self.response([Self.border], status: .partial),
            Self.response([Self.border], message: "cut"), .trace(Self.trace([Self.border + 1]).protobuf),
            .response([0xFF, 0xFF]), .trace([0x0A, 0x7F, 0x01]), .trace([0x0A, 0x02, 0x12, 0x05]),
        ]
        for answer in notKept { #expect(Self.life.life(of: answer, askedAt: Self.now) == 0, "\(answer)") }
    }

    @Test func `a span that has not ended counts by its start`() {
        let open = Trace(resourceSpans: [
            ResourceSpans(scopeSpans: [ScopeSpans(spans: [TraceSpan(startTimeUnixNano: UInt64(Self.border + 1))])])
        ])
        #expect(Self.life.life(of: .trace(open.protobuf), askedAt: Self.now) == 0)
    }

    @Test(arguments: 0..<200) func `no bytes make the reader of traces stumble`(_ seed: Int) {
        var generator = CacheTestGenerator(state: UInt64(seed))
        guard case .response(var bytes) = Self.response([5, 6, 7], message: "m") else { return }
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let index = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: bytes[index] = UInt8.random(in: .min ... .max, using: &generator)
            case 1: bytes.insert(UInt8.random(in: .min ... .max, using: &generator), at: index)
            default: bytes.removeSubrange(index...)
            }
            if bytes.isEmpty { bytes = [0x0A] }
        }
        let read = try? TraceByIDResponse.decode(protobuf: bytes)
        let settled = TraceSettlement(.response(bytes))
        if let read, let settled {
            let ends = read.trace?.resourceSpans.flatMap(\.scopeSpans).flatMap(\.spans).map {
                max($0.startTimeUnixNano, $0.endTimeUnixNano)
            }
            #expect(settled.newestEnd == ends?.max())
        }
    }

    // MARK: Searches

    private static func search(_ end: Int64, limit: UInt32 = 2) -> SearchQuery {
        SearchQuery(
            conditions: [], limit: limit, spansPerSpanSet: 3, start: 1, end: UInt32(end / second))
    }

    private static func found(_ count: Int, start: Int64 = 1, duration: UInt32 = 0) -> SearchResponse {
        SearchResponse(
            traces: (0..<count).map {
                TraceSearchMetadata(traceID: "\($0)", startTimeUnixNano: UInt64(start), durationMs: duration)
            }, metrics: SearchMetrics(completedJobs: 3, totalJobs: 3))
    }

    @Test func `searches of closed windows are kept unless they were cut`() {
        let query = Self.search(Self.border)
        func life(_ answer: SearchResponse, _ query: SearchQuery) -> Int64 {
            Self.life.life(of: answer, to: query, askedAt: Self.now)
        }
        let hour = 3600 * Self.second
        #expect(life(Self.found(0), query) == hour)
        #expect(life(Self.found(1), query) == hour)
        #expect(life(Self.found(2), query) == 0)
        #expect(life(Self.found(3), query) == 0)
        #expect(life(Self.found(1), Self.search(Self.border + Self.second)) == 0)
        // No window: the recent past.
        #expect(life(Self.found(1), Self.search(0)) == 0)
        // A trace that goes on beyond the window, up to now.
        #expect(life(Self.found(1, start: Self.border, duration: 0), query) == hour)
        #expect(life(Self.found(1, start: Self.border, duration: 1), query) == 0)
        #expect(life(Self.found(1, start: 0), query) == 0)
        #expect(life(Self.found(1, start: .max, duration: .max), query) == 0)
        var stopped = Self.found(1)
        stopped.metrics?.completedJobs = 2
        #expect(life(stopped, query) == 0)
        stopped.metrics = nil
        #expect(life(stopped, query) == hour)
    }

    // MARK: Metrics

    @Test func `series of closed ranges are kept unless they are partial`() {
        func life(_ answer: QueryRangeResponse, end: Int64) -> Int64 {
            let query = SeriesQuery(text: "", start: 0, end: end, step: 1)
            return Self.life.life(of: answer, to: query, askedAt: Self.now)
        }
        let whole = QueryRangeResponse(metrics: SearchMetrics(completedJobs: 1, totalJobs: 1))
        #expect(life(whole, end: Self.border) == 3600 * Self.second)
        #expect(life(whole, end: Self.border + 1) == 0)
        #expect(life(whole, end: 0) == 0)
        #expect(life(whole, end: .max) == 0)
        #expect(life(QueryRangeResponse(status: .partial), end: Self.border) == 0)
        #expect(life(QueryRangeResponse(message: "cut"), end: Self.border) == 0)
        let stopped = QueryRangeResponse(metrics: SearchMetrics(completedJobs: 1, totalJobs: 2))
        #expect(life(stopped, end: Self.border) == 0)
    }

    // MARK: Tags

    @Test(
        arguments: [
            (3, nil, 60), (3, "0", 60), (3, "4", 60), (3, "3", 0), (3, "2", 0), (3, "x", 0), (0, "1", 60),
        ] as [(Int, String?, Int64)])
    func `lists of tags are kept for a moment unless they are as long as they may be`(
        _ count: Int, _ limit: String?, _ seconds: Int64
    ) {
        let parameters = limit.map { [QueryParameter("limit", $0)] } ?? []
        #expect(Self.life.life(ofTags: count, nil, parameters) == seconds * Self.second)
        let stopped = MetadataMetrics(totalJobs: 2, completedJobs: 1)
        #expect(Self.life.life(ofTags: count, stopped, parameters) == 0)
    }

    @Test func `a time of 0 keeps nothing, and a clock near zero closes nothing`() {
        let none = AnswerLife(closedAfter: 0, ofClosed: 0, ofLookups: 0, ofTags: 0)
        #expect(none.life(of: Self.response([1]), askedAt: Self.now) == 0)
        #expect(none.life(of: Self.found(0), to: Self.search(Self.second), askedAt: Self.now) == 0)
        #expect(none.life(ofTags: 0, nil, []) == 0)
        for now in [0, 5, Int64.min] {
            #expect(Self.life.life(of: Self.response([1]), askedAt: now) == 0)
        }
    }
}
