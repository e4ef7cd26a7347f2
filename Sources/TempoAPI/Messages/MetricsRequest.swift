/// A TraceQL metrics query over a range.
public struct QueryRangeRequest: WireMessage {
    /// TraceQL.
    public var query: String
    /// Start in nanoseconds since 1970.
    public var start: UInt64
    /// End in nanoseconds since 1970.
    public var end: UInt64
    /// Step in nanoseconds.
    public var step: UInt64
    /// Where to look.
    public var queryMode: String
    /// The block to read.
    public var blockID: String
    /// First row group.
    public var startPage: UInt32
    /// How many row groups.
    public var pagesToSearch: UInt32
    /// Format of the block.
    public var version: String
    /// Size of the block in bytes.
    public var size: UInt64
    /// Size of the block's footer in bytes.
    public var footerSize: UInt32
    /// Attributes with a column of their own.
    public var dedicatedColumns: [DedicatedColumn]
    /// Most exemplars.
    public var exemplars: UInt32
    /// Most series.
    public var maxSeries: UInt32
    /// Whether the range is a single interval.
    public var instant: Bool?
    /// Names of query rewrites to leave out.
    public var skipASTTransformations: [String]

    /// Makes a message; what is not given is empty.
    public init(
        query: String = "",
        start: UInt64 = 0,
        end: UInt64 = 0,
        step: UInt64 = 0,
        queryMode: String = "",
        blockID: String = "",
        startPage: UInt32 = 0,
        pagesToSearch: UInt32 = 0,
        version: String = "",
        size: UInt64 = 0,
        footerSize: UInt32 = 0,
        dedicatedColumns: [DedicatedColumn] = [],
        exemplars: UInt32 = 0,
        maxSeries: UInt32 = 0,
        instant: Bool? = nil,
        skipASTTransformations: [String] = []
    ) {
        self.query = query
        self.start = start
        self.end = end
        self.step = step
        self.queryMode = queryMode
        self.blockID = blockID
        self.startPage = startPage
        self.pagesToSearch = pagesToSearch
        self.version = version
        self.size = size
        self.footerSize = footerSize
        self.dedicatedColumns = dedicatedColumns
        self.exemplars = exemplars
        self.maxSeries = maxSeries
        self.instant = instant
        self.skipASTTransformations = skipASTTransformations
    }

    /// The empty message.
    public init() {
        query = ""
        start = 0
        end = 0
        step = 0
        queryMode = ""
        blockID = ""
        startPage = 0
        pagesToSearch = 0
        version = ""
        size = 0
        footerSize = 0
        dedicatedColumns = []
        exemplars = 0
        maxSeries = 0
        instant = nil
        skipASTTransformations = []
    }
}

extension QueryRangeRequest {
    /// Same as in Tempo.
    public static let wireName = "tempopb.QueryRangeRequest"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "query"),
        WireFieldName(2, "start"),
        WireFieldName(3, "end"),
        WireFieldName(4, "step"),
        WireFieldName(7, "queryMode"),
        WireFieldName(8, "blockID"),
        WireFieldName(9, "startPage"),
        WireFieldName(10, "pagesToSearch"),
        WireFieldName(11, "version"),
        WireFieldName(13, "size"),
        WireFieldName(14, "footerSize"),
        WireFieldName(15, "dedicatedColumns"),
        WireFieldName(16, "exemplars"),
        WireFieldName(17, "maxSeries"),
        WireFieldName(18, "instant"),
        WireFieldName(19, "skipASTTransformations"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.string(1, "query", query)
        sink.uint64(2, "start", start)
        sink.uint64(3, "end", end)
        sink.uint64(4, "step", step)
        sink.string(7, "queryMode", queryMode)
        sink.string(8, "blockID", blockID)
        sink.uint32(9, "startPage", startPage)
        sink.uint32(10, "pagesToSearch", pagesToSearch)
        sink.string(11, "version", version)
        sink.uint64(13, "size", size)
        sink.uint32(14, "footerSize", footerSize)
        sink.messages(15, "dedicatedColumns", dedicatedColumns)
        sink.uint32(16, "exemplars", exemplars)
        sink.uint32(17, "maxSeries", maxSeries)
        if let instant { sink.bool(18, "instant", instant, always: true) }
        sink.strings(19, "skipASTTransformations", skipASTTransformations)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.string(&query)
        case 2: try source.uint64(&start)
        case 3: try source.uint64(&end)
        case 4: try source.uint64(&step)
        case 7: try source.string(&queryMode)
        case 8: try source.string(&blockID)
        case 9: try source.uint32(&startPage)
        case 10: try source.uint32(&pagesToSearch)
        case 11: try source.string(&version)
        case 13: try source.uint64(&size)
        case 14: try source.uint32(&footerSize)
        case 15: try source.messages(&dedicatedColumns)
        case 16: try source.uint32(&exemplars)
        case 17: try source.uint32(&maxSeries)
        case 18:
            if source.skipNull() {
                instant = nil
            } else {
                var value = false
                try source.bool(&value)
                instant = value
            }
        case 19: try source.strings(&skipASTTransformations)
        default: return false
        }
        return true
    }
}

/// An attribute with a column of its own in a block.
public struct DedicatedColumn: WireMessage {
    /// Where the attribute sits.
    public var scope: DedicatedColumnScope
    /// Its name.
    public var name: String
    /// Its type.
    public var type: DedicatedColumnType
    /// How it is stored.
    public var options: DedicatedColumnOptions

    /// Makes a message; what is not given is empty.
    public init(
        scope: DedicatedColumnScope = .span,
        name: String = "",
        type: DedicatedColumnType = .string,
        options: DedicatedColumnOptions = .none
    ) {
        self.scope = scope
        self.name = name
        self.type = type
        self.options = options
    }

    /// The empty message.
    public init() {
        scope = .span
        name = ""
        type = .string
        options = .none
    }
}

extension DedicatedColumn {
    /// Same as in Tempo.
    public static let wireName = "tempopb.DedicatedColumn"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(3, "scope"),
        WireFieldName(2, "name"),
        WireFieldName(1, "type"),
        WireFieldName(4, "options"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        if Sink.wantsDeclarationOrder {
            sink.enumeration(3, "scope", scope)
            sink.string(2, "name", name)
            sink.enumeration(1, "type", type)
            sink.enumeration(4, "options", options)
        } else {
            sink.enumeration(1, "type", type)
            sink.string(2, "name", name)
            sink.enumeration(3, "scope", scope)
            sink.enumeration(4, "options", options)
        }
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 3: try source.enumeration(&scope)
        case 2: try source.string(&name)
        case 1: try source.enumeration(&type)
        case 4: try source.enumeration(&options)
        default: return false
        }
        return true
    }
}

/// A TraceQL metrics query for one value a series.
public struct QueryInstantRequest: WireMessage {
    /// TraceQL.
    public var query: String
    /// Start in nanoseconds since 1970.
    public var start: UInt64
    /// End in nanoseconds since 1970.
    public var end: UInt64

    /// Makes a message; what is not given is empty.
    public init(
        query: String = "",
        start: UInt64 = 0,
        end: UInt64 = 0
    ) {
        self.query = query
        self.start = start
        self.end = end
    }

    /// The empty message.
    public init() {
        query = ""
        start = 0
        end = 0
    }
}

extension QueryInstantRequest {
    /// Same as in Tempo.
    public static let wireName = "tempopb.QueryInstantRequest"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "query"),
        WireFieldName(2, "start"),
        WireFieldName(3, "end"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.string(1, "query", query)
        sink.uint64(2, "start", start)
        sink.uint64(3, "end", end)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.string(&query)
        case 2: try source.uint64(&start)
        case 3: try source.uint64(&end)
        default: return false
        }
        return true
    }
}
