import TempoAPI

/// Export requests of a small web shop: six services that call each other, six attributes a span, some events, links and errors.
struct ShopTraces {
    private var random: Numbers
    private static let edges: [String: [String]] = [
        "frontend": ["cart", "checkout"], "cart": ["inventory"], "checkout": ["payment", "inventory"],
        "payment": ["db"], "inventory": ["db"], "db": [],
    ]
    private static let services = ["frontend", "cart", "checkout", "payment", "inventory", "db"]
    /// Traces begin a millisecond apart.
    private var now: UInt64 = 1_795_000_000_000_000_000

    /// SplitMix64.
    struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
            return mixed ^ mixed >> 31
        }
    }

    init(seed: UInt64) { random = Numbers(state: seed) }

    /// The protobuf of an `ExportTraceServiceRequest` with at least `spans` spans of whole traces, and how many there are.
    mutating func request(spans: Int, team: String) -> (body: [UInt8], spans: Int) {
        var byService: [String: [TraceSpan]] = [:]
        var count = 0
        while count < spans {
            now += 1_000_000
            let traceID = bytes(16)
            let trace = walk("frontend", traceID: traceID, parent: [], start: now, depth: 0).spans
            for (service, span) in trace { byService[service, default: []].append(span) }
            count += trace.count
        }
        let batches = Self.services.compactMap { service -> ResourceSpans? in
            guard let spans = byService[service] else { return nil }
            let resource = Resource(attributes: [Self.text("service.name", service), Self.text("team", team)])
            return ResourceSpans(
                resource: resource,
                scopeSpans: [ScopeSpans(scope: InstrumentationScope(name: "gen", version: "1"), spans: spans)])
        }
        return (Trace(resourceSpans: batches).protobuf, count)
    }

    private mutating func walk(
        _ service: String, traceID: [UInt8], parent: [UInt8], start: UInt64, depth: Int
    ) -> (end: UInt64, spans: [(String, TraceSpan)]) {
        let spanID = bytes(8)
        var spans: [(String, TraceSpan)] = []
        var time = start + .random(in: 1...5, using: &random) * 1_000_000
        for child in Self.edges[service] ?? [] where Double.random(in: 0..<1, using: &random) < 0.8 {
            let inner = walk(child, traceID: traceID, parent: spanID, start: time, depth: depth + 1)
            time = inner.end + 500_000
            spans += inner.spans
        }
        let end = max(start + .random(in: 1...40, using: &random) * 1_000_000, time + 1_000_000)
        let isError = Int.random(in: 0..<10, using: &random) == 0
        var span = TraceSpan(traceID: traceID, spanID: spanID, parentSpanID: parent)
        span.name = "\(service) op\(Int.random(in: 0...2, using: &random))"
        span.kind = SpanKind(rawValue: .random(in: 1...5, using: &random))
        span.startTimeUnixNano = start
        span.endTimeUnixNano = end
        span.attributes = [
            Self.text("http.method", ["GET", "POST", "PUT"].randomElement(using: &random) ?? ""),
            KeyValue(
                key: "http.status_code",
                value: .int(isError ? 500 : [200, 200, 201, 404][Int.random(in: 0..<4, using: &random)])),
            KeyValue(key: "depth", value: .int(Int64(depth))),
            KeyValue(key: "ratio", value: .double(Double(Int.random(in: 0...1000, using: &random)) / 1000)),
            KeyValue(key: "cached", value: .bool(Int.random(in: 0..<10, using: &random) < 3)),
            Self.text("region", ["eu", "us", "ap"].randomElement(using: &random) ?? ""),
        ]
        span.status = SpanStatus(
            message: isError ? "boom" : "",
            code: isError ? SpanStatusCode(rawValue: 2) : SpanStatusCode(rawValue: .random(in: 0...1, using: &random)))
        if Int.random(in: 0..<10, using: &random) < 3 {
            span.events = [
                SpanEvent(
                    timeUnixNano: start + 1000, name: isError ? "exception" : "log",
                    attributes: [
                        Self.text("exception.message", "bad thing"),
                        KeyValue(key: "n", value: .int(.random(in: 1...9, using: &random))),
                    ])
            ]
        }
        if Int.random(in: 0..<100, using: &random) < 15 {
            span.links = [
                SpanLink(traceID: bytes(16), spanID: bytes(8), attributes: [Self.text("relation", "follows")])
            ]
        }
        spans.append((service, span))
        return (end, spans)
    }

    private mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in .random(in: 1...255, using: &random) }
    }

    private static func text(_ key: String, _ value: String) -> KeyValue { KeyValue(key: key, value: .string(value)) }
}
