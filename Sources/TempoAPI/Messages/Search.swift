/// The answer of a search.
public struct SearchResponse: WireMessage {
    /// The matching traces.
    public var traces: [TraceSearchMetadata]
    /// What the search cost.
    public var metrics: SearchMetrics?

    /// Makes a message; what is not given is empty.
    public init(
        traces: [TraceSearchMetadata] = [],
        metrics: SearchMetrics? = nil
    ) {
        self.traces = traces
        self.metrics = metrics
    }

    /// The empty message.
    public init() {
        traces = []
        metrics = nil
    }
}

extension SearchResponse {
    /// Same as in Tempo.
    public static let wireName = "tempopb.SearchResponse"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "traces"),
        WireFieldName(2, "metrics"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.messages(1, "traces", traces, always: true)
        sink.message(2, "metrics", metrics)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.messages(&traces)
        case 2: try source.message(&metrics)
        default: return false
        }
        return true
    }
}

/// A trace that matches a search.
public struct TraceSearchMetadata: WireMessage {
    /// Trace id in hex, leading zeros normally left out.
    public var traceID: String
    /// Service of the root span, or `<root span not yet received>`.
    public var rootServiceName: String
    /// Name of the root span.
    public var rootTraceName: String
    /// Start of the trace in nanoseconds since 1970.
    public var startTimeUnixNano: UInt64
    /// Duration of the trace in milliseconds.
    public var durationMs: UInt32
    /// The first of `spanSets`, for old clients.
    public var spanSet: SpanSet?
    /// The matching spans, by span set.
    public var spanSets: [SpanSet]
    /// Counts by service.
    public var serviceStats: TextMap<ServiceStats>

    /// Makes a message; what is not given is empty.
    public init(
        traceID: String = "",
        rootServiceName: String = "",
        rootTraceName: String = "",
        startTimeUnixNano: UInt64 = 0,
        durationMs: UInt32 = 0,
        spanSet: SpanSet? = nil,
        spanSets: [SpanSet] = [],
        serviceStats: TextMap<ServiceStats> = [:]
    ) {
        self.traceID = traceID
        self.rootServiceName = rootServiceName
        self.rootTraceName = rootTraceName
        self.startTimeUnixNano = startTimeUnixNano
        self.durationMs = durationMs
        self.spanSet = spanSet
        self.spanSets = spanSets
        self.serviceStats = serviceStats
    }

    /// The empty message.
    public init() {
        traceID = ""
        rootServiceName = ""
        rootTraceName = ""
        startTimeUnixNano = 0
        durationMs = 0
        spanSet = nil
        spanSets = []
        serviceStats = [:]
    }
}

extension TraceSearchMetadata {
    /// Same as in Tempo.
    public static let wireName = "tempopb.TraceSearchMetadata"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "traceID"),
        WireFieldName(2, "rootServiceName"),
        WireFieldName(3, "rootTraceName"),
        WireFieldName(4, "startTimeUnixNano"),
        WireFieldName(5, "durationMs"),
        WireFieldName(6, "spanSet"),
        WireFieldName(7, "spanSets"),
        WireFieldName(8, "serviceStats"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.string(1, "traceID", traceID)
        sink.string(2, "rootServiceName", rootServiceName)
        sink.string(3, "rootTraceName", rootTraceName)
        sink.uint64(4, "startTimeUnixNano", startTimeUnixNano)
        sink.uint32(5, "durationMs", durationMs)
        sink.message(6, "spanSet", spanSet)
        sink.messages(7, "spanSets", spanSets)
        sink.map(8, "serviceStats", serviceStats)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.string(&traceID)
        case 2: try source.string(&rootServiceName)
        case 3: try source.string(&rootTraceName)
        case 4: try source.uint64(&startTimeUnixNano)
        case 5: try source.uint32(&durationMs)
        case 6: try source.message(&spanSet)
        case 7: try source.messages(&spanSets)
        case 8: try source.map(&serviceStats)
        default: return false
        }
        return true
    }
}

/// Counts of one service within a trace.
public struct ServiceStats: WireMessage {
    /// Spans.
    public var spanCount: UInt32
    /// Spans that ended in error.
    public var errorCount: UInt32

    /// Makes a message; what is not given is empty.
    public init(
        spanCount: UInt32 = 0,
        errorCount: UInt32 = 0
    ) {
        self.spanCount = spanCount
        self.errorCount = errorCount
    }

    /// The empty message.
    public init() {
        spanCount = 0
        errorCount = 0
    }
}

extension ServiceStats {
    /// Same as in Tempo.
    public static let wireName = "tempopb.ServiceStats"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "spanCount"),
        WireFieldName(2, "errorCount"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.uint32(1, "spanCount", spanCount)
        sink.uint32(2, "errorCount", errorCount)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.uint32(&spanCount)
        case 2: try source.uint32(&errorCount)
        default: return false
        }
        return true
    }
}

/// Spans of a trace that match together.
public struct SpanSet: WireMessage {
    /// Some of the matching spans.
    public var spans: [SearchSpan]
    /// How many spans match in all.
    public var matched: UInt32
    /// Attributes of the set, such as the group it stands for.
    public var attributes: [KeyValue]

    /// Makes a message; what is not given is empty.
    public init(
        spans: [SearchSpan] = [],
        matched: UInt32 = 0,
        attributes: [KeyValue] = []
    ) {
        self.spans = spans
        self.matched = matched
        self.attributes = attributes
    }

    /// The empty message.
    public init() {
        spans = []
        matched = 0
        attributes = []
    }
}

extension SpanSet {
    /// Same as in Tempo.
    public static let wireName = "tempopb.SpanSet"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "spans"),
        WireFieldName(2, "matched"),
        WireFieldName(3, "attributes"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.messages(1, "spans", spans)
        sink.uint32(2, "matched", matched)
        sink.messages(3, "attributes", attributes)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.messages(&spans)
        case 2: try source.uint32(&matched)
        case 3: try source.messages(&attributes)
        default: return false
        }
        return true
    }
}

/// A span of a search result.
public struct SearchSpan: WireMessage {
    /// Span id in hex.
    public var spanID: String
    /// Name, when the query asks for it.
    public var name: String
    /// Start in nanoseconds since 1970.
    public var startTimeUnixNano: UInt64
    /// Duration in nanoseconds.
    public var durationNanos: UInt64
    /// The attributes that the query names.
    public var attributes: [KeyValue]

    /// Makes a message; what is not given is empty.
    public init(
        spanID: String = "",
        name: String = "",
        startTimeUnixNano: UInt64 = 0,
        durationNanos: UInt64 = 0,
        attributes: [KeyValue] = []
    ) {
        self.spanID = spanID
        self.name = name
        self.startTimeUnixNano = startTimeUnixNano
        self.durationNanos = durationNanos
        self.attributes = attributes
    }

    /// The empty message.
    public init() {
        spanID = ""
        name = ""
        startTimeUnixNano = 0
        durationNanos = 0
        attributes = []
    }
}

extension SearchSpan {
    /// Same as in Tempo.
    public static let wireName = "tempopb.Span"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "spanID"),
        WireFieldName(2, "name"),
        WireFieldName(3, "startTimeUnixNano"),
        WireFieldName(4, "durationNanos"),
        WireFieldName(5, "attributes"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.string(1, "spanID", spanID)
        sink.string(2, "name", name)
        sink.uint64(3, "startTimeUnixNano", startTimeUnixNano)
        sink.uint64(4, "durationNanos", durationNanos)
        sink.messages(5, "attributes", attributes)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.string(&spanID)
        case 2: try source.string(&name)
        case 3: try source.uint64(&startTimeUnixNano)
        case 4: try source.uint64(&durationNanos)
        case 5: try source.messages(&attributes)
        default: return false
        }
        return true
    }
}

/// What a search or a metrics query cost.
public struct SearchMetrics: WireMessage {
    /// Traces looked at.
    public var inspectedTraces: UInt32
    /// Bytes looked at.
    public var inspectedBytes: UInt64
    /// Blocks in range.
    public var totalBlocks: UInt32
    /// Jobs done.
    public var completedJobs: UInt32
    /// Jobs planned.
    public var totalJobs: UInt32
    /// Size of the blocks in range.
    public var totalBlockBytes: UInt64
    /// Spans looked at.
    public var inspectedSpans: UInt64
    /// Reads of object storage.
    public var backendReads: UInt64
    /// Bytes read from object storage.
    public var backendBytes: UInt64
    /// Further counters by name.
    public var additionalMetrics: [String: Int64]

    /// Makes a message; what is not given is empty.
    public init(
        inspectedTraces: UInt32 = 0,
        inspectedBytes: UInt64 = 0,
        totalBlocks: UInt32 = 0,
        completedJobs: UInt32 = 0,
        totalJobs: UInt32 = 0,
        totalBlockBytes: UInt64 = 0,
        inspectedSpans: UInt64 = 0,
        backendReads: UInt64 = 0,
        backendBytes: UInt64 = 0,
        additionalMetrics: [String: Int64] = [:]
    ) {
        self.inspectedTraces = inspectedTraces
        self.inspectedBytes = inspectedBytes
        self.totalBlocks = totalBlocks
        self.completedJobs = completedJobs
        self.totalJobs = totalJobs
        self.totalBlockBytes = totalBlockBytes
        self.inspectedSpans = inspectedSpans
        self.backendReads = backendReads
        self.backendBytes = backendBytes
        self.additionalMetrics = additionalMetrics
    }

    /// The empty message.
    public init() {
        inspectedTraces = 0
        inspectedBytes = 0
        totalBlocks = 0
        completedJobs = 0
        totalJobs = 0
        totalBlockBytes = 0
        inspectedSpans = 0
        backendReads = 0
        backendBytes = 0
        additionalMetrics = [:]
    }
}

extension SearchMetrics {
    /// Same as in Tempo.
    public static let wireName = "tempopb.SearchMetrics"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "inspectedTraces"),
        WireFieldName(2, "inspectedBytes"),
        WireFieldName(3, "totalBlocks"),
        WireFieldName(4, "completedJobs"),
        WireFieldName(5, "totalJobs"),
        WireFieldName(6, "totalBlockBytes"),
        WireFieldName(7, "inspectedSpans"),
        WireFieldName(8, "backendReads"),
        WireFieldName(9, "backendBytes"),
        WireFieldName(10, "additionalMetrics"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.uint32(1, "inspectedTraces", inspectedTraces)
        sink.uint64(2, "inspectedBytes", inspectedBytes)
        sink.uint32(3, "totalBlocks", totalBlocks)
        sink.uint32(4, "completedJobs", completedJobs)
        sink.uint32(5, "totalJobs", totalJobs)
        sink.uint64(6, "totalBlockBytes", totalBlockBytes)
        sink.uint64(7, "inspectedSpans", inspectedSpans)
        sink.uint64(8, "backendReads", backendReads)
        sink.uint64(9, "backendBytes", backendBytes)
        sink.map(10, "additionalMetrics", additionalMetrics)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.uint32(&inspectedTraces)
        case 2: try source.uint64(&inspectedBytes)
        case 3: try source.uint32(&totalBlocks)
        case 4: try source.uint32(&completedJobs)
        case 5: try source.uint32(&totalJobs)
        case 6: try source.uint64(&totalBlockBytes)
        case 7: try source.uint64(&inspectedSpans)
        case 8: try source.uint64(&backendReads)
        case 9: try source.uint64(&backendBytes)
        case 10: try source.map(&additionalMetrics)
        default: return false
        }
        return true
    }
}
