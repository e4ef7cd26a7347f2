/// A value at a point in time.
public struct MetricsSample: Sendable, Hashable {
    /// Milliseconds since 1970.
    public var timestampMilliseconds: Int64
    /// The value; not a number stands for none.
    public var value: Double

    /// A sample.
    public init(timestampMilliseconds: Int64, value: Double) {
        self.timestampMilliseconds = timestampMilliseconds
        self.value = value
    }
}

/// A span that contributed to a series.
public struct MetricsExemplar: Sendable, Hashable {
    /// What identifies the span: `trace:id`, and the attributes that the query looked at.
    public var labels: [MetricsLabel]
    /// Its value; not a number until it takes that of the series.
    public var value: Double
    /// The start of the span in milliseconds since 1970.
    public var timestampMilliseconds: Int64

    /// An exemplar.
    public init(labels: [MetricsLabel], value: Double, timestampMilliseconds: Int64) {
        self.labels = labels
        self.value = value
        self.timestampMilliseconds = timestampMilliseconds
    }
}

/// A series as it travels: labels and samples in order of time.
public struct MetricsSeries: Sendable, Hashable {
    /// What tells it from other series, in order.
    public var labels: [MetricsLabel]
    /// Its values.
    public var samples: [MetricsSample]
    /// Spans that contributed.
    public var exemplars: [MetricsExemplar]

    /// A series.
    public init(labels: [MetricsLabel], samples: [MetricsSample], exemplars: [MetricsExemplar] = []) {
        self.labels = labels
        self.samples = samples
        self.exemplars = exemplars
    }
}

/// The answer of a metrics query, range or instant.
public struct MetricsResult: Sendable, Hashable {
    /// The series in the order of an answer. Those of an instant query have one sample.
    public var series: [MetricsSeries]
    /// Whether something was cut or is missing.
    public var isPartial: Bool
    /// Why; empty when nothing was cut here.
    public var message: String

    /// A result.
    public init(series: [MetricsSeries], isPartial: Bool = false, message: String = "") {
        self.series = series
        self.isPartial = isPartial
        self.message = message
    }
}
