package import TempoAPI
package import TraceQL

extension MetricsLabelValue {
    /// The value of a label as it came over the wire. Lists come back as missing, as in every Tempo that combines series;
    /// so does what no series can be told by.
    package init(_ value: AnyValue?) {
        switch value?.value {
        case .string(let text): self = .string(text)
        case .bool(let flag): self = .boolean(flag)
        case .int(let number): self = .int(number)
        case .double(let number): self = .float(number)
        case .array, .keyValueList, .bytes, .stringIndex, nil: self = .missing
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
