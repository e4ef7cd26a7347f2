/// Writes messages as jsonpb does: declaration order, zero values left out, 64-bit numbers as strings.
struct JSONSink: FieldSink {
    static var wantsDeclarationOrder: Bool { true }

    var writer: JSONWriter

    mutating func object<M: WireMessage>(_ message: M) {
        writer.byte(0x7b)
        message.describe(to: &self)
        writer.byte(0x7d)
    }

    mutating func string(_ number: Int, _ name: StaticString, _ value: String, always: Bool) {
        guard always || !value.utf8.isEmpty else { return }
        writer.key(name)
        writer.string(value)
    }
    mutating func bytes(_ number: Int, _ name: StaticString, _ value: [UInt8], always: Bool) {
        guard always || !value.isEmpty else { return }
        writer.key(name)
        value.withUnsafeBytes { writer.base64($0) }
    }
    mutating func bool(_ number: Int, _ name: StaticString, _ value: Bool, always: Bool) {
        guard always || value else { return }
        writer.key(name)
        writer.bool(value)
    }
    mutating func int32(_ number: Int, _ name: StaticString, _ value: Int32, always: Bool) {
        guard always || value != 0 else { return }
        writer.key(name)
        writer.decimal(Int64(value))
    }
    mutating func uint32(_ number: Int, _ name: StaticString, _ value: UInt32) {
        guard value != 0 else { return }
        writer.key(name)
        writer.decimal(UInt64(value))
    }
    mutating func int64(_ number: Int, _ name: StaticString, _ value: Int64, always: Bool) {
        guard always || value != 0 else { return }
        writer.key(name)
        writer.quoted(value)
    }
    mutating func uint64(_ number: Int, _ name: StaticString, _ value: UInt64) {
        guard value != 0 else { return }
        writer.key(name)
        writer.quoted(value)
    }
    mutating func fixed32(_ number: Int, _ name: StaticString, _ value: UInt32) { uint32(number, name, value) }
    mutating func fixed64(_ number: Int, _ name: StaticString, _ value: UInt64) { uint64(number, name, value) }
    mutating func double(_ number: Int, _ name: StaticString, _ value: Double, always: Bool) {
        guard always || value != 0 else { return }
        writer.key(name)
        writer.double(value)
    }
    mutating func enumeration<E: WireEnum>(_ number: Int, _ name: StaticString, _ value: E) {
        guard value.rawValue != 0 else { return }
        writer.key(name)
        writer.enumeration(value)
    }
    mutating func message<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: M?) {
        guard let value else { return }
        writer.key(name)
        object(value)
    }
    mutating func messages<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: [M], always: Bool) {
        guard always || !value.isEmpty else { return }
        writer.key(name)
        writer.byte(0x5b)
        for element in value {
            writer.separator()
            object(element)
        }
        writer.byte(0x5d)
    }
    mutating func strings(_ number: Int, _ name: StaticString, _ value: [String], always: Bool) {
        guard always || !value.isEmpty else { return }
        writer.key(name)
        writer.byte(0x5b)
        for element in value {
            writer.separator()
            writer.string(element)
        }
        writer.byte(0x5d)
    }
    mutating func map(_ number: Int, _ name: StaticString, _ value: [String: String]) {
        members(name, value) { $0.writer.string($1) }
    }
    mutating func map(_ number: Int, _ name: StaticString, _ value: [String: Int64]) {
        members(name, value) { $0.writer.quoted($1) }
    }
    mutating func map<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: TextMap<M>) {
        guard !value.isEmpty else { return }
        writer.key(name)
        writer.byte(0x7b)
        for (key, element) in value.sorted {
            writer.key(key)
            object(element)
        }
        writer.byte(0x7d)
    }
    mutating func timestamp(_ number: Int, _ name: StaticString, _ value: WireTimestamp?) {
        // A Go time is never absent: Tempo writes its zero.
        writer.key(name)
        writer.string((value ?? .zero).text)
    }
    mutating func unknown(_ raw: [UInt8]) {}

    private mutating func members<Value>(
        _ name: StaticString, _ map: [String: Value], _ write: (inout JSONSink, Value) -> Void
    ) {
        guard !map.isEmpty else { return }
        writer.key(name)
        writer.byte(0x7b)
        for key in Text.sortedKeys(map) {
            guard let value = map[key] else { continue }
            writer.key(key)
            write(&self, value)
        }
        writer.byte(0x7d)
    }
}

extension JSONWriter {
    /// An enum by its name, or the number when it has none.
    mutating func enumeration<E: WireEnum>(_ value: E) {
        for known in E.names where known.value == value.rawValue {
            byte(0x22)
            literal(known.name)
            byte(0x22)
            return
        }
        decimal(Int64(value.rawValue))
    }
}

extension WireMessage {
    /// Appends the JSON encoding.
    public func writeJSON(to bytes: inout [UInt8]) {
        var output: [UInt8] = []
        swap(&output, &bytes)
        var sink = JSONSink(writer: JSONWriter(output))
        output = []
        sink.object(self)
        swap(&bytes, &sink.writer.output)
    }
}
