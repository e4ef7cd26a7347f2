import TempoAPI

/// Writes attributes, resources and scopes of a view as OTLP protobuf.
struct AttributeEncoding {
    let columns: SegmentColumns

    /// The size of the `AnyValue` of a pair; nil when the pair has none.
    @inline(__always)
    private func valueSize(_ pair: Int) -> Int? {
        let payload = columns.pairPayload[pair]
        switch ValueType(rawValue: columns.pairType[pair]) {
        case nil, .absent: return nil
        case .empty: return 0
        case .bool: return 2
        case .int: return 1 + ProtobufWriter.size(ofVarint: payload)
        case .double: return 9
        case .string, .bytes, .array, .keyValueList:
            let count = columns.bytes(UInt32(truncatingIfNeeded: payload)).count
            return ProtobufWriter.size(ofField: 1, content: count)
        }
    }

    /// The size of the content of a `KeyValue`.
    @inline(__always)
    private func size(ofPair pair: Int) -> Int {
        let key = columns.bytes(columns.pairKey[pair]).count
        let value = valueSize(pair).map { ProtobufWriter.size(ofField: 2, content: $0) } ?? 0
        return (key == 0 ? 0 : ProtobufWriter.size(ofField: 1, content: key)) + value
    }

    /// The size of a list of attributes as repeated fields with this number.
    func size(of pairs: UnsafeBufferPointer<UInt32>, field: Int) -> Int {
        pairs.reduce(0) { $0 + ProtobufWriter.size(ofField: field, content: size(ofPair: Int($1))) }
    }

    /// Appends a list of attributes as repeated fields with this number.
    func write(_ pairs: UnsafeBufferPointer<UInt32>, field: Int, to writer: inout ProtobufWriter) {
        for id in pairs {
            let pair = Int(id)
            writer.header(field, content: size(ofPair: pair))
            let key = columns.bytes(columns.pairKey[pair])
            if !key.isEmpty { writer.field(1, bytes: UnsafeRawBufferPointer(key)) }
            guard let size = valueSize(pair) else { continue }
            writer.header(2, content: size)
            let payload = columns.pairPayload[pair]
            switch ValueType(rawValue: columns.pairType[pair]) {
            case nil, .absent, .empty: break
            case .string: writeText(1, payload, to: &writer)
            case .bool: writer.field(2, varint: payload)
            case .int: writer.field(3, varint: payload)
            case .double: writer.field(4, fixed64: payload)
            case .array: writeText(5, payload, to: &writer)
            case .keyValueList: writeText(6, payload, to: &writer)
            case .bytes: writeText(7, payload, to: &writer)
            }
        }
    }

    private func writeText(_ field: Int, _ payload: UInt64, to writer: inout ProtobufWriter) {
        writer.field(field, bytes: UnsafeRawBufferPointer(columns.bytes(UInt32(truncatingIfNeeded: payload))))
    }

    /// The size of a string field, which is left out when the string is empty.
    @inline(__always)
    func size(ofString string: UInt32, field: Int) -> Int {
        string == 0 ? 0 : ProtobufWriter.size(ofField: field, content: columns.bytes(string).count)
    }

    /// Appends a string field unless the string is empty.
    @inline(__always)
    func write(string: UInt32, field: Int, to writer: inout ProtobufWriter) {
        if string != 0 { writer.field(field, bytes: UnsafeRawBufferPointer(columns.bytes(string))) }
    }

    /// The `Resource` message of a resource id, without its header.
    func resource(_ resource: Int) -> [UInt8] {
        var writer = ProtobufWriter()
        write(columns.resourcePairs.buffer(resource), field: 1, to: &writer)
        let dropped = columns.resourceDroppedAttributes[resource]
        if dropped > 0 { writer.field(2, varint: UInt64(dropped)) }
        writer.raw(UnsafeRawBufferPointer(columns.bytes(columns.resourceEntityRefs[resource])))
        return writer.bytes
    }

    /// The `InstrumentationScope` message of a scope id, without its header.
    func scope(_ scope: Int) -> [UInt8] {
        var writer = ProtobufWriter()
        write(string: columns.scopeName[scope], field: 1, to: &writer)
        write(string: columns.scopeVersion[scope], field: 2, to: &writer)
        write(columns.scopePairs.buffer(scope), field: 3, to: &writer)
        let dropped = columns.scopeDroppedAttributes[scope]
        if dropped > 0 { writer.field(4, varint: UInt64(dropped)) }
        return writer.bytes
    }
}
