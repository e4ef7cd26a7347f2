import TestSupport
import Testing
import TraceQL

/// Properties of partial states: parts may be grouped and ordered at will.
@Suite(.computeThreads) struct MetricsPartialTests {
    private static let queries = [
        "{} | rate() by (span.a)", "{} | count_over_time()", "{} | min_over_time(duration) by (span.a)",
        "{} | max_over_time(duration) by (span.a)", "{} | sum_over_time(span.x) by (span.a)",
        "{} | avg_over_time(span.x) by (span.a)", "{} | histogram_over_time(duration) by (span.a)",
        "{} | quantile_over_time(duration, 0.1, 0.5, 0.99) by (span.a)", "{} | compare({ status = error }, 2)",
        "({} | rate() by (span.a)) / ({ status = error } | avg_over_time(duration))",
    ]

    private static func metrics(_ text: String, limits: MetricsLimits = MetricsLimits()) throws -> MetricsQuery {
        try MetricsQuery(
            Query.parse(text), range: .aligned(start: 1_000_000_000_000, end: 1_300_000_000_000, step: 20_000_000_000),
            exemplarLimit: 8, limits: limits)
    }

    /// Series as a querier might return them, with repeats, gaps and times that are outside.
    private static func part(_ metrics: MetricsQuery, _ random: inout SplitMix, isExact: Bool) -> [MetricsSeries] {
        var series: [MetricsSeries] = []
        for leaf in metrics.leaves {
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                var labels: [MetricsLabel] = []
                if case .compare = leaf.function.kind {
                    let sides = ["baseline", "selection", "baseline_total", "other"]
                    labels.append(MetricsLabel("__meta_type", sides.randomElement(using: &random) ?? ""))
                }
                if !leaf.function.group.isEmpty || labels.count == 1 {
                    labels.append(MetricsLabel("span.a", "v\(Int.random(in: 0..<4, using: &random))"))
                }
                switch leaf.function.kind {
                case .histogramOverTime, .quantileOverTime:
                    labels.append(MetricsLabel("__bucket", .float([0.5, 1, 2, 8].randomElement(using: &random) ?? 1)))
                default: break
                }
                var samples: [MetricsSample] = []
                for time in stride(from: 960_000 as Int64, to: 1_340_000, by: 20_000) where Bool.random(using: &random)
                {
                    let value = Double(Int.random(in: 0..<1000, using: &random))
                    samples.append(MetricsSample(timestampMilliseconds: time, value: isExact ? value : value / 7))
                }
                let exemplars = samples.filter { _ in Bool.random(using: &random) }.map {
                    MetricsExemplar(
                        labels: [MetricsLabel("trace:id", "\(random.next() % 50)")], value: $0.value,
                        timestampMilliseconds: $0.timestampMilliseconds - Int64(random.next() % 20_000))
                }
                let fragment = metrics.leaves.count > 1 ? [MetricsLabel("__query_fragment", leaf.fragment)] : []
                series.append(MetricsSeries(labels: labels + fragment, samples: samples, exemplars: exemplars))
                if case .avgOverTime = leaf.function.kind {
                    let weights = samples.map {
                        MetricsSample(
                            timestampMilliseconds: $0.timestampMilliseconds,
                            value: Double(Int.random(in: 1..<9, using: &random)))
                    }
                    var weighed = MetricsPartial.weights(labels: labels, samples: weights)
                    weighed.labels += fragment
                    series.append(weighed)
                }
            }
        }
        return series
    }

    @Test(arguments: queries) func mergingIsAssociativeAndCommutative(_ text: String) throws {
        let metrics = try Self.metrics(text)
        var random = SplitMix(UInt64(text.utf8.count))
        for round in 0..<60 {
            let parts = (0..<3).map { _ in
                var gathered = metrics.emptyPartials()
                gathered.fold(Self.part(metrics, &random, isExact: round % 2 == 0))
                return gathered
            }
            var left = parts[0]
            left.merge(parts[1])
            left.merge(parts[2])
            var right = parts[2]
            right.merge(parts[1])
            var turned = parts[0]
            turned.merge(right)
            var again = right
            again.merge(parts[0])
            let answer = metrics.finish(left)
            #expect(MetricsComparison.difference(metrics.finish(turned).series, answer.series, tolerance: 1e-15) == nil)
            #expect(MetricsComparison.difference(metrics.finish(again).series, answer.series, tolerance: 1e-15) == nil)
            if round % 2 == 0 { #expect(metrics.finish(turned) == answer && metrics.finish(again) == answer) }
            var empty = metrics.emptyPartials()
            empty.merge(left)
            #expect(metrics.finish(empty) == answer)
        }
    }

    @Test func sumsKeepWhatRoundingLoses() throws {
        let metrics = try Self.metrics("{} | sum_over_time(span.x)")
        var gathered = metrics.emptyPartials()
        for value in [1e16, 1, -1e16, 1, 0.1, 0.2, -0.3] {
            gathered.fold([
                MetricsSeries(labels: [], samples: [MetricsSample(timestampMilliseconds: 1_100_000, value: value)])
            ])
        }
        let sum = try #require(metrics.finish(gathered).series.first?.samples.first?.value)
        #expect((sum - 2).magnitude < 1e-15)
    }

    @Test func aLimitThatCutsSaysSo() throws {
        let series = (0..<10).map {
            MetricsSeries(
                labels: [MetricsLabel("span.a", "v\($0)")],
                samples: [MetricsSample(timestampMilliseconds: 1_100_000, value: Double($0))])
        }
        func answer(_ query: String, _ limits: MetricsLimits) throws -> MetricsResult {
            let metrics = try Self.metrics(query, limits: limits)
            var gathered = metrics.emptyPartials()
            gathered.fold(series)
            return metrics.finish(gathered)
        }
        let whole = try answer("{} | rate() by (span.a)", MetricsLimits(maxSeries: 10))
        #expect(whole.series.count == 10 && !whole.isPartial && whole.message.isEmpty)
        let cut = try answer("{} | rate() by (span.a)", MetricsLimits(maxSeries: 9))
        #expect(cut.series.count == 9 && cut.isPartial && cut.message.contains("limit of 9,"))
        // The limit is on the answer, not on what it is made of.
        let top = try answer("{} | rate() by (span.a) | topk(1) > 0", MetricsLimits(maxSeries: 1))
        #expect(top.series.map(\.labels) == [[MetricsLabel("span.a", "v9")]] && !top.isPartial)
        let full = try answer("{} | rate() by (span.a)", MetricsLimits(maxGatheredSeries: 4))
        #expect(full.series.count == 4 && full.isPartial && full.message.contains("limit of 4,"))
        let cells = try answer("{} | rate() by (span.a)", MetricsLimits(maxCells: 100))
        #expect(cells.series.count == 6 && cells.isPartial)
    }

    @Test func aQueryOfManyPartsHoldsNoMoreThanOneOfFew() throws {
        func seriesCount(_ query: String) throws -> Int {
            var gathered = try Self.metrics(query, limits: MetricsLimits(maxCells: 100)).emptyPartials()
            gathered.leaves[0].fold(
                (0..<10).map {
                    MetricsSeries(
                        labels: [
                            MetricsLabel("span.a", "v\($0)"), MetricsLabel(MetricsLabel.Name.bucket, .float(2)),
                        ],
                        samples: [MetricsSample(timestampMilliseconds: 1_100_000, value: 1)])
                })
            return gathered.leaves[0].seriesCount
        }
        #expect(try seriesCount("{} | rate() by (span.a)") == 6)
        #expect(try seriesCount("({} | rate() by (span.a)) / ({ .b = 1 } | rate() by (span.a))") == 3)
        // Every bucket may be a group, and a group has all quantiles.
        #expect(try seriesCount("{} | quantile_over_time(span.n, .5, .9) by (span.a)") == 6)
        let many = (0..<12).map { "0.\($0 + 10)" }.joined(separator: ", ")
        #expect(try seriesCount("{} | quantile_over_time(span.n, \(many)) by (span.a)") == 2)
    }

    @Test func hostileNumbersDoNotTrap() throws {
        let values: [Double] = [
            .nan, .infinity, -.infinity, .greatestFiniteMagnitude, -0.0, .leastNonzeroMagnitude, 0x1p63, -0x1p63,
        ]
        let times: [Int64] = [.min, -1, 0, 1_100_000, 1_100_001, .max, .max / 1_000_000, .max / 1_000_000 + 1]
        for text in Self.queries {
            let metrics = try Self.metrics(text)
            var gathered = metrics.emptyPartials()
            for value in values {
                for bucket in [MetricsLabelValue.float(value), .int(.max), .int(.min), .string("x"), .array([])] {
                    let samples = times.map { MetricsSample(timestampMilliseconds: $0, value: value) }
                    let exemplars = times.map {
                        MetricsExemplar(labels: [], value: value, timestampMilliseconds: $0)
                    }
                    let labels = [MetricsLabel("__meta_type", "baseline"), MetricsLabel("__bucket", bucket)]
                    gathered.fold([
                        MetricsSeries(labels: labels, samples: samples, exemplars: exemplars),
                        MetricsSeries(labels: Array(labels.dropFirst()), samples: samples, exemplars: exemplars),
                        MetricsPartial.weights(labels: Array(labels.dropFirst()), samples: samples),
                    ])
                }
            }
            _ = metrics.finish(gathered)
            _ = gathered.partialSeries()
        }
        for value in values {
            let counts = [
                MetricsBuckets.Count(bound: value, count: .max), MetricsBuckets.Count(bound: 1, count: .max),
            ]
            for quantile in values + [0, 0.5, 1] { _ = MetricsBuckets.quantile(quantile, of: counts) }
        }
    }

    @Test func rangesThatCannotBeAreRefused() throws {
        #expect(throws: MetricsRange.Failure.isEmpty) { try MetricsRange.aligned(start: 5, end: 5, step: 1) }
        #expect(throws: MetricsRange.Failure.isEmpty) { try MetricsRange.instant(start: 5, end: 4) }
        #expect(throws: MetricsRange.Failure.stepIsZero) { try MetricsRange.aligned(start: 0, end: 5, step: 0) }
        #expect(throws: MetricsRange.Failure.isOutOfBounds) {
            try MetricsRange.aligned(start: 0, end: .max, step: .max - 1)
        }
        #expect(throws: MetricsRange.Failure.tooManyIntervals(limit: 10)) {
            try MetricsRange.aligned(start: 0, end: 11, step: 1, maxCount: 10)
        }
        #expect(throws: MetricsRange.Failure.tooManyIntervals(limit: MetricsRange.maximumCount)) {
            try MetricsRange.aligned(start: 0, end: .max, step: 1, maxCount: .max)
        }
        let whole = try MetricsRange.aligned(start: 0, end: .max, step: .max)
        #expect(whole.count == 1 && whole.interval(ofNanoseconds: .max) == 0 && whole.interval(ofNanoseconds: 0) == nil)
        #expect(whole.interval(ofMilliseconds: .max) == nil)
    }

    @Test func theHintDecidesOnExemplars() throws {
        func limit(_ hints: String, _ requested: Int) throws -> Int {
            MetricsQuery.exemplarLimit(of: try Query.parse("{} | rate()" + hints), requested: requested, maximum: 100)
        }
        #expect(try limit("", 0) == 100)
        #expect(try limit("", 7) == 7)
        #expect(try limit("", 700) == 100)
        #expect(try limit(" with (exemplars=false)", 7) == 0)
        #expect(try limit(" with (exemplars=true)", 7) == 7)
        #expect(try limit(" with (exemplars=3)", 7) == 3)
        #expect(try limit(" with (exemplars=3000)", 7) == 100)
    }
}
