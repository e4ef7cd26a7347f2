/// Tag names (v1).
public struct SearchTagsResponse: WireMessage {
    /// The names.
    public var tagNames: [String]
    /// What the lookup cost.
    public var metrics: MetadataMetrics?

    /// Makes a message; what is not given is empty.
    public init(
        tagNames: [String] = [],
        metrics: MetadataMetrics? = nil
    ) {
        self.tagNames = tagNames
        self.metrics = metrics
    }

    /// The empty message.
    public init() {
        tagNames = []
        metrics = nil
    }
}

extension SearchTagsResponse {
    /// Same as in Tempo.
    public static let wireName = "tempopb.SearchTagsResponse"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "tagNames"),
        WireFieldName(2, "metrics"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.strings(1, "tagNames", tagNames, always: true)
        sink.message(2, "metrics", metrics)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.strings(&tagNames)
        case 2: try source.message(&metrics)
        default: return false
        }
        return true
    }
}

/// Tag names by scope (v2).
public struct SearchTagsV2Response: WireMessage {
    /// The scopes.
    public var scopes: [SearchTagsV2Scope]
    /// What the lookup cost.
    public var metrics: MetadataMetrics?

    /// Makes a message; what is not given is empty.
    public init(
        scopes: [SearchTagsV2Scope] = [],
        metrics: MetadataMetrics? = nil
    ) {
        self.scopes = scopes
        self.metrics = metrics
    }

    /// The empty message.
    public init() {
        scopes = []
        metrics = nil
    }
}

extension SearchTagsV2Response {
    /// Same as in Tempo.
    public static let wireName = "tempopb.SearchTagsV2Response"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "scopes"),
        WireFieldName(2, "metrics"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.messages(1, "scopes", scopes, always: true)
        sink.message(2, "metrics", metrics)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.messages(&scopes)
        case 2: try source.message(&metrics)
        default: return false
        }
        return true
    }
}

/// The tag names of one scope.
public struct SearchTagsV2Scope: WireMessage {
    /// The scope.
    public var name: String
    /// The names.
    public var tags: [String]

    /// Makes a message; what is not given is empty.
    public init(
        name: String = "",
        tags: [String] = []
    ) {
        self.name = name
        self.tags = tags
    }

    /// The empty message.
    public init() {
        name = ""
        tags = []
    }
}

extension SearchTagsV2Scope {
    /// Same as in Tempo.
    public static let wireName = "tempopb.SearchTagsV2Scope"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "name"),
        WireFieldName(2, "tags"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.string(1, "name", name)
        sink.strings(2, "tags", tags)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.string(&name)
        case 2: try source.strings(&tags)
        default: return false
        }
        return true
    }
}

/// Values of a tag (v1).
public struct SearchTagValuesResponse: WireMessage {
    /// The values as text.
    public var tagValues: [String]
    /// What the lookup cost.
    public var metrics: MetadataMetrics?

    /// Makes a message; what is not given is empty.
    public init(
        tagValues: [String] = [],
        metrics: MetadataMetrics? = nil
    ) {
        self.tagValues = tagValues
        self.metrics = metrics
    }

    /// The empty message.
    public init() {
        tagValues = []
        metrics = nil
    }
}

extension SearchTagValuesResponse {
    /// Same as in Tempo.
    public static let wireName = "tempopb.SearchTagValuesResponse"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "tagValues"),
        WireFieldName(2, "metrics"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.strings(1, "tagValues", tagValues, always: true)
        sink.message(2, "metrics", metrics)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.strings(&tagValues)
        case 2: try source.message(&metrics)
        default: return false
        }
        return true
    }
}

/// Values of a tag with their types (v2).
public struct SearchTagValuesV2Response: WireMessage {
    /// The values.
    public var tagValues: [TagValue]
    /// What the lookup cost.
    public var metrics: MetadataMetrics?

    /// Makes a message; what is not given is empty.
    public init(
        tagValues: [TagValue] = [],
        metrics: MetadataMetrics? = nil
    ) {
        self.tagValues = tagValues
        self.metrics = metrics
    }

    /// The empty message.
    public init() {
        tagValues = []
        metrics = nil
    }
}

extension SearchTagValuesV2Response {
    /// Same as in Tempo.
    public static let wireName = "tempopb.SearchTagValuesV2Response"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "tagValues"),
        WireFieldName(2, "metrics"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.messages(1, "tagValues", tagValues, always: true)
        sink.message(2, "metrics", metrics)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.messages(&tagValues)
        case 2: try source.message(&metrics)
        default: return false
        }
        return true
    }
}

/// A value of a tag.
public struct TagValue: WireMessage {
    /// `string`, `int`, `float`, `bool`, `duration` or `keyword`.
    public var type: String
    /// The value as text.
    public var value: String

    /// Makes a message; what is not given is empty.
    public init(
        type: String = "",
        value: String = ""
    ) {
        self.type = type
        self.value = value
    }

    /// The empty message.
    public init() {
        type = ""
        value = ""
    }
}

extension TagValue {
    /// Same as in Tempo.
    public static let wireName = "tempopb.TagValue"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "type"),
        WireFieldName(2, "value"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.string(1, "type", type)
        sink.string(2, "value", value)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.string(&type)
        case 2: try source.string(&value)
        default: return false
        }
        return true
    }
}

/// What a lookup of tags or values cost.
public struct MetadataMetrics: WireMessage {
    /// Bytes looked at.
    public var inspectedBytes: UInt64
    /// Jobs planned.
    public var totalJobs: UInt32
    /// Jobs done.
    public var completedJobs: UInt32
    /// Blocks in range.
    public var totalBlocks: UInt32
    /// Size of the blocks in range.
    public var totalBlockBytes: UInt64
    /// Reads of object storage.
    public var backendReads: UInt64
    /// Bytes read from object storage.
    public var backendBytes: UInt64
    /// Further counters by name.
    public var additionalMetrics: [String: Int64]

    /// Makes a message; what is not given is empty.
    public init(
        inspectedBytes: UInt64 = 0,
        totalJobs: UInt32 = 0,
        completedJobs: UInt32 = 0,
        totalBlocks: UInt32 = 0,
        totalBlockBytes: UInt64 = 0,
        backendReads: UInt64 = 0,
        backendBytes: UInt64 = 0,
        additionalMetrics: [String: Int64] = [:]
    ) {
        self.inspectedBytes = inspectedBytes
        self.totalJobs = totalJobs
        self.completedJobs = completedJobs
        self.totalBlocks = totalBlocks
        self.totalBlockBytes = totalBlockBytes
        self.backendReads = backendReads
        self.backendBytes = backendBytes
        self.additionalMetrics = additionalMetrics
    }

    /// The empty message.
    public init() {
        inspectedBytes = 0
        totalJobs = 0
        completedJobs = 0
        totalBlocks = 0
        totalBlockBytes = 0
        backendReads = 0
        backendBytes = 0
        additionalMetrics = [:]
    }
}

extension MetadataMetrics {
    /// Same as in Tempo.
    public static let wireName = "tempopb.MetadataMetrics"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "inspectedBytes"),
        WireFieldName(2, "totalJobs"),
        WireFieldName(3, "completedJobs"),
        WireFieldName(4, "totalBlocks"),
        WireFieldName(5, "totalBlockBytes"),
        WireFieldName(6, "backendReads"),
        WireFieldName(7, "backendBytes"),
        WireFieldName(8, "additionalMetrics"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.uint64(1, "inspectedBytes", inspectedBytes)
        sink.uint32(2, "totalJobs", totalJobs)
        sink.uint32(3, "completedJobs", completedJobs)
        sink.uint32(4, "totalBlocks", totalBlocks)
        sink.uint64(5, "totalBlockBytes", totalBlockBytes)
        sink.uint64(6, "backendReads", backendReads)
        sink.uint64(7, "backendBytes", backendBytes)
        sink.map(8, "additionalMetrics", additionalMetrics)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.uint64(&inspectedBytes)
        case 2: try source.uint32(&totalJobs)
        case 3: try source.uint32(&completedJobs)
        case 4: try source.uint32(&totalBlocks)
        case 5: try source.uint64(&totalBlockBytes)
        case 6: try source.uint64(&backendReads)
        case 7: try source.uint64(&backendBytes)
        case 8: try source.map(&additionalMetrics)
        default: return false
        }
        return true
    }
}
