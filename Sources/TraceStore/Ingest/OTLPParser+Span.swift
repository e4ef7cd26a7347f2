internal import TempoAPI

extension OTLPParser {
    /// The eight bytes of an id, or nil when there are not eight.
    private func identifier(_ range: Range<Int>) -> UInt64? {
        guard range.count == 8 else { return nil }
        return UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self))
    }

    private func traceIdentifier(_ range: Range<Int>) -> TraceID? {
        guard range.count == 16 else { return nil }
        return TraceID(
            high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound + 8, as: UInt64.self)))
    }

    mutating func span(_ range: Range<Int>, resource: UInt32, scope: UInt32) throws {
        guard request.spans.count + request.rejected.count < limits.maxSpansPerRequest else {
            throw PushError.tooLarge("request holds more than \(limits.maxSpansPerRequest) spans")
        }
        var span = ParsedSpan()
        span.resource = resource
        span.scope = scope
        let firsts = (request.spanAttributes.count, request.events.count, request.links.count)
        let inner = (request.eventAttributes.count, request.linkAttributes.count)
        var traceID: TraceID?
        var spanID: UInt64?
        var isParentBad = false
        var dropped = (attributes: 0, events: 0, links: 0)
        var reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            switch field.number {
            case 1: traceID = traceIdentifier(try field.content())
            case 2: spanID = identifier(try field.content())
            case 3: span.traceState = ByteSpan(try field.content())
            case 4:
                let content = try field.content()
                span.hasParent = !content.isEmpty
                let parent = identifier(content)
                isParentBad = parent == nil && span.hasParent
                span.parentSpanID = parent ?? 0
            case 5: span.name = ByteSpan(try field.content())
            case 6: span.kind = Int32(truncatingIfNeeded: try field.scalar(.varint))
            case 7: span.start = try field.scalar(.fixed64)
            case 8: span.end = try field.scalar(.fixed64)
            case 9:
                if let attribute = try attribute(field.content(), have: request.spanAttributes.count - firsts.0) {
                    request.spanAttributes.append(attribute)
                } else {
                    dropped.attributes += 1
                }
            case 10: span.droppedAttributes = UInt32(truncatingIfNeeded: try field.scalar(.varint))
            case 11:
                if try !event(field.content(), have: request.events.count - firsts.1) { dropped.events += 1 }
            case 12: span.droppedEvents = UInt32(truncatingIfNeeded: try field.scalar(.varint))
            case 13:
                if try !link(field.content(), have: request.links.count - firsts.2) { dropped.links += 1 }
            case 14: span.droppedLinks = UInt32(truncatingIfNeeded: try field.scalar(.varint))
            case 15: try status(field.content(), into: &span)
            case 16: span.flags = UInt32(truncatingIfNeeded: try field.scalar(.fixed32))
            default: break
            }
        }
        if let traceID, traceID.high | traceID.low != 0, let spanID, spanID != 0, !isParentBad {
            span.traceID = traceID
            span.spanID = spanID
            span.attributes = listSpan(firsts.0, request.spanAttributes.count)
            span.events = listSpan(firsts.1, request.events.count)
            span.links = listSpan(firsts.2, request.links.count)
            span.droppedAttributes = saturate(span.droppedAttributes, dropped.attributes)
            span.droppedEvents = saturate(span.droppedEvents, dropped.events)
            span.droppedLinks = saturate(span.droppedLinks, dropped.links)
            request.spans.append(span)
            return
        }
        if traceID == nil || traceID == TraceID(high: 0, low: 0) {
            request.rejected.badTraceID += 1
        } else if spanID == nil || spanID == 0 {
            request.rejected.badSpanID += 1
        } else {
            request.rejected.badParentID += 1
        }
        request.spanAttributes.removeLast(request.spanAttributes.count - firsts.0)
        request.events.removeLast(request.events.count - firsts.1)
        request.links.removeLast(request.links.count - firsts.2)
        request.eventAttributes.removeLast(request.eventAttributes.count - inner.0)
        request.linkAttributes.removeLast(request.linkAttributes.count - inner.1)
    }

    private mutating func status(_ range: Range<Int>, into span: inout ParsedSpan) throws {
        var reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            switch field.number {
            case 2: span.statusMessage = ByteSpan(try field.content())
            case 3: span.statusCode = Int32(truncatingIfNeeded: try field.scalar(.varint))
            default: break
            }
        }
    }

    /// - Returns: false when there are too many and this one is dropped.
    private mutating func event(_ range: Range<Int>, have: Int) throws -> Bool {
        try countElement()
        var event = ParsedEvent()
        var dropped = 0
        let first = request.eventAttributes.count
        var reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            switch field.number {
            case 1: event.time = try field.scalar(.fixed64)
            case 2: event.name = ByteSpan(try field.content())
            case 3:
                if let attribute = try attribute(field.content(), have: request.eventAttributes.count - first) {
                    request.eventAttributes.append(attribute)
                } else {
                    dropped += 1
                }
            case 4: event.droppedAttributes = UInt32(truncatingIfNeeded: try field.scalar(.varint))
            default: break
            }
        }
        guard have < limits.maxEvents else {
            request.eventAttributes.removeLast(request.eventAttributes.count - first)
            return false
        }
        event.attributes = listSpan(first, request.eventAttributes.count)
        event.droppedAttributes = saturate(event.droppedAttributes, dropped)
        request.events.append(event)
        return true
    }

    /// - Returns: false when there are too many, or an id is neither empty nor of the right length, and this one is dropped.
    private mutating func link(_ range: Range<Int>, have: Int) throws -> Bool {
        try countElement()
        var link = ParsedLink()
        var isBad = false
        var dropped = 0
        let first = request.linkAttributes.count
        var reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            switch field.number {
            case 1:
                let content = try field.content()
                if let traceID = traceIdentifier(content) {
                    link.traceID = traceID
                    link.presence |= 1
                } else if !content.isEmpty {
                    isBad = true
                }
            case 2:
                let content = try field.content()
                if let spanID = identifier(content) {
                    link.spanID = spanID
                    link.presence |= 2
                } else if !content.isEmpty {
                    isBad = true
                }
            case 3: link.traceState = ByteSpan(try field.content())
            case 4:
                if let attribute = try attribute(field.content(), have: request.linkAttributes.count - first) {
                    request.linkAttributes.append(attribute)
                } else {
                    dropped += 1
                }
            case 5: link.droppedAttributes = UInt32(truncatingIfNeeded: try field.scalar(.varint))
            case 6: link.flags = UInt32(truncatingIfNeeded: try field.scalar(.fixed32))
            default: break
            }
        }
        guard have < limits.maxLinks, !isBad else {
            request.linkAttributes.removeLast(request.linkAttributes.count - first)
            return false
        }
        link.attributes = listSpan(first, request.linkAttributes.count)
        link.droppedAttributes = saturate(link.droppedAttributes, dropped)
        request.links.append(link)
        return true
    }
}
