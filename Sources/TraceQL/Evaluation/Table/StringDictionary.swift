/// A string of a `StringDictionary`, by number.
public struct StringRef: Sendable, Hashable, BitwiseCopyable {
    /// The number, below the `count` of the dictionary.
    public var id: UInt32

    /// A reference by number.
    public init(_ id: UInt32) { self.id = id }
}

/// The strings of span tables, kept by whoever fills the tables.
///
/// A predicate runs once a distinct number, not once a span, so numbers should stay stable over as many traces as possible:
/// a store uses the numbers of its own dictionary. Equal numbers must mean equal bytes. Different numbers may mean equal
/// bytes (several segments joined into one range of numbers, say): results are the same, only slower.
public protocol StringDictionary: AnyObject {
    /// All valid numbers are below; at most 2^30. It may grow while a generation lasts.
    var count: Int { get }

    /// Another number whenever a number may have got another meaning since; what was remembered about strings is dropped
    /// then.
    var generation: UInt64 { get }

    /// The bytes of a string, which need not be UTF-8. They are not kept beyond the call.
    /// An unknown number gives no bytes: it must not trap.
    func withBytes<Result>(of ref: StringRef, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result
}

/// A dictionary that numbers strings in the order they come: for decoders and tests.
public final class StringInterner: StringDictionary {
    private var bytes: ContiguousArray<UInt8> = []
    /// `ends[i]` is past the last byte of string `i`.
    private var ends: ContiguousArray<Int> = []
    /// Hash buckets with open addressing: 0 is free, else the number plus one.
    private var buckets: ContiguousArray<UInt32>
    private let limit: Int

    /// How many strings there are.
    public var count: Int { ends.count }

    /// Counts the calls of `removeAll()`.
    public private(set) var generation: UInt64 = 0

    /// An empty dictionary.
    /// - Parameter limit: strings beyond this number all become the first string; a table has no more strings than its
    ///   source had bytes, so the default is never met by sources below a gigabyte.
    public init(limit: Int = 1 << 30) {
        self.limit = max(1, min(limit, 1 << 30))
        buckets = ContiguousArray(repeating: 0, count: 256)
    }

    /// How many bytes all strings have together.
    public var byteCount: Int { bytes.count }

    /// The number of a string; a new one if it has not been seen in this generation.
    public func intern(_ string: UnsafeBufferPointer<UInt8>) -> StringRef {
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(string))
        let mask = buckets.count - 1
        var bucket = hasher.finalize() & mask
        while buckets[bucket] != 0 {
            let id = buckets[bucket] - 1
            if isEqual(id, string) { return StringRef(id) }
            bucket = (bucket + 1) & mask
        }
        guard ends.count < limit else { return StringRef(0) }
        let id = UInt32(truncatingIfNeeded: ends.count)
        bytes.append(contentsOf: string)
        ends.append(bytes.count)
        buckets[bucket] = id + 1
        if ends.count * 2 > buckets.count { grow() }
        return StringRef(id)
    }

    /// The number of a string given as bytes.
    public func intern(_ string: [UInt8]) -> StringRef { string.withUnsafeBufferPointer { intern($0) } }

    /// The number of a string given as text.
    public func intern(_ string: String) -> StringRef {
        var string = string
        return string.withUTF8 { intern($0) }
    }

    /// Forgets all strings; numbers start again from 0.
    public func removeAll(keepingCapacity: Bool = true) {
        bytes.removeAll(keepingCapacity: keepingCapacity)
        ends.removeAll(keepingCapacity: keepingCapacity)
        if keepingCapacity {
            for index in buckets.indices { buckets[index] = 0 }
        } else {
            buckets = ContiguousArray(repeating: 0, count: 256)
        }
        generation &+= 1
    }

    /// The bytes of a string; none for an unknown number.
    public func withBytes<Result>(of ref: StringRef, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        let index = Int(ref.id)
        guard index < ends.count else { return body(UnsafeBufferPointer(start: nil, count: 0)) }
        let start = index == 0 ? 0 : ends[index - 1]
        return bytes.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[start..<ends[index]])) }
    }

    private func isEqual(_ id: UInt32, _ string: UnsafeBufferPointer<UInt8>) -> Bool {
        withBytes(of: StringRef(id)) { $0.count == string.count && $0.elementsEqual(string) }
    }

    private func grow() {
        let size = buckets.count * 2
        var larger = ContiguousArray<UInt32>(repeating: 0, count: size)
        for id in 0..<UInt32(truncatingIfNeeded: ends.count) {
            var bucket = withBytes(of: StringRef(id)) { string in
                var hasher = Hasher()
                hasher.combine(bytes: UnsafeRawBufferPointer(string))
                return hasher.finalize() & (size - 1)
            }
            while larger[bucket] != 0 { bucket = (bucket + 1) & (size - 1) }
            larger[bucket] = id + 1
        }
        buckets = larger
    }
}
