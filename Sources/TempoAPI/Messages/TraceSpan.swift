/// A span of a trace.
public struct TraceSpan: WireMessage {
    /// The trace, normally 16 bytes.
    public var traceID: [UInt8]
    /// The span, normally 8 bytes.
    public var spanID: [UInt8]
    /// W3C trace state.
    public var traceState: String
    /// The parent span; empty for a root.
    public var parentSpanID: [UInt8]
    /// W3C trace flags in the low 8 bits, then whether the parent is remote.
    public var flags: UInt32
    /// The operation.
    public var name: String
    /// The role of the span.
    public var kind: SpanKind
    /// Start in nanoseconds since 1970.
    public var startTimeUnixNano: UInt64
    /// End in nanoseconds since 1970.
    public var endTimeUnixNano: UInt64
    /// The span's attributes.
    public var attributes: [KeyValue]
    /// How many attributes the sender dropped.
    public var droppedAttributesCount: UInt32
    /// What happened during the span.
    public var events: [SpanEvent]
    /// How many events the sender dropped.
    public var droppedEventsCount: UInt32
    /// Other spans it relates to.
    public var links: [SpanLink]
    /// How many links the sender dropped.
    public var droppedLinksCount: UInt32
    /// How it ended.
    public var status: SpanStatus?
    /// Protobuf fields that are not known here, as they were read; written back unchanged.
    public var unknownFields: [UInt8] = []

    /// Makes a message; what is not given is empty.
    public init(
        traceID: [UInt8] = [],
        spanID: [UInt8] = [],
        traceState: String = "",
        parentSpanID: [UInt8] = [],
        flags: UInt32 = 0,
        name: String = "",
        kind: SpanKind = .unspecified,
        startTimeUnixNano: UInt64 = 0,
        endTimeUnixNano: UInt64 = 0,
        attributes: [KeyValue] = [],
        droppedAttributesCount: UInt32 = 0,
        events: [SpanEvent] = [],
        droppedEventsCount: UInt32 = 0,
        links: [SpanLink] = [],
        droppedLinksCount: UInt32 = 0,
        status: SpanStatus? = nil
    ) {
        self.traceID = traceID
        self.spanID = spanID
        self.traceState = traceState
        self.parentSpanID = parentSpanID
        self.flags = flags
        self.name = name
        self.kind = kind
        self.startTimeUnixNano = startTimeUnixNano
        self.endTimeUnixNano = endTimeUnixNano
        self.attributes = attributes
        self.droppedAttributesCount = droppedAttributesCount
        self.events = events
        self.droppedEventsCount = droppedEventsCount
        self.links = links
        self.droppedLinksCount = droppedLinksCount
        self.status = status
    }

    /// The empty message.
    public init() {
        traceID = []
        spanID = []
        traceState = ""
        parentSpanID = []
        flags = 0
        name = ""
        kind = .unspecified
        startTimeUnixNano = 0
        endTimeUnixNano = 0
        attributes = []
        droppedAttributesCount = 0
        events = []
        droppedEventsCount = 0
        links = []
        droppedLinksCount = 0
        status = nil
    }
}

extension TraceSpan {
    /// Same as in Tempo.
    public static let wireName = "v1.Span"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "traceId", "trace_id"),
        WireFieldName(2, "spanId", "span_id"),
        WireFieldName(3, "traceState", "trace_state"),
        WireFieldName(4, "parentSpanId", "parent_span_id"),
        WireFieldName(16, "flags"),
        WireFieldName(5, "name"),
        WireFieldName(6, "kind"),
        WireFieldName(7, "startTimeUnixNano", "start_time_unix_nano"),
        WireFieldName(8, "endTimeUnixNano", "end_time_unix_nano"),
        WireFieldName(9, "attributes"),
        WireFieldName(10, "droppedAttributesCount", "dropped_attributes_count"),
        WireFieldName(11, "events"),
        WireFieldName(12, "droppedEventsCount", "dropped_events_count"),
        WireFieldName(13, "links"),
        WireFieldName(14, "droppedLinksCount", "dropped_links_count"),
        WireFieldName(15, "status"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.bytes(1, "traceId", traceID)
        sink.bytes(2, "spanId", spanID)
        sink.string(3, "traceState", traceState)
        sink.bytes(4, "parentSpanId", parentSpanID)
        if Sink.wantsDeclarationOrder { sink.fixed32(16, "flags", flags) }
        sink.string(5, "name", name)
        sink.enumeration(6, "kind", kind)
        sink.fixed64(7, "startTimeUnixNano", startTimeUnixNano)
        sink.fixed64(8, "endTimeUnixNano", endTimeUnixNano)
        sink.messages(9, "attributes", attributes)
        sink.uint32(10, "droppedAttributesCount", droppedAttributesCount)
        sink.messages(11, "events", events)
        sink.uint32(12, "droppedEventsCount", droppedEventsCount)
        sink.messages(13, "links", links)
        sink.uint32(14, "droppedLinksCount", droppedLinksCount)
        sink.message(15, "status", status)
        if !Sink.wantsDeclarationOrder { sink.fixed32(16, "flags", flags) }
        sink.unknown(unknownFields)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.bytes(&traceID)
        case 2: try source.bytes(&spanID)
        case 3: try source.string(&traceState)
        case 4: try source.bytes(&parentSpanID)
        case 16: try source.fixed32(&flags)
        case 5: try source.string(&name)
        case 6: try source.enumeration(&kind)
        case 7: try source.fixed64(&startTimeUnixNano)
        case 8: try source.fixed64(&endTimeUnixNano)
        case 9: try source.messages(&attributes)
        case 10: try source.uint32(&droppedAttributesCount)
        case 11: try source.messages(&events)
        case 12: try source.uint32(&droppedEventsCount)
        case 13: try source.messages(&links)
        case 14: try source.uint32(&droppedLinksCount)
        case 15: try source.message(&status)
        default: return false
        }
        return true
    }

    /// Keeps the field in ``unknownFields``.
    public mutating func keepUnknownField(_ raw: UnsafeRawBufferPointer) {
        unknownFields.append(contentsOf: raw)
    }
}

/// Something that happened during a span.
public struct SpanEvent: WireMessage {
    /// When, in nanoseconds since 1970.
    public var timeUnixNano: UInt64
    /// What.
    public var name: String
    /// Details.
    public var attributes: [KeyValue]
    /// How many attributes the sender dropped.
    public var droppedAttributesCount: UInt32
    /// Protobuf fields that are not known here, as they were read; written back unchanged.
    public var unknownFields: [UInt8] = []

    /// Makes a message; what is not given is empty.
    public init(
        timeUnixNano: UInt64 = 0,
        name: String = "",
        attributes: [KeyValue] = [],
        droppedAttributesCount: UInt32 = 0
    ) {
        self.timeUnixNano = timeUnixNano
        self.name = name
        self.attributes = attributes
        self.droppedAttributesCount = droppedAttributesCount
    }

    /// The empty message.
    public init() {
        timeUnixNano = 0
        name = ""
        attributes = []
        droppedAttributesCount = 0
    }
}

extension SpanEvent {
    /// Same as in Tempo.
    public static let wireName = "v1.Span_Event"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "timeUnixNano", "time_unix_nano"),
        WireFieldName(2, "name"),
        WireFieldName(3, "attributes"),
        WireFieldName(4, "droppedAttributesCount", "dropped_attributes_count"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.fixed64(1, "timeUnixNano", timeUnixNano)
        sink.string(2, "name", name)
        sink.messages(3, "attributes", attributes)
        sink.uint32(4, "droppedAttributesCount", droppedAttributesCount)
        sink.unknown(unknownFields)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.fixed64(&timeUnixNano)
        case 2: try source.string(&name)
        case 3: try source.messages(&attributes)
        case 4: try source.uint32(&droppedAttributesCount)
        default: return false
        }
        return true
    }

    /// Keeps the field in ``unknownFields``.
    public mutating func keepUnknownField(_ raw: UnsafeRawBufferPointer) {
        unknownFields.append(contentsOf: raw)
    }
}

/// A relation of a span to another one.
public struct SpanLink: WireMessage {
    /// The other trace.
    public var traceID: [UInt8]
    /// The other span.
    public var spanID: [UInt8]
    /// W3C trace state of the other span.
    public var traceState: String
    /// Details.
    public var attributes: [KeyValue]
    /// How many attributes the sender dropped.
    public var droppedAttributesCount: UInt32
    /// W3C trace flags of the other span.
    public var flags: UInt32
    /// Protobuf fields that are not known here, as they were read; written back unchanged.
    public var unknownFields: [UInt8] = []

    /// Makes a message; what is not given is empty.
    public init(
        traceID: [UInt8] = [],
        spanID: [UInt8] = [],
        traceState: String = "",
        attributes: [KeyValue] = [],
        droppedAttributesCount: UInt32 = 0,
        flags: UInt32 = 0
    ) {
        self.traceID = traceID
        self.spanID = spanID
        self.traceState = traceState
        self.attributes = attributes
        self.droppedAttributesCount = droppedAttributesCount
        self.flags = flags
    }

    /// The empty message.
    public init() {
        traceID = []
        spanID = []
        traceState = ""
        attributes = []
        droppedAttributesCount = 0
        flags = 0
    }
}

extension SpanLink {
    /// Same as in Tempo.
    public static let wireName = "v1.Span_Link"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "traceId", "trace_id"),
        WireFieldName(2, "spanId", "span_id"),
        WireFieldName(3, "traceState", "trace_state"),
        WireFieldName(4, "attributes"),
        WireFieldName(5, "droppedAttributesCount", "dropped_attributes_count"),
        WireFieldName(6, "flags"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.bytes(1, "traceId", traceID)
        sink.bytes(2, "spanId", spanID)
        sink.string(3, "traceState", traceState)
        sink.messages(4, "attributes", attributes)
        sink.uint32(5, "droppedAttributesCount", droppedAttributesCount)
        sink.fixed32(6, "flags", flags)
        sink.unknown(unknownFields)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.bytes(&traceID)
        case 2: try source.bytes(&spanID)
        case 3: try source.string(&traceState)
        case 4: try source.messages(&attributes)
        case 5: try source.uint32(&droppedAttributesCount)
        case 6: try source.fixed32(&flags)
        default: return false
        }
        return true
    }

    /// Keeps the field in ``unknownFields``.
    public mutating func keepUnknownField(_ raw: UnsafeRawBufferPointer) {
        unknownFields.append(contentsOf: raw)
    }
}

/// How a span ended.
public struct SpanStatus: WireMessage {
    /// A text for humans.
    public var message: String
    /// Unset, ok or error.
    public var code: SpanStatusCode
    /// Protobuf fields that are not known here, as they were read; written back unchanged.
    public var unknownFields: [UInt8] = []

    /// Makes a message; what is not given is empty.
    public init(
        message: String = "",
        code: SpanStatusCode = .unset
    ) {
        self.message = message
        self.code = code
    }

    /// The empty message.
    public init() {
        message = ""
        code = .unset
    }
}

extension SpanStatus {
    /// Same as in Tempo.
    public static let wireName = "v1.Status"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(2, "message"),
        WireFieldName(3, "code"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.string(2, "message", message)
        sink.enumeration(3, "code", code)
        sink.unknown(unknownFields)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 2: try source.string(&message)
        case 3: try source.enumeration(&code)
        default: return false
        }
        return true
    }

    /// Keeps the field in ``unknownFields``.
    public mutating func keepUnknownField(_ raw: UnsafeRawBufferPointer) {
        unknownFields.append(contentsOf: raw)
    }
}
