/// The value of one attribute of one row of a `SpanTable`.
public enum ColumnValue: Sendable, Hashable, BitwiseCopyable {
    /// The row has no such key.
    case missing
    /// The row has the key, without a value that the language knows: bytes, key-value lists, null, lists that are empty,
    /// nested or of mixed types.
    case unusable
    /// A 64-bit integer.
    case int(Int64)
    /// A 64-bit float.
    case float(Double)
    /// A truth value.
    case boolean(Bool)
    /// A string of the table's dictionary.
    case string(StringRef)
    /// A list of two or more values of one of the four types above; see `SpanTable.array(_:)`.
    case array(ArrayRef)
}

/// A run of elements in the arena of a `SpanTable`.
public struct ArrayRef: Sendable, Hashable, BitwiseCopyable {
    /// Index of the first element.
    public var offset: UInt32
    /// How many elements.
    public var count: UInt32

    init(offset: Int, count: Int) {
        self.offset = UInt32(truncatingIfNeeded: offset)
        self.count = UInt32(truncatingIfNeeded: count)
    }
}
