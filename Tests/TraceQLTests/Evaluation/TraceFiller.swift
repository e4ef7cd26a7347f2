import TraceQL

/// Fills span tables from recorded traces, as a store would.
struct TraceFiller {
    static let base: UInt64 = 1_700_000_000_000_000_000
    let strings = StringInterner()

    func table(_ trace: EvaluationCase.Trace, _ projection: Projection) -> SpanTable {
        var table = SpanTable(projection, dictionary: strings)
        fill(&table, trace)
        return table
    }

    /// Batches with equal resources are joined, then equal scopes, as stores do.
    func fill(_ table: inout SpanTable, _ trace: EvaluationCase.Trace) {
        table.removeAll()
        table.traceID = SpanTable.TraceID(Self.bytes(hex: trace.traceId, count: 16))
        for group in Self.grouped(trace.spans, by: Self.resourceKey) {
            let resource = table.appendResource()
            var attributes = group[0].resource
            if !group[0].service.isEmpty { attributes["service.name"] = .string(group[0].service) }
            for (slot, key) in table.projection.resource.enumerated() {
                table.setResourceAttribute(slot, value(attributes[Self.text(key)], &table))
            }
            for spans in Self.grouped(group, by: Self.scopeKey) {
                var scope: Int32 = -1
                if let recorded = spans[0].scope {
                    scope = table.appendScope(
                        name: strings.intern(recorded.name), version: strings.intern(recorded.version))
                    for (slot, key) in table.projection.scope.enumerated() {
                        table.setScopeAttribute(slot, value(recorded.attrs[Self.text(key)], &table))
                    }
                }
                for span in spans { append(span, resource, scope, &table) }
            }
        }
    }

    private func append(
        _ span: EvaluationCase.Span, _ resource: Int32, _ scope: Int32, _ table: inout SpanTable
    ) {
        let start = Self.base + span.start
        let kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"]
        table.appendSpan(
            SpanTable.Span(
                id: SpanTable.SpanID(bytes: Self.bytes(hex: span.id, count: 8)),
                parentID: span.parent.isEmpty
                    ? .none : SpanTable.SpanID(bytes: Self.bytes(hex: span.parent, count: 8)),
                startUnixNano: start, endUnixNano: start + span.duration,
                kind: UInt8(kinds.firstIndex(of: span.kind) ?? 0),
                status: span.status == "ok" ? 1 : span.status == "error" ? 2 : 0, name: strings.intern(span.name),
                statusMessage: span.statusMessage.map { strings.intern($0) }, resource: resource, scope: scope))
        for (slot, key) in table.projection.span.enumerated() {
            table.setSpanAttribute(slot, value(span.attrs[Self.text(key)], &table))
        }
        for event in span.events {
            table.appendEvent(name: strings.intern(event.name), timeUnixNano: start + event.at)
            for (slot, key) in table.projection.event.enumerated() {
                table.setEventAttribute(slot, value(event.attrs[Self.text(key)], &table))
            }
        }
        for link in span.links {
            table.appendLink(
                traceID: SpanTable.TraceID(Self.bytes(hex: link.traceId, count: 16)),
                spanID: SpanTable.SpanID(bytes: Self.bytes(hex: link.spanId, count: 8)))
            for (slot, key) in table.projection.link.enumerated() {
                table.setLinkAttribute(slot, value(link.attrs[Self.text(key)], &table))
            }
        }
    }

    private func value(_ value: CaseValue?, _ table: inout SpanTable) -> ColumnValue {
        switch value {
        case nil: .missing
        case .string(let text): .string(strings.intern(text))
        case .bool(let value): .boolean(value)
        case .int(let value): .int(value)
        case .double(let value): .float(value)
        case .array(let values): list(values, &table)
        case .unusable: .unusable
        }
    }

    private func list(_ values: [CaseValue], _ table: inout SpanTable) -> ColumnValue {
        var elements: [ColumnValue] = []
        for element in values { elements.append(value(element, &table)) }
        return table.array(elements)
    }

    private static func text(_ key: [UInt8]) -> String { String(decoding: key, as: UTF8.self) }

    private static func resourceKey(_ span: EvaluationCase.Span) -> String {
        let attributes = span.resource.map { "\($0.key)=\($0.value.text)" }.sorted()
        return "\(span.service)|\(attributes)"
    }

    private static func scopeKey(_ span: EvaluationCase.Span) -> String {
        guard let scope = span.scope else { return "" }
        return "\(scope.name)|\(scope.version)|\(scope.attrs.map { "\($0.key)=\($0.value.text)" }.sorted())"
    }

    private static func grouped<Element>(_ elements: [Element], by key: (Element) -> String) -> [[Element]] {
        var places: [String: Int] = [:]
        var groups: [[Element]] = []
        for element in elements {
            if let place = places[key(element)] {
                groups[place].append(element)
            } else {
                places[key(element)] = groups.count
                groups.append([element])
            }
        }
        return groups
    }

    static func bytes(hex: String, count: Int) -> [UInt8] {
        let digits = Array(String(repeating: "0", count: max(0, count * 2 - hex.count)) + hex)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16) ?? 0 }
    }
}
