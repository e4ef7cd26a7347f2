/// Gathers what one sub-query counts, trace by trace.
///
/// Not for several tasks at once; several accumulators of one evaluator each take some of the traces, and what they
/// gathered is merged.
public struct MetricsAccumulator {
    private let evaluator: MetricsEvaluator
    private var state = EvaluationState()
    private var gathered: MetricsPartial
    /// Rows of groups whose values mean the same in every trace.
    private var rows: [GroupKey: Int] = [:]
    private var rowsGeneration: UInt64 = 0
    private var rowsDictionary: ObjectIdentifier?
    private var lastKey = GroupKey()
    private var lastRow = -1
    private var comparison: ComparisonCounter?
    /// How many of the traces had a span that the pipeline leaves and that starts in the range.
    public private(set) var matchedTraces = 0

    /// Nothing gathered. A count or rate without `by()` has its series from the start.
    public init(_ evaluator: MetricsEvaluator) {
        self.evaluator = evaluator
        gathered = MetricsPartial(
            evaluator.leaf.function, range: evaluator.range, exemplarLimit: evaluator.exemplarLimit,
            limits: evaluator.limits)
        switch evaluator.leaf.function.kind {
        case .rate, .countOverTime:
            if evaluator.groupNames.isEmpty && !evaluator.matchesNothing { _ = gathered.row(for: SeriesIdentity([])) }
        case .compare: comparison = ComparisonCounter(evaluator)
        default: break
        }
    }

    /// What was gathered. May be asked for while more is to come.
    public func partial() -> MetricsPartial {
        guard let comparison else { return gathered }
        var partial = gathered
        comparison.add(to: &partial)
        return partial
    }

    /// Takes in a complete trace.
    /// - Throws: what `SearchEvaluator.evaluate` throws.
    public mutating func observe(_ table: SpanTable) throws(SearchEvaluator.Failure) {
        guard !evaluator.matchesNothing else { return }
        let spansets = try evaluator.spans.evaluate(table, &state)
        guard !spansets.isEmpty else { return }
        if comparison != nil {
            if comparison?.observe(spansets, table, &state, &gathered) == true { matchedTraces &+= 1 }
            return
        }
        forgetGroups(of: table.dictionary)
        var exemplar: ExemplarCandidate?
        var isMatch = false
        for spanset in spansets {
            for index in spanset.spans {
                let span = Int(index)
                guard let interval = evaluator.range.interval(ofNanoseconds: table.spans[span].startUnixNano) else {
                    continue
                }
                isMatch = true
                observe(span, interval, table, &exemplar)
            }
        }
        if isMatch { matchedTraces &+= 1 }
        if let exemplar { insert(exemplar, table) }
    }

    private mutating func observe(
        _ span: Int, _ interval: Int, _ table: SpanTable, _ exemplar: inout ExemplarCandidate?
    ) {
        var key = GroupKey()
        var number = 1.0
        var measured = Double.nan
        if let valueIndex = evaluator.valueIndex {
            let value = evaluator.spans.value(valueIndex, ofSpan: span, in: table, &state)
            switch evaluator.measure {
            case .count: break
            case .number(let isSpanDuration):
                guard let found = Self.number(value, isSpanDuration: isSpanDuration) else { return }
                number = found
                measured = found
            case .bucket:
                guard let exponent = Self.bucket(value) else { return }
                key.bucket = exponent
                if case .duration = value { key.isDuration = true }
                measured = Self.number(value, isSpanDuration: true) ?? .nan
            }
        }
        var outlivesTrace = true
        for index in 0..<min(evaluator.groupNames.count, GroupKey.capacity) {
            let value = evaluator.spans.value(index, ofSpan: span, in: table, &state)
            key.set(index, value)
            if !value.outlivesTrace { outlivesTrace = false }
        }
        guard let row = row(for: key, outlivesTrace: outlivesTrace, ofSpan: span, table) else { return }
        gathered.add(number, row: row, interval: interval)
        if evaluator.exemplarLimit > 0 {
            let start = table.spans[span].startUnixNano
            if exemplar.map({ start < $0.start }) ?? true {
                exemplar = ExemplarCandidate(span: span, start: start, row: row, value: measured)
            }
        }
    }

    // MARK: - Values

    /// The number that a value stands for; nil for none.
    private static func number(_ value: EvaluatedValue, isSpanDuration: Bool) -> Double? {
        switch value {
        case .int(let number): Double(number)
        case .float(let number): number.isNaN ? nil : number
        case .duration(let nanoseconds): isSpanDuration ? Double(nanoseconds) / 1e9 : Double(nanoseconds)
        default: nil
        }
    }

    private static func bucket(_ value: EvaluatedValue) -> Int? {
        switch value {
        case .int(let number), .duration(let number):
            number < 2 ? nil : MetricsBuckets.exponent(of: UInt64(number))
        default: nil
        }
    }

    // MARK: - Groups

    private mutating func forgetGroups(of dictionary: any StringDictionary) {
        let identifier = ObjectIdentifier(dictionary)
        guard identifier != rowsDictionary || dictionary.generation != rowsGeneration else { return }
        rowsDictionary = identifier
        rowsGeneration = dictionary.generation
        rows.removeAll(keepingCapacity: true)
        lastRow = -1
    }

    private mutating func row(
        for key: GroupKey, outlivesTrace: Bool, ofSpan span: Int, _ table: SpanTable
    ) -> Int? {
        if outlivesTrace {
            if lastRow >= 0 && key == lastKey { return lastRow }
            if let row = rows[key] {
                lastKey = key
                lastRow = row
                return row
            }
        }
        guard let row = gathered.row(for: identity(of: key, span, table)) else { return nil }
        if outlivesTrace {
            rows[key] = row
            lastKey = key
            lastRow = row
        }
        return row
    }

    private mutating func identity(of key: GroupKey, _ span: Int, _ table: SpanTable) -> SeriesIdentity {
        var labels: [MetricsLabel] = []
        for (index, name) in evaluator.groupNames.enumerated() where index < GroupKey.capacity {
            let value = evaluator.spans.value(index, ofSpan: span, in: table, &state)
            guard let label = MetricsLabelValue(state.static(value, table)) else { continue }
            labels.append(MetricsLabel(name, label))
        }
        if case .bucket = evaluator.measure {
            let bound = MetricsBuckets.bound(exponent: key.bucket, isDuration: key.isDuration)
            labels.append(MetricsLabel(MetricsLabel.Name.bucket, .float(bound)))
        } else if labels.isEmpty, let name = evaluator.groupNames.first {
            labels.append(MetricsLabel(name, .missing))
        }
        return SeriesIdentity(labels)
    }

    // MARK: - Exemplars

    /// The span that a trace would be shown by: the first that counted.
    private struct ExemplarCandidate {
        var span: Int
        var start: UInt64
        var row: Int
        var value: Double
    }

    private mutating func insert(_ candidate: ExemplarCandidate, _ table: SpanTable) {
        let milliseconds = Int64(candidate.start / 1_000_000)
        let identity = gathered.identities[candidate.row]
        guard gathered.wantsExemplar(of: identity, milliseconds: milliseconds) else { return }
        var labels = [MetricsLabel("trace:id", table.traceID.hexadecimal)]
        for (index, name) in evaluator.exemplarLabels {
            let value = evaluator.spans.value(index, ofSpan: candidate.span, in: table, &state)
            guard let label = MetricsLabelValue(state.static(value, table)) else { continue }
            labels.append(MetricsLabel(name, label))
        }
        let value = evaluator.leaf.function.kind.exemplarsFollowSeries ? .nan : candidate.value
        gathered.insert(
            MetricsExemplar(labels: labels, value: value, timestampMilliseconds: milliseconds), series: identity)
    }
}

extension SpanTable.TraceID {
    /// Lower-case hexadecimal digits without leading zeros.
    var hexadecimal: String {
        guard high != 0 else { return String(low, radix: 16) }
        let rest = String(low, radix: 16)
        return String(high, radix: 16) + String(repeating: "0", count: 16 - rest.utf8.count) + rest
    }
}
