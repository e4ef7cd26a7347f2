package import TempoAPI
package import TraceQL

/// Writes evaluated traces as a search answers them.
struct SearchAnswer {
    let evaluator: SearchEvaluator
    let strings: ViewStrings
    /// 0 = all.
    let spansPerSpanSet: Int

    /// What is said about a trace apart from its span sets. The name of an unknown root is empty.
    func header(_ summary: TraceSummary, _ id: TraceID, withServices: Bool) -> TraceSearchMetadata {
        var trace = TraceSearchMetadata(
            traceID: HexText.stripped(id), rootServiceName: strings.text(summary.rootServiceName),
            rootTraceName: strings.text(summary.rootName), startTimeUnixNano: summary.startUnixNano,
            durationMs: UInt32(truncatingIfNeeded: summary.durationNanos / 1_000_000))
        guard withServices else { return trace }
        for service in summary.services {
            // Equal names may have different numbers.
            let name = strings.text(service.name)
            var stats = trace.serviceStats[name] ?? ServiceStats()
            stats.spanCount &+= UInt32(truncatingIfNeeded: service.spanCount)
            stats.errorCount &+= UInt32(truncatingIfNeeded: service.errorCount)
            trace.serviceStats[name] = stats
        }
        return trace
    }

    /// The span sets.
    func spanSets(
        _ evaluated: [EvaluatedSpanset], _ table: SpanTable, _ state: inout EvaluationState
    ) -> [SpanSet] {
        evaluated.withDistinctGroups.map { set in
            let listed = spansPerSpanSet == 0 ? set.spans[...] : set.spans.prefix(spansPerSpanSet)
            return SpanSet(
                spans: listed.sorted().map { span(Int($0), table, &state) },
                matched: UInt32(truncatingIfNeeded: set.matched),
                attributes: set.attributes.map { KeyValue(key: $0.key, value: $0.value.searchValue) })
        }
    }

    private func span(_ index: Int, _ table: SpanTable, _ state: inout EvaluationState) -> SearchSpan {
        let span = table.spans[index]
        return SearchSpan(
            spanID: HexText.padded(span.id.value),
            name: strings.text(evaluator.reportedName(ofSpan: index, in: table, state)),
            startTimeUnixNano: span.startUnixNano, durationNanos: span.durationNanos,
            attributes: evaluator.reportedAttributes(ofSpan: index, in: table, &state).map {
                KeyValue(key: String(decoding: $0.key, as: UTF8.self), value: $0.value.searchValue)
            })
    }
}

extension Static {
    /// The value as a search answer carries it: what OTLP has no type for becomes text.
    package var searchValue: AnyValue {
        switch self {
        case .int(let value): .int(value)
        case .float(let value): .double(value)
        case .boolean(let value): .bool(value)
        case .string(let text): .string(String(decoding: text, as: UTF8.self))
        case .null: .string("nil")
        case .duration, .status, .kind: .string(description)
        case .intArray(let values): Self.list(values.map { .int($0) })
        case .floatArray(let values): Self.list(values.map { .double($0) })
        case .stringArray(let values): Self.list(values.map { .string(String(decoding: $0, as: UTF8.self)) })
        case .booleanArray(let values): Self.list(values.map { .bool($0) })
        }
    }

    private static func list(_ values: [AnyValue]) -> AnyValue { AnyValue(.array(ArrayValue(values: values))) }

    /// A text that tells printed values apart, their types included.
    package var searchText: String {
        switch searchValue.value {
        case .string(let text): "s" + text
        case .int(let value): "i\(value)"
        case .double(let value): "d\(value.bitPattern)"
        case .bool(let value): "b\(value)"
        default: "l" + description
        }
    }
}

/// Hexadecimal texts of ids.
enum HexText {
    /// 16 digits.
    static func padded(_ number: UInt64) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }

    /// Without leading zeros; empty for zero.
    static func stripped(_ id: TraceID) -> String {
        if id.high != 0 { return String(id.high, radix: 16) + padded(id.low) }
        return id.low == 0 ? "" : String(id.low, radix: 16)
    }
}

extension [EvaluatedSpanset] {
    /// Groups that print alike are one in Tempo's answers: the one with more matches.
    package var withDistinctGroups: [EvaluatedSpanset] {
        var places: [[String]: Int] = [:]
        var kept: [EvaluatedSpanset] = []
        for set in self {
            let key = set.groupAttributes.flatMap { [$0.key, $0.value.searchText] }
            if let place = places[key] {
                if set.matched > kept[place].matched { kept[place] = set }
            } else {
                places[key] = kept.count
                kept.append(set)
            }
        }
        return kept
    }
}
