extension ColumnValue {
    /// A number for each type that may stand in a list; nil for the others.
    var elementType: Int? {
        switch self {
        case .int: 0
        case .float: 1
        case .string: 2
        case .boolean: 3
        case .missing, .unusable, .array: nil
        }
    }
}

/// The attributes of the rows of one level: `width` values a row, row after row.
struct AttributeRows: Sendable {
    let width: Int
    private(set) var values: ContiguousArray<ColumnValue> = []

    init(width: Int) { self.width = width }

    var byteCount: Int { values.capacity * MemoryLayout<ColumnValue>.stride }

    mutating func removeAll() { values.removeAll(keepingCapacity: true) }

    @inline(__always)
    mutating func appendRow() {
        for _ in 0..<width { values.append(.missing) }
    }

    @inline(__always)
    mutating func set(_ slot: Int, _ value: ColumnValue) {
        let index = values.count - width + slot
        guard slot >= 0, slot < width, index >= 0, case .missing = values[index] else { return }
        values[index] = value
    }

    @inline(__always)
    func value(_ slot: Int, _ row: Int) -> ColumnValue {
        let index = row &* width &+ slot
        return row >= 0 && slot < width && index < values.count ? values[index] : .missing
    }
}

/// A key with its value.
public struct KeyedValue: Sendable, Hashable, BitwiseCopyable {
    /// The key, in the table's dictionary.
    public var key: StringRef
    /// The value.
    public var value: ColumnValue
}

/// Lists of attributes of unknown keys, one a row.
struct AttributeLists: Sendable {
    private var firsts: ContiguousArray<Int> = []
    private var values: ContiguousArray<KeyedValue> = []

    var byteCount: Int {
        firsts.capacity * MemoryLayout<Int>.stride + values.capacity * MemoryLayout<KeyedValue>.stride
    }

    mutating func removeAll() {
        firsts.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
    }

    mutating func appendRow() { firsts.append(values.count) }

    mutating func append(_ key: StringRef, _ value: ColumnValue) { values.append(KeyedValue(key: key, value: value)) }

    func row(_ index: Int) -> ArraySlice<KeyedValue> {
        guard firsts.indices.contains(index) else { return [] }
        return ArraySlice(values[firsts[index]..<(index + 1 < firsts.count ? firsts[index + 1] : values.count)])
    }
}
