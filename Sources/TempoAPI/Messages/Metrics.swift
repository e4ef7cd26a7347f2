/// The answer of a metrics query over a range.
public struct QueryRangeResponse: WireMessage {
    /// The series.
    public var series: [TimeSeries]
    /// What the query cost.
    public var metrics: SearchMetrics?
    /// Whether the answer is whole.
    public var status: PartialStatus
    /// Why it is not whole.
    public var message: String

    /// Makes a message; what is not given is empty.
    public init(
        series: [TimeSeries] = [],
        metrics: SearchMetrics? = nil,
        status: PartialStatus = .complete,
        message: String = ""
    ) {
        self.series = series
        self.metrics = metrics
        self.status = status
        self.message = message
    }

    /// The empty message.
    public init() {
        series = []
        metrics = nil
        status = .complete
        message = ""
    }
}

extension QueryRangeResponse {
    /// Same as in Tempo.
    public static let wireName = "tempopb.QueryRangeResponse"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "series"),
        WireFieldName(2, "metrics"),
        WireFieldName(3, "status"),
        WireFieldName(4, "message"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.messages(1, "series", series, always: true)
        sink.message(2, "metrics", metrics)
        sink.enumeration(3, "status", status)
        sink.string(4, "message", message)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.messages(&series)
        case 2: try source.message(&metrics)
        case 3: try source.enumeration(&status)
        case 4: try source.string(&message)
        default: return false
        }
        return true
    }
}

/// A series of samples.
public struct TimeSeries: WireMessage {
    /// What identifies the series.
    public var labels: [KeyValue]
    /// Its values.
    public var samples: [Sample]
    /// Example spans.
    public var exemplars: [Exemplar]

    /// Makes a message; what is not given is empty.
    public init(
        labels: [KeyValue] = [],
        samples: [Sample] = [],
        exemplars: [Exemplar] = []
    ) {
        self.labels = labels
        self.samples = samples
        self.exemplars = exemplars
    }

    /// The empty message.
    public init() {
        labels = []
        samples = []
        exemplars = []
    }
}

extension TimeSeries {
    /// Same as in Tempo.
    public static let wireName = "tempopb.TimeSeries"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "labels"),
        WireFieldName(2, "samples"),
        WireFieldName(4, "exemplars"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.messages(1, "labels", labels)
        sink.messages(2, "samples", samples)
        sink.messages(4, "exemplars", exemplars)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.messages(&labels)
        case 2: try source.messages(&samples)
        case 4: try source.messages(&exemplars)
        default: return false
        }
        return true
    }
}

/// A value at a point in time.
public struct Sample: WireMessage {
    /// When, in milliseconds since 1970.
    public var timestampMs: Int64
    /// The value.
    public var value: Double

    /// Makes a message; what is not given is empty.
    public init(
        timestampMs: Int64 = 0,
        value: Double = 0
    ) {
        self.timestampMs = timestampMs
        self.value = value
    }

    /// The empty message.
    public init() {
        timestampMs = 0
        value = 0
    }
}

extension Sample {
    /// Same as in Tempo.
    public static let wireName = "tempopb.Sample"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(2, "timestampMs", "timestamp_ms"),
        WireFieldName(1, "value"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        if Sink.wantsDeclarationOrder {
            sink.int64(2, "timestampMs", timestampMs)
            sink.double(1, "value", value)
        } else {
            sink.double(1, "value", value)
            sink.int64(2, "timestampMs", timestampMs)
        }
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 2: try source.int64(&timestampMs)
        case 1: try source.double(&value)
        default: return false
        }
        return true
    }
}

/// A span that a value of a series came from.
public struct Exemplar: WireMessage {
    /// What identifies the span.
    public var labels: [KeyValue]
    /// Its value.
    public var value: Double
    /// When, in milliseconds since 1970.
    public var timestampMs: Int64

    /// Makes a message; what is not given is empty.
    public init(
        labels: [KeyValue] = [],
        value: Double = 0,
        timestampMs: Int64 = 0
    ) {
        self.labels = labels
        self.value = value
        self.timestampMs = timestampMs
    }

    /// The empty message.
    public init() {
        labels = []
        value = 0
        timestampMs = 0
    }
}

extension Exemplar {
    /// Same as in Tempo.
    public static let wireName = "tempopb.Exemplar"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "labels"),
        WireFieldName(2, "value"),
        WireFieldName(3, "timestampMs", "timestamp_ms"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.messages(1, "labels", labels)
        sink.double(2, "value", value)
        sink.int64(3, "timestampMs", timestampMs)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.messages(&labels)
        case 2: try source.double(&value)
        case 3: try source.int64(&timestampMs)
        default: return false
        }
        return true
    }
}

/// The answer of an instant metrics query.
public struct QueryInstantResponse: WireMessage {
    /// The series.
    public var series: [InstantSeries]
    /// What the query cost.
    public var metrics: SearchMetrics?
    /// Whether the answer is whole.
    public var status: PartialStatus
    /// Why it is not whole.
    public var message: String

    /// Makes a message; what is not given is empty.
    public init(
        series: [InstantSeries] = [],
        metrics: SearchMetrics? = nil,
        status: PartialStatus = .complete,
        message: String = ""
    ) {
        self.series = series
        self.metrics = metrics
        self.status = status
        self.message = message
    }

    /// The empty message.
    public init() {
        series = []
        metrics = nil
        status = .complete
        message = ""
    }
}

extension QueryInstantResponse {
    /// Same as in Tempo.
    public static let wireName = "tempopb.QueryInstantResponse"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "series"),
        WireFieldName(2, "metrics"),
        WireFieldName(3, "status"),
        WireFieldName(4, "message"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.messages(1, "series", series)
        sink.message(2, "metrics", metrics)
        sink.enumeration(3, "status", status)
        sink.string(4, "message", message)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.messages(&series)
        case 2: try source.message(&metrics)
        case 3: try source.enumeration(&status)
        case 4: try source.string(&message)
        default: return false
        }
        return true
    }
}

/// A series of an instant query.
public struct InstantSeries: WireMessage {
    /// What identifies the series.
    public var labels: [KeyValue]
    /// Its value.
    public var value: Double

    /// Makes a message; what is not given is empty.
    public init(
        labels: [KeyValue] = [],
        value: Double = 0
    ) {
        self.labels = labels
        self.value = value
    }

    /// The empty message.
    public init() {
        labels = []
        value = 0
    }
}

extension InstantSeries {
    /// Same as in Tempo.
    public static let wireName = "tempopb.InstantSeries"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "labels"),
        WireFieldName(2, "value"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.messages(1, "labels", labels)
        sink.double(2, "value", value)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.messages(&labels)
        case 2: try source.double(&value)
        default: return false
        }
        return true
    }
}
