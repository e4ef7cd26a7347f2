extension ColumnBuilder {
    /// Appends the spans of a request, in its order.
    /// - Parameter bytes: what the request was parsed from.
    mutating func append(_ request: ParsedRequest, bytes: UnsafeRawBufferPointer) {
        var resources = [UInt32](repeating: .max, count: request.resources.count)
        var scopes = [UInt32](repeating: .max, count: request.scopes.count)
        var names = LastString()
        for span in request.spans {
            let resourceNumber = Int(span.resource)
            if resources[resourceNumber] == .max {
                resources[resourceNumber] = resource(of: request.resources[resourceNumber], request, bytes)
            }
            let scopeNumber = Int(span.scope)
            if scopes[scopeNumber] == .max {
                scopes[scopeNumber] = scope(of: request.scopes[scopeNumber], request, bytes)
            }
            resource.append(resources[resourceNumber])
            scope.append(scopes[scopeNumber])
            trace.append(trace(span.traceID))
            spanID.append(span.spanID)
            parentSpanID.append(span.parentSpanID)
            hasParent.append(span.hasParent ? 1 : 0)
            start.append(span.start)
            end.append(span.end)
            minStart = min(minStart, span.start)
            maxEnd = max(maxEnd, span.start, span.end)
            name.append(string(span.name, bytes, &names))
            kind.append(Self.byte(span.kind))
            statusCode.append(Self.byte(span.statusCode))
            detail.append(detail(of: span, bytes))
            for index in span.attributes.range { pairs.add(pair(request.spanAttributes[index], bytes)) }
            pairs.finishList()
            for index in span.events.range { append(request.events[index], request, bytes) }
            eventOffsets.append(UInt32(truncatingIfNeeded: eventTime.count))
            for index in span.links.range { append(request.links[index], request, bytes) }
            linkOffsets.append(UInt32(truncatingIfNeeded: linkSpanID.count))
        }
    }

    /// The string that was looked up last: spans next to each other often have the same name.
    struct LastString {
        var known: UInt32 = 0
    }

    @inline(__always)
    private static func byte(_ number: Int32) -> UInt8 {
        0..<255 ~= number ? UInt8(truncatingIfNeeded: number) : .max
    }

    @inline(__always)
    private func slice(_ bytes: UnsafeRawBufferPointer, _ span: ByteSpan) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[span.range])
    }

    private mutating func string(_ span: ByteSpan, _ bytes: UnsafeRawBufferPointer, _ last: inout LastString) -> UInt32
    {
        let text = slice(bytes, span)
        if !isString(last.known, text) { last.known = string(text) }
        return last.known
    }

    @inline(__always)
    private mutating func string(_ span: ByteSpan, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        span.count == 0 ? 0 : string(slice(bytes, span))
    }

    private mutating func detail(of span: ParsedSpan, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        detail(
            SpanDetail(
                statusMessage: string(span.statusMessage, bytes), traceState: string(span.traceState, bytes),
                flags: span.flags, droppedAttributes: span.droppedAttributes, droppedEvents: span.droppedEvents,
                droppedLinks: span.droppedLinks, kind: Self.byte(span.kind) == .max ? span.kind : 0,
                statusCode: Self.byte(span.statusCode) == .max ? span.statusCode : 0))
    }

    private mutating func append(_ event: ParsedEvent, _ request: ParsedRequest, _ bytes: UnsafeRawBufferPointer) {
        eventTime.append(event.time)
        eventName.append(string(event.name, bytes))
        eventDroppedAttributes.append(event.droppedAttributes)
        for index in event.attributes.range { eventPairs.add(pair(request.eventAttributes[index], bytes)) }
        eventPairs.finishList()
    }

    private mutating func append(_ link: ParsedLink, _ request: ParsedRequest, _ bytes: UnsafeRawBufferPointer) {
        linkTraceIDHigh.append(link.traceID.high)
        linkTraceIDLow.append(link.traceID.low)
        linkSpanID.append(link.spanID)
        linkPresence.append(link.presence)
        linkTraceState.append(string(link.traceState, bytes))
        linkFlags.append(link.flags)
        linkDroppedAttributes.append(link.droppedAttributes)
        for index in link.attributes.range { linkPairs.add(pair(request.linkAttributes[index], bytes)) }
        linkPairs.finishList()
    }

    private mutating func resource(
        of parsed: ParsedResource, _ request: ParsedRequest, _ bytes: UnsafeRawBufferPointer
    ) -> UInt32 {
        var entry = ResourceEntry()
        for index in parsed.attributes.range { entry.pairs.append(pair(request.sharedAttributes[index], bytes)) }
        entry.droppedAttributes = parsed.droppedAttributes
        entry.schemaURL = string(parsed.schemaURL, bytes)
        entry.entityRefs = parsed.entityRefs.withUnsafeBytes { string($0) }
        return resource(entry)
    }

    private mutating func scope(
        of parsed: ParsedScope, _ request: ParsedRequest, _ bytes: UnsafeRawBufferPointer
    ) -> UInt32 {
        var entry = ScopeEntry()
        entry.name = string(parsed.name, bytes)
        entry.version = string(parsed.version, bytes)
        for index in parsed.attributes.range { entry.pairs.append(pair(request.sharedAttributes[index], bytes)) }
        entry.droppedAttributes = parsed.droppedAttributes
        entry.schemaURL = string(parsed.schemaURL, bytes)
        return scope(entry)
    }

    /// The id of an attribute's pair: one look-up by the hash that the parser made, when it is known.
    @inline(__always)
    private mutating func pair(_ attribute: ParsedAttribute, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let isText =
            switch attribute.type {
            case .string, .bytes, .array, .keyValueList: true
            case .absent, .empty, .bool, .int, .double: false
            }
        let key = slice(bytes, attribute.key)
        let text = slice(bytes, attribute.text)
        let known = pairSlots.find(attribute.hash) {
            let index = Int($0)
            guard pairType[index] == attribute.type.rawValue, isString(pairKey[index], key) else { return false }
            let payload = pairPayload[index]
            return isText ? isString(UInt32(truncatingIfNeeded: payload), text) : payload == attribute.number
        }
        if let known { return known }
        let payload = isText ? UInt64(string(text)) : attribute.number
        return addPair(key: string(key), type: attribute.type.rawValue, payload: payload, hash: attribute.hash)
    }
}
