import TempoAPI

@testable import TraceStore

/// A span with its surroundings, as it went in or as it came back.
struct FlatSpan: Equatable, CustomStringConvertible {
    var resource: Resource
    var resourceSchema: String
    var scope: InstrumentationScope
    var scopeSchema: String
    var span: TraceSpan

    var description: String { "\(span)\n\(resource) \(scope)" }

    /// The spans of a request in its order.
    static func all(in request: Trace) -> [FlatSpan] {
        request.resourceSpans.flatMap { resource in
            resource.scopeSpans.flatMap { scope in
                scope.spans.map {
                    FlatSpan(
                        resource: resource.resource ?? Resource(), resourceSchema: resource.schemaUrl,
                        scope: scope.scope ?? InstrumentationScope(), scopeSchema: scope.schemaUrl, span: $0)
                }
            }
        }
    }
}

/// Reads rows back into messages, column by column.
struct StoredSpans {
    let view: SegmentView
    private var columns: SegmentColumns { view.columns }

    /// By row.
    static func all(in view: SegmentView) -> [FlatSpan] {
        let reader = StoredSpans(view: view)
        return (0..<view.rowCount).map(reader.span)
    }

    /// Over all views in order of arrival.
    static func all(in snapshot: TenantSnapshot?) -> [FlatSpan] {
        (snapshot?.views ?? []).reversed().flatMap { all(in: $0) }
    }

    private func span(_ row: Int) -> FlatSpan {
        var span = TraceSpan()
        let detail = Int(columns.detail[row])
        span.traceID = view.traces.id(Int(columns.trace[row])).bytes
        span.spanID = TraceID.bytes(of: columns.spanID[row])
        if columns.hasParent[row] == 1 { span.parentSpanID = TraceID.bytes(of: columns.parentSpanID[row]) }
        span.name = columns.text(columns.name[row])
        span.kind = SpanKind(rawValue: columns.kindNumber(row))
        span.startTimeUnixNano = columns.start[row]
        span.endTimeUnixNano = columns.end[row]
        span.attributes = attributes(columns.pairs, row)
        span.traceState = columns.text(columns.detailTraceState[detail])
        span.flags = columns.detailFlags[detail]
        span.droppedAttributesCount = columns.detailDroppedAttributes[detail]
        span.droppedEventsCount = columns.detailDroppedEvents[detail]
        span.droppedLinksCount = columns.detailDroppedLinks[detail]
        span.status = SpanStatus(
            message: columns.text(columns.detailStatusMessage[detail]),
            code: SpanStatusCode(rawValue: columns.statusCodeNumber(row)))
        span.events = columns.events(row).map { event in
            SpanEvent(
                timeUnixNano: columns.eventTime[event], name: columns.text(columns.eventName[event]),
                attributes: attributes(columns.eventPairs, event),
                droppedAttributesCount: columns.eventDroppedAttributes[event])
        }
        span.links = columns.links(row).map(link)
        return FlatSpan(
            resource: resource(Int(columns.resource[row])),
            resourceSchema: columns.text(columns.resourceSchemaURL[Int(columns.resource[row])]),
            scope: scope(Int(columns.scope[row])),
            scopeSchema: columns.text(columns.scopeSchemaURL[Int(columns.scope[row])]), span: span)
    }

    private func link(_ link: Int) -> SpanLink {
        let traceID = TraceID(high: columns.linkTraceIDHigh[link], low: columns.linkTraceIDLow[link])
        let presence = columns.linkPresence[link]
        return SpanLink(
            traceID: presence & 1 == 0 ? [] : traceID.bytes,
            spanID: presence & 2 == 0 ? [] : TraceID.bytes(of: columns.linkSpanID[link]),
            traceState: columns.text(columns.linkTraceState[link]), attributes: attributes(columns.linkPairs, link),
            droppedAttributesCount: columns.linkDroppedAttributes[link], flags: columns.linkFlags[link])
    }

    private func resource(_ resource: Int) -> Resource {
        let references = try? Resource.decode(protobuf: Array(columns.bytes(columns.resourceEntityRefs[resource])))
        return Resource(
            attributes: attributes(columns.resourcePairs, resource),
            droppedAttributesCount: columns.resourceDroppedAttributes[resource],
            entityRefs: references?.entityRefs ?? [])
    }

    private func scope(_ scope: Int) -> InstrumentationScope {
        InstrumentationScope(
            name: columns.text(columns.scopeName[scope]), version: columns.text(columns.scopeVersion[scope]),
            attributes: attributes(columns.scopePairs, scope),
            droppedAttributesCount: columns.scopeDroppedAttributes[scope])
    }

    private func attributes(_ list: ListColumn<UInt32>, _ index: Int) -> [KeyValue] {
        list.range(index).map { position in
            let pair = Int(list.values[position])
            let payload = columns.pairPayload[pair]
            let string = UInt32(truncatingIfNeeded: payload)
            let value: AnyValue? =
                switch ValueType(rawValue: columns.pairType[pair]) {
                case .absent, nil: nil
                case .empty: AnyValue()
                case .string: .string(columns.text(string))
                case .bool: .bool(payload == 1)
                case .int: .int(Int64(bitPattern: payload))
                case .double: .double(Double(bitPattern: payload))
                case .bytes: AnyValue(.bytes(Array(columns.bytes(string))))
                case .array:
                    AnyValue((try? ArrayValue.decode(protobuf: Array(columns.bytes(string)))).map { .array($0) })
                case .keyValueList:
                    AnyValue(
                        (try? KeyValueList.decode(protobuf: Array(columns.bytes(string)))).map { .keyValueList($0) })
                }
            return KeyValue(key: columns.text(columns.pairKey[pair]), value: value)
        }
    }
}
