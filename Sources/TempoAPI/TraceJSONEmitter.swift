/// Writes the JSON of the parts of a trace straight from their protobuf bytes.
///
/// Every message is passed over once to find its fields, of which JSON wants another order than the wire has, and once more to write
/// its lists. What proto3 says of odd input holds: the last scalar counts, lists may be scattered, repeated sub-messages merge.
struct TraceJSONEmitter {
    /// The memory that is read; it outlives the emitter, which lives within a `withUnsafeBytes`.
    let bytes: UnsafeRawBufferPointer
    let maxDepth: Int
    var depth: Int
    var writer: JSONWriter

    /// Where the occurrences of a list lie; other fields may lie between them.
    struct Run {
        var start = 0
        var end = 0

        @inline(__always)
        mutating func add(_ field: ProtobufField) throws(WireError) {
            let content = try field.content()
            if end == 0 { start = field.start }
            end = content.upperBound
        }
    }

    /// The occurrences of a sub-message that is not a list.
    struct Part {
        var content = 0..<0
        var count = 0

        @inline(__always)
        mutating func add(_ field: ProtobufField) throws(WireError) {
            content = try field.content()
            count += 1
        }
    }

    mutating func enter() throws(WireError) {
        guard depth < maxDepth else { throw WireLimits.tooDeep() }
        depth += 1
    }

    @inline(__always)
    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }

    // MARK: Members

    @inline(__always)
    mutating func text(_ key: StaticString, _ range: Range<Int>) {
        guard !range.isEmpty else { return }
        writer.key(key)
        writer.string(slice(range))
    }

    @inline(__always)
    mutating func base64(_ key: StaticString, _ range: Range<Int>) {
        guard !range.isEmpty else { return }
        writer.key(key)
        writer.base64(slice(range))
    }

    @inline(__always)
    mutating func number(_ key: StaticString, _ value: UInt64) {
        guard value != 0 else { return }
        writer.key(key)
        writer.decimal(value)
    }

    @inline(__always)
    mutating func quoted(_ key: StaticString, _ value: UInt64) {
        guard value != 0 else { return }
        writer.key(key)
        writer.quoted(value)
    }

    @inline(__always)
    mutating func list(
        _ key: StaticString, _ number: Int, _ run: Run,
        _ element: (inout TraceJSONEmitter, Range<Int>) throws(WireError) -> Void
    ) throws(WireError) {
        guard run.end > 0 else { return }
        writer.key(key)
        writer.byte(0x5b)
        var reader = ProtobufReader(bytes, range: run.start..<run.end)
        while let field = try reader.next() {
            guard field.number == number else { continue }
            writer.separator()
            try element(&self, field.payload)
        }
        writer.byte(0x5d)
    }

    /// Writes a sub-message; when it occurs more than once within `parent`, what its occurrences merge to, which by the rules of
    /// protobuf is what their contents give one after another.
    @inline(__always)
    mutating func message(
        _ key: StaticString, _ number: Int, _ part: Part, in parent: Range<Int>,
        _ body: (inout TraceJSONEmitter, Range<Int>) throws(WireError) -> Void
    ) throws(WireError) {
        guard part.count > 0 else { return }
        writer.key(key)
        if part.count == 1 {
            try body(&self, part.content)
        } else {
            try merged(number, in: parent, body)
        }
    }

    private mutating func merged(
        _ number: Int, in parent: Range<Int>,
        _ body: (inout TraceJSONEmitter, Range<Int>) throws(WireError) -> Void
    ) throws(WireError) {
        var content: [UInt8] = []
        var reader = ProtobufReader(bytes, range: parent)
        while let field = try reader.next() {
            if field.number == number { content.append(contentsOf: slice(field.payload)) }
        }
        var output = JSONWriter()
        swap(&output, &writer)
        var failure: WireError?
        content.withUnsafeBytes { content in
            var emitter = TraceJSONEmitter(bytes: content, maxDepth: maxDepth, depth: depth, writer: output)
            output = JSONWriter()
            do throws(WireError) {
                try body(&emitter, 0..<content.count)
            } catch {
                failure = error
            }
            swap(&output, &emitter.writer)
        }
        swap(&output, &writer)
        if let failure { throw failure }
    }

    // MARK: Attributes

    mutating func attributes(_ run: Run, _ number: Int) throws(WireError) {
        try list("attributes", number, run) { emitter, range throws(WireError) in try emitter.keyValue(range) }
    }

    mutating func keyValue(_ range: Range<Int>) throws(WireError) {
        try enter()
        var key = 0..<0
        var value = Part()
        var keyIndex: Int32 = 0
        var reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            switch field.number {
            case 1: key = try field.content()
            case 2: try value.add(field)
            case 3: keyIndex = Int32(truncatingIfNeeded: try field.scalar(.varint))
            default: break
            }
        }
        if key.isEmpty {
            writer.byte(0x7b)
        } else {
            writer.literal(#"{"key":"#)
            writer.string(slice(key))
        }
        try message("value", 2, value, in: range) { emitter, range throws(WireError) in try emitter.anyValue(range) }
        if keyIndex != 0 {
            writer.key("keyStrindex")
            writer.decimal(Int64(keyIndex))
        }
        writer.byte(0x7d)
        depth -= 1
    }

    mutating func anyValue(_ range: Range<Int>) throws(WireError) {
        try enter()
        var member: ProtobufField?
        var reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            switch field.number {
            case 1, 5, 6, 7: _ = try field.content()
            case 2, 3, 8: _ = try field.scalar(.varint)
            case 4: _ = try field.scalar(.fixed64)
            default: continue
            }
            member = field
        }
        if let member { try oneof(member) } else { writer.byte(0x7b) }
        writer.byte(0x7d)
        depth -= 1
    }

    /// Opens the object and writes its only member.
    private mutating func oneof(_ member: ProtobufField) throws(WireError) {
        switch member.number {
        case 1:
            writer.literal(#"{"stringValue":"#)
            writer.string(slice(member.payload))
        case 2:
            writer.literal(#"{"boolValue":"#)
            writer.bool(member.value != 0)
        case 3:
            writer.literal(#"{"intValue":"#)
            writer.quoted(Int64(bitPattern: member.value))
        case 4:
            writer.literal(#"{"doubleValue":"#)
            writer.double(Double(bitPattern: member.value))
        case 5:
            writer.literal(#"{"arrayValue":"#)
            try valueList(member.payload) { emitter, range throws(WireError) in try emitter.anyValue(range) }
        case 6:
            writer.literal(#"{"kvlistValue":"#)
            try valueList(member.payload) { emitter, range throws(WireError) in try emitter.keyValue(range) }
        case 7:
            writer.literal(#"{"bytesValue":"#)
            writer.base64(slice(member.payload))
        default:
            writer.literal(#"{"stringValueStrindex":"#)
            writer.decimal(Int64(Int32(truncatingIfNeeded: member.value)))
        }
    }

    private mutating func valueList(
        _ range: Range<Int>, _ element: (inout TraceJSONEmitter, Range<Int>) throws(WireError) -> Void
    ) throws(WireError) {
        try enter()
        var values = Run()
        var reader = ProtobufReader(bytes, range: range)
        while let field = try reader.next() {
            if field.number == 1 { try values.add(field) }
        }
        writer.byte(0x7b)
        try list("values", 1, values, element)
        writer.byte(0x7d)
        depth -= 1
    }
}
