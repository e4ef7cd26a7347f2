import TestSupport
import TraceQL

/// Fills a span table straight from a model of a trace, with no store between.
struct QueryModelTable {
    let strings = StringInterner()
    var table: SpanTable
    /// The spans in the order of the table.
    private(set) var spans: [SpanModel] = []

    init(_ projection: Projection) { table = SpanTable(projection, dictionary: strings) }

    mutating func fill(_ trace: TraceModel) {
        table.removeAll()
        table.traceID = SpanTable.TraceID(trace.id)
        spans = Self.storedOrder(trace.spans)
        var resources: [[AttributeModel]: Int32] = [:]
        var scopes: [ScopeModel?: Int32] = [:]
        for span in spans {
            let resource = resources[span.resource] ?? append(resource: span)
            resources[span.resource] = resource
            let scope = scopes[span.scope] ?? append(scope: span.scope ?? ScopeModel())
            scopes[span.scope] = scope
            append(span, resource, scope, trace.id)
        }
    }

    /// Equal resources together, within them equal scopes, in the order in which they first occur.
    static func storedOrder(_ spans: [SpanModel]) -> [SpanModel] {
        struct Group: Hashable {
            var resource: [AttributeModel]
            var scope: ScopeModel
        }
        var batches: [[AttributeModel]] = []
        var groups: [[AttributeModel]: [ScopeModel]] = [:]
        var members: [Group: [SpanModel]] = [:]
        for span in spans {
            let group = Group(resource: span.resource, scope: span.scope ?? ScopeModel())
            if groups[group.resource] == nil { batches.append(group.resource) }
            if members[group] == nil { groups[group.resource, default: []].append(group.scope) }
            members[group, default: []].append(span)
        }
        return batches.flatMap { resource in
            (groups[resource] ?? []).flatMap { members[Group(resource: resource, scope: $0)] ?? [] }
        }
    }

    private mutating func append(resource span: SpanModel) -> Int32 {
        let row = table.appendResource()
        for attribute in span.resource {
            if let slot = table.projection.resource.firstIndex(of: Array(attribute.key.utf8)) {
                table.setResourceAttribute(slot, value(attribute.value))
            }
        }
        return row
    }

    private mutating func append(scope: ScopeModel) -> Int32 {
        let row = table.appendScope(name: strings.intern(scope.name), version: strings.intern(scope.version))
        for attribute in scope.attributes {
            if let slot = table.projection.scope.firstIndex(of: Array(attribute.key.utf8)) {
                table.setScopeAttribute(slot, value(attribute.value))
            }
        }
        return row
    }

    private mutating func append(_ span: SpanModel, _ resource: Int32, _ scope: Int32, _ trace: [UInt8]) {
        let isChildByLink = span.links.contains { link in
            link.traceID == trace
                && link.attributes.contains(AttributeModel("opentracing.ref_type", .string("child_of")))
        }
        table.appendSpan(
            SpanTable.Span(
                id: SpanTable.SpanID(bytes: span.id), parentID: SpanTable.SpanID(bytes: span.parentID),
                startUnixNano: span.startUnixNano, endUnixNano: span.startUnixNano &+ span.durationNanos,
                kind: UInt8(span.kind), status: UInt8(span.status), name: strings.intern(span.name),
                statusMessage: span.statusMessage.isEmpty ? nil : strings.intern(span.statusMessage),
                resource: resource, scope: scope, hasChildOfLink: isChildByLink))
        for attribute in span.attributes {
            if let slot = table.projection.span.firstIndex(of: Array(attribute.key.utf8)) {
                table.setSpanAttribute(slot, value(attribute.value))
            }
        }
        for event in span.events where table.projection.needsEvents {
            table.appendEvent(name: strings.intern(event.name), timeUnixNano: event.timeUnixNano)
            for attribute in event.attributes {
                if let slot = table.projection.event.firstIndex(of: Array(attribute.key.utf8)) {
                    table.setEventAttribute(slot, value(attribute.value))
                }
            }
        }
        for link in span.links where table.projection.needsLinks {
            table.appendLink(traceID: SpanTable.TraceID(link.traceID), spanID: SpanTable.SpanID(bytes: link.spanID))
            for attribute in link.attributes {
                if let slot = table.projection.link.firstIndex(of: Array(attribute.key.utf8)) {
                    table.setLinkAttribute(slot, value(attribute.value))
                }
            }
        }
    }

    private mutating func value(_ value: ValueModel) -> ColumnValue {
        switch value {
        case .string(let text): return .string(strings.intern(text))
        case .int(let number): return .int(number)
        case .double(let number): return .float(number)
        case .bool(let flag): return .boolean(flag)
        case .array(let elements):
            var values: [ColumnValue] = []
            for element in elements { values.append(self.value(element)) }
            return table.array(values)
        case .bytes, .keyValues, .empty: return .unusable
        }
    }

    func text(_ ref: StringRef?) -> String {
        ref.map { strings.withBytes(of: $0) { String(decoding: $0, as: UTF8.self) } } ?? ""
    }
}
