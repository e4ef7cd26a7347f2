import TempoAPI
import TraceQL

/// Fills a `SpanTable` from the bytes of a `Trace`, in the order in which they have the spans, building nothing a span.
///
/// Row i is the i-th span of the bytes, so this is for questions about single spans: the trace is taken as it is, without
/// joining batches or sorting.
struct TraceTableReader {
    private let projection: Projection

    init(_ projection: Projection) { self.projection = projection }

    /// Replaces the content of the table.
    /// - Parameters:
    ///   - strings: the dictionary of the table.
    ///   - trace: where the `Trace` message is in the bytes.
    /// - Throws: `WireError` for malformed bytes; the table is of no use then.
    func fill(
        _ table: inout SpanTable, _ strings: StringInterner, from bytes: UnsafeRawBufferPointer, trace: Range<Int>,
        traceID: [UInt8]
    ) throws(WireError) {
        table.removeAll()
        table.traceID = SpanTable.TraceID(traceID)
        var batches = ProtobufReader(bytes, range: trace)
        while let batch = try batches.next() {
            guard batch.number == 1 else { continue }
            let resource = table.appendResource()
            // The resource may stand behind the spans.
            var fields = ProtobufReader(bytes, range: try batch.content())
            while let field = try fields.next() {
                guard field.number == 1 else { continue }
                try attributes(1, of: try field.content(), projection.resource, bytes, &table, strings) {
                    slot, value, table in
                    table.setResourceAttribute(slot, value)
                }
            }
            var scopes = ProtobufReader(bytes, range: try batch.content())
            while let scope = try scopes.next() {
                if scope.number == 2 { try readScope(try scope.content(), resource, bytes, &table, strings) }
            }
        }
    }

    private func readScope(
        _ range: Range<Int>, _ resource: Int32, _ bytes: UnsafeRawBufferPointer, _ table: inout SpanTable,
        _ strings: StringInterner
    ) throws(WireError) {
        var scope: Int32 = -1
        var fields = ProtobufReader(bytes, range: range)
        while let field = try fields.next() {
            guard field.number == 1 else { continue }
            let content = try field.content()
            var name: StringRef?
            var version: StringRef?
            var members = ProtobufReader(bytes, range: content)
            while let member = try members.next() {
                switch member.number {
                case 1: name = text(try member.content(), bytes, strings)
                case 2: version = text(try member.content(), bytes, strings)
                default: break
                }
            }
            scope = table.appendScope(name: name, version: version)
            try attributes(3, of: content, projection.scope, bytes, &table, strings) { slot, value, table in
                table.setScopeAttribute(slot, value)
            }
        }
        var spans = ProtobufReader(bytes, range: range)
        while let span = try spans.next() {
            if span.number == 2 { try readSpan(try span.content(), resource, scope, bytes, &table, strings) }
        }
    }

    private func readSpan(
        _ range: Range<Int>, _ resource: Int32, _ scope: Int32, _ bytes: UnsafeRawBufferPointer,
        _ table: inout SpanTable, _ strings: StringInterner
    ) throws(WireError) {
        var span = SpanTable.Span(
            id: .none, parentID: .none, startUnixNano: 0, endUnixNano: 0, kind: 0, status: 0, name: StringRef(0),
            resource: resource, scope: scope)
        var name: Range<Int>?
        var fields = ProtobufReader(bytes, range: range)
        while let field = try fields.next() {
            switch field.number {
            case 2: span.id = SpanTable.SpanID(bytes: bytes[try field.content()])
            case 4: span.parentID = SpanTable.SpanID(bytes: bytes[try field.content()])
            case 5: name = try field.content()
            case 6: span.kind = UInt8(exactly: try field.scalar(.varint)) ?? 0
            case 7: span.startUnixNano = try field.scalar(.fixed64)
            case 8: span.endUnixNano = try field.scalar(.fixed64)
            case 15: try readStatus(try field.content(), &span, bytes, strings)
            default: break
            }
        }
        span.name = text(name ?? 0..<0, bytes, strings)
        table.appendSpan(span)
        guard !projection.span.isEmpty || projection.needsEvents || projection.needsLinks else { return }
        fields = ProtobufReader(bytes, range: range)
        while let field = try fields.next() {
            switch field.number {
            case 9:
                try attribute(try field.content(), projection.span, bytes, &table, strings) { slot, value, table in
                    table.setSpanAttribute(slot, value)
                }
            case 11 where projection.needsEvents: try readEvent(try field.content(), bytes, &table, strings)
            case 13 where projection.needsLinks: try readLink(try field.content(), bytes, &table, strings)
            default: break
            }
        }
    }

    private func readStatus(
        _ range: Range<Int>, _ span: inout SpanTable.Span, _ bytes: UnsafeRawBufferPointer, _ strings: StringInterner
    ) throws(WireError) {
        var fields = ProtobufReader(bytes, range: range)
        while let field = try fields.next() {
            switch field.number {
            case 2 where projection.needsStatusMessages: span.statusMessage = text(try field.content(), bytes, strings)
            case 3: span.status = UInt8(exactly: try field.scalar(.varint)) ?? 0
            default: break
            }
        }
    }

    private func readEvent(
        _ range: Range<Int>, _ bytes: UnsafeRawBufferPointer, _ table: inout SpanTable, _ strings: StringInterner
    ) throws(WireError) {
        var name: Range<Int> = 0..<0
        var time: UInt64 = 0
        var fields = ProtobufReader(bytes, range: range)
        while let field = try fields.next() {
            switch field.number {
            case 1: time = try field.scalar(.fixed64)
            case 2: name = try field.content()
            default: break
            }
        }
        table.appendEvent(name: text(name, bytes, strings), timeUnixNano: time)
        try attributes(3, of: range, projection.event, bytes, &table, strings) { slot, value, table in
            table.setEventAttribute(slot, value)
        }
    }

    private func readLink(
        _ range: Range<Int>, _ bytes: UnsafeRawBufferPointer, _ table: inout SpanTable, _ strings: StringInterner
    ) throws(WireError) {
        var traceID = SpanTable.TraceID(high: 0, low: 0)
        var spanID = SpanTable.SpanID.none
        var fields = ProtobufReader(bytes, range: range)
        while let field = try fields.next() {
            switch field.number {
            case 1: traceID = SpanTable.TraceID(bytes[try field.content()])
            case 2: spanID = SpanTable.SpanID(bytes: bytes[try field.content()])
            default: break
            }
        }
        table.appendLink(traceID: traceID, spanID: spanID)
        try attributes(4, of: range, projection.link, bytes, &table, strings) { slot, value, table in
            table.setLinkAttribute(slot, value)
        }
    }

    // MARK: - Attributes

    private typealias Setter = (Int, ColumnValue, inout SpanTable) -> Void

    /// The attributes of a message that has them in a given field.
    private func attributes(
        _ number: Int, of range: Range<Int>, _ keys: [[UInt8]], _ bytes: UnsafeRawBufferPointer,
        _ table: inout SpanTable, _ strings: StringInterner, _ set: Setter
    ) throws(WireError) {
        guard !keys.isEmpty else { return }
        var fields = ProtobufReader(bytes, range: range)
        while let field = try fields.next() {
            if field.number == number { try attribute(try field.content(), keys, bytes, &table, strings, set) }
        }
    }

    private func attribute(
        _ range: Range<Int>, _ keys: [[UInt8]], _ bytes: UnsafeRawBufferPointer, _ table: inout SpanTable,
        _ strings: StringInterner, _ set: Setter
    ) throws(WireError) {
        var key: Range<Int> = 0..<0
        var value: Range<Int>?
        var fields = ProtobufReader(bytes, range: range)
        while let field = try fields.next() {
            switch field.number {
            case 1: key = try field.content()
            case 2: value = try field.content()
            default: break
            }
        }
        let name = bytes[key]
        guard let slot = keys.firstIndex(where: { $0.count == name.count && $0.elementsEqual(name) }) else { return }
        var column = ColumnValue.unusable
        if let value { column = try any(value, bytes, &table, strings) }
        set(slot, column, &table)
    }

    private func any(
        _ range: Range<Int>, _ bytes: UnsafeRawBufferPointer, _ table: inout SpanTable, _ strings: StringInterner
    ) throws(WireError) -> ColumnValue {
        var result = ColumnValue.unusable
        var fields = ProtobufReader(bytes, range: range)
        while let field = try fields.next() {
            switch field.number {
            case 5:
                var elements: [ColumnValue] = []
                var values = ProtobufReader(bytes, range: try field.content())
                while let value = try values.next() {
                    if value.number == 1 { elements.append(try scalar(try value.content(), bytes, strings)) }
                }
                result = table.array(elements)
            default: result = try scalar(field, bytes, strings) ?? result
            }
        }
        return result
    }

    /// An element of a list; a list in it has no value that the language knows.
    private func scalar(
        _ range: Range<Int>, _ bytes: UnsafeRawBufferPointer, _ strings: StringInterner
    ) throws(WireError) -> ColumnValue {
        var result = ColumnValue.unusable
        var fields = ProtobufReader(bytes, range: range)
        while let field = try fields.next() { result = try scalar(field, bytes, strings) ?? result }
        return result
    }

    /// nil: a field that says nothing about the value.
    private func scalar(
        _ field: ProtobufField, _ bytes: UnsafeRawBufferPointer, _ strings: StringInterner
    ) throws(WireError) -> ColumnValue? {
        switch field.number {
        case 1: return .string(text(try field.content(), bytes, strings))
        case 2: return .boolean(try field.scalar(.varint) != 0)
        case 3: return .int(Int64(bitPattern: try field.scalar(.varint)))
        case 4: return .float(Double(bitPattern: try field.scalar(.fixed64)))
        case 5...8: return .unusable
        default: return nil
        }
    }

    private func text(_ range: Range<Int>, _ bytes: UnsafeRawBufferPointer, _ strings: StringInterner) -> StringRef {
        // The range lies within the bytes: the reader has checked it. The memory is not kept.
        strings.intern(UnsafeRawBufferPointer(rebasing: bytes[range]).bindMemory(to: UInt8.self))
    }
}
