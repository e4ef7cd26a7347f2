/// Reads messages from protobuf: the last scalar wins, sub-messages merge, lists and maps grow, unknown fields go to their message.
struct ProtobufSource: FieldSource {
    private let bytes: UnsafeRawBufferPointer
    private let maxDepth: Int
    private var depth = 0
    private var budget: ElementBudget
    /// The field whose value is asked for.
    private var field = ProtobufField(number: 0, wireType: .varint, start: 0, value: 0, payload: 0..<0)

    /// - Parameter bytes: memory that outlives the source.
    init(_ bytes: UnsafeRawBufferPointer, limits: WireLimits) {
        self.bytes = bytes
        maxDepth = limits.maxDepth
        budget = ElementBudget(limits, inputSize: bytes.count)
    }

    mutating func read<M: WireMessage>(_ message: inout M, in range: Range<Int>) throws(WireError) {
        guard depth < maxDepth else { throw WireLimits.tooDeep() }
        depth += 1
        var reader = ProtobufReader(bytes, range: range)
        while let next = try reader.next() {
            field = next
            if try !message.readField(next.number, from: &self) {
                message.keepUnknownField(reader.slice(next.range))
            }
        }
        depth -= 1
    }

    private func text(_ range: Range<Int>) -> String {
        Text.decode(UnsafeRawBufferPointer(rebasing: bytes[range]))
    }

    mutating func string(_ value: inout String) throws(WireError) { value = text(try field.content()) }
    mutating func bytes(_ value: inout [UInt8]) throws(WireError) { value = Array(bytes[try field.content()]) }
    mutating func bool(_ value: inout Bool) throws(WireError) { value = try field.scalar(.varint) != 0 }
    mutating func int32(_ value: inout Int32) throws(WireError) {
        value = Int32(truncatingIfNeeded: try field.scalar(.varint))
    }
    mutating func uint32(_ value: inout UInt32) throws(WireError) {
        value = UInt32(truncatingIfNeeded: try field.scalar(.varint))
    }
    mutating func int64(_ value: inout Int64) throws(WireError) {
        value = Int64(bitPattern: try field.scalar(.varint))
    }
    mutating func uint64(_ value: inout UInt64) throws(WireError) { value = try field.scalar(.varint) }
    mutating func fixed32(_ value: inout UInt32) throws(WireError) {
        value = UInt32(truncatingIfNeeded: try field.scalar(.fixed32))
    }
    mutating func fixed64(_ value: inout UInt64) throws(WireError) { value = try field.scalar(.fixed64) }
    mutating func double(_ value: inout Double) throws(WireError) {
        value = Double(bitPattern: try field.scalar(.fixed64))
    }
    mutating func enumeration<E: WireEnum>(_ value: inout E) throws(WireError) {
        value = E(rawValue: Int32(truncatingIfNeeded: try field.scalar(.varint)))
    }
    mutating func message<M: WireMessage>(_ value: inout M?) throws(WireError) {
        let range = try field.content()
        try budget.count()
        // Moved out and back in, so that merging does not copy.
        var message = value ?? M()
        value = nil
        try read(&message, in: range)
        value = message
    }
    mutating func messages<M: WireMessage>(_ value: inout [M]) throws(WireError) {
        let range = try field.content()
        try budget.count()
        try budget.take(M.self, after: value.count)
        var message = M()
        try read(&message, in: range)
        value.append(message)
    }
    mutating func strings(_ value: inout [String]) throws(WireError) {
        let range = try field.content()
        try budget.count()
        try budget.take(String.self, after: value.count)
        value.append(text(range))
    }
    mutating func map(_ value: inout [String: String]) throws(WireError) {
        let entry = try entry(of: String.self)
        value[text(entry.key)] = text(try entry.value?.content() ?? 0..<0)
    }
    mutating func map(_ value: inout [String: Int64]) throws(WireError) {
        let entry = try entry(of: Int64.self)
        value[text(entry.key)] = Int64(bitPattern: try entry.value?.scalar(.varint) ?? 0)
    }
    mutating func map<M: WireMessage>(_ value: inout TextMap<M>) throws(WireError) {
        let entry = try entry(of: M.self)
        var message = M()
        if let content = try entry.value?.content() { try read(&message, in: content) }
        value[text(entry.key)] = message
    }
    mutating func timestamp(_ value: inout WireTimestamp?) throws(WireError) {
        var result = value ?? WireTimestamp()
        var reader = ProtobufReader(bytes, range: try field.content())
        while let part = try reader.next() {
            switch part.number {
            case 1: result.seconds = Int64(bitPattern: try part.scalar(.varint))
            case 2: result.nanos = Int32(truncatingIfNeeded: try part.scalar(.varint))
            default: break
            }
        }
        value = result
    }
    mutating func skipNull() -> Bool { false }

    /// Reads a map entry, a message of key (1) and value (2); the last of each counts.
    private mutating func entry<Value>(
        of type: Value.Type
    ) throws(WireError) -> (key: Range<Int>, value: ProtobufField?) {
        let range = try field.content()
        try budget.count()
        try budget.takeEntry(type)
        var key = 0..<0
        var value: ProtobufField?
        var reader = ProtobufReader(bytes, range: range)
        while let part = try reader.next() {
            switch part.number {
            case 1: key = try part.content()
            case 2: value = part
            default: break
            }
        }
        return (key, value)
    }
}

extension WireMessage {
    /// Reads a message from protobuf.
    public static func read(protobuf bytes: [UInt8], limits: WireLimits) throws(WireError) -> Self {
        try limits.checkSize(bytes.count)
        return try bytes.withUnsafeBufferPointer { buffer throws(WireError) in
            var source = ProtobufSource(UnsafeRawBufferPointer(buffer), limits: limits)
            var message = Self()
            try source.read(&message, in: 0..<buffer.count)
            return message
        }
    }

    /// The size of the protobuf encoding in bytes.
    public func measureProtobuf() -> Int {
        var sizer = ProtobufSizer()
        describe(to: &sizer)
        return sizer.total
    }

    /// Appends the protobuf encoding.
    public func writeProtobuf(to bytes: inout [UInt8]) {
        var sizer = ProtobufSizer()
        describe(to: &sizer)
        var output: [UInt8] = []
        swap(&output, &bytes)
        output.reserveCapacity(output.count + sizer.total)
        var encoder = ProtobufEncoder(output, nested: sizer.nested)
        output = []
        describe(to: &encoder)
        swap(&bytes, &encoder.writer.bytes)
    }
}
