/// Reads a part once and puts what it holds into an empty index: where batches, scopes and spans are, and what identifies and
/// orders the spans. Values below the fields of a span are stepped over by their length.
struct TraceScanner {
    private(set) var part: TracePart
    private let identity = SpanIdentity.shared

    init(part: TracePart) { self.part = part }

    private static let traceTag: UInt64 = 0x0A
    private static let childTag: UInt64 = 0x12
    /// What is kept of a part's message; it is repeated in our own.
    private static let maxMessageBytes = 4_096

    /// Reads a `TraceByIDResponse`.
    mutating func scanResponse(_ memory: UnsafeRawBufferPointer, into index: inout TraceIndex) throws(MalformedWire) {
        guard var cursor = WireCursor(memory, from: 0, to: memory.count) else { return }
        while !cursor.isAtEnd {
            let tag = try cursor.varint()
            switch tag {
            case Self.traceTag:
                let range = try cursor.lengthDelimited()
                try scanTrace(cursor.nested(range), into: &index)
            case 0x12:
                // A repeated message field is merged by protobuf's rules; nobody writes metrics twice, the last wins.
                let range = try cursor.lengthDelimited()
                part.metricsRange = range.start..<range.end
            case 0x18:
                part.isPartial = try cursor.varint() == 1
            case 0x22:
                let range = try cursor.lengthDelimited()
                let text = memory[range.start..<min(range.end, range.start + Self.maxMessageBytes)]
                part.message = String(decoding: text, as: UTF8.self)
            default:
                try Self.refuseKnown(tag, upTo: 4, at: cursor.position)
                try cursor.skipValue(ofTag: tag)
            }
        }
        finish(index)
    }

    /// Reads a bare `Trace`. An empty body is an empty trace.
    mutating func scanBareTrace(_ memory: UnsafeRawBufferPointer, into index: inout TraceIndex) throws(MalformedWire) {
        part.hasTrace = true
        part.traceRanges = [0..<memory.count]
        if let cursor = WireCursor(memory, from: 0, to: memory.count) { try scanBatches(cursor, into: &index) }
        finish(index)
    }

    private mutating func finish(_ index: TraceIndex) {
        part.spans = 0..<index.spans.count
        part.scopes = 0..<index.scopes.count
        part.batches = 0..<index.batches.count
    }

    private mutating func scanTrace(_ cursor: WireCursor, into index: inout TraceIndex) throws(MalformedWire) {
        part.hasTrace = true
        part.traceRanges.append(cursor.position..<cursor.end)
        try scanBatches(cursor, into: &index)
    }

    private mutating func scanBatches(_ outer: WireCursor, into index: inout TraceIndex) throws(MalformedWire) {
        try reserve(outer, in: &index)
        var cursor = outer
        while !cursor.isAtEnd {
            let tag = try cursor.varint()
            guard tag == Self.traceTag else {
                try Self.refuseKnown(tag, upTo: 1, at: cursor.position)
                try cursor.skipValue(ofTag: tag)
                continue
            }
            let range = try cursor.lengthDelimited()
            let firstScope = index.scopes.count
            let other = try scanScopes(cursor.nested(range), into: &index)
            part.batchBytes += fieldSize(range.end - range.start)
            index.batches.append(
                BatchRecord(
                    part: 0, offset: UInt32(truncatingIfNeeded: range.start),
                    length: UInt32(truncatingIfNeeded: range.end - range.start),
                    firstScope: UInt32(truncatingIfNeeded: firstScope),
                    scopeCount: UInt32(truncatingIfNeeded: index.scopes.count - firstScope),
                    otherBytes: UInt32(truncatingIfNeeded: other), isChanged: false,
                    encodedLength: range.end - range.start))
        }
    }

    /// Index entries, of at most 48 bytes, that any part may have; a larger part may have one for each 16 of its bytes. A
    /// real span takes well over 50 bytes. Empty messages take two, and a part full of them would blow up 24-fold.
    static let freeEntries = 500_000

    /// Counts the spans before they are recorded: a list grown by doubling would hold up to three times its size for a
    /// moment. Stepping over whole spans costs little beside reading them.
    private func reserve(_ outer: WireCursor, in index: inout TraceIndex) throws(MalformedWire) {
        var spans = 0
        var others = 0
        var batches = outer
        while !batches.isAtEnd {
            let batchTag = try batches.varint()
            others += 1
            guard batchTag == Self.traceTag else {
                try batches.skipValue(ofTag: batchTag)
                continue
            }
            var scopes = batches.nested(try batches.lengthDelimited())
            while !scopes.isAtEnd {
                let scopeTag = try scopes.varint()
                others += 1
                guard scopeTag == Self.childTag else {
                    try scopes.skipValue(ofTag: scopeTag)
                    continue
                }
                var fields = scopes.nested(try scopes.lengthDelimited())
                while !fields.isAtEnd {
                    let tag = try fields.varint()
                    if tag == Self.childTag { spans += 1 } else { others += 1 }
                    try fields.skipValue(ofTag: tag)
                }
            }
        }
        guard spans + others <= max(Self.freeEntries, (outer.end - outer.position) / 16) else {
            throw MalformedWire(offset: outer.end, isTooLarge: true)
        }
        let needed = index.spans.count + spans
        if needed > index.spans.capacity {
            // A quarter more than needed once there are several trace fields: many small ones must not copy the list each.
            index.spans.reserveCapacity(index.spans.isEmpty ? needed : max(needed, index.spans.count / 4 * 5))
        }
    }

    /// Gives the bytes of the batch's other fields.
    private mutating func scanScopes(
        _ outer: WireCursor, into index: inout TraceIndex
    ) throws(MalformedWire) -> Int {
        var cursor = outer
        var other = 0
        while !cursor.isAtEnd {
            let before = cursor.position
            let tag = try cursor.varint()
            guard tag == Self.childTag else {
                try Self.refuseMistyped(tag, messages: 0b1110, at: cursor.position)
                try cursor.skipValue(ofTag: tag)
                other += cursor.position - before
                continue
            }
            let range = try cursor.lengthDelimited()
            let scope = try scanSpans(cursor.nested(range), into: &index)
            index.scopes.append(scope)
        }
        return other
    }

    private mutating func scanSpans(
        _ outer: WireCursor, into index: inout TraceIndex
    ) throws(MalformedWire) -> ScopeRecord {
        var cursor = outer
        let first = index.spans.count
        var other = 0
        var spanBytes = 0
        var isSorted = true
        var previousStart: UInt64 = 0
        var previousID: UInt64 = 0
        var previousIsOdd = false
        while !cursor.isAtEnd {
            let before = cursor.position
            let tag = try cursor.varint()
            guard tag == Self.childTag else {
                try Self.refuseMistyped(tag, messages: 0b1110, at: cursor.position)
                try cursor.skipValue(ofTag: tag)
                other += cursor.position - before
                continue
            }
            let range = try cursor.lengthDelimited()
            let span = try scanSpan(cursor.nested(range))
            let isOdd = span.flags.contains(.oddID)
            // Ids of other lengths are compared byte by byte, later; here their scope just counts as unsorted.
            if span.start < previousStart
                || (span.start == previousStart && (isOdd || previousIsOdd || span.id < previousID))
            {
                isSorted = isSorted && index.spans.count == first
            }
            (previousStart, previousID, previousIsOdd) = (span.start, span.id, isOdd)
            spanBytes += fieldSize(Int(span.length))
            if span.kind == SpanRecord.client { part.clients += 1 }
            if span.kind == SpanRecord.server {
                part.servers += 1
                if !isOdd, SharedSpanIDs.isTiny(span.id) { part.hasTinyServer = true }
            }
            index.spans.append(span)
        }
        let count = UInt32(truncatingIfNeeded: index.spans.count - first)
        return ScopeRecord(
            offset: UInt32(truncatingIfNeeded: outer.position),
            length: UInt32(truncatingIfNeeded: outer.end - outer.position),
            firstSpan: UInt32(truncatingIfNeeded: first), spanCount: count, liveSpans: count,
            otherBytes: UInt32(truncatingIfNeeded: other), spanBytes: spanBytes, isSorted: isSorted,
            isChanged: false, isRemoved: false)
    }

    private func scanSpan(_ outer: WireCursor) throws(MalformedWire) -> SpanRecord {
        var cursor = outer
        var id: (start: Int, end: Int) = (0, 0)
        var parent: (start: Int, end: Int) = (0, 0)
        var name: (start: Int, end: Int) = (0, 0)
        var nameAt = 0
        var kind: Int32 = 0
        var start: UInt64 = 0
        var flags: SpanRecord.Flags = []
        var event: (start: Int, end: Int)?
        var link: (start: Int, end: Int)?
        while !cursor.isAtEnd {
            let tag = try cursor.varint()
            switch tag {
            case 0x4A, 0x0A, 0x1A, 0x7A:
                _ = try cursor.lengthDelimited()
            case 0x12:
                id = try cursor.lengthDelimited()
            case 0x22:
                parent = try cursor.lengthDelimited()
            case 0x2A:
                nameAt = cursor.position
                name = try cursor.lengthDelimited()
            case 0x30:
                kind = Int32(truncatingIfNeeded: try cursor.varint())
            case 0x39:
                start = try cursor.fixed64()
            case 0x41:
                try cursor.skip(8)
            case 0x5A:
                let range = try cursor.lengthDelimited()
                if let previous = event, !flags.contains(.unsortedEvents),
                    try SpanOrder.event(cursor.nested(range), isBefore: cursor.nested(previous))
                {
                    flags.insert(.unsortedEvents)
                }
                event = range
            case 0x6A:
                let range = try cursor.lengthDelimited()
                if let previous = link, !flags.contains(.unsortedLinks),
                    try SpanOrder.link(cursor.nested(range), isBefore: cursor.nested(previous))
                {
                    flags.insert(.unsortedLinks)
                }
                link = range
            case 0x50, 0x60, 0x70:
                _ = try cursor.varint()
            case 0x85:
                try cursor.skip(4)
            default:
                try Self.refuseKnown(tag, upTo: 16, at: cursor.position)
                try cursor.skipValue(ofTag: tag)
            }
        }
        let idNumber: UInt64
        if id.end - id.start == 8 {
            idNumber = cursor.bigEndian64(at: id.start)
        } else {
            flags.insert(.oddID)
            idNumber = identity.hash(cursor.base + id.start, count: id.end - id.start)
        }
        var parentNumber: UInt64 = 0
        if parent.end - parent.start == 8 {
            flags.insert(.hasParent)
            parentNumber = cursor.bigEndian64(at: parent.start)
        }
        let nameHash = identity.hash(cursor.base + name.start, count: name.end - name.start)
        return SpanRecord(
            id: idNumber, parent: parentNumber, start: start, offset: UInt32(truncatingIfNeeded: outer.position),
            length: UInt32(truncatingIfNeeded: outer.end - outer.position), nameAt: UInt32(truncatingIfNeeded: nameAt),
            identity: identity.combine(id: idNumber, kind: kind, start: start, nameHash: nameHash), kind: kind,
            flags: flags)
    }

    /// A field that the message has, with a wire type that it does not have.
    @inline(__always)
    private static func refuseKnown(_ tag: UInt64, upTo number: UInt64, at offset: Int) throws(MalformedWire) {
        guard tag >> 3 > number else { throw MalformedWire(offset: offset) }
    }

    /// As `refuseKnown`, for messages whose other fields are all length-delimited; bit n of `messages` stands for field n.
    @inline(__always)
    private static func refuseMistyped(_ tag: UInt64, messages: UInt64, at offset: Int) throws(MalformedWire) {
        let number = tag >> 3
        guard number > 3 || (messages >> number & 1 == 1 && tag & 7 == 2) else { throw MalformedWire(offset: offset) }
    }
}
