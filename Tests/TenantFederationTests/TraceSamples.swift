import TempoAPI

/// Makes traces and parts of traces at random.
struct TraceSamples {
    var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

    mutating func chance(_ percent: Int) -> Bool { number(1...100) <= percent }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    static func id(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    static func span(
        _ id: UInt64, parent: UInt64? = nil, kind: SpanKind = .internal, start: UInt64 = 1, name: String = "n"
    ) -> TraceSpan {
        TraceSpan(
            traceID: Array(repeating: 7, count: 16), spanID: Self.id(id), parentSpanID: parent.map(Self.id) ?? [],
            name: name, kind: kind, startTimeUnixNano: start, endTimeUnixNano: start + 1)
    }

    static func batch(_ service: String, _ spans: [TraceSpan]) -> ResourceSpans {
        ResourceSpans(
            resource: Resource(attributes: [KeyValue(key: "service.name", value: AnyValue(.string(service)))]),
            scopeSpans: [ScopeSpans(scope: InstrumentationScope(name: "s"), spans: spans)])
    }

    static func part(_ batches: [ResourceSpans]) -> [UInt8] {
        TraceByIDResponse(trace: Trace(resourceSpans: batches), metrics: TraceByIDMetrics(inspectedBytes: 1)).protobuf
    }

    /// A trace of distinct spans; with `sharedIDs` some calls are a client and one or two server spans of one id.
    mutating func spans(_ count: Int, sharedIDs: Bool) -> [TraceSpan] {
        var spans: [TraceSpan] = []
        var ids: [UInt64] = []
        while spans.count < count {
            let id = UInt64.random(in: 1 << 20 ... .max, using: &generator)
            let parent = ids.isEmpty || chance(10) ? nil : ids[number(0...(ids.count - 1))]
            ids.append(id)
            if sharedIDs, chance(40) {
                spans.append(randomSpan(id, parent: parent, kind: .client))
                for _ in 0..<number(1...2) { spans.append(randomSpan(id, parent: parent, kind: .server)) }
            } else {
                spans.append(randomSpan(id, parent: parent, kind: SpanKind(rawValue: Int32(number(0...5)))))
            }
        }
        return spans
    }

    private mutating func randomSpan(_ id: UInt64, parent: UInt64?, kind: SpanKind) -> TraceSpan {
        // Few different starts, so that ids decide often; names make copies of one id distinct.
        var span = Self.span(
            id, parent: parent, kind: kind, start: UInt64(number(0...20)), name: "n\(number(0...1_000_000))")
        for i in 0..<number(0...3) { span.attributes.append(KeyValue(key: "k\(i)", value: AnyValue(.int(Int64(i))))) }
        if chance(30) {
            for _ in 0..<number(1...4) {
                span.events.append(SpanEvent(timeUnixNano: UInt64(number(0...3)), name: "e\(number(0...2))"))
            }
        }
        if chance(20) {
            for _ in 0..<number(1...3) { span.links.append(SpanLink(traceID: bytes(16), spanID: bytes(8))) }
        }
        if chance(20) {
            // Field 99, length-delimited: unknown to everybody.
            span.unknownFields = [0x9A, 0x06, 2, 0xAB, 0xCD]
        }
        return span
    }

    /// Deals spans to parts, each in batches and scopes of random sizes and random order.
    mutating func deal(_ spans: [TraceSpan], to count: Int) -> [[ResourceSpans]] {
        var hands = [[TraceSpan]](repeating: [], count: count)
        for span in spans.shuffled(using: &generator) { hands[number(0...(count - 1))].append(span) }
        return hands.map { hand in
            var batches: [ResourceSpans] = []
            var rest = hand[...]
            while !rest.isEmpty {
                let take = number(1...min(6, rest.count))
                var batch = Self.batch("svc", Array(rest.prefix(take)))
                rest = rest.dropFirst(take)
                if chance(40), !rest.isEmpty {
                    let more = number(1...min(6, rest.count))
                    batch.scopeSpans.append(ScopeSpans(spans: Array(rest.prefix(more)), schemaUrl: "http://schema"))
                    rest = rest.dropFirst(more)
                }
                batches.append(batch)
            }
            return batches
        }
    }
}
