import TempoAPI

/// SplitMix64: the same numbers for the same seed on every platform.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

/// Makes export requests that use every field there is, with plenty of repetition among them.
struct SpanGenerator {
    var random: SeededRandom
    /// Trace ids are drawn from this many, so that traces have spans in several requests.
    var traces: UInt64 = 20

    init(seed: UInt64) { random = SeededRandom(seed) }

    mutating func request(spans: Int) -> Trace {
        var left = spans
        var trace = Trace()
        while left > 0 {
            var resource = ResourceSpans(
                resource: resource(), schemaUrl: random.chance(20) ? "https://r/\(small())" : "")
            for _ in 0...Int.random(in: 0...1, using: &random) where left > 0 {
                var scope = ScopeSpans(scope: scope(), schemaUrl: random.chance(20) ? "https://s/\(small())" : "")
                for _ in 0..<min(left, Int.random(in: 1...6, using: &random)) {
                    scope.spans.append(span())
                    left -= 1
                }
                resource.scopeSpans.append(scope)
            }
            trace.resourceSpans.append(resource)
        }
        return trace
    }

    private mutating func small() -> Int { Int.random(in: 0..<4, using: &random) }

    private mutating func resource() -> Resource {
        var resource = Resource()
        if random.chance(90) {
            resource.attributes.append(KeyValue(key: "service.name", value: .string("s\(small())")))
        }
        resource.attributes += attributes(2)
        if random.chance(10) { resource.droppedAttributesCount = 7 }
        if random.chance(10) {
            resource.entityRefs = [
                EntityRef(schemaUrl: "u", type: "service", idKeys: ["service.name"], descriptionKeys: ["k"])
            ]
        }
        return resource
    }

    private mutating func scope() -> InstrumentationScope {
        InstrumentationScope(
            name: random.chance(80) ? "lib\(small())" : "", version: random.chance(50) ? "1.\(small())" : "",
            attributes: attributes(1), droppedAttributesCount: random.chance(10) ? 3 : 0)
    }

    private mutating func identifier(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 1...255, using: &random) }
    }

    /// One of few trace ids.
    static func traceID(_ number: UInt64) -> [UInt8] {
        var random = SeededRandom(number &* 0x1_0001)
        return (0..<16).map { _ in UInt8.random(in: 1...255, using: &random) }
    }

    mutating func span() -> TraceSpan {
        var span = TraceSpan()
        span.traceID = Self.traceID(.random(in: 0..<traces, using: &random))
        span.spanID = identifier(8)
        if random.chance(70) { span.parentSpanID = random.chance(5) ? Array(repeating: 0, count: 8) : identifier(8) }
        span.name = "op \(small())"
        span.kind = SpanKind(
            rawValue: random.chance(5)
                ? [-1, 99, 255, 300].randomElement(using: &random) ?? 0 : .random(in: 0...5, using: &random))
        span.startTimeUnixNano =
            random.chance(5)
            ? [0, 1, .max].randomElement(using: &random) ?? 0
            : 1_700_000_000_000_000_000 + .random(in: 0..<1_000_000_000, using: &random)
        span.endTimeUnixNano =
            random.chance(5)
            ? [0, 1, .max].randomElement(using: &random) ?? 0
            : span.startTimeUnixNano &+ .random(in: 0..<50_000_000, using: &random)
        span.attributes = attributes(6)
        if random.chance(10) { span.traceState = "vendor=\(small())" }
        if random.chance(50) { span.flags = 0x101 }
        if random.chance(10) { span.droppedAttributesCount = UInt32(small()) }
        if random.chance(10) { span.droppedEventsCount = .max }
        if random.chance(10) { span.droppedLinksCount = UInt32(small()) }
        span.status = SpanStatus(
            message: random.chance(20) ? "boom \(small())" : "",
            code: SpanStatusCode(rawValue: random.chance(3) ? 400 : .random(in: 0...2, using: &random)))
        for _ in 0..<(random.chance(30) ? 2 : 0) {
            span.events.append(
                SpanEvent(
                    timeUnixNano: span.startTimeUnixNano &+ 5, name: "event \(small())", attributes: attributes(2),
                    droppedAttributesCount: random.chance(10) ? 9 : 0))
        }
        for _ in 0..<(random.chance(20) ? 2 : 0) {
            span.links.append(
                SpanLink(
                    traceID: random.chance(90) ? identifier(16) : [], spanID: random.chance(90) ? identifier(8) : [],
                    traceState: random.chance(10) ? "l=\(small())" : "", attributes: attributes(2),
                    droppedAttributesCount: random.chance(10) ? 4 : 0, flags: random.chance(50) ? 0x301 : 0))
        }
        return span
    }

    private mutating func attributes(_ most: Int) -> [KeyValue] {
        (0..<Int.random(in: 0...most, using: &random)).map { _ in
            KeyValue(
                key: ["http.method", "n", "", "ключ"].randomElement(using: &random) ?? "",
                value: random.chance(97) ? value(3) : nil)
        }
    }

    private mutating func value(_ depth: Int) -> AnyValue {
        switch Int.random(in: 0..<(depth > 0 ? 16 : 13), using: &random) {
        case 0...3:
            return .string(["GET", "POST", "", "длинный текст, много байтов"].randomElement(using: &random) ?? "")
        case 4...6: return .int([0, 1, -1, .min, .max, 200].randomElement(using: &random) ?? 0)
        case 7, 8: return .double([0, -0.0, 0.25, .infinity, -.infinity].randomElement(using: &random) ?? 0)
        case 9, 10: return .bool(random.chance(50))
        case 11: return AnyValue(.bytes(identifier(small())))
        case 12: return AnyValue()
        case 13: return AnyValue(.array(ArrayValue(values: (0..<small()).map { _ in value(depth - 1) })))
        case 14: return AnyValue(.array(ArrayValue(values: (0..<small()).map { .int(Int64($0)) })))
        default:
            return AnyValue(
                .keyValueList(
                    KeyValueList(values: (0..<small()).map { KeyValue(key: "k\($0)", value: value(depth - 1)) })))
        }
    }
}
