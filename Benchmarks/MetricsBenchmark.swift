import TempoAPI
import TraceQL

/// Series of three tenants folded, merged and finished: 3 x 2,000 series x 500 steps.
enum MetricsBenchmark {
    private static let tenants = 3
    private static let seriesCount = 2_000
    private static let steps = 500

    static func run() throws {
        print("\nmetrics: \(tenants) tenants x \(seriesCount) series x \(steps) steps, one core")
        for text in [
            "{} | rate() by (span.route)", "{} | sum_over_time(span.size) by (span.route)",
            "{} | avg_over_time(span.size) by (span.route)", "{} | max_over_time(span.size) by (span.route) | topk(10)",
            "{} | quantile_over_time(duration, .5, .99) by (span.route)",
        ] {
            try measure(text)
        }
    }

    private static func measure(_ text: String) throws {
        let step: UInt64 = 15_000_000_000
        let start = 1_800_000_000 * UInt64(1_000_000_000)
        let range = try MetricsRange.exact(start: start, end: start + UInt64(steps) * step, step: step)
        let metrics = try MetricsQuery(Query.parse(text), range: range)
        let answers = (0..<tenants).map { answer(metrics, tenant: $0) }
        let partials = answers.map { answer in
            var gathered = metrics.emptyPartials()
            gathered.fold(answer)
            return gathered
        }
        var sink = 0
        let merge = Measurement {
            var gathered = metrics.emptyPartials()
            for partial in partials { gathered.merge(partial) }
            sink &+= gathered.leaves[0].seriesCount
        }
        let whole = Measurement {
            var gathered = metrics.emptyPartials()
            for answer in answers { gathered.fold(answer) }
            sink &+= metrics.finish(gathered).series.count
        }
        Report.line(
            text, Report.number(whole.seconds * 1000) + " ms",
            "fold and finish, wanted 250; \(Report.number(merge.seconds * 1000)) ms to merge states")
        if let memory = memory(metrics, answers) {
            Report.line("  grows by", Report.number(memory) + " x", "the bytes of the JSON answer, wanted below 4")
        }
        if sink == 0 { print("nothing was measured") }
    }

    /// How much the process grows over the decoded answers while they are folded, finished and written, against what is written.
    /// nil where the system does not tell.
    private static func memory(_ metrics: MetricsQuery, _ answers: [[MetricsSeries]]) -> Double? {
        ResidentMemory.resetPeak()
        guard let before = ResidentMemory.current() else { return nil }
        var gathered = metrics.emptyPartials()
        for answer in answers { gathered.fold(answer) }
        let series = metrics.finish(gathered).series.map { series in
            TimeSeries(
                labels: series.labels.map { KeyValue(key: $0.name, value: .string("\($0.value)")) },
                samples: series.samples.map { Sample(timestampMs: $0.timestampMilliseconds, value: $0.value) })
        }
        let bytes = QueryRangeResponse(series: series).json.count
        guard let peak = ResidentMemory.peak(), bytes > 0 else { return nil }
        return Double(max(0, peak - before)) / Double(bytes)
    }

    /// What one tenant answers: every series with a sample at every step.
    private static func answer(_ metrics: MetricsQuery, tenant: Int) -> [MetricsSeries] {
        var series: [MetricsSeries] = []
        series.reserveCapacity(seriesCount)
        for number in 0..<seriesCount {
            var labels = [MetricsLabel("span.route", "/api/v1/things/\(number / bucketsPerGroup(metrics))")]
            if bucketsPerGroup(metrics) > 1 {
                labels.append(
                    MetricsLabel("__bucket", .float(0.001 * Double(1 << (number % bucketsPerGroup(metrics))))))
            }
            let samples = (0..<steps).map {
                MetricsSample(
                    timestampMilliseconds: metrics.range.timestampMilliseconds($0),
                    value: Double((number &* 31 &+ $0 &* 7 &+ tenant) % 101))
            }
            series.append(MetricsSeries(labels: labels, samples: samples))
            if case .avgOverTime = metrics.leaves[0].function.kind {
                series.append(MetricsPartial.weights(labels: labels, samples: samples))
            }
        }
        return series
    }

    private static func bucketsPerGroup(_ metrics: MetricsQuery) -> Int {
        if case .quantileOverTime = metrics.leaves[0].function.kind { 20 } else { 1 }
    }
}

/// The first stage: what a query counts in tables of spans that are filled already.
enum MetricsSpanBenchmark {
    private static let spanCount = 1_000
    private static let traceCount = 50

    static func run() throws {
        print("\nmetrics: \(traceCount) traces of \(spanCount) spans, evaluated and counted, one core")
        for text in [
            "{} | rate()", "{} | rate() by (span.route)", "{ span.route = `/r/7` } | rate() by (resource.service.name)",
            "{} | avg_over_time(duration) by (name, span.route)",
            "{} | quantile_over_time(duration, .99) by (span.route)",
            "{} | compare({ status = error })",
        ] {
            try measure(text)
        }
    }

    private static func measure(_ text: String) throws {
        let start = 1_800_000_000 * UInt64(1_000_000_000)
        let range = try MetricsRange.exact(start: start, end: start + 3600 * 1_000_000_000, step: 15_000_000_000)
        let metrics = try MetricsQuery(Query.parse(text), range: range, exemplarLimit: 100)
        let evaluator = try MetricsEvaluator(metrics, leaf: 0)
        let strings = StringInterner()
        let tables = (0..<traceCount).map { table(evaluator.projection, strings, number: $0, start: start) }
        var sink = 0
        let measurement = try Measurement {
            var accumulator = MetricsAccumulator(evaluator)
            for table in tables { try accumulator.observe(table) }
            sink &+= accumulator.partial().seriesCount
        }
        let rate = Double(spanCount * traceCount) / measurement.seconds / 1_000_000
        Report.line(text, Report.number(rate, digits: 1) + " M spans/s")
        if sink == 0 { print("nothing was measured") }
    }

    private static func table(
        _ projection: Projection, _ strings: StringInterner, number: Int, start: UInt64
    ) -> SpanTable {
        var table = SpanTable(projection, dictionary: strings)
        table.traceID = SpanTable.TraceID(high: UInt64(number), low: 1)
        let route = projection.span.firstIndex(of: Array("route".utf8))
        var resources: [Int32] = []
        for service in 0..<10 {
            resources.append(table.appendResource())
            let name = ColumnValue.string(strings.intern("service-\(service)"))
            table.setResourceAttribute(0, name)
            table.listResourceAttribute(key: strings.intern("service.name"), name)
        }
        for index in 0..<spanCount {
            let begin = start + UInt64(number * 70 + index % 60) * 1_000_000_000
            table.appendSpan(
                SpanTable.Span(
                    id: SpanTable.SpanID(UInt64(index + 1)),
                    parentID: index == 0 ? .none : SpanTable.SpanID(UInt64(index / 2 + 1)), startUnixNano: begin,
                    endUnixNano: begin + UInt64(1_000_000 * (index % 90 + 1)), kind: UInt8(index % 6),
                    status: index % 50 == 0 ? 2 : 1, name: strings.intern("operation \(index % 20)"),
                    resource: resources[index % 10]))
            let value = ColumnValue.string(strings.intern("/r/\(index % 40)"))
            if let route { table.setSpanAttribute(route, value) }
            table.listSpanAttribute(key: strings.intern("route"), value)
            table.listSpanAttribute(key: strings.intern("code"), .int(Int64(200 + index % 5)))
        }
        return table
    }
}
