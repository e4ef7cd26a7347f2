/// The answer of a trace lookup (v2).
public struct TraceByIDResponse: WireMessage {
    /// The trace; empty when it is not found.
    public var trace: Trace?
    /// What the lookup cost.
    public var metrics: TraceByIDMetrics?
    /// Whether the trace is whole.
    public var status: PartialStatus
    /// Why it is not whole.
    public var message: String

    /// Makes a message; what is not given is empty.
    public init(
        trace: Trace? = nil,
        metrics: TraceByIDMetrics? = nil,
        status: PartialStatus = .complete,
        message: String = ""
    ) {
        self.trace = trace
        self.metrics = metrics
        self.status = status
        self.message = message
    }

    /// The empty message.
    public init() {
        trace = nil
        metrics = nil
        status = .complete
        message = ""
    }
}

extension TraceByIDResponse {
    /// Same as in Tempo.
    public static let wireName = "tempopb.TraceByIDResponse"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "trace"),
        WireFieldName(2, "metrics"),
        WireFieldName(3, "status"),
        WireFieldName(4, "message"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.message(1, "trace", trace)
        sink.message(2, "metrics", metrics)
        sink.enumeration(3, "status", status)
        sink.string(4, "message", message)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.message(&trace)
        case 2: try source.message(&metrics)
        case 3: try source.enumeration(&status)
        case 4: try source.string(&message)
        default: return false
        }
        return true
    }
}

/// What a trace lookup cost.
public struct TraceByIDMetrics: WireMessage {
    /// Bytes read.
    public var inspectedBytes: UInt64
    /// Reads of object storage.
    public var backendReads: UInt64
    /// Bytes read from object storage.
    public var backendBytes: UInt64
    /// Further counters by name.
    public var additionalMetrics: [String: Int64]

    /// Makes a message; what is not given is empty.
    public init(
        inspectedBytes: UInt64 = 0,
        backendReads: UInt64 = 0,
        backendBytes: UInt64 = 0,
        additionalMetrics: [String: Int64] = [:]
    ) {
        self.inspectedBytes = inspectedBytes
        self.backendReads = backendReads
        self.backendBytes = backendBytes
        self.additionalMetrics = additionalMetrics
    }

    /// The empty message.
    public init() {
        inspectedBytes = 0
        backendReads = 0
        backendBytes = 0
        additionalMetrics = [:]
    }
}

extension TraceByIDMetrics {
    /// Same as in Tempo.
    public static let wireName = "tempopb.TraceByIDMetrics"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "inspectedBytes"),
        WireFieldName(2, "backendReads"),
        WireFieldName(3, "backendBytes"),
        WireFieldName(4, "additionalMetrics"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.uint64(1, "inspectedBytes", inspectedBytes)
        sink.uint64(2, "backendReads", backendReads)
        sink.uint64(3, "backendBytes", backendBytes)
        sink.map(4, "additionalMetrics", additionalMetrics)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.uint64(&inspectedBytes)
        case 2: try source.uint64(&backendReads)
        case 3: try source.uint64(&backendBytes)
        case 4: try source.map(&additionalMetrics)
        default: return false
        }
        return true
    }
}

/// A trace lookup between frontend and querier.
public struct TraceByIDRequest: WireMessage {
    /// The trace.
    public var traceID: [UInt8]
    /// First block id.
    public var blockStart: String
    /// Last block id.
    public var blockEnd: String
    /// Where to look.
    public var queryMode: String
    /// Whether a trace beyond the size limit is cut instead of refused.
    public var allowPartialTrace: Bool
    /// Deprecated.
    public var rf1After: WireTimestamp?

    /// Makes a message; what is not given is empty.
    public init(
        traceID: [UInt8] = [],
        blockStart: String = "",
        blockEnd: String = "",
        queryMode: String = "",
        allowPartialTrace: Bool = false,
        rf1After: WireTimestamp? = nil
    ) {
        self.traceID = traceID
        self.blockStart = blockStart
        self.blockEnd = blockEnd
        self.queryMode = queryMode
        self.allowPartialTrace = allowPartialTrace
        self.rf1After = rf1After
    }

    /// The empty message.
    public init() {
        traceID = []
        blockStart = ""
        blockEnd = ""
        queryMode = ""
        allowPartialTrace = false
        rf1After = nil
    }
}

extension TraceByIDRequest {
    /// Same as in Tempo.
    public static let wireName = "tempopb.TraceByIDRequest"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "traceID"),
        WireFieldName(2, "blockStart"),
        WireFieldName(3, "blockEnd"),
        WireFieldName(5, "queryMode"),
        WireFieldName(6, "allowPartialTrace"),
        WireFieldName(7, "RF1After"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.bytes(1, "traceID", traceID)
        sink.string(2, "blockStart", blockStart)
        sink.string(3, "blockEnd", blockEnd)
        sink.string(5, "queryMode", queryMode)
        sink.bool(6, "allowPartialTrace", allowPartialTrace)
        sink.timestamp(7, "RF1After", rf1After)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.bytes(&traceID)
        case 2: try source.string(&blockStart)
        case 3: try source.string(&blockEnd)
        case 5: try source.string(&queryMode)
        case 6: try source.bool(&allowPartialTrace)
        case 7: try source.timestamp(&rf1After)
        default: return false
        }
        return true
    }
}
