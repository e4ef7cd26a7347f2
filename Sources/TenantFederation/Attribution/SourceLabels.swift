import TempoAPI
import TraceQL

extension SourceRewrite {
    /// Puts the reserved attributes among the labels of a series, where `by()` has them.
    /// - Parameter group: the `by()` list as the client wrote it.
    /// - Returns: nil for the series of a place without any span, which would not be there if the place were a label.
    func labelled(_ series: TimeSeries, function: MetricsFunction) -> TimeSeries? {
        guard !ofSeries.isEmpty else { return series }
        var series = series
        let reserved = Set(ofSeries.map(\.position))
        let asked = function.group.enumerated().filter { !reserved.contains($0.offset) }
        if asked.isEmpty {
            series.labels.removeAll { $0.key == MetricsLabel.Name.function }
            switch function.kind {
            case .rate, .countOverTime:
                if series.samples.allSatisfy({ $0.value == 0 }) { return nil }
            default: break
            }
        } else if let first = asked.first {
            let names = Set(asked.map { $0.element.tempoText })
            let own = series.labels.filter { names.contains($0.key) }
            // Next to a label that is always there, one without a value is left out.
            if own.count == 1, own[0].key == first.element.tempoText, own[0].value == .string("nil") {
                series.labels.removeAll { $0.key == own[0].key }
            }
        }
        let positionOf = Dictionary(
            asked.map { ($0.element.tempoText, $0.offset) }, uniquingKeysWith: { first, _ in first })
        for label in ofSeries {
            let added = KeyValue(key: label.name, value: .string(label.value))
            let place = series.labels.firstIndex { other in
                guard let position = positionOf[other.key] else {
                    // Labels of the function itself stand behind those of by().
                    return !ofSeries.contains { $0.name == other.key }
                }
                return position > label.position
            }
            series.labels.insert(added, at: place ?? series.labels.count)
            for index in series.exemplars.indices { series.exemplars[index].labels.append(added) }
        }
        return series
    }

    /// Adds the reserved attributes to the spans and span sets of a search.
    func attributed(_ answer: SearchResponse) -> SearchResponse {
        guard !ofSpans.isEmpty || !ofSpanSets.isEmpty else { return answer }
        var answer = answer
        for index in answer.traces.indices {
            if let set = answer.traces[index].spanSet { answer.traces[index].spanSet = attributed(set) }
            for position in answer.traces[index].spanSets.indices {
                answer.traces[index].spanSets[position] = attributed(answer.traces[index].spanSets[position])
            }
        }
        return answer
    }

    private func attributed(_ set: SpanSet) -> SpanSet {
        var set = set
        for label in ofSpanSets.reversed() {
            set.attributes.insert(KeyValue(key: label.name, value: .string(label.value)), at: 0)
        }
        for index in set.spans.indices {
            for label in ofSpans {
                // What the span carries itself under this name keeps its value under another.
                for place in set.spans[index].attributes.indices
                where set.spans[index].attributes[place].key == label.name {
                    set.spans[index].attributes[place].key = SourceAttributes.originalPrefix + label.name
                }
                set.spans[index].attributes.append(KeyValue(key: label.name, value: .string(label.value)))
            }
        }
        return set
    }
}
