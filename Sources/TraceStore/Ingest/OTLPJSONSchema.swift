/// The messages of an OTLP export request, as far as they are stored, with what a transcoder from JSON must know of their fields.
enum OTLPMessage {
    case export, resourceSpans, resource, entityRef, scopeSpans, scope, span, event, link, status, keyValue, anyValue
    case arrayValue, keyValueList

    enum Kind {
        case message(OTLPMessage)
        case messages(OTLPMessage)
        case string, strings
        /// Bytes in hexadecimal: ids.
        case hexadecimal
        /// Bytes in base64.
        case base64
        case bool, int64, uint32, fixed32, fixed64, double
        case spanKind, statusCode
    }

    struct Field {
        let number: Int
        let name: StaticString
        /// The name in the schema, which is accepted too.
        let original: StaticString
        let kind: Kind

        init(_ number: Int, _ name: StaticString, _ original: StaticString? = nil, _ kind: Kind) {
            self.number = number
            self.name = name
            self.original = original ?? name
            self.kind = kind
        }
    }

    var fields: [Field] {
        switch self {
        case .export: Self.exportFields
        case .resourceSpans: Self.resourceSpansFields
        case .resource: Self.resourceFields
        case .entityRef: Self.entityRefFields
        case .scopeSpans: Self.scopeSpansFields
        case .scope: Self.scopeFields
        case .span: Self.spanFields
        case .event: Self.eventFields
        case .link: Self.linkFields
        case .status: Self.statusFields
        case .keyValue: Self.keyValueFields
        case .anyValue: Self.anyValueFields
        case .arrayValue: Self.arrayValueFields
        case .keyValueList: Self.keyValueListFields
        }
    }

    private static let exportFields = [
        Field(1, "resourceSpans", "resource_spans", .messages(.resourceSpans))
    ]
    private static let resourceSpansFields = [
        Field(1, "resource", nil, .message(.resource)),
        Field(2, "scopeSpans", "scope_spans", .messages(.scopeSpans)),
        Field(3, "schemaUrl", "schema_url", .string),
    ]
    private static let resourceFields = [
        Field(1, "attributes", nil, .messages(.keyValue)),
        Field(2, "droppedAttributesCount", "dropped_attributes_count", .uint32),
        Field(3, "entityRefs", "entity_refs", .messages(.entityRef)),
    ]
    private static let entityRefFields = [
        Field(1, "schemaUrl", "schema_url", .string),
        Field(2, "type", nil, .string),
        Field(3, "idKeys", "id_keys", .strings),
        Field(4, "descriptionKeys", "description_keys", .strings),
    ]
    private static let scopeSpansFields = [
        Field(1, "scope", nil, .message(.scope)),
        Field(2, "spans", nil, .messages(.span)),
        Field(3, "schemaUrl", "schema_url", .string),
    ]
    private static let scopeFields = [
        Field(1, "name", nil, .string),
        Field(2, "version", nil, .string),
        Field(3, "attributes", nil, .messages(.keyValue)),
        Field(4, "droppedAttributesCount", "dropped_attributes_count", .uint32),
    ]
    private static let spanFields = [
        Field(1, "traceId", "trace_id", .hexadecimal),
        Field(2, "spanId", "span_id", .hexadecimal),
        Field(3, "traceState", "trace_state", .string),
        Field(4, "parentSpanId", "parent_span_id", .hexadecimal),
        Field(5, "name", nil, .string),
        Field(6, "kind", nil, .spanKind),
        Field(7, "startTimeUnixNano", "start_time_unix_nano", .fixed64),
        Field(8, "endTimeUnixNano", "end_time_unix_nano", .fixed64),
        Field(9, "attributes", nil, .messages(.keyValue)),
        Field(10, "droppedAttributesCount", "dropped_attributes_count", .uint32),
        Field(11, "events", nil, .messages(.event)),
        Field(12, "droppedEventsCount", "dropped_events_count", .uint32),
        Field(13, "links", nil, .messages(.link)),
        Field(14, "droppedLinksCount", "dropped_links_count", .uint32),
        Field(15, "status", nil, .message(.status)),
        Field(16, "flags", nil, .fixed32),
    ]
    private static let eventFields = [
        Field(1, "timeUnixNano", "time_unix_nano", .fixed64),
        Field(2, "name", nil, .string),
        Field(3, "attributes", nil, .messages(.keyValue)),
        Field(4, "droppedAttributesCount", "dropped_attributes_count", .uint32),
    ]
    private static let linkFields = [
        Field(1, "traceId", "trace_id", .hexadecimal),
        Field(2, "spanId", "span_id", .hexadecimal),
        Field(3, "traceState", "trace_state", .string),
        Field(4, "attributes", nil, .messages(.keyValue)),
        Field(5, "droppedAttributesCount", "dropped_attributes_count", .uint32),
        Field(6, "flags", nil, .fixed32),
    ]
    private static let statusFields = [
        Field(2, "message", nil, .string),
        Field(3, "code", nil, .statusCode),
    ]
    private static let keyValueFields = [
        Field(1, "key", nil, .string),
        Field(2, "value", nil, .message(.anyValue)),
    ]
    private static let anyValueFields = [
        Field(1, "stringValue", "string_value", .string),
        Field(2, "boolValue", "bool_value", .bool),
        Field(3, "intValue", "int_value", .int64),
        Field(4, "doubleValue", "double_value", .double),
        Field(5, "arrayValue", "array_value", .message(.arrayValue)),
        Field(6, "kvlistValue", "kvlist_value", .message(.keyValueList)),
        Field(7, "bytesValue", "bytes_value", .base64),
    ]
    private static let arrayValueFields = [
        Field(1, "values", nil, .messages(.anyValue))
    ]
    private static let keyValueListFields = [
        Field(1, "values", nil, .messages(.keyValue))
    ]
}
