/// A map from text to messages whose keys are equal only when their bytes are.
///
/// A dictionary with `String` keys takes different spellings of an accented letter for one key and would lose an entry of a message.
public struct TextMap<Value: Sendable & Equatable>: Sendable, Equatable {
    private var entries: [ExactText: Value] = [:]

    /// The empty map.
    public init() {}

    /// True when there is no entry.
    public var isEmpty: Bool { entries.isEmpty }

    /// The number of entries.
    public var count: Int { entries.count }

    /// The keys, in the order of their bytes.
    public var keys: [String] { entries.keys.sorted().map(\.text) }

    /// The entries, in the order of the bytes of their keys.
    public var sorted: [(key: String, value: Value)] {
        entries.sorted { $0.key < $1.key }.map { ($0.key.text, $0.value) }
    }

    /// The value of a key; nil removes the entry.
    public subscript(key: String) -> Value? {
        get { entries[ExactText(key)] }
        set { entries[ExactText(key)] = newValue }
    }

    /// Takes over the entries of another map; `combine` makes one of two values of a key.
    public mutating func merge(_ other: TextMap, uniquingKeysWith combine: (Value, Value) -> Value) {
        entries.merge(other.entries, uniquingKeysWith: combine)
    }
}

extension TextMap: ExpressibleByDictionaryLiteral {
    /// Makes a map of entries; of equal keys the last counts.
    public init(dictionaryLiteral elements: (String, Value)...) {
        for (key, value) in elements { self[key] = value }
    }
}
