import TempoAPI

/// The message types by name, for tables and for tests that run over all of them.
enum AnyMessage {
    static let all: [(name: String, type: any WireMessage.Type)] = [
        ("trace", Trace.self), ("resourceSpans", ResourceSpans.self), ("scopeSpans", ScopeSpans.self),
        ("resource", Resource.self), ("entityRef", EntityRef.self), ("scope", InstrumentationScope.self),
        ("span", TraceSpan.self), ("event", SpanEvent.self), ("link", SpanLink.self), ("status", SpanStatus.self),
        ("keyValue", KeyValue.self), ("anyValue", AnyValue.self), ("arrayValue", ArrayValue.self),
        ("keyValueList", KeyValueList.self),
        ("traceByID", TraceByIDResponse.self), ("traceByIDMetrics", TraceByIDMetrics.self),
        ("traceByIDRequest", TraceByIDRequest.self),
        ("search", SearchResponse.self), ("searchRequest", SearchRequest.self),
        ("traceSearchMetadata", TraceSearchMetadata.self), ("serviceStats", ServiceStats.self),
        ("spanSet", SpanSet.self), ("searchSpan", SearchSpan.self), ("searchMetrics", SearchMetrics.self),
        ("tags", SearchTagsResponse.self), ("tagsV2", SearchTagsV2Response.self), ("tagsScope", SearchTagsV2Scope.self),
        ("tagValues", SearchTagValuesResponse.self), ("tagValuesV2", SearchTagValuesV2Response.self),
        ("tagValue", TagValue.self), ("metadataMetrics", MetadataMetrics.self),
        ("tagsRequest", SearchTagsRequest.self), ("tagValuesRequest", SearchTagValuesRequest.self),
        ("range", QueryRangeResponse.self), ("rangeRequest", QueryRangeRequest.self), ("series", TimeSeries.self),
        ("sample", Sample.self), ("exemplar", Exemplar.self), ("column", DedicatedColumn.self),
        ("instant", QueryInstantResponse.self), ("instantRequest", QueryInstantRequest.self),
        ("instantSeries", InstantSeries.self),
    ]

    static func type(_ name: String) -> (any WireMessage.Type)? { all.first { $0.name == name }?.type }
}

/// SplitMix64: the same numbers for the same seed on every platform.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
