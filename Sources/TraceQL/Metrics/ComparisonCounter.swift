/// Counts for `compare()`: how often every value of every attribute occurs, in the selection and outside.
///
/// Counts are kept sparsely, so that attributes with a value of their own for every span do not need a row of intervals each.
struct ComparisonCounter {
    /// A value of an attribute on one side.
    private struct Key: Hashable {
        var isSelection: Bool
        var attribute: Int
        var value: MetricsLabelValue
    }

    /// An attribute by its key in the dictionary, or an intrinsic by its position, with a value, as numbers.
    private struct QuickKey: Hashable {
        private var attribute: UInt64
        private var bits: UInt64

        init(_ value: EvaluatedValue, key: UInt32, level: UInt8, isSelection: Bool) {
            let (type, bits) = value.packed
            attribute = UInt64(key) << 32 | UInt64(level) << 16 | UInt64(type) << 8 | (isSelection ? 1 : 0)
            self.bits = bits
        }
    }

    private struct Counts {
        var attribute: Int
        var isSelection: Bool
        var value: MetricsLabelValue
        var cells = SparseCounts()
    }

    /// What an attribute counted on one side, all values together.
    private struct Total {
        var row: PartialRow
        var hasCounted = false
    }

    private let evaluator: MetricsEvaluator
    private var names: [String] = []
    private var attributes: [String: Int] = [:]
    private var counts: [Counts] = []
    private var index: [Key: Int] = [:]
    private var quick: [QuickKey: (counts: Int, attribute: Int)] = [:]
    private var quickGeneration: UInt64 = 0
    private var quickDictionary: ObjectIdentifier?
    /// By attribute: outside the selection, and in it.
    private var totals: [(baseline: Total, selection: Total)] = []
    private var isFull = false

    /// Values of attributes counted one by one; those beyond count for the totals only.
    private static let maximumValues = 500_000
    /// Attributes told apart.
    private static let maximumAttributes = 2_000
    /// How many values of an attribute are passed on at least, so that merged parts are exact as far as that goes.
    private static let keptValues = 1_000

    init(_ evaluator: MetricsEvaluator) { self.evaluator = evaluator }

    /// - Returns: whether a span of the trace starts in the range.
    mutating func observe(
        _ spansets: [EvaluatedSpanset], _ table: SpanTable, _ state: inout EvaluationState,
        _ gathered: inout MetricsPartial
    ) -> Bool {
        guard let comparison = evaluator.comparison else { return false }
        var isMatch = false
        forgetQuick(table.dictionary)
        var shown: (span: Int, start: UInt64, isSelection: Bool)?
        for spanset in spansets {
            let holds = spanset.attributes.contains {
                $0.isGroup && $0.key == comparison.groupKey && $0.value == .boolean(true)
            }
            for spanIndex in spanset.spans {
                let span = Int(spanIndex)
                let start = table.spans[span].startUnixNano
                guard let interval = evaluator.range.interval(ofNanoseconds: start) else { continue }
                isMatch = true
                let isInside = comparison.window.map { start > $0.start && start <= $0.end } ?? true
                count(span, interval, isSelection: holds && isInside, table, &state, comparison)
                if evaluator.exemplarLimit > 0 && start < shown?.start ?? .max {
                    shown = (span, start, holds && isInside)
                }
            }
        }
        if let shown {
            insertExemplar(shown.span, isSelection: shown.isSelection, table, &state, &gathered, comparison)
        }
        return isMatch
    }

    /// Adds what was counted to a partial state.
    func add(to partial: inout MetricsPartial) {
        if isFull { partial.isCut = true }
        var byAttribute: [Int: [Int]] = [:]
        for (position, one) in counts.enumerated() {
            byAttribute[one.attribute * 2 + (one.isSelection ? 1 : 0), default: []].append(position)
        }
        let limit = max(Self.keptValues, evaluator.comparison?.topN ?? 0)
        for positions in byAttribute.values {
            for position in mostFrequent(positions, limit) {
                let one = counts[position]
                var row = PartialRow(.count, count: evaluator.range.count)
                for cell in one.cells.cells { row.values[Int(cell.interval)] = cell.count }
                partial.merge(row, into: identity(one.attribute, one.isSelection ? "selection" : "baseline", one.value))
            }
        }
        for (attribute, total) in totals.enumerated() {
            if total.baseline.hasCounted {
                partial.merge(total.baseline.row, into: identity(attribute, "baseline_total", .missing))
            }
            if total.selection.hasCounted {
                partial.merge(total.selection.row, into: identity(attribute, "selection_total", .missing))
            }
        }
    }

    private func mostFrequent(_ positions: [Int], _ limit: Int) -> [Int] {
        guard positions.count > limit else { return positions }
        let ranked = positions.sorted { left, right in
            if counts[left].cells.total != counts[right].cells.total {
                return counts[left].cells.total > counts[right].cells.total
            }
            return counts[left].value.protobufText.lexicographicallyPrecedes(counts[right].value.protobufText)
        }
        return Array(ranked.prefix(limit))
    }

    private func identity(_ attribute: Int, _ side: String, _ value: MetricsLabelValue) -> SeriesIdentity {
        SeriesIdentity([MetricsLabel(MetricsLabel.Name.metaType, side), MetricsLabel(names[attribute], value)])
    }

    // MARK: - Counting

    private mutating func count(
        _ span: Int, _ interval: Int, isSelection: Bool, _ table: SpanTable, _ state: inout EvaluationState,
        _ comparison: MetricsEvaluator.Comparison
    ) {
        for (position, intrinsic) in comparison.intrinsics.enumerated() {
            let value = evaluator.spans.value(intrinsic.index, ofSpan: span, in: table, &state)
            let key = QuickKey(value, key: UInt32(position), level: 0, isSelection: isSelection)
            if countKnown(key, interval, isSelection) { continue }
            count(value, of: intrinsic.name, key, interval, isSelection, table, state)
        }
        for pair in table.allAttributes(ofSpan: span) {
            count(pair, level: 1, scope: .span, interval, isSelection, table, state)
        }
        for pair in table.allAttributes(ofResource: Int(table.spans[span].resource)) {
            count(pair, level: 2, scope: .resource, interval, isSelection, table, state)
        }
    }

    private mutating func count(
        _ pair: KeyedValue, level: UInt8, scope: AttributeScope, _ interval: Int, _ isSelection: Bool,
        _ table: SpanTable,
        _ state: EvaluationState
    ) {
        guard let value = EvaluatedValue(pair.value) else { return }
        let key = QuickKey(value, key: pair.key.id, level: level, isSelection: isSelection)
        if countKnown(key, interval, isSelection) { return }
        let bytes = table.dictionary.withBytes(of: pair.key) { Array($0) }
        let name = MetricsEvaluator.name(Attribute(scope: scope, nameBytes: bytes, isOfParent: false))
        count(value, of: name, key, interval, isSelection, table, state)
    }

    @inline(__always)
    private mutating func countKnown(_ key: QuickKey, _ interval: Int, _ isSelection: Bool) -> Bool {
        guard let known = quick[key] else { return false }
        if known.counts >= 0 { counts[known.counts].cells.add(interval) }
        addTotal(known.attribute, isSelection, interval)
        return true
    }

    @inline(never)
    private mutating func count(
        _ value: EvaluatedValue, of name: String, _ key: QuickKey, _ interval: Int, _ isSelection: Bool,
        _ table: SpanTable, _ state: EvaluationState
    ) {
        guard let label = MetricsLabelValue(state.static(value, table)), let attribute = attribute(name) else { return }
        let position = position(of: label, attribute, isSelection: isSelection)
        if value.outlivesTrace && quick.count < Self.maximumValues * 2 { quick[key] = (position ?? -1, attribute) }
        if let position { counts[position].cells.add(interval) }
        addTotal(attribute, isSelection, interval)
    }

    private mutating func attribute(_ name: String) -> Int? {
        if let attribute = attributes[name] { return attribute }
        guard names.count < Self.maximumAttributes else {
            isFull = true
            return nil
        }
        attributes[name] = names.count
        names.append(name)
        let empty = Total(row: PartialRow(.count, count: evaluator.range.count))
        totals.append((empty, empty))
        return names.count - 1
    }

    private mutating func position(of value: MetricsLabelValue, _ attribute: Int, isSelection: Bool) -> Int? {
        let key = Key(isSelection: isSelection, attribute: attribute, value: value)
        if let position = index[key] { return position }
        guard counts.count < Self.maximumValues else {
            isFull = true
            return nil
        }
        index[key] = counts.count
        counts.append(Counts(attribute: attribute, isSelection: isSelection, value: value))
        return counts.count - 1
    }

    private mutating func addTotal(_ attribute: Int, _ isSelection: Bool, _ interval: Int) {
        if isSelection {
            totals[attribute].selection.row.values[interval] += 1
            totals[attribute].selection.hasCounted = true
        } else {
            totals[attribute].baseline.row.values[interval] += 1
            totals[attribute].baseline.hasCounted = true
        }
    }

    private mutating func forgetQuick(_ dictionary: any StringDictionary) {
        let identifier = ObjectIdentifier(dictionary)
        guard identifier != quickDictionary || dictionary.generation != quickGeneration else { return }
        quickDictionary = identifier
        quickGeneration = dictionary.generation
        quick.removeAll(keepingCapacity: true)
    }

    // MARK: - Exemplars

    /// A trace is shown at the totals of the name of its first span.
    private func insertExemplar(
        _ span: Int, isSelection: Bool, _ table: SpanTable, _ state: inout EvaluationState,
        _ gathered: inout MetricsPartial, _ comparison: MetricsEvaluator.Comparison
    ) {
        let milliseconds = Int64(table.spans[span].startUnixNano / 1_000_000)
        let side = isSelection ? "selection_total" : "baseline_total"
        let identity = SeriesIdentity([
            MetricsLabel(MetricsLabel.Name.metaType, side), MetricsLabel(Intrinsic.name.text, .missing),
        ])
        guard gathered.wantsExemplar(of: identity, milliseconds: milliseconds) else { return }
        var labels = [MetricsLabel("trace:id", table.traceID.hexadecimal)]
        for intrinsic in comparison.intrinsics {
            let value = evaluator.spans.value(intrinsic.index, ofSpan: span, in: table, &state)
            if let label = MetricsLabelValue(state.static(value, table)) {
                labels.append(MetricsLabel(intrinsic.name, label))
            }
        }
        gathered.insert(
            MetricsExemplar(labels: labels, value: .nan, timestampMilliseconds: milliseconds), series: identity)
    }
}

extension EvaluatedValue {
    /// The value of a column; nil when there is none that counts.
    fileprivate init?(_ value: ColumnValue) {
        switch value {
        case .missing, .unusable: return nil
        case .int(let number): self = .int(number)
        case .float(let number): self = .float(number)
        case .boolean(let flag): self = .boolean(flag)
        case .string(let ref): self = .string(ref)
        case .array(let ref): self = .array(ref)
        }
    }
}
