/// Things with a start time, taken out newest first. Filling takes linear time, taking out logarithmic time.
///
/// Things with equal starts come out in the order of their `rank`, the lowest first.
struct NewestFirstHeap {
    /// One thing: where it lies is the caller's business.
    struct Entry {
        /// Start in nanoseconds since 1970.
        var start: UInt64
        /// The part of the store that it lies in.
        var part: UInt32
        /// Which one in that part.
        var index: UInt32

        /// Whether this comes out before the other.
        @inline(__always)
        func precedes(_ other: Entry) -> Bool {
            if start != other.start { return start > other.start }
            if part != other.part { return part < other.part }
            return index < other.index
        }
    }

    private var entries: [Entry] = []

    /// How many are left.
    var count: Int { entries.count }

    /// The newest, which stays.
    var first: Entry? { entries.first }

    /// Adds many at once, in time linear in all that are held.
    mutating func append(_ more: [Entry]) {
        guard !more.isEmpty else { return }
        entries.append(contentsOf: more)
        var node = entries.count / 2
        while node > 0 {
            node -= 1
            sink(node)
        }
    }

    /// Takes the newest out.
    mutating func popFirst() -> Entry? {
        guard let first = entries.first else { return nil }
        let last = entries.removeLast()
        if !entries.isEmpty {
            entries[0] = last
            sink(0)
        }
        return first
    }

    private mutating func sink(_ node: Int) {
        var node = node
        let moved = entries[node]
        while true {
            var child = 2 * node + 1
            guard child < entries.count else { break }
            if child + 1 < entries.count && entries[child + 1].precedes(entries[child]) { child += 1 }
            guard entries[child].precedes(moved) else { break }
            entries[node] = entries[child]
            node = child
        }
        entries[node] = moved
    }
}
