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
        if sink == 0 { print("nothing was measured") }
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
