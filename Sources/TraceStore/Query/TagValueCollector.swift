import TempoAPI
import TraceQL

/// Gathers distinct values of attributes with their types.
struct TagValueCollector {
    private struct Value: Hashable {
        var type: String
        var text: String
    }

    private var values: Set<Value> = []

    mutating func insert(_ type: String, _ text: String) { values.insert(Value(type: type, text: text)) }

    mutating func insert(_ bytes: some Collection<UInt8>) { insert("string", String(decoding: bytes, as: UTF8.self)) }

    /// Adds the texts with these string ids.
    mutating func insert(strings: BitSet, _ columns: SegmentColumns) {
        strings.forEach { insert(columns.bytes(UInt32(truncatingIfNeeded: $0))) }
    }

    /// Adds the values of pairs with a key; of lists the elements.
    mutating func insert(pairs: BitSet, key: [UInt8], _ columns: SegmentColumns) {
        var known: (id: UInt32, isWanted: Bool) = (.max, false)
        pairs.forEach { pair in
            let id = columns.pairKey[pair]
            if id != known.id { known = (id, columns.bytes(id).elementsEqual(key)) }
            if known.isWanted { insert(pair: pair, columns) }
        }
    }

    private mutating func insert(pair: Int, _ columns: SegmentColumns) {
        let payload = columns.pairPayload[pair]
        switch ValueType(rawValue: columns.pairType[pair]) {
        case .string: insert(columns.bytes(UInt32(truncatingIfNeeded: payload)))
        case .bool: insert("bool", payload != 0 ? "true" : "false")
        case .int: insert("int", String(Int64(bitPattern: payload)))
        case .double: insert("float", Static.float(Double(bitPattern: payload)).description)
        case .array:
            for element in AnyValue.elements(ofList: columns.bytes(UInt32(truncatingIfNeeded: payload))) {
                switch element {
                case .string(let text): insert("string", text)
                case .bool(let value): insert("bool", value ? "true" : "false")
                case .int(let value): insert("int", String(value))
                case .double(let value): insert("float", Static.float(value).description)
                case nil, .array, .keyValueList, .bytes, .stringIndex: break
                }
            }
        case nil, .absent, .empty, .bytes, .keyValueList: break
        }
    }

    /// The values, sorted by the bytes of their texts, then by type, cut after so many or where their bytes would reach a bound.
    func sorted(maxCount: Int, maxBytes: Int) -> [TagValue] {
        let all = values.sorted { left, right in
            left.text == right.text
                ? left.type < right.type : left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
        }
        var kept: [TagValue] = []
        var bytes = 0
        for value in all {
            bytes += value.type.utf8.count + value.text.utf8.count
            if maxCount > 0 && kept.count == maxCount || maxBytes > 0 && bytes >= maxBytes { break }
            kept.append(TagValue(type: value.type, value: value.text))
        }
        return kept
    }
}
