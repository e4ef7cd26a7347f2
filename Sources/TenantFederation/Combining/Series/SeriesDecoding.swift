package import TempoAPI
package import TraceQL

extension MetricsLabelValue {
    /// The value of a label as it came over the wire. A Tempo gives no lists: it takes them for missing when it combines
    /// series; a frontend like this one does. What no series can be told by is missing.
    package init(_ value: AnyValue?) {
        switch value?.value {
        case .array(let list):
            let elements = list.values.compactMap(Self.scalar)
            self = elements.count == list.values.count ? .array(elements) : .missing
        default: self = Self.scalar(value) ?? .missing
        }
    }

    private static func scalar(_ value: AnyValue?) -> MetricsLabelValue? {
        switch value?.value {
        case .string(let text): .string(text)
        case .bool(let flag): .boolean(flag)
        case .int(let number): .int(number)
        case .double(let number): .float(number)
        case .array, .keyValueList, .bytes, .stringIndex, nil: nil
        }
    }

    /// The value as it goes over the wire.
    package var wireValue: AnyValue {
        switch self {
        case .string(let text): .string(text)
        case .boolean(let flag): .bool(flag)
        case .int(let number): .int(number)
        case .float(let number): .double(number)
        case .array(let values): AnyValue(.array(ArrayValue(values: values.map(\.wireValue))))
        }
    }
}

extension MetricsSeries {
    /// A series of an upstream.
    package init(_ series: TimeSeries) {
        self.init(
            labels: series.labels.map { MetricsLabel($0.key, MetricsLabelValue($0.value)) },
            samples: series.samples.map { MetricsSample(timestampMilliseconds: $0.timestampMs, value: $0.value) },
            exemplars: series.exemplars.map { exemplar in
                MetricsExemplar(
                    labels: exemplar.labels.map { MetricsLabel($0.key, MetricsLabelValue($0.value)) },
                    value: exemplar.value, timestampMilliseconds: exemplar.timestampMs)
            })
    }

    /// Only the samples that lie in an interval of `range`, and the exemplars up to its end; an upstream gives an interval
    /// more than it is asked for.
    func trimmed(to range: MetricsRange) -> MetricsSeries {
        var series = self
        let isInside = { (time: Int64) in range.interval(ofMilliseconds: time) != nil }
        if !series.samples.allSatisfy({ isInside($0.timestampMilliseconds) }) {
            series.samples.removeAll { !isInside($0.timestampMilliseconds) }
        }
        series.exemplars.removeAll { !isInside($0.timestampMilliseconds) }
        return series
    }

    /// The series as it goes over the wire.
    package var wireSeries: TimeSeries {
        TimeSeries(
            labels: labels.map(\.wireLabel),
            samples: samples.map { Sample(timestampMs: $0.timestampMilliseconds, value: $0.value) },
            exemplars: exemplars.map { exemplar in
                Exemplar(
                    labels: exemplar.labels.map(\.wireLabel), value: exemplar.value,
                    timestampMs: exemplar.timestampMilliseconds)
            })
    }
}

extension MetricsLabel {
    fileprivate var wireLabel: KeyValue { KeyValue(key: name, value: value.wireValue) }
}
