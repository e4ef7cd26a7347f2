/// A request for tag names.
public struct SearchTagsRequest: WireMessage {
    /// Only this scope.
    public var scope: String
    /// TraceQL filter.
    public var query: String
    /// Start of the window in seconds since 1970.
    public var start: UInt32
    /// End of the window in seconds since 1970.
    public var end: UInt32
    /// Most names in each scope; 0 for all.
    public var maxTagsPerScope: UInt32
    /// Stop after so many known names in a row; 0 for never.
    public var staleValuesThreshold: UInt32
    /// Deprecated.
    public var rf1After: WireTimestamp?

    /// Makes a message; what is not given is empty.
    public init(
        scope: String = "",
        query: String = "",
        start: UInt32 = 0,
        end: UInt32 = 0,
        maxTagsPerScope: UInt32 = 0,
        staleValuesThreshold: UInt32 = 0,
        rf1After: WireTimestamp? = nil
    ) {
        self.scope = scope
        self.query = query
        self.start = start
        self.end = end
        self.maxTagsPerScope = maxTagsPerScope
        self.staleValuesThreshold = staleValuesThreshold
        self.rf1After = rf1After
    }

    /// The empty message.
    public init() {
        scope = ""
        query = ""
        start = 0
        end = 0
        maxTagsPerScope = 0
        staleValuesThreshold = 0
        rf1After = nil
    }
}

extension SearchTagsRequest {
    /// Same as in Tempo.
    public static let wireName = "tempopb.SearchTagsRequest"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "scope"),
        WireFieldName(2, "query"),
        WireFieldName(3, "start"),
        WireFieldName(4, "end"),
        WireFieldName(5, "maxTagsPerScope"),
        WireFieldName(6, "staleValuesThreshold"),
        WireFieldName(7, "RF1After"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.string(1, "scope", scope)
        sink.string(2, "query", query)
        sink.uint32(3, "start", start)
        sink.uint32(4, "end", end)
        sink.uint32(5, "maxTagsPerScope", maxTagsPerScope)
        sink.uint32(6, "staleValuesThreshold", staleValuesThreshold)
        sink.timestamp(7, "RF1After", rf1After)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.string(&scope)
        case 2: try source.string(&query)
        case 3: try source.uint32(&start)
        case 4: try source.uint32(&end)
        case 5: try source.uint32(&maxTagsPerScope)
        case 6: try source.uint32(&staleValuesThreshold)
        case 7: try source.timestamp(&rf1After)
        default: return false
        }
        return true
    }
}

/// A request for the values of a tag.
public struct SearchTagValuesRequest: WireMessage {
    /// The tag.
    public var tagName: String
    /// TraceQL filter.
    public var query: String
    /// Start of the window in seconds since 1970.
    public var start: UInt32
    /// End of the window in seconds since 1970.
    public var end: UInt32
    /// Most values; 0 for all.
    public var maxTagValues: UInt32
    /// Stop after so many known values in a row; 0 for never.
    public var staleValueThreshold: UInt32
    /// Deprecated.
    public var rf1After: WireTimestamp?

    /// Makes a message; what is not given is empty.
    public init(
        tagName: String = "",
        query: String = "",
        start: UInt32 = 0,
        end: UInt32 = 0,
        maxTagValues: UInt32 = 0,
        staleValueThreshold: UInt32 = 0,
        rf1After: WireTimestamp? = nil
    ) {
        self.tagName = tagName
        self.query = query
        self.start = start
        self.end = end
        self.maxTagValues = maxTagValues
        self.staleValueThreshold = staleValueThreshold
        self.rf1After = rf1After
    }

    /// The empty message.
    public init() {
        tagName = ""
        query = ""
        start = 0
        end = 0
        maxTagValues = 0
        staleValueThreshold = 0
        rf1After = nil
    }
}

extension SearchTagValuesRequest {
    /// Same as in Tempo.
    public static let wireName = "tempopb.SearchTagValuesRequest"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "tagName"),
        WireFieldName(2, "query"),
        WireFieldName(4, "start"),
        WireFieldName(5, "end"),
        WireFieldName(6, "maxTagValues"),
        WireFieldName(7, "staleValueThreshold"),
        WireFieldName(8, "RF1After"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.string(1, "tagName", tagName)
        sink.string(2, "query", query)
        sink.uint32(4, "start", start)
        sink.uint32(5, "end", end)
        sink.uint32(6, "maxTagValues", maxTagValues)
        sink.uint32(7, "staleValueThreshold", staleValueThreshold)
        sink.timestamp(8, "RF1After", rf1After)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.string(&tagName)
        case 2: try source.string(&query)
        case 4: try source.uint32(&start)
        case 5: try source.uint32(&end)
        case 6: try source.uint32(&maxTagValues)
        case 7: try source.uint32(&staleValueThreshold)
        case 8: try source.timestamp(&rf1After)
        default: return false
        }
        return true
    }
}
