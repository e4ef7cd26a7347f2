/// A set of small numbers.
struct BitSet: Sendable {
    /// Bit `i % 64` of word `i / 64` says whether `i` is in.
    private(set) var words: [UInt64]
    /// Numbers are below this.
    let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        words = [UInt64](repeating: 0, count: (capacity + 63) / 64)
    }

    mutating func insert(_ number: Int) { words[number >> 6] |= 1 << UInt64(number & 63) }

    func contains(_ number: Int) -> Bool { words[number >> 6] >> UInt64(number & 63) & 1 != 0 }

    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    /// How many numbers are in.
    var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// The numbers that are in, ascending.
    var numbers: [Int] {
        var numbers: [Int] = []
        forEach { numbers.append($0) }
        return numbers
    }

    /// Calls with every number that is in, ascending.
    @inline(__always)
    func forEach(_ body: (Int) throws -> Void) rethrows {
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                try body(index << 6 + rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
    }

    mutating func formUnion(_ other: BitSet) {
        for index in words.indices where index < other.words.count { words[index] |= other.words[index] }
    }

    /// Sets the bits of a word.
    @inline(__always)
    mutating func insert(word: UInt64, at index: Int) { words[index] |= word }
}
