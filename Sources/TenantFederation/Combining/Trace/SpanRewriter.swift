/// Writes the few spans that cannot be copied: with another id or parent id, with events or links out of order, or on another
/// clock. All other fields, unknown ones included, are copied as they are.
enum SpanRewriter {
    /// The content of the last length-delimited field with this number (1 to 15), empty when there is none.
    static func field(_ number: Int, of span: SpanRecord, in bytes: [UInt8]) -> ArraySlice<UInt8> {
        var found = 0..<0
        forEachField(of: span, in: bytes) { field in
            if field.number == number { found = field.content }
        }
        return bytes[found]
    }

    /// A span that was renumbered back to what its bytes say need not be rewritten.
    static func forgetNeedlessChanges(_ span: inout SpanRecord, in bytes: [UInt8]) {
        if span.flags.contains(.newID), holds(span.id, field(2, of: span, in: bytes)) { span.flags.remove(.newID) }
        if span.flags.contains(.newParent), holds(span.parent, field(4, of: span, in: bytes)) {
            span.flags.remove(.newParent)
        }
    }

    private static func holds(_ number: UInt64, _ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.count == 8 && bytes.reduce(0) { $0 << 8 | UInt64($1) } == number
    }

    /// Length of the rewritten span. Sorting moves fields and shifting changes numbers, but neither changes their sizes.
    static func rewrittenLength(of span: SpanRecord, in bytes: [UInt8]) -> Int {
        var length = Int(span.length)
        forEachField(of: span, in: bytes) { field in
            if isReplaced(field.number, in: span) { length -= field.whole.count }
        }
        if span.flags.contains(.newID) { length += 10 }
        if span.flags.contains(.newParent) { length += 10 }
        return length
    }

    static func needsRewriting(_ span: SpanRecord, sorting: Bool) -> Bool {
        !span.flags.isDisjoint(
            with: sorting
                ? [.newID, .newParent, .shifted, .unsortedEvents, .unsortedLinks] : [.newID, .newParent, .shifted])
    }

    /// Appends the rewritten span, without tag and length.
    static func append(_ span: SpanRecord, of part: TracePart, sorting: Bool, to output: inout [UInt8]) {
        let bytes = part.bytes
        if span.flags.contains(.shifted) {
            let start = output.count
            var unshifted = span
            unshifted.flags.remove(.shifted)
            if needsRewriting(unshifted, sorting: sorting) {
                append(unshifted, of: part, sorting: sorting, to: &output)
            } else {
                output.append(contentsOf: bytes[Int(span.offset)..<Int(span.offset) + Int(span.length)])
            }
            // Times keep their sizes, so they are changed where they stand.
            return SpanTimes.shift(&output, from: start, by: part.timeShift)
        }
        let sortsEvents = sorting && span.flags.contains(.unsortedEvents)
        let sortsLinks = sorting && span.flags.contains(.unsortedLinks)
        var events: [Field] = []
        var links: [Field] = []
        if sortsEvents || sortsLinks {
            forEachField(of: span, in: bytes) { field in
                if sortsEvents, field.number == 11 { events.append(field) }
                if sortsLinks, field.number == 13 { links.append(field) }
            }
            sort(&events, in: bytes, by: SpanOrder.event)
            sort(&links, in: bytes, by: SpanOrder.link)
        }
        var nextEvent = 0
        var nextLink = 0
        var pendingID = span.flags.contains(.newID)
        var pendingParent = span.flags.contains(.newParent)
        func appendIDs(before number: Int, to output: inout [UInt8]) {
            // New ids stand where an encoder would put them: before the first field with the same or a greater number.
            if pendingID, number >= 2 {
                appendID(tag: 0x12, span.id, to: &output)
                pendingID = false
            }
            if pendingParent, number >= 4 {
                appendID(tag: 0x22, span.parent, to: &output)
                pendingParent = false
            }
        }
        forEachField(of: span, in: bytes) { field in
            appendIDs(before: field.number, to: &output)
            var source = field
            if isReplaced(field.number, in: span) { return }
            if sortsEvents, field.number == 11, nextEvent < events.count {
                source = events[nextEvent]
                nextEvent += 1
            } else if sortsLinks, field.number == 13, nextLink < links.count {
                source = links[nextLink]
                nextLink += 1
            }
            output.append(contentsOf: bytes[source.whole])
        }
        appendIDs(before: .max, to: &output)
    }

    private static func appendID(tag: UInt8, _ id: UInt64, to output: inout [UInt8]) {
        output.append(tag)
        output.append(8)
        withUnsafeBytes(of: id.bigEndian) { output.append(contentsOf: $0) }
    }

    private static func isReplaced(_ number: Int, in span: SpanRecord) -> Bool {
        (number == 2 && span.flags.contains(.newID)) || (number == 4 && span.flags.contains(.newParent))
    }

    private struct Field {
        var number: Int
        /// With tag and length.
        var whole: Range<Int>
        /// What a length-delimited field holds; empty for others.
        var content: Range<Int>
    }

    private static func sort(
        _ fields: inout [Field], in bytes: [UInt8],
        by precedes: (WireCursor, WireCursor) throws(MalformedWire) -> Bool
    ) {
        bytes.withUnsafeBytes { memory in
            // The sort of the standard library keeps equal elements in their order. The fields were read once before, so
            // reading them does not fail.
            fields.sort { a, b in
                guard let x = WireCursor(memory, from: a.content.lowerBound, to: a.content.upperBound),
                    let y = WireCursor(memory, from: b.content.lowerBound, to: b.content.upperBound)
                else { return false }
                return (try? precedes(x, y)) ?? false
            }
        }
    }

    /// The span was scanned, so its fields are well-formed; should they not be, the rest is left out.
    private static func forEachField(of span: SpanRecord, in bytes: [UInt8], _ body: (Field) -> Void) {
        bytes.withUnsafeBytes { memory in
            let start = Int(span.offset)
            guard var cursor = WireCursor(memory, from: start, to: start + Int(span.length)) else { return }
            while !cursor.isAtEnd {
                let before = cursor.position
                guard let tag = try? cursor.varint() else { return }
                var content = 0..<0
                if tag & 7 == 2 {
                    guard let range = try? cursor.lengthDelimited() else { return }
                    content = range.start..<range.end
                } else {
                    guard (try? cursor.skipValue(ofTag: tag)) != nil else { return }
                }
                body(
                    Field(number: Int(truncatingIfNeeded: tag >> 3), whole: before..<cursor.position, content: content))
            }
        }
    }
}
