package import TestSupport
package import TraceQL

extension TraceModel {
    /// Fills a table with the trace in stored order, replacing what it holds. The dictionary must be the table's.
    package func fill(_ table: inout SpanTable, _ strings: StringInterner) {
        table.removeAll()
        table.traceID = SpanTable.TraceID(id)
        let projection = table.projection
        var resources: [Set<AttributeModel>: Int32] = [:]
        var scopes: [ScopeModel: Int32] = [:]
        func set(
            _ attributes: [AttributeModel], _ keys: [[UInt8]], _ table: inout SpanTable,
            _ setter: (inout SpanTable, Int, ColumnValue) -> Void
        ) {
            for (slot, key) in keys.enumerated() {
                for attribute in attributes where Array(attribute.key.utf8) == key {
                    let value = Self.value(attribute.value, &table, strings)
                    setter(&table, slot, value)
                }
            }
        }
        for span in storedOrder {
            let resource: Int32
            if let known = resources[Set(span.resource)] {
                resource = known
            } else {
                resource = table.appendResource()
                resources[Set(span.resource)] = resource
                set(span.resource, projection.resource, &table) { $0.setResourceAttribute($1, $2) }
            }
            var scope: Int32 = -1
            if let model = span.scope {
                if let known = scopes[model] {
                    scope = known
                } else {
                    scope = table.appendScope(name: strings.intern(model.name), version: strings.intern(model.version))
                    scopes[model] = scope
                    set(model.attributes, projection.scope, &table) { $0.setScopeAttribute($1, $2) }
                }
            }
            let ownTrace = id
            table.appendSpan(
                SpanTable.Span(
                    id: SpanTable.SpanID(bytes: span.id), parentID: SpanTable.SpanID(bytes: span.parentID),
                    startUnixNano: span.startUnixNano, endUnixNano: span.startUnixNano &+ span.durationNanos,
                    kind: UInt8(span.kind), status: UInt8(span.status), name: strings.intern(span.name),
                    statusMessage: strings.intern(span.statusMessage), resource: resource, scope: scope,
                    hasChildOfLink: span.links.contains { link in
                        link.traceID == ownTrace
                            && link.attributes.contains {
                                $0.key == "opentracing.ref_type" && $0.value == .string("child_of")
                            }
                    }))
            set(span.attributes, projection.span, &table) { $0.setSpanAttribute($1, $2) }
            if projection.needsEvents {
                for event in span.events {
                    table.appendEvent(name: strings.intern(event.name), timeUnixNano: event.timeUnixNano)
                    set(event.attributes, projection.event, &table) { $0.setEventAttribute($1, $2) }
                }
            }
            if projection.needsLinks {
                for link in span.links {
                    table.appendLink(
                        traceID: SpanTable.TraceID(link.traceID), spanID: SpanTable.SpanID(bytes: link.spanID))
                    set(link.attributes, projection.link, &table) { $0.setLinkAttribute($1, $2) }
                }
            }
        }
    }

    private static func value(
        _ model: ValueModel, _ table: inout SpanTable, _ strings: StringInterner
    ) -> ColumnValue {
        switch model {
        case .string(let text): return .string(strings.intern(text))
        case .int(let number): return .int(number)
        case .double(let number): return .float(number)
        case .bool(let flag): return .boolean(flag)
        case .bytes, .keyValues, .empty: return .unusable
        case .array(let values):
            var elements: [ColumnValue] = []
            for value in values { elements.append(self.value(value, &table, strings)) }
            return table.array(elements)
        }
    }
}
