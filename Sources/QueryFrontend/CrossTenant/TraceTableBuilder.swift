import TempoAPI
import TraceQL

/// Fills a `SpanTable` with a decoded trace, in the order in which a store would keep it.
///
/// The spans are sorted by start, then id, as those of a trace that was joined from parts; then batches with equal resources are
/// joined in first-seen order, and in those equal scopes (traceql.md 16). Of several spans without a parent the one that started
/// last is the root, of equal starts the one with the greater id: in which order they came is not known.
struct TraceTableBuilder {
    private let projection: Projection
    private let spanSlots: [String: Int]
    private let resourceSlots: [String: Int]
    private let scopeSlots: [String: Int]
    private let eventSlots: [String: Int]
    private let linkSlots: [String: Int]

    init(_ projection: Projection) {
        self.projection = projection
        spanSlots = Self.slots(projection.span)
        resourceSlots = Self.slots(projection.resource)
        scopeSlots = Self.slots(projection.scope)
        eventSlots = Self.slots(projection.event)
        linkSlots = Self.slots(projection.link)
    }

    private static func slots(_ keys: [[UInt8]]) -> [String: Int] {
        Dictionary(
            keys.enumerated().map { (String(decoding: $1, as: UTF8.self), $0) }, uniquingKeysWith: { first, _ in first }
        )
    }

    /// Spans of one resource and scope, by their places in the list of all spans.
    private struct Batch {
        var resource: Resource?
        var scopes: [(scope: InstrumentationScope?, spans: [Int])] = []
        private var places: [[UInt8]: Int] = [:]

        init(resource: Resource?) { self.resource = resource }

        mutating func add(_ span: Int, _ scope: InstrumentationScope?, key: [UInt8]) {
            if let place = places[key] { return scopes[place].spans.append(span) }
            places[key] = scopes.count
            scopes.append((scope, [span]))
        }
    }

    private struct Placed {
        var span: TraceSpan
        var resource: Int
        var scope: Int
        /// Order of arrival breaks ties.
        var number: Int
    }

    /// Replaces the content of the table.
    /// - Parameter strings: the dictionary of the table.
    func fill(_ table: inout SpanTable, _ strings: StringInterner, with trace: Trace, traceID: [UInt8]) {
        table.removeAll()
        table.traceID = SpanTable.TraceID(traceID)
        var resources: [(key: [UInt8], resource: Resource?)] = []
        var scopes: [(key: [UInt8], scope: InstrumentationScope?)] = []
        var spans: [Placed] = []
        for batch in trace.resourceSpans {
            resources.append((Self.key(batch.resource?.attributes ?? []), batch.resource))
            for scoped in batch.scopeSpans {
                scopes.append((Self.key(scoped.scope), scoped.scope))
                for span in scoped.spans {
                    spans.append(
                        Placed(span: span, resource: resources.count - 1, scope: scopes.count - 1, number: spans.count))
                }
            }
        }
        spans.sort { a, b in
            if a.span.startTimeUnixNano != b.span.startTimeUnixNano {
                return a.span.startTimeUnixNano < b.span.startTimeUnixNano
            }
            if a.span.spanID != b.span.spanID { return a.span.spanID.lexicographicallyPrecedes(b.span.spanID) }
            if a.span.kind != b.span.kind { return a.span.kind.rawValue < b.span.kind.rawValue }
            if a.span.name != b.span.name { return a.span.name.utf8.lexicographicallyPrecedes(b.span.name.utf8) }
            return a.number < b.number
        }
        let root = spans.last { Self.mayBeRoot($0.span, traceID) }?.number
        var order: [[UInt8]] = []
        var batches: [[UInt8]: Batch] = [:]
        for (index, placed) in spans.enumerated() {
            let (key, resource) = resources[placed.resource]
            if batches[key] == nil {
                order.append(key)
                batches[key] = Batch(resource: resource)
            }
            let (scopeKey, scope) = scopes[placed.scope]
            batches[key]?.add(index, scope, key: scopeKey)
        }
        for key in order {
            guard let batch = batches[key] else { continue }
            let resource = append(batch.resource, to: &table, strings)
            for (scope, indexes) in batch.scopes {
                let scopeNumber = append(scope, to: &table, strings)
                for index in indexes {
                    append(
                        spans[index].span, resource: resource, scope: scopeNumber,
                        isRoot: spans[index].number == root, to: &table, strings)
                }
            }
        }
    }

    // MARK: Rows

    private func append(_ resource: Resource?, to table: inout SpanTable, _ strings: StringInterner) -> Int32 {
        let number = table.appendResource()
        for attribute in resource?.attributes ?? [] {
            if let slot = resourceSlots[attribute.key] {
                table.setResourceAttribute(slot, value(attribute.value, &table, strings))
            }
            if projection.needsEverything {
                let value = value(attribute.value, &table, strings)
                table.listResourceAttribute(key: strings.intern(attribute.key), value)
            }
        }
        return number
    }

    private func append(_ scope: InstrumentationScope?, to table: inout SpanTable, _ strings: StringInterner) -> Int32 {
        guard let scope else { return -1 }
        let number = table.appendScope(name: strings.intern(scope.name), version: strings.intern(scope.version))
        for attribute in scope.attributes {
            guard let slot = scopeSlots[attribute.key] else { continue }
            table.setScopeAttribute(slot, value(attribute.value, &table, strings))
        }
        return number
    }

    private func append(
        _ span: TraceSpan, resource: Int32, scope: Int32, isRoot: Bool, to table: inout SpanTable,
        _ strings: StringInterner
    ) {
        let message = span.status?.message ?? ""
        table.appendSpan(
            SpanTable.Span(
                id: SpanTable.SpanID(bytes: span.spanID), parentID: SpanTable.SpanID(bytes: span.parentSpanID),
                startUnixNano: span.startTimeUnixNano, endUnixNano: span.endTimeUnixNano,
                kind: UInt8(exactly: span.kind.rawValue) ?? 0,
                status: UInt8(exactly: span.status?.code.rawValue ?? 0) ?? 0,
                name: strings.intern(span.name), statusMessage: message.isEmpty ? nil : strings.intern(message),
                resource: resource, scope: scope, hasChildOfLink: !isRoot))
        for attribute in span.attributes {
            if let slot = spanSlots[attribute.key] {
                table.setSpanAttribute(slot, value(attribute.value, &table, strings))
            }
            if projection.needsEverything {
                let value = value(attribute.value, &table, strings)
                table.listSpanAttribute(key: strings.intern(attribute.key), value)
            }
        }
        if projection.needsEvents {
            for event in span.events {
                table.appendEvent(name: strings.intern(event.name), timeUnixNano: event.timeUnixNano)
                for attribute in event.attributes {
                    guard let slot = eventSlots[attribute.key] else { continue }
                    table.setEventAttribute(slot, value(attribute.value, &table, strings))
                }
            }
        }
        if projection.needsLinks {
            for link in span.links {
                table.appendLink(
                    traceID: SpanTable.TraceID(link.traceID), spanID: SpanTable.SpanID(bytes: link.spanID))
                for attribute in link.attributes {
                    guard let slot = linkSlots[attribute.key] else { continue }
                    table.setLinkAttribute(slot, value(attribute.value, &table, strings))
                }
            }
        }
    }

    private static func mayBeRoot(_ span: TraceSpan, _ traceID: [UInt8]) -> Bool {
        SpanTable.SpanID(bytes: span.parentSpanID).isEmpty && !isChildOfLinked(span, traceID)
    }

    private static func isChildOfLinked(_ span: TraceSpan, _ traceID: [UInt8]) -> Bool {
        span.links.contains { link in
            SpanTable.TraceID(link.traceID) == SpanTable.TraceID(traceID)
                && link.attributes.contains {
                    $0.key == "opentracing.ref_type" && $0.value?.value == .string("child_of")
                }
        }
    }

    private func value(_ value: AnyValue?, _ table: inout SpanTable, _ strings: StringInterner) -> ColumnValue {
        guard let value = value?.value else { return .unusable }
        guard case .array(let array) = value else { return Self.scalar(value, strings) }
        return table.array(array.values.map { $0.value.map { Self.scalar($0, strings) } ?? .unusable })
    }

    private static func scalar(_ value: AnyValue.Value, _ strings: StringInterner) -> ColumnValue {
        switch value {
        case .string(let text): .string(strings.intern(text))
        case .bool(let flag): .boolean(flag)
        case .int(let number): .int(number)
        case .double(let number): .float(number)
        default: .unusable
        }
    }

    // MARK: Identity

    /// Equal for equal attributes in whatever order.
    private static func key(_ attributes: [KeyValue]) -> [UInt8] {
        var key: [UInt8] = []
        for bytes in attributes.map(\.protobuf).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            withUnsafeBytes(of: bytes.count) { key += $0 }
            key += bytes
        }
        return key
    }

    private static func key(_ scope: InstrumentationScope?) -> [UInt8] {
        guard let scope else { return [] }
        var key: [UInt8] = []
        for text in [scope.name, scope.version] {
            withUnsafeBytes(of: text.utf8.count) { key += $0 }
            key += text.utf8
        }
        return key + Self.key(scope.attributes)
    }
}
