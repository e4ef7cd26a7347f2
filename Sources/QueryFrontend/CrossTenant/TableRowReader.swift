import TempoAPI
import TraceQL

/// Writes the rows of a `SpanTable` from the bytes of a `Trace`: what a projection asks for of the spans of an index.
///
/// A value lives within the `withUnsafeBytes` of its bytes.
struct TableRowReader {
    /// The keys of a projection, made to be looked for.
    struct Keys: Sendable {
        let projection: Projection
        let span: KeySlots
        let resource: KeySlots
        let scope: KeySlots
        let event: KeySlots
        let link: KeySlots

        init(_ projection: Projection) {
            self.projection = projection
            span = KeySlots(projection.span)
            resource = KeySlots(projection.resource)
            scope = KeySlots(projection.scope)
            event = KeySlots(projection.event)
            link = KeySlots(projection.link)
        }

        var readsSpans: Bool {
            !span.isEmpty || projection.needsEvents || projection.needsLinks || projection.needsEverything
        }
    }

    private let bytes: UnsafeRawBufferPointer
    private let keys: Keys
    private let strings: StringInterner
    private let mayGoOn: (SpanTable) -> Bool
    private var rows = 0

    init(
        _ bytes: UnsafeRawBufferPointer, _ keys: Keys, _ strings: StringInterner,
        mayGoOn: @escaping (SpanTable) -> Bool
    ) {
        self.bytes = bytes
        self.keys = keys
        self.strings = strings
        self.mayGoOn = mayGoOn
    }

    /// Adds all spans of the index.
    /// - Throws: `WireError`; `TraceTableReader.Failure.stopped`.
    mutating func append(_ index: TraceSpanIndex, to table: inout SpanTable) throws {
        if let groups = index.groups {
            var (last, resource): (Int32?, Int32) = (nil, -1)
            for group in groups {
                if group.batch != last {
                    resource = try appendResource(index.batches[Int(group.batch)].range, to: &table)
                    last = group.batch
                }
                let scope = try appendScope(index.scopes[Int(group.scope)].place.range, to: &table)
                for span in group.spans { try append(index.spans[Int(span)], resource, scope, to: &table) }
            }
            return
        }
        var (batch, resource): (Int32, Int32) = (-1, -1)
        var (lastScope, scope): (Int32, Int32) = (-1, -1)
        for span in index.spans {
            let place = index.scopes[Int(span.scope)]
            if place.batch != batch {
                resource = try appendResource(index.batches[Int(place.batch)].range, to: &table)
                batch = place.batch
            }
            if span.scope != lastScope {
                scope = try appendScope(place.place.range, to: &table)
                lastScope = span.scope
            }
            try append(span, resource, scope, to: &table)
        }
    }

    /// Counts a row.
    @inline(__always)
    private mutating func step(_ table: SpanTable) throws {
        rows &+= 1
        if rows & 1023 == 0, !mayGoOn(table) { throw TraceTableReader.Failure.stopped }
    }

    // MARK: Resources and scopes

    private mutating func appendResource(_ batch: Range<Int>, to table: inout SpanTable) throws -> Int32 {
        try step(table)
        let resource = table.appendResource()
        var fields = ProtobufReader(bytes, range: batch)
        while let field = try fields.next() {
            guard field.number == 1 else { continue }
            var members = ProtobufReader(bytes, range: try field.content())
            while let member = try members.next() {
                guard member.number == 1 else { continue }
                let attribute = try attribute(try member.content())
                let slot = keys.resource.slot(of: attribute.key, in: bytes)
                guard slot != nil || keys.projection.needsEverything else { continue }
                let value = try any(attribute.value, &table)
                if let slot { table.setResourceAttribute(slot, value) }
                if keys.projection.needsEverything {
                    table.listResourceAttribute(key: text(attribute.key), value)
                }
            }
        }
        return resource
    }

    /// -1 for spans without one.
    private mutating func appendScope(_ scope: Range<Int>, to table: inout SpanTable) throws -> Int32 {
        try step(table)
        var number: Int32 = -1
        var fields = ProtobufReader(bytes, range: scope)
        while let field = try fields.next() {
            guard field.number == 1 else { continue }
            let content = try field.content()
            var name: StringRef?
            var version: StringRef?
            var members = ProtobufReader(bytes, range: content)
            while let member = try members.next() {
                switch member.number {
                case 1: name = text(try member.content())
                case 2: version = text(try member.content())
                default: break
                }
            }
            number = table.appendScope(name: name, version: version)
            guard !keys.scope.isEmpty else { continue }
            members = ProtobufReader(bytes, range: content)
            while let member = try members.next() {
                guard member.number == 3 else { continue }
                let attribute = try attribute(try member.content())
                guard let slot = keys.scope.slot(of: attribute.key, in: bytes) else { continue }
                table.setScopeAttribute(slot, try any(attribute.value, &table))
            }
        }
        return number
    }

    // MARK: Spans

    private mutating func append(
        _ entry: TraceSpanIndex.Entry, _ resource: Int32, _ scope: Int32, to table: inout SpanTable
    ) throws {
        try step(table)
        var span = SpanTable.Span(
            id: entry.id, parentID: entry.parentID, startUnixNano: entry.start, endUnixNano: entry.end,
            kind: entry.kind,
            status: 0, name: text(entry.name.range), resource: resource, scope: scope,
            hasChildOfLink: entry.hasChildOfLink)
        if !entry.status.range.isEmpty { try readStatus(entry.status.range, &span) }
        table.appendSpan(span)
        guard keys.readsSpans else { return }
        var fields = ProtobufReader(bytes, range: entry.place.range)
        while let field = try fields.next() {
            switch field.number {
            case 9:
                let attribute = try attribute(try field.content())
                let slot = keys.span.slot(of: attribute.key, in: bytes)
                guard slot != nil || keys.projection.needsEverything else { continue }
                let value = try any(attribute.value, &table)
                if let slot { table.setSpanAttribute(slot, value) }
                if keys.projection.needsEverything { table.listSpanAttribute(key: text(attribute.key), value) }
            case 11 where keys.projection.needsEvents: try readEvent(try field.content(), &table)
            case 13 where keys.projection.needsLinks: try readLink(try field.content(), &table)
            default: break
            }
        }
    }

    private func readStatus(_ range: Range<Int>, _ span: inout SpanTable.Span) throws {
        var fields = ProtobufReader(bytes, range: range)
        while let field = try fields.next() {
            switch field.number {
            case 2 where keys.projection.needsStatusMessages:
                let message = try field.content()
                span.statusMessage = message.isEmpty ? nil : text(message)
            case 3: span.status = UInt8(exactly: try field.scalar(.varint)) ?? 0
            default: break
            }
        }
    }

    private mutating func readEvent(_ range: Range<Int>, _ table: inout SpanTable) throws {
        try step(table)
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
        table.appendEvent(name: text(name), timeUnixNano: time)
        guard !keys.event.isEmpty else { return }
        fields = ProtobufReader(bytes, range: range)
        while let field = try fields.next() {
            guard field.number == 3 else { continue }
            let attribute = try attribute(try field.content())
            guard let slot = keys.event.slot(of: attribute.key, in: bytes) else { continue }
            table.setEventAttribute(slot, try any(attribute.value, &table))
        }
    }

    private mutating func readLink(_ range: Range<Int>, _ table: inout SpanTable) throws {
        try step(table)
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
        guard !keys.link.isEmpty else { return }
        fields = ProtobufReader(bytes, range: range)
        while let field = try fields.next() {
            guard field.number == 4 else { continue }
            let attribute = try attribute(try field.content())
            guard let slot = keys.link.slot(of: attribute.key, in: bytes) else { continue }
            table.setLinkAttribute(slot, try any(attribute.value, &table))
        }
    }

    // MARK: Attributes

    @inline(__always)
    private func attribute(_ range: Range<Int>) throws(WireError) -> (key: Range<Int>, value: Range<Int>?) {
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
        return (key, value)
    }

    private mutating func any(_ range: Range<Int>?, _ table: inout SpanTable) throws -> ColumnValue {
        guard let range else { return .unusable }
        var result = ColumnValue.unusable
        var fields = ProtobufReader(bytes, range: range)
        while let field = try fields.next() {
            guard field.number == 5 else {
                result = try scalar(field) ?? result
                continue
            }
            var elements: [ColumnValue] = []
            var values = ProtobufReader(bytes, range: try field.content())
            while let value = try values.next() {
                guard value.number == 1 else { continue }
                try step(table)
                elements.append(try scalar(try value.content()))
            }
            result = table.array(elements)
        }
        return result
    }

    /// An element of a list; a list in it has no value that the language knows.
    private func scalar(_ range: Range<Int>) throws(WireError) -> ColumnValue {
        var result = ColumnValue.unusable
        var fields = ProtobufReader(bytes, range: range)
        while let field = try fields.next() { result = try scalar(field) ?? result }
        return result
    }

    /// nil: a field that says nothing about the value.
    private func scalar(_ field: ProtobufField) throws(WireError) -> ColumnValue? {
        switch field.number {
        case 1: return .string(text(try field.content()))
        case 2: return .boolean(try field.scalar(.varint) != 0)
        case 3: return .int(Int64(bitPattern: try field.scalar(.varint)))
        case 4: return .float(Double(bitPattern: try field.scalar(.fixed64)))
        case 5...8: return .unusable
        default: return nil
        }
    }

    private func text(_ range: Range<Int>) -> StringRef {
        // The range lies within the bytes: the reader has checked it. The memory is not kept.
        strings.intern(UnsafeRawBufferPointer(rebasing: bytes[range]).bindMemory(to: UInt8.self))
    }
}

/// Finds the slots of keys by their length and first bytes.
struct KeySlots: Sendable {
    private struct Key: Sendable {
        var head: UInt64
        var bytes: [UInt8]
    }

    private let keys: [Key]

    /// The slot of a key is its index.
    init(_ keys: [[UInt8]]) {
        self.keys = keys.map { key in Key(head: key.withUnsafeBytes { Self.head($0, 0..<key.count) }, bytes: key) }
    }

    var isEmpty: Bool { keys.isEmpty }

    /// - Parameter range: of the key, within the bytes.
    @inline(__always)
    func slot(of range: Range<Int>, in bytes: UnsafeRawBufferPointer) -> Int? {
        guard !keys.isEmpty else { return nil }
        let head = Self.head(bytes, range)
        for index in keys.indices where keys[index].head == head && keys[index].bytes.count == range.count {
            if range.count <= 8 || keys[index].bytes.elementsEqual(bytes[range]) { return index }
        }
        return nil
    }

    /// Up to eight bytes as a number.
    @inline(__always)
    private static func head(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> UInt64 {
        // Eight bytes within the range, which lies within the buffer.
        if range.count >= 8 { return bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self) }
        var head: UInt64 = 0
        for byte in bytes[range] { head = head << 8 | UInt64(byte) }
        return head
    }
}
