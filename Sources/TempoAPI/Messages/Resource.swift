/// What produces telemetry: a process, a container, a service.
public struct Resource: WireMessage {
    /// What is known about it, such as `service.name`.
    public var attributes: [KeyValue]
    /// How many attributes the sender dropped.
    public var droppedAttributesCount: UInt32
    /// The entities that it stands for.
    public var entityRefs: [EntityRef]
    /// Protobuf fields that are not known here, as they were read; written back unchanged.
    public var unknownFields: [UInt8] = []

    /// Makes a message; what is not given is empty.
    public init(
        attributes: [KeyValue] = [],
        droppedAttributesCount: UInt32 = 0,
        entityRefs: [EntityRef] = []
    ) {
        self.attributes = attributes
        self.droppedAttributesCount = droppedAttributesCount
        self.entityRefs = entityRefs
    }

    /// The empty message.
    public init() {
        attributes = []
        droppedAttributesCount = 0
        entityRefs = []
    }
}

extension Resource {
    /// Same as in Tempo.
    public static let wireName = "v1.Resource"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "attributes"),
        WireFieldName(2, "droppedAttributesCount", "dropped_attributes_count"),
        WireFieldName(3, "entityRefs", "entity_refs"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.messages(1, "attributes", attributes)
        sink.uint32(2, "droppedAttributesCount", droppedAttributesCount)
        sink.messages(3, "entityRefs", entityRefs)
        sink.unknown(unknownFields)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.messages(&attributes)
        case 2: try source.uint32(&droppedAttributesCount)
        case 3: try source.messages(&entityRefs)
        default: return false
        }
        return true
    }

    /// Keeps the field in ``unknownFields``.
    public mutating func keepUnknownField(_ raw: UnsafeRawBufferPointer) {
        unknownFields.append(contentsOf: raw)
    }
}

/// Names the attributes of a resource that identify and describe an entity.
public struct EntityRef: WireMessage {
    /// The schema of the entity.
    public var schemaUrl: String
    /// The kind of entity, such as `service`.
    public var type: String
    /// Attribute keys that identify it.
    public var idKeys: [String]
    /// Attribute keys that describe it.
    public var descriptionKeys: [String]
    /// Protobuf fields that are not known here, as they were read; written back unchanged.
    public var unknownFields: [UInt8] = []

    /// Makes a message; what is not given is empty.
    public init(
        schemaUrl: String = "",
        type: String = "",
        idKeys: [String] = [],
        descriptionKeys: [String] = []
    ) {
        self.schemaUrl = schemaUrl
        self.type = type
        self.idKeys = idKeys
        self.descriptionKeys = descriptionKeys
    }

    /// The empty message.
    public init() {
        schemaUrl = ""
        type = ""
        idKeys = []
        descriptionKeys = []
    }
}

extension EntityRef {
    /// Same as in Tempo.
    public static let wireName = "v1.EntityRef"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "schemaUrl", "schema_url"),
        WireFieldName(2, "type"),
        WireFieldName(3, "idKeys", "id_keys"),
        WireFieldName(4, "descriptionKeys", "description_keys"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.string(1, "schemaUrl", schemaUrl)
        sink.string(2, "type", type)
        sink.strings(3, "idKeys", idKeys)
        sink.strings(4, "descriptionKeys", descriptionKeys)
        sink.unknown(unknownFields)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.string(&schemaUrl)
        case 2: try source.string(&type)
        case 3: try source.strings(&idKeys)
        case 4: try source.strings(&descriptionKeys)
        default: return false
        }
        return true
    }

    /// Keeps the field in ``unknownFields``.
    public mutating func keepUnknownField(_ raw: UnsafeRawBufferPointer) {
        unknownFields.append(contentsOf: raw)
    }
}

/// The library that made spans.
public struct InstrumentationScope: WireMessage {
    /// Its name.
    public var name: String
    /// Its version.
    public var version: String
    /// Its attributes.
    public var attributes: [KeyValue]
    /// How many attributes the sender dropped.
    public var droppedAttributesCount: UInt32
    /// Protobuf fields that are not known here, as they were read; written back unchanged.
    public var unknownFields: [UInt8] = []

    /// Makes a message; what is not given is empty.
    public init(
        name: String = "",
        version: String = "",
        attributes: [KeyValue] = [],
        droppedAttributesCount: UInt32 = 0
    ) {
        self.name = name
        self.version = version
        self.attributes = attributes
        self.droppedAttributesCount = droppedAttributesCount
    }

    /// The empty message.
    public init() {
        name = ""
        version = ""
        attributes = []
        droppedAttributesCount = 0
    }
}

extension InstrumentationScope {
    /// Same as in Tempo.
    public static let wireName = "v1.InstrumentationScope"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "name"),
        WireFieldName(2, "version"),
        WireFieldName(3, "attributes"),
        WireFieldName(4, "droppedAttributesCount", "dropped_attributes_count"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.string(1, "name", name)
        sink.string(2, "version", version)
        sink.messages(3, "attributes", attributes)
        sink.uint32(4, "droppedAttributesCount", droppedAttributesCount)
        sink.unknown(unknownFields)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.string(&name)
        case 2: try source.string(&version)
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
