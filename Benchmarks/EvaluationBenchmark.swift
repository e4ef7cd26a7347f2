import TraceQL

/// Evaluation of searches over traces that lie in tables already: what a core does in a second.
enum EvaluationBenchmark {
    private static let queries: [(String, String)] = [
        (#"{ resource.service.name = "service-3" }"#, ""),
        (#"{ span.http.method = "GET" && span.http.status_code >= 500 }"#, ""),
        (#"{ name =~ "operation-1.*" || .tenant = "t7" }"#, ""),
        (#"{ span.http.method = "GET" } >> { span.http.status_code = 503 }"#, "wanted above 2,000,000"),
        (#"{ span.http.method = "GET" } > { span.http.status_code = 503 }"#, "wanted above 2,000,000"),
        (#"{ span.http.method = "GET" } &>> { span.http.status_code = 503 }"#, "wanted above 2,000,000"),
        (#"{ span.http.method = "GET" } !~ { span.http.status_code = 503 }"#, "wanted above 2,000,000"),
        (#"{ kind = server } >> { kind = client }"#, "wanted above 2,000,000"),
        (#"{ resource.service.name = "service-3" } && { status = error }"#, "wanted above 2,000,000"),
        (#"{ status = error } | count() > 2"#, ""),
        (#"{ kind = client } | by(resource.service.name) | avg(duration) > 10ms"#, ""),
        (#"{ event.level = "error" }"#, ""),
    ]

    static func run() throws {
        for (shape, spans, traces) in [("traces of 30 spans", 30, 2000), ("traces of 10,000 spans", 10_000, 6)] {
            print("\nevaluate, \(shape), one core, spans a second")
            for (text, note) in queries {
                let evaluator = try SearchEvaluator(try Query.parse(text))
                let strings = StringInterner()
                let tables = (0..<traces).map { table($0, spans: spans, evaluator.projection, strings) }
                var state = EvaluationState()
                var sink = 0
                let time = try Measurement(minimumSeconds: 0.5) {
                    for table in tables { sink &+= try evaluator.evaluate(table, &state).count }
                }
                let rate = Double(traces * spans) / time.seconds
                Report.line(text, Report.number(rate), note)
                if sink < 0 { print(sink) }
            }
        }
        print("\nevaluate a chain of 100,000 spans, each the child of the one before")
        for text in [
            "{ name = `operation-1` } >> { true }", "{ true } !<< { true }",
            "{ true } | by(span:id) | { true } >> { true }",
        ] {
            let evaluator = try SearchEvaluator(try Query.parse(text))
            let chain = table(1, spans: 100_000, evaluator.projection, StringInterner(), isChain: true)
            var state = EvaluationState()
            let time = try Measurement(minimumSeconds: 0.2, minimumRuns: 2) {
                _ = try evaluator.evaluate(chain, &state)
            }
            Report.line(text, Report.number(100_000 / time.seconds))
        }
    }

    /// Spans hang below earlier ones, most of them near; values have the frequencies of web traffic.
    private static func table(
        _ trace: Int, spans: Int, _ projection: Projection, _ strings: StringInterner, isChain: Bool = false
    ) -> SpanTable {
        var random = Sequence(state: UInt64(trace) &+ 1)
        var table = SpanTable(projection, dictionary: strings)
        table.traceID = SpanTable.TraceID(high: 1, low: UInt64(trace))
        for service in 0..<8 {
            _ = table.appendResource()
            set(projection.resource, "service.name", .string(strings.intern("service-\(service)"))) {
                table.setResourceAttribute($0, $1)
            }
        }
        let scope = table.appendScope(name: strings.intern("library"), version: nil)
        for index in 0..<spans {
            let parent = isChain ? index - 1 : index == 0 ? -1 : max(0, index - 1 - random.below(20))
            table.appendSpan(
                SpanTable.Span(
                    id: SpanTable.SpanID(UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15),
                    parentID: parent < 0 ? .none : SpanTable.SpanID(UInt64(parent + 1) &* 0x9E37_79B9_7F4A_7C15),
                    startUnixNano: 1_700_000_000_000_000_000 + UInt64(index) * 1000,
                    endUnixNano: 1_700_000_000_000_000_000 + UInt64(index) * 1000 + UInt64(random.below(50_000_000)),
                    kind: UInt8(1 + random.below(5)), status: random.below(20) == 0 ? 2 : 0,
                    name: strings.intern("operation-\(random.below(200))"), resource: Int32(random.below(8)),
                    scope: scope))
            let methods = ["GET", "POST", "PUT", "DELETE"]
            set(projection.span, "http.method", .string(strings.intern(methods[random.below(4)]))) {
                table.setSpanAttribute($0, $1)
            }
            let code = Int64([200, 200, 200, 201, 404, 500, 503][random.below(7)])
            set(projection.span, "http.status_code", .int(code)) { table.setSpanAttribute($0, $1) }
            set(projection.span, "tenant", .string(strings.intern("t\(random.below(100))"))) {
                table.setSpanAttribute($0, $1)
            }
            if projection.needsEvents, random.below(4) == 0 {
                table.appendEvent(name: strings.intern("exception"), timeUnixNano: 1_700_000_000_000_000_000)
                let level = strings.intern(random.below(2) == 0 ? "error" : "warn")
                set(projection.event, "level", .string(level)) { table.setEventAttribute($0, $1) }
            }
        }
        return table
    }

    private static func set(
        _ keys: [[UInt8]], _ key: String, _ value: ColumnValue, _ body: (Int, ColumnValue) -> Void
    ) {
        if let slot = keys.firstIndex(of: Array(key.utf8)) { body(slot, value) }
    }

    private struct Sequence {
        var state: UInt64

        mutating func below(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
    }
}
