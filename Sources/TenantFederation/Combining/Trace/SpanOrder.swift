/// The orders of combining that need a look at bytes: events, links, and ids that do not have 8 bytes.
enum SpanOrder {
    /// Events go by time, then name.
    static func event(_ a: WireCursor, isBefore b: WireCursor) throws(MalformedWire) -> Bool {
        let x = try eventKey(a)
        let y = try eventKey(b)
        return x.time != y.time ? x.time < y.time : x.name.lexicographicallyPrecedes(y.name)
    }

    /// Links go by trace id, then span id.
    static func link(_ a: WireCursor, isBefore b: WireCursor) throws(MalformedWire) -> Bool {
        let x = try linkKey(a)
        let y = try linkKey(b)
        if x.trace.elementsEqual(y.trace) { return x.span.lexicographicallyPrecedes(y.span) }
        return x.trace.lexicographicallyPrecedes(y.trace)
    }

    private static func eventKey(_ outer: WireCursor) throws(MalformedWire) -> (
        time: UInt64, name: UnsafeRawBufferPointer
    ) {
        var cursor = outer
        var time: UInt64 = 0
        var name: (start: Int, end: Int) = (0, 0)
        while !cursor.isAtEnd {
            let tag = try cursor.varint()
            switch tag {
            case 0x09: time = try cursor.fixed64()
            case 0x12: name = try cursor.lengthDelimited()
            default: try cursor.skipValue(ofTag: tag)
            }
        }
        return (time, UnsafeRawBufferPointer(start: cursor.base + name.start, count: name.end - name.start))
    }

    private static func linkKey(_ outer: WireCursor) throws(MalformedWire) -> (
        trace: UnsafeRawBufferPointer, span: UnsafeRawBufferPointer
    ) {
        var cursor = outer
        var trace: (start: Int, end: Int) = (0, 0)
        var span: (start: Int, end: Int) = (0, 0)
        while !cursor.isAtEnd {
            let tag = try cursor.varint()
            switch tag {
            case 0x0A: trace = try cursor.lengthDelimited()
            case 0x12: span = try cursor.lengthDelimited()
            default: try cursor.skipValue(ofTag: tag)
            }
        }
        return (
            UnsafeRawBufferPointer(start: cursor.base + trace.start, count: trace.end - trace.start),
            UnsafeRawBufferPointer(start: cursor.base + span.start, count: span.end - span.start)
        )
    }
}
