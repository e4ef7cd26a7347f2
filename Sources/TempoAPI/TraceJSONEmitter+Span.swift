extension TraceJSONEmitter {
    mutating func span(_ range: Range<Int>) throws(WireError) {
        try enter()
        var traceID = 0..<0
        var spanID = 0..<0
        var state = 0..<0
        var parentID = 0..<0
        var name = 0..<0
        var flags: UInt64 = 0
        var kind: Int32 = 0
        var start: UInt64 = 0
        var end: UInt64 = 0
        var droppedAttributes: UInt32 = 0
        var droppedEvents: UInt32 = 0
        var droppedLinks: UInt32 = 0
        var attributes = Run()
        var events = Run()
        var links = Run()
        var status = Part()
        var reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            switch field.number {
            case 1: traceID = try field.content()
            case 2: spanID = try field.content()
            case 3: state = try field.content()
            case 4: parentID = try field.content()
            case 5: name = try field.content()
            case 6: kind = Int32(truncatingIfNeeded: try field.scalar(.varint))
            case 7: start = try field.scalar(.fixed64)
            case 8: end = try field.scalar(.fixed64)
            case 9: try attributes.add(field)
            case 10: droppedAttributes = UInt32(truncatingIfNeeded: try field.scalar(.varint))
            case 11: try events.add(field)
            case 12: droppedEvents = UInt32(truncatingIfNeeded: try field.scalar(.varint))
            case 13: try links.add(field)
            case 14: droppedLinks = UInt32(truncatingIfNeeded: try field.scalar(.varint))
            case 15: try status.add(field)
            case 16: flags = try field.scalar(.fixed32)
            default: break
            }
        }
        writer.byte(0x7b)
        base64("traceId", traceID)
        base64("spanId", spanID)
        text("traceState", state)
        base64("parentSpanId", parentID)
        number("flags", flags)
        text("name", name)
        if kind != 0 {
            writer.key("kind")
            writer.enumeration(SpanKind(rawValue: kind))
        }
        quoted("startTimeUnixNano", start)
        quoted("endTimeUnixNano", end)
        try self.attributes(attributes, 9)
        number("droppedAttributesCount", UInt64(droppedAttributes))
        try list("events", 11, events) { emitter, range throws(WireError) in try emitter.event(range) }
        number("droppedEventsCount", UInt64(droppedEvents))
        try list("links", 13, links) { emitter, range throws(WireError) in try emitter.link(range) }
        number("droppedLinksCount", UInt64(droppedLinks))
        try message("status", 15, status, in: range) { emitter, range throws(WireError) in try emitter.status(range) }
        writer.byte(0x7d)
        depth -= 1
    }

    private mutating func event(_ range: Range<Int>) throws(WireError) {
        try enter()
        var time: UInt64 = 0
        var name = 0..<0
        var attributes = Run()
        var dropped: UInt32 = 0
        var reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            switch field.number {
            case 1: time = try field.scalar(.fixed64)
            case 2: name = try field.content()
            case 3: try attributes.add(field)
            case 4: dropped = UInt32(truncatingIfNeeded: try field.scalar(.varint))
            default: break
            }
        }
        writer.byte(0x7b)
        quoted("timeUnixNano", time)
        text("name", name)
        try self.attributes(attributes, 3)
        number("droppedAttributesCount", UInt64(dropped))
        writer.byte(0x7d)
        depth -= 1
    }

    private mutating func link(_ range: Range<Int>) throws(WireError) {
        try enter()
        var traceID = 0..<0
        var spanID = 0..<0
        var state = 0..<0
        var attributes = Run()
        var dropped: UInt32 = 0
        var flags: UInt64 = 0
        var reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            switch field.number {
            case 1: traceID = try field.content()
            case 2: spanID = try field.content()
            case 3: state = try field.content()
            case 4: try attributes.add(field)
            case 5: dropped = UInt32(truncatingIfNeeded: try field.scalar(.varint))
            case 6: flags = try field.scalar(.fixed32)
            default: break
            }
        }
        writer.byte(0x7b)
        base64("traceId", traceID)
        base64("spanId", spanID)
        text("traceState", state)
        try self.attributes(attributes, 4)
        number("droppedAttributesCount", UInt64(dropped))
        number("flags", flags)
        writer.byte(0x7d)
        depth -= 1
    }

    private mutating func status(_ range: Range<Int>) throws(WireError) {
        try enter()
        var text = 0..<0
        var code: Int32 = 0
        var reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            switch field.number {
            case 2: text = try field.content()
            case 3: code = Int32(truncatingIfNeeded: try field.scalar(.varint))
            default: break
            }
        }
        writer.byte(0x7b)
        self.text("message", text)
        if code != 0 {
            writer.key("code")
            writer.enumeration(SpanStatusCode(rawValue: code))
        }
        writer.byte(0x7d)
        depth -= 1
    }
}
