/// First pass of the protobuf encoder: adds up sizes, and notes the size of every sub-message in the order in which they are visited.
struct ProtobufSizer: FieldSink {
    static var wantsDeclarationOrder: Bool { false }

    var total = 0
    var nested: [Int] = []

    private mutating func add(_ number: Int, _ payload: Int) {
        total += ProtobufWriter.size(ofTag: number) + payload
    }

    private mutating func addContent(_ number: Int, _ count: Int) {
        total += ProtobufWriter.size(ofField: number, content: count)
    }

    private mutating func addMessage<M: WireMessage>(_ number: Int, _ value: M) {
        let slot = nested.count
        nested.append(0)
        let before = total
        value.describe(to: &self)
        let size = total - before
        nested[slot] = size
        total += ProtobufWriter.size(ofTag: number) + ProtobufWriter.size(ofVarint: UInt64(size))
    }

    mutating func string(_ number: Int, _ name: StaticString, _ value: String, always: Bool) {
        let count = value.utf8.count
        if always || count > 0 { addContent(number, count) }
    }
    mutating func bytes(_ number: Int, _ name: StaticString, _ value: [UInt8], always: Bool) {
        if always || !value.isEmpty { addContent(number, value.count) }
    }
    mutating func bool(_ number: Int, _ name: StaticString, _ value: Bool, always: Bool) {
        if always || value { add(number, 1) }
    }
    mutating func int32(_ number: Int, _ name: StaticString, _ value: Int32, always: Bool) {
        int64(number, name, Int64(value), always: always)
    }
    mutating func uint32(_ number: Int, _ name: StaticString, _ value: UInt32) {
        uint64(number, name, UInt64(value))
    }
    mutating func int64(_ number: Int, _ name: StaticString, _ value: Int64, always: Bool) {
        if always || value != 0 { add(number, ProtobufWriter.size(ofVarint: UInt64(bitPattern: value))) }
    }
    mutating func uint64(_ number: Int, _ name: StaticString, _ value: UInt64) {
        if value != 0 { add(number, ProtobufWriter.size(ofVarint: value)) }
    }
    mutating func fixed32(_ number: Int, _ name: StaticString, _ value: UInt32) {
        if value != 0 { add(number, 4) }
    }
    mutating func fixed64(_ number: Int, _ name: StaticString, _ value: UInt64) {
        if value != 0 { add(number, 8) }
    }
    mutating func double(_ number: Int, _ name: StaticString, _ value: Double, always: Bool) {
        if always || value != 0 { add(number, 8) }
    }
    mutating func enumeration<E: WireEnum>(_ number: Int, _ name: StaticString, _ value: E) {
        int64(number, name, Int64(value.rawValue), always: false)
    }
    mutating func message<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: M?) {
        if let value { addMessage(number, value) }
    }
    mutating func messages<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: [M], always: Bool) {
        for element in value { addMessage(number, element) }
    }
    mutating func strings(_ number: Int, _ name: StaticString, _ value: [String], always: Bool) {
        for element in value { addContent(number, element.utf8.count) }
    }
    mutating func map(_ number: Int, _ name: StaticString, _ value: [String: String]) {
        for (key, element) in value {
            let entry =
                ProtobufWriter.size(ofField: 1, content: key.utf8.count)
                + ProtobufWriter.size(ofField: 2, content: element.utf8.count)
            addContent(number, entry)
        }
    }
    mutating func map(_ number: Int, _ name: StaticString, _ value: [String: Int64]) {
        for (key, element) in value {
            let entry =
                ProtobufWriter.size(ofField: 1, content: key.utf8.count) + 1
                + ProtobufWriter.size(ofVarint: UInt64(bitPattern: element))
            addContent(number, entry)
        }
    }
    mutating func map<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: TextMap<M>) {
        for (key, element) in value.sorted {
            let slot = nested.count
            nested.append(0)
            let before = total
            total += ProtobufWriter.size(ofField: 1, content: key.utf8.count)
            addMessage(2, element)
            let size = total - before
            nested[slot] = size
            total += ProtobufWriter.size(ofTag: number) + ProtobufWriter.size(ofVarint: UInt64(size))
        }
    }
    mutating func timestamp(_ number: Int, _ name: StaticString, _ value: WireTimestamp?) {
        if let value { addContent(number, Self.size(of: value)) }
    }
    mutating func unknown(_ raw: [UInt8]) { total += raw.count }

    static func size(of value: WireTimestamp) -> Int {
        var sizer = ProtobufSizer()
        sizer.int64(1, "seconds", value.seconds, always: false)
        sizer.int32(2, "nanos", value.nanos, always: false)
        return sizer.total
    }
}

/// Second pass of the protobuf encoder: writes, taking the sizes of sub-messages from the first pass.
struct ProtobufEncoder: FieldSink {
    static var wantsDeclarationOrder: Bool { false }

    var writer: ProtobufWriter
    private let nested: [Int]
    private var slot = 0

    init(_ bytes: [UInt8], nested: [Int]) {
        writer = ProtobufWriter(bytes)
        self.nested = nested
    }

    private mutating func header(_ number: Int) {
        // Both passes visit the same value in the same order, so the slot exists.
        writer.header(number, content: nested[slot])
        slot += 1
    }

    mutating func string(_ number: Int, _ name: StaticString, _ value: String, always: Bool) {
        if always || !value.utf8.isEmpty { writer.field(number, string: value) }
    }
    mutating func bytes(_ number: Int, _ name: StaticString, _ value: [UInt8], always: Bool) {
        if always || !value.isEmpty { writer.field(number, bytes: value) }
    }
    mutating func bool(_ number: Int, _ name: StaticString, _ value: Bool, always: Bool) {
        if always || value { writer.field(number, varint: value ? 1 : 0) }
    }
    mutating func int32(_ number: Int, _ name: StaticString, _ value: Int32, always: Bool) {
        int64(number, name, Int64(value), always: always)
    }
    mutating func uint32(_ number: Int, _ name: StaticString, _ value: UInt32) {
        uint64(number, name, UInt64(value))
    }
    mutating func int64(_ number: Int, _ name: StaticString, _ value: Int64, always: Bool) {
        if always || value != 0 { writer.field(number, varint: UInt64(bitPattern: value)) }
    }
    mutating func uint64(_ number: Int, _ name: StaticString, _ value: UInt64) {
        if value != 0 { writer.field(number, varint: value) }
    }
    mutating func fixed32(_ number: Int, _ name: StaticString, _ value: UInt32) {
        if value != 0 { writer.field(number, fixed32: value) }
    }
    mutating func fixed64(_ number: Int, _ name: StaticString, _ value: UInt64) {
        if value != 0 { writer.field(number, fixed64: value) }
    }
    mutating func double(_ number: Int, _ name: StaticString, _ value: Double, always: Bool) {
        if always || value != 0 { writer.field(number, fixed64: value.bitPattern) }
    }
    mutating func enumeration<E: WireEnum>(_ number: Int, _ name: StaticString, _ value: E) {
        int64(number, name, Int64(value.rawValue), always: false)
    }
    mutating func message<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: M?) {
        guard let value else { return }
        header(number)
        value.describe(to: &self)
    }
    mutating func messages<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: [M], always: Bool) {
        for element in value {
            header(number)
            element.describe(to: &self)
        }
    }
    mutating func strings(_ number: Int, _ name: StaticString, _ value: [String], always: Bool) {
        for element in value { writer.field(number, string: element) }
    }
    mutating func map(_ number: Int, _ name: StaticString, _ value: [String: String]) {
        for key in Text.sortedKeys(value) {
            guard let element = value[key] else { continue }
            let entry =
                ProtobufWriter.size(ofField: 1, content: key.utf8.count)
                + ProtobufWriter.size(ofField: 2, content: element.utf8.count)
            writer.header(number, content: entry)
            writer.field(1, string: key)
            writer.field(2, string: element)
        }
    }
    mutating func map(_ number: Int, _ name: StaticString, _ value: [String: Int64]) {
        for key in Text.sortedKeys(value) {
            guard let element = value[key] else { continue }
            let entry =
                ProtobufWriter.size(ofField: 1, content: key.utf8.count) + 1
                + ProtobufWriter.size(ofVarint: UInt64(bitPattern: element))
            writer.header(number, content: entry)
            writer.field(1, string: key)
            writer.field(2, varint: UInt64(bitPattern: element))
        }
    }
    mutating func map<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: TextMap<M>) {
        for (key, element) in value.sorted {
            header(number)
            writer.field(1, string: key)
            header(2)
            element.describe(to: &self)
        }
    }
    mutating func timestamp(_ number: Int, _ name: StaticString, _ value: WireTimestamp?) {
        guard let value else { return }
        writer.header(number, content: ProtobufSizer.size(of: value))
        int64(1, "seconds", value.seconds, always: false)
        int32(2, "nanos", value.nanos, always: false)
    }
    mutating func unknown(_ raw: [UInt8]) {
        if !raw.isEmpty { writer.bytes.append(contentsOf: raw) }
    }
}
