import TestSupport
import Testing
import TraceQL
import TraceQLTestSupport

/// Metrics of random queries over random traces, against what a plain list of the values gives.
@Suite(.computeThreads) struct MetricsReferenceTests {
    private static let base: UInt64 = 1_700_000_000_000_000_000

    @Test(arguments: 0..<6) func answersAreThoseOfPlainLists(_ seed: Int) throws {
        let isMixed = seed % 2 == 1
        var traces = TraceGenerator(
            seed: 40 + UInt64(seed), oddities: isMixed ? .all : [.sharedIDs, .brokenTrees, .backwardTimes],
            baseUnixNano: Self.base)
        var queries = QueryTextGenerator(seed: 50 + UInt64(seed))
        var points = 0
        for _ in 0..<30 {
            let text = queries.metrics()
            let query = try Query.parse(text)
            guard (try? query.validate()) != nil else { continue }
            let range = try MetricsRange.aligned(
                start: Self.base + 5_000_000_000, end: Self.base + 45_000_000_000, step: 7_000_000_000)
            let metrics = try MetricsQuery(query, range: range)
            let models = (0..<12).map { _ in traces.trace() }
            let strings = StringInterner()
            let evaluator = try MetricsEvaluator(metrics, leaf: 0)
            var table = SpanTable(evaluator.projection, dictionary: strings)
            var gathered = metrics.emptyPartials()
            // Two accumulators, as of two tenants.
            for half in [models.prefix(5), models.dropFirst(5)] {
                var accumulator = MetricsAccumulator(evaluator)
                for model in half {
                    model.fill(&table, strings)
                    try accumulator.observe(table)
                }
                gathered.leaves[0].merge(accumulator.partial())
            }
            let answer = metrics.finish(gathered).series
            let expected = PlainMetrics(metrics, models).series()
            let difference = MetricsComparison.difference(
                MetricsComparison.inOrder(answer), MetricsComparison.inOrder(expected), tolerance: 1e-12)
            #expect(difference == nil, "seed \(seed): \(text)")
            points += expected.reduce(0) { $0 + $1.samples.count { $0.value != 0 } }
        }
        #expect(points > 20)
    }
}

/// Metrics as one would write them down: all values of a group and interval in a list, and the function over the list.
private struct PlainMetrics {
    private struct Observation {
        var labels: [MetricsLabel]
        var interval: Int
        /// The function's attribute; nil for functions without.
        var value: Static?
        var isSpanDuration: Bool
    }

    private let metrics: MetricsQuery
    private let function: MetricsFunction
    private var observations: [Observation] = []

    init(_ metrics: MetricsQuery, _ traces: [TraceModel]) {
        self.metrics = metrics
        function = metrics.leaves[0].function
        let pipeline = Query(.spansets(metrics.leaves[0].pipeline))
        for trace in traces {
            let spans = trace.storedOrder
            for spanset in ReferenceEvaluator(pipeline, trace).spansets() {
                for index in spanset.spans { observe(spans[index]) }
            }
        }
    }

    private mutating func observe(_ span: SpanModel) {
        let range = metrics.range
        guard
            let interval = (0..<range.count).first(where: { index in
                let lower = range.start + UInt64(index) * range.step
                return span.startUnixNano > lower && span.startUnixNano <= lower + range.step
            })
        else { return }
        var labels = function.group.compactMap { attribute -> MetricsLabel? in
            guard let value = Self.value(attribute, span), let label = Self.label(value) else { return nil }
            return MetricsLabel(Self.name(attribute), label)
        }
        if labels.isEmpty, let first = function.group.first, !hasBuckets {
            labels = [MetricsLabel(Self.name(first), .missing)]
        }
        observations.append(
            Observation(
                labels: labels, interval: interval, value: measured.flatMap { Self.value($0, span) },
                isSpanDuration: measured?.intrinsic == .duration))
    }

    // MARK: - Functions

    func series() -> [MetricsSeries] {
        switch function.kind {
        case .rate: counted(scale: 1 / metrics.range.stepSeconds)
        case .countOverTime: counted(scale: 1)
        case .minOverTime: reduced { $0.min() ?? .nan }
        case .maxOverTime: reduced { $0.max() ?? .nan }
        case .sumOverTime: reduced { $0.reduce(0, +) }
        case .avgOverTime: reduced { $0.reduce(0, +) / Double($0.count) }
        case .histogramOverTime: histogram()
        case .quantileOverTime(_, let quantiles): quantiled(quantiles)
        case .compare: []
        }
    }

    private func counted(scale: Double) -> [MetricsSeries] {
        var groups = Dictionary(grouping: observations, by: \.labels)
        if function.group.isEmpty { groups[[], default: []] += [] }
        return groups.map { labels, found in
            series(labels) { interval in Double(found.count { $0.interval == interval }) * scale }
        }
    }

    private func reduced(_ reduce: ([Double]) -> Double) -> [MetricsSeries] {
        Dictionary(grouping: observations, by: \.labels).map { labels, found in
            series(labels) { interval in
                let numbers = found.filter { $0.interval == interval }.compactMap { Self.number($0) }
                return numbers.isEmpty ? .nan : reduce(numbers)
            }
        }.filter { !$0.samples.isEmpty }
    }

    private func histogram() -> [MetricsSeries] {
        var groups: [[MetricsLabel]: [Int]] = [:]
        for one in observations {
            guard let bound = Self.bound(one) else { continue }
            groups[one.labels + [MetricsLabel("__bucket", .float(bound))], default: []].append(one.interval)
        }
        return groups.map { labels, found in
            series(labels) { interval in Double(found.count { $0 == interval }) }
        }
    }

    private func quantiled(_ quantiles: [Double]) -> [MetricsSeries] {
        let measured = observations.filter { Self.bound($0) != nil }
        return Dictionary(grouping: measured, by: \.labels).flatMap { labels, found in
            quantiles.map { quantile in
                series(labels + [MetricsLabel("p", .float(quantile))]) { interval in
                    let bounds = found.filter { $0.interval == interval }.compactMap { Self.bound($0) }.sorted()
                    let counts = Set(bounds).sorted().map { bound in
                        MetricsBuckets.Count(bound: bound, count: Int64(bounds.count { $0 == bound }))
                    }
                    return MetricsBuckets.quantile(quantile, of: counts)
                }
            }
        }
    }

    private func series(_ labels: [MetricsLabel], _ value: (Int) -> Double) -> MetricsSeries {
        let names = [
            "rate", "count_over_time", "min_over_time", "max_over_time", "sum_over_time", "avg_over_time",
        ]
        let name = names.first { "\(metrics.query)".contains("| \($0)(") }
        let samples = (0..<metrics.range.count).compactMap { interval -> MetricsSample? in
            let value = value(interval)
            guard !value.isNaN else { return nil }
            return MetricsSample(
                timestampMilliseconds: metrics.range.timestampMilliseconds(interval), value: value)
        }
        return MetricsSeries(
            labels: labels.isEmpty ? name.map { [MetricsLabel("__name__", $0)] } ?? [] : labels, samples: samples)
    }

    // MARK: - Values

    private var measured: Attribute? {
        switch function.kind {
        case .rate, .countOverTime, .compare: nil
        case .minOverTime(let attribute), .maxOverTime(let attribute), .sumOverTime(let attribute),
            .avgOverTime(let attribute), .histogramOverTime(let attribute), .quantileOverTime(let attribute, _):
            attribute
        }
    }

    private var hasBuckets: Bool {
        switch function.kind {
        case .histogramOverTime, .quantileOverTime: true
        default: false
        }
    }

    private static func number(_ observation: Observation) -> Double? {
        switch observation.value {
        case .int(let number): Double(number)
        case .float(let number): number.isNaN ? nil : number
        case .duration(let nanoseconds):
            observation.isSpanDuration ? Double(nanoseconds) / 1e9 : Double(nanoseconds)
        default: nil
        }
    }

    /// Powers of two until one is large enough.
    private static func bound(_ observation: Observation) -> Double? {
        let (value, unit): (Int64, Double)
        switch observation.value {
        case .int(let number): (value, unit) = (number, 1)
        case .duration(let nanoseconds): (value, unit) = (nanoseconds, 1e9)
        default: return nil
        }
        guard value >= 2 else { return nil }
        var bound = 2.0
        while bound < Double(value) { bound *= 2 }
        return bound / unit
    }

    private static func value(_ attribute: Attribute, _ span: SpanModel) -> Static? {
        switch attribute.intrinsic {
        case .duration: return .duration(Int64(bitPattern: span.durationNanos))
        case .name: return .string(span.name)
        case .status: return .status([.unset, .ok, .error][span.status])
        case .kind: return .kind([.unspecified, .internal, .server, .client, .producer, .consumer][span.kind])
        case nil: break
        default: return nil
        }
        if attribute.isServiceName { return .string(span.serviceName) }
        let lists: [[AttributeModel]] =
            switch attribute.scope {
            case .span: [span.attributes]
            case .resource: [span.resource]
            default: [span.attributes, span.resource]
            }
        for list in lists {
            if let found = list.first(where: { $0.key == attribute.name }) { return value(found.value) }
        }
        return nil
    }

    private static func value(_ value: ValueModel) -> Static? {
        switch value {
        case .string(let text): .string(text)
        case .int(let number): .int(number)
        case .double(let number): .float(number)
        case .bool(let flag): .boolean(flag)
        case .array(let values): array(values)
        case .bytes, .keyValues, .empty: nil
        }
    }

    private static func array(_ values: [ValueModel]) -> Static? {
        guard values.count != 1 else {
            if case .array = values[0] { return nil }
            return value(values[0])
        }
        let elements = values.map(value)
        let ints = elements.compactMap { if case .int(let number) = $0 { number } else { nil } }
        let floats = elements.compactMap { if case .float(let number) = $0 { number } else { nil } }
        let flags = elements.compactMap { if case .boolean(let flag) = $0 { flag } else { nil } }
        let texts = elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
        guard !values.isEmpty else { return nil }
        if ints.count == values.count { return .intArray(ints) }
        if floats.count == values.count { return .floatArray(floats) }
        if flags.count == values.count { return .booleanArray(flags) }
        return texts.count == values.count ? .stringArray(texts) : nil
    }

    private static func label(_ value: Static) -> MetricsLabelValue? {
        switch value {
        case .string(let text): .string(String(decoding: text, as: UTF8.self))
        case .int(let number): .int(number)
        case .float(let number): .float(number)
        case .boolean(let flag): .boolean(flag)
        case .status(let status): .string(status.rawValue)
        case .kind(let kind): .string(kind.rawValue)
        case .intArray(let values): .array(values.map { .int($0) })
        case .floatArray(let values): .array(values.map { .float($0) })
        case .booleanArray(let values): .array(values.map { .boolean($0) })
        case .stringArray(let values): .array(values.map { .string(String(decoding: $0, as: UTF8.self)) })
        default: nil
        }
    }

    private static func name(_ attribute: Attribute) -> String {
        attribute.intrinsic?.text
            ?? (attribute.scope == .none ? "." : attribute.scope.rawValue + ".") + attribute.name
    }
}
