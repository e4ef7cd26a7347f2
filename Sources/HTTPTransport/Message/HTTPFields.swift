/// An ordered list of HTTP fields; names keep their spelling and are compared without regard to ASCII case.
///
/// Repeated fields stay apart. Values are bytes, since HTTP allows bytes that are not UTF-8 (RFC 9110 section 5.5);
/// the `String` accessors replace such bytes by U+FFFD. A field section that came off the wire is kept as one block of
/// bytes with ranges, so a field that nobody reads costs no allocation.
public struct HTTPFields: Sendable {
    /// Where one field lies in `storage`.
    struct Entry: Sendable {
        var nameStart: UInt32
        var nameCount: UInt32
        var valueStart: UInt32
        var valueCount: UInt32

        var name: Range<Int> { Int(nameStart)..<Int(nameStart) + Int(nameCount) }
        var value: Range<Int> { Int(valueStart)..<Int(valueStart) + Int(valueCount) }
    }

    var storage: [UInt8]
    var entries: [Entry]

    /// Creates an empty list.
    public init() {
        storage = []
        entries = []
    }

    /// Creates a list of the given names and values, in their order.
    public init(_ pairs: [(String, String)]) {
        self.init()
        for (name, value) in pairs { append(name, value) }
    }

    /// Adopts a block of bytes and the ranges of fields in it. The ranges lie within the bytes: the head parser made both.
    init(storage: [UInt8], entries: [Entry]) {
        self.storage = storage
        self.entries = entries
    }

    /// Number of fields (lines, not distinct names).
    public var count: Int { entries.count }

    /// Whether there is no field at all.
    public var isEmpty: Bool { entries.isEmpty }

    /// The value of the first field of this name, or nil.
    public subscript(name: String) -> String? {
        guard let index = firstIndex(of: name) else { return nil }
        return String(decoding: storage[entries[index].value], as: UTF8.self)
    }

    /// The values of all fields of this name, in order.
    public func all(_ name: String) -> [String] {
        var found: [String] = []
        for entry in entries where matches(entry, name) {
            found.append(String(decoding: storage[entry.value], as: UTF8.self))
        }
        return found
    }

    /// The values of all fields of this name as bytes, without surrounding blanks, in order.
    public func bytes(_ name: String) -> [[UInt8]] {
        var found: [[UInt8]] = []
        for entry in entries where matches(entry, name) { found.append([UInt8](storage[entry.value])) }
        return found
    }

    /// Whether a field of this name is present.
    public func contains(_ name: String) -> Bool { firstIndex(of: name) != nil }

    /// Adds a field at the end. Blanks around the value are dropped.
    ///
    /// Bytes that may not stand in a field are dealt with when the fields are sent: the server writes a blank for CR, LF
    /// and NUL in a value and leaves out a field whose name is not a token; the client refuses the request.
    public mutating func append(_ name: String, _ value: String) {
        append(nameBytes: name.utf8, valueBytes: value.utf8)
    }

    /// Adds a field whose value is bytes.
    public mutating func append(_ name: String, bytes value: [UInt8]) {
        append(nameBytes: name.utf8, valueBytes: value)
    }

    /// Replaces all fields of this name by one; it takes the place of the first, or the end.
    public mutating func set(_ name: String, _ value: String) {
        guard let index = firstIndex(of: name) else { return append(name, value) }
        append(name, value)
        let added = entries.removeLast()
        entries[index] = added
        entries = entries.enumerated().filter { $0.offset <= index || !matches($0.element, name) }.map(\.element)
    }

    /// Removes all fields of this name.
    public mutating func remove(_ name: String) {
        entries = entries.filter { !matches($0, name) }
    }

    private mutating func append(nameBytes: some Collection<UInt8>, valueBytes: some Collection<UInt8>) {
        let nameStart = storage.count
        storage.append(contentsOf: nameBytes)
        let nameEnd = storage.count
        storage.append(contentsOf: valueBytes)
        var first = nameEnd
        var last = storage.count
        while first < last, ASCII.isBlank(storage[first]) { first += 1 }
        while last > first, ASCII.isBlank(storage[last - 1]) { last -= 1 }
        // A list beyond 4 GB cannot be indexed and cannot be sent either; such a field is left out.
        guard let limit = UInt32(exactly: storage.count), limit < UInt32.max else {
            storage.removeSubrange(nameStart...)
            return
        }
        entries.append(
            Entry(
                nameStart: UInt32(nameStart), nameCount: UInt32(nameEnd - nameStart),
                valueStart: UInt32(first), valueCount: UInt32(last - first)))
    }

    func firstIndex(of name: String) -> Int? {
        entries.firstIndex { matches($0, name) }
    }

    private func matches(_ entry: Entry, _ name: String) -> Bool {
        let utf8 = name.utf8
        guard Int(entry.nameCount) == utf8.count else { return false }
        var index = Int(entry.nameStart)
        for byte in utf8 {
            if ASCII.lowercased(storage[index]) != ASCII.lowercased(byte) { return false }
            index += 1
        }
        return true
    }
}

extension HTTPFields: Equatable {
    /// Equal when the same names (without regard to case) and values stand in the same order.
    public static func == (left: HTTPFields, right: HTTPFields) -> Bool {
        guard left.entries.count == right.entries.count else { return false }
        for (one, other) in zip(left.entries, right.entries) {
            guard one.nameCount == other.nameCount, one.valueCount == other.valueCount else { return false }
            let names = zip(left.storage[one.name], right.storage[other.name])
            guard names.allSatisfy({ ASCII.lowercased($0) == ASCII.lowercased($1) }) else { return false }
            guard left.storage[one.value] == right.storage[other.value] else { return false }
        }
        return true
    }
}

extension HTTPFields: Sequence {
    /// One field of the list as strings.
    public typealias Element = (name: String, value: String)

    /// Walks the fields in order.
    public struct Iterator: IteratorProtocol, Sendable {
        let fields: HTTPFields
        var position = 0

        /// The next field, or nil at the end.
        public mutating func next() -> Element? {
            guard position < fields.entries.count else { return nil }
            let entry = fields.entries[position]
            position += 1
            return (
                name: String(decoding: fields.storage[entry.name], as: UTF8.self),
                value: String(decoding: fields.storage[entry.value], as: UTF8.self)
            )
        }
    }

    /// An iterator over the fields in order.
    public func makeIterator() -> Iterator { Iterator(fields: self) }

    /// The number of fields, exactly.
    public var underestimatedCount: Int { entries.count }
}

extension HTTPFields: CustomStringConvertible {
    /// Names only: values may be secrets.
    public var description: String {
        "[" + map(\.name).joined(separator: ", ") + "]"
    }
}
