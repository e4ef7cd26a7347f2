/// A trace as plain objects: what property tests make, split, push and compare.
public struct TraceModel: Sendable, Hashable {
    /// 16 bytes.
    public var id: [UInt8]
    /// The spans in order of arrival.
    public var spans: [SpanModel]

    /// A trace.
    public init(id: [UInt8], spans: [SpanModel]) {
        self.id = id
        self.spans = spans
    }

    /// The id in lower-case hexadecimal.
    public var hexID: String { id.hex }
}

/// One span with the resource and the instrumentation scope it came under.
public struct SpanModel: Sendable, Hashable {
    /// 8 bytes.
    public var id: [UInt8] = []
    /// 8 bytes; empty for a root.
    public var parentID: [UInt8] = []
    /// The name.
    public var name = ""
    /// OTLP kind, 0 to 5.
    public var kind = 0
    /// OTLP status code, 0 to 2.
    public var status = 0
    /// The status message.
    public var statusMessage = ""
    /// Nanoseconds since 1970.
    public var startUnixNano: UInt64 = 0
    /// Nanoseconds.
    public var durationNanos: UInt64 = 0
    /// Attributes; keys are distinct.
    public var attributes: [AttributeModel] = []
    /// Attributes of the resource, `service.name` among them.
    public var resource: [AttributeModel] = []
    /// The instrumentation scope; nil when there is none.
    public var scope: ScopeModel?
    /// Events.
    public var events: [EventModel] = []
    /// Links.
    public var links: [LinkModel] = []

    /// A span to be filled in.
    public init() {}

    /// The id in lower-case hexadecimal.
    public var hexID: String { id.hex }

    /// `service.name` of the resource if it is a string, else empty.
    public var serviceName: String {
        if case .string(let name)? = resource.first(where: { $0.key == "service.name" })?.value { name } else { "" }
    }
}

/// A key with its value.
public struct AttributeModel: Sendable, Hashable {
    /// The key.
    public var key: String
    /// The value.
    public var value: ValueModel

    /// An attribute.
    public init(_ key: String, _ value: ValueModel) {
        self.key = key
        self.value = value
    }
}

/// A value as OTLP carries it.
public enum ValueModel: Sendable, Hashable {
    case string(String)
    case int(Int64)
    case double(Double)
    case bool(Bool)
    case array([ValueModel])
    case bytes([UInt8])
    case keyValues([AttributeModel])
    /// A value of no type.
    case empty
}

/// An instrumentation scope.
public struct ScopeModel: Sendable, Hashable {
    /// The name.
    public var name = ""
    /// The version.
    public var version = ""
    /// Attributes.
    public var attributes: [AttributeModel] = []

    /// A scope to be filled in.
    public init() {}
}

/// An event of a span.
public struct EventModel: Sendable, Hashable {
    /// The name.
    public var name = ""
    /// Nanoseconds since 1970.
    public var timeUnixNano: UInt64 = 0
    /// Attributes.
    public var attributes: [AttributeModel] = []

    /// An event to be filled in.
    public init() {}
}

/// A link of a span.
public struct LinkModel: Sendable, Hashable {
    /// 16 bytes.
    public var traceID: [UInt8] = []
    /// 8 bytes.
    public var spanID: [UInt8] = []
    /// Attributes.
    public var attributes: [AttributeModel] = []

    /// A link to be filled in.
    public init() {}
}

extension TraceModel {
    /// The spans as a store keeps them (traceql.md 16): batches with equal resources joined in first-seen order, in those
    /// equal scopes, in those spans as they came.
    public var storedOrder: [SpanModel] {
        var batches: [(resource: Set<AttributeModel>, scopes: [(scope: ScopeModel?, spans: [SpanModel])])] = []
        for span in spans {
            let resource = Set(span.resource)
            let batch = batches.firstIndex { $0.resource == resource } ?? batches.count
            if batch == batches.count { batches.append((resource, [])) }
            let place = batches[batch].scopes.firstIndex { $0.scope == span.scope } ?? batches[batch].scopes.count
            if place == batches[batch].scopes.count { batches[batch].scopes.append((span.scope, [])) }
            batches[batch].scopes[place].spans.append(span)
        }
        return batches.flatMap { $0.scopes.flatMap(\.spans) }
    }

    /// The part that each tenant holds when every span goes to the tenant that `owner` says; tenants without a span have no
    /// part. The spans of a part keep their order.
    public func split(into tenants: Int, owner: (SpanModel) -> Int) -> [Int: TraceModel] {
        var parts: [Int: TraceModel] = [:]
        for span in spans {
            let tenant = min(max(owner(span), 0), tenants - 1)
            parts[tenant, default: TraceModel(id: id, spans: [])].spans.append(span)
        }
        return parts
    }
}

extension [UInt8] {
    /// Two lower-case hexadecimal digits a byte.
    public var hex: String {
        let digits = Array<UInt8>("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
