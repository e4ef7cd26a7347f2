/// A trace as Tempo returns it. Wire-identical to OTLP `TracesData`.
public struct Trace: WireMessage {
    /// The batches of spans, one for each resource.
    public var resourceSpans: [ResourceSpans]
    /// Protobuf fields that are not known here, as they were read; written back unchanged.
    public var unknownFields: [UInt8] = []

    /// Makes a message; what is not given is empty.
    public init(
        resourceSpans: [ResourceSpans] = []
    ) {
        self.resourceSpans = resourceSpans
    }

    /// The empty message.
    public init() {
        resourceSpans = []
    }
}

extension Trace {
    /// Same as in Tempo.
    public static let wireName = "tempopb.Trace"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "resourceSpans", "batches")
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.messages(1, "resourceSpans", resourceSpans)
        sink.unknown(unknownFields)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.messages(&resourceSpans)
        default: return false
        }
        return true
    }

    /// Keeps the field in ``unknownFields``.
    public mutating func keepUnknownField(_ raw: UnsafeRawBufferPointer) {
        unknownFields.append(contentsOf: raw)
    }
}

/// The spans of one resource.
public struct ResourceSpans: WireMessage {
    /// What the spans come from.
    public var resource: Resource?
    /// The spans, by instrumentation scope.
    public var scopeSpans: [ScopeSpans]
    /// The schema of the resource.
    public var schemaUrl: String
    /// Protobuf fields that are not known here, as they were read; written back unchanged.
    public var unknownFields: [UInt8] = []

    /// Makes a message; what is not given is empty.
    public init(
        resource: Resource? = nil,
        scopeSpans: [ScopeSpans] = [],
        schemaUrl: String = ""
    ) {
        self.resource = resource
        self.scopeSpans = scopeSpans
        self.schemaUrl = schemaUrl
    }

    /// The empty message.
    public init() {
        resource = nil
        scopeSpans = []
        schemaUrl = ""
    }
}

extension ResourceSpans {
    /// Same as in Tempo.
    public static let wireName = "v1.ResourceSpans"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "resource"),
        WireFieldName(2, "scopeSpans", "scope_spans"),
        WireFieldName(3, "schemaUrl", "schema_url"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.message(1, "resource", resource)
        sink.messages(2, "scopeSpans", scopeSpans)
        sink.string(3, "schemaUrl", schemaUrl)
        sink.unknown(unknownFields)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.message(&resource)
        case 2: try source.messages(&scopeSpans)
        case 3: try source.string(&schemaUrl)
        default: return false
        }
        return true
    }

    /// Keeps the field in ``unknownFields``.
    public mutating func keepUnknownField(_ raw: UnsafeRawBufferPointer) {
        unknownFields.append(contentsOf: raw)
    }
}

/// The spans of one instrumentation scope.
public struct ScopeSpans: WireMessage {
    /// The instrumentation that made the spans.
    public var scope: InstrumentationScope?
    /// The spans.
    public var spans: [TraceSpan]
    /// The schema of scope and spans.
    public var schemaUrl: String
    /// Protobuf fields that are not known here, as they were read; written back unchanged.
    public var unknownFields: [UInt8] = []

    /// Makes a message; what is not given is empty.
    public init(
        scope: InstrumentationScope? = nil,
        spans: [TraceSpan] = [],
        schemaUrl: String = ""
    ) {
        self.scope = scope
        self.spans = spans
        self.schemaUrl = schemaUrl
    }

    /// The empty message.
    public init() {
        scope = nil
        spans = []
        schemaUrl = ""
    }
}

extension ScopeSpans {
    /// Same as in Tempo.
    public static let wireName = "v1.ScopeSpans"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "scope"),
        WireFieldName(2, "spans"),
        WireFieldName(3, "schemaUrl", "schema_url"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.message(1, "scope", scope)
        sink.messages(2, "spans", spans)
        sink.string(3, "schemaUrl", schemaUrl)
        sink.unknown(unknownFields)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.message(&scope)
        case 2: try source.messages(&spans)
        case 3: try source.string(&schemaUrl)
        default: return false
        }
        return true
    }

    /// Keeps the field in ``unknownFields``.
    public mutating func keepUnknownField(_ raw: UnsafeRawBufferPointer) {
        unknownFields.append(contentsOf: raw)
    }
}
