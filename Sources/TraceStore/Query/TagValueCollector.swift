import TempoAPI
import TraceQL

/// Gathers distinct values of attributes with their types. It keeps about as many bytes as it may answer, however many values there are.
struct TagValueCollector {
    private struct Value: Hashable {
        var type: String
        var text: String
    }

    /// Most values, and the bytes that all of them stay below; 0 = no bound.
    private let maxCount: Int
    private let maxBytes: Int
    private var values: Set<Value> = []
    /// Bytes of types and texts that are kept.
    private(set) var byteCount = 0

    init(maxCount: Int, maxBytes: Int) {
        self.maxCount = maxCount
        self.maxBytes = maxBytes
    }

    mutating func insert(_ type: String, _ text: String) {
        guard values.insert(Value(type: type, text: text)).inserted else { return }
        byteCount += type.utf8.count + text.utf8.count
        if maxBytes > 0, byteCount / 4 > max(maxBytes, 1 << 16) { forgetWhatIsCut() }
    }

    /// Keeps what is answered, and the value that does not fit any more: nothing behind it is ever answered.
    private mutating func forgetWhatIsCut() {
        let all = inOrder()
        var bytes = 0
        let cut = all.firstIndex { value in
            bytes += value.type.utf8.count + value.text.utf8.count
            return bytes >= maxBytes
        }
        guard let cut else { return }
        values = Set(all[...cut])
        byteCount = bytes
    }

    private func inOrder() -> [Value] {
        values.sorted { left, right in
            left.text == right.text
                ? left.type < right.type : left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
        }
    }

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
    func sorted() -> [TagValue] {
        var kept: [TagValue] = []
        var bytes = 0
        for value in inOrder() {
            bytes += value.type.utf8.count + value.text.utf8.count
            if maxCount > 0 && kept.count == maxCount || maxBytes > 0 && bytes >= maxBytes { break }
            kept.append(TagValue(type: value.type, value: value.text))
        }
        return kept
    }
}
