/// A search for traces.
public struct SearchRequest: WireMessage {
    /// Tags that must match, by name.
    public var tags: [String: String]
    /// Shortest trace in milliseconds.
    public var minDurationMs: UInt32
    /// Longest trace in milliseconds.
    public var maxDurationMs: UInt32
    /// Most traces to return.
    public var limit: UInt32
    /// Start of the window in seconds since 1970.
    public var start: UInt32
    /// End of the window in seconds since 1970.
    public var end: UInt32
    /// TraceQL.
    public var query: String
    /// Most spans in each span set; 0 for all.
    public var spansPerSpanSet: UInt32
    /// Deprecated.
    public var rf1After: WireTimestamp?
    /// Names of query rewrites to leave out.
    public var skipASTTransformations: [String]

    /// Makes a message; what is not given is empty.
    public init(
        tags: [String: String] = [:],
        minDurationMs: UInt32 = 0,
        maxDurationMs: UInt32 = 0,
        limit: UInt32 = 0,
        start: UInt32 = 0,
        end: UInt32 = 0,
        query: String = "",
        spansPerSpanSet: UInt32 = 0,
        rf1After: WireTimestamp? = nil,
        skipASTTransformations: [String] = []
    ) {
        self.tags = tags
        self.minDurationMs = minDurationMs
        self.maxDurationMs = maxDurationMs
        self.limit = limit
        self.start = start
        self.end = end
        self.query = query
        self.spansPerSpanSet = spansPerSpanSet
        self.rf1After = rf1After
        self.skipASTTransformations = skipASTTransformations
    }

    /// The empty message.
    public init() {
        tags = [:]
        minDurationMs = 0
        maxDurationMs = 0
        limit = 0
        start = 0
        end = 0
        query = ""
        spansPerSpanSet = 0
        rf1After = nil
        skipASTTransformations = []
    }
}

extension SearchRequest {
    /// Same as in Tempo.
    public static let wireName = "tempopb.SearchRequest"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "Tags"),
        WireFieldName(2, "MinDurationMs"),
        WireFieldName(3, "MaxDurationMs"),
        WireFieldName(4, "Limit"),
        WireFieldName(5, "start"),
        WireFieldName(6, "end"),
        WireFieldName(8, "Query"),
        WireFieldName(9, "SpansPerSpanSet"),
        WireFieldName(10, "RF1After"),
        WireFieldName(11, "skipASTTransformations"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.map(1, "Tags", tags)
        sink.uint32(2, "MinDurationMs", minDurationMs)
        sink.uint32(3, "MaxDurationMs", maxDurationMs)
        sink.uint32(4, "Limit", limit)
        sink.uint32(5, "start", start)
        sink.uint32(6, "end", end)
        sink.string(8, "Query", query)
        sink.uint32(9, "SpansPerSpanSet", spansPerSpanSet)
        sink.timestamp(10, "RF1After", rf1After)
        sink.strings(11, "skipASTTransformations", skipASTTransformations)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.map(&tags)
        case 2: try source.uint32(&minDurationMs)
        case 3: try source.uint32(&maxDurationMs)
        case 4: try source.uint32(&limit)
        case 5: try source.uint32(&start)
        case 6: try source.uint32(&end)
        case 8: try source.string(&query)
        case 9: try source.uint32(&spansPerSpanSet)
        case 10: try source.timestamp(&rf1After)
        case 11: try source.strings(&skipASTTransformations)
        default: return false
        }
        return true
    }
}
