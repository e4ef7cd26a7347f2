package import TempoAPI
package import TraceQL

/// Merges the series that several tenants and targets give for the questions of a metrics query into the answer that one
/// tenant holding all spans would give.
///
/// Parts may come in any order. An average needs the sums and the weights of the same upstream and time; what has no
/// counterpart is left out, and ``isComplete`` says so.
package struct SeriesCombiner: Sendable {
    /// How to combine.
    package struct Options: Sendable, Hashable {
        /// Most series of the answer; 0: no limit.
        package var maxSeries: Int
        /// Most exemplars of a sub-query; 0: none.
        package var exemplars: Int

        package init(maxSeries: Int = 0, exemplars: Int = 0) {
            self.maxSeries = maxSeries
            self.exemplars = exemplars
        }
    }

    /// Where the sums and the weights of an average belong together. Either may come in several parts.
    private struct HalfKey: Hashable {
        var fragment: Int
        var origin: PartOrigin
        var start: UInt64
    }

    private struct Halves: Sendable {
        var sums: [MetricsSeries] = []
        var weights: [MetricsSeries] = []
        var hasSums = false
        var hasWeights = false
    }

    private let query: MetricsQuery
    private let rewrite: MetricsRewrite
    private var partials: MetricsPartials
    private var halves: [HalfKey: Halves] = [:]
    private var hasLoneSums = false
    private var metrics = SearchMetrics()
    /// Whether a comparison met an attribute with as many values as an upstream gives at most.
    package private(set) var isComparisonCut = false

    /// - Parameters:
    ///   - query: a valid metrics query, as the client wrote it.
    ///   - rewrite: of the same query.
    ///   - range: its intervals.
    package init(
        _ query: Query, _ rewrite: MetricsRewrite, range: MetricsRange, options: Options
    ) throws(MetricsQuery.NotMetrics) {
        self.query = try MetricsQuery(
            query, range: range, exemplarLimit: options.exemplars, limits: MetricsLimits(maxSeries: options.maxSeries))
        self.rewrite = rewrite
        partials = self.query.emptyPartials()
    }

    /// Takes in an answer to one of the questions.
    /// - Parameters:
    ///   - shard: the intervals that were asked for; others are ignored.
    package mutating func fold(
        _ answer: QueryRangeResponse, question: Int, shard: MetricsRange, from origin: PartOrigin
    ) {
        guard rewrite.questions.indices.contains(question) else { return }
        let question = rewrite.questions[question]
        guard partials.leaves.indices.contains(question.fragment) else { return }
        if let metrics = answer.metrics { self.metrics.add(metrics) }
        if answer.status != .complete { partials.markPartial(answer.message) }
        let function = partials.leaves[question.fragment].function
        var series: [MetricsSeries] = []
        series.reserveCapacity(answer.series.count)
        for one in answer.series {
            var one = MetricsSeries(one).trimmed(to: shard)
            if question.givesExemplars {
                one.readExemplarValues(of: function)
            } else {
                one.exemplars = []
            }
            series.append(one)
        }
        if case .compare = function.kind { noteCut(series) }
        switch question.role {
        case .values, .buckets: partials.leaves[question.fragment].fold(series)
        case .sums, .weights:
            let key = HalfKey(fragment: question.fragment, origin: origin, start: shard.start)
            if question.role == .sums {
                halves[key, default: Halves()].sums += series
                halves[key]?.hasSums = true
            } else {
                halves[key, default: Halves()].weights += series
                halves[key]?.hasWeights = true
            }
        }
    }

    /// Makes averages of the sums and weights that came; all parts must have come. Frees memory that ``finish()`` would need.
    package mutating func pairHalves() {
        for (key, both) in halves {
            guard both.hasSums, both.hasWeights else {
                hasLoneSums = true
                continue
            }
            let isWhole = partials.leaves[key.fragment].fold(sums: both.sums, weights: both.weights)
            hasLoneSums = hasLoneSums || !isWhole
        }
        halves = [:]
    }

    /// Takes in what an upstream gathered for one of the sub-queries.
    package mutating func fold(_ part: PartialSeries, fragment: Int) {
        guard partials.leaves.indices.contains(fragment) else { return }
        metrics.add(part.metrics)
        if part.isCut { partials.markPartial(part.message) }
        switch part.content {
        case .state(let state): partials.leaves[fragment].merge(state)
        case .series(let series): partials.leaves[fragment].fold(series)
        }
    }

    /// Whether every sum of an average met its weights.
    package var isComplete: Bool {
        guard !halves.isEmpty else { return !hasLoneSums }
        var paired = self
        paired.pairHalves()
        return paired.isComplete
    }

    private mutating func noteCut(_ series: [MetricsSeries]) {
        var counts: [[String]: Int] = [:]
        for one in series {
            let names = one.labels.map { label -> String in
                if label.name == MetricsLabel.Name.metaType, case .string(let side) = label.value { return side }
                return label.name
            }
            counts[names, default: 0] += 1
        }
        if counts.values.contains(where: { $0 >= Int(MetricsRewrite.largestComparison) }) { isComparisonCut = true }
    }

    /// The answer to a range query.
    package func finish() -> QueryRangeResponse {
        if !halves.isEmpty {
            var paired = self
            paired.pairHalves()
            return paired.finish()
        }
        let result = query.finish(partials)
        return QueryRangeResponse(
            series: result.series.map(\.wireSeries), metrics: metrics, status: result.isPartial ? .partial : .complete,
            message: result.message)
    }

    /// The answer to an instant query: the only value of each series.
    package func finishInstant() -> QueryInstantResponse {
        let answer = finish()
        return QueryInstantResponse(
            series: answer.series.compactMap { series in
                series.samples.first.map { InstantSeries(labels: series.labels, value: $0.value) }
            },
            metrics: answer.metrics, status: answer.status, message: answer.message)
    }
}

extension SearchMetrics {
    /// Adds what another part of a query cost.
    mutating func add(_ other: SearchMetrics) {
        inspectedTraces.addSaturating(other.inspectedTraces)
        inspectedBytes.addSaturating(other.inspectedBytes)
        totalBlocks.addSaturating(other.totalBlocks)
        completedJobs.addSaturating(other.completedJobs)
        totalJobs.addSaturating(other.totalJobs)
        totalBlockBytes.addSaturating(other.totalBlockBytes)
        inspectedSpans.addSaturating(other.inspectedSpans)
        backendReads.addSaturating(other.backendReads)
        backendBytes.addSaturating(other.backendBytes)
        additionalMetrics.addCounters(other.additionalMetrics, isCacheHit: false)
    }
}
