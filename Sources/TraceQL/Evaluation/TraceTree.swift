/// The tree that parent ids make of the spans of a trace: nested set numbers, parents and child counts.
///
/// A span is a descendant of another if its left number is greater and its right number smaller, all four not 0. Built in
/// linear time and without recursion, whatever the shape. Spans that are not reachable from a root have the numbers 0; so
/// have all spans of a trace without root, or in which an id occurs three times or more.
///
/// An id that two spans share belongs to the two sides of one call: a child of it is the server's, unless it is a server
/// itself, then it is the client's.
public struct TraceTree: Sendable {
    /// Numbers given on entry, depth first from every root in stored order, counting from 1; 0 for what is not reachable.
    public private(set) var left: ContiguousArray<Int32> = []
    /// Numbers given on exit, from the same counter.
    public private(set) var right: ContiguousArray<Int32> = []
    /// The left number of the parent, -1 for roots, 0 for what is not reachable.
    public private(set) var parentLeft: ContiguousArray<Int32> = []
    /// The index of the span that the parent id resolves to, -1 for none. Set for unreachable spans as well.
    public private(set) var parent: ContiguousArray<Int32> = []
    /// How many spans resolve to this one as their parent; all 0 where the trace has no numbers.
    public private(set) var childCount: ContiguousArray<Int32> = []
    /// The reachable spans in the order of their left numbers.
    private(set) var preorder: ContiguousArray<Int32> = []

    private var firstChild: ContiguousArray<Int32> = []
    private var nextSibling: ContiguousArray<Int32> = []
    /// Open addressing by span id: the index of the first span with it, -1 for none.
    private var buckets: ContiguousArray<Int32> = []
    /// The other span with the same id, -1 for none.
    private var twin: ContiguousArray<Int32> = []
    /// Chosen anew for every tree, so that ids made to collide do not.
    private let seed = UInt64.random(in: 0 ... .max) | 1

    /// Bytes of memory.
    var byteCount: Int {
        let numbers = left.capacity + right.capacity + parentLeft.capacity + parent.capacity + childCount.capacity
        let links = preorder.capacity + firstChild.capacity + nextSibling.capacity + buckets.capacity + twin.capacity
        return (numbers + links) * MemoryLayout<Int32>.stride
    }

    /// An empty tree.
    public init() {}

    /// The tree of a trace.
    public init(_ table: SpanTable) { build(table.spans) }

    /// Builds the tree anew; memory is reused.
    mutating func build(_ spans: ContiguousArray<SpanTable.Span>) {
        let count = spans.count
        Self.reset(&left, count, 0)
        Self.reset(&right, count, 0)
        Self.reset(&parentLeft, count, 0)
        Self.reset(&parent, count, -1)
        Self.reset(&childCount, count, 0)
        preorder.removeAll(keepingCapacity: true)
        guard index(spans) else { return }
        Self.reset(&firstChild, count, -1)
        Self.reset(&nextSibling, count, -1)
        var hasRoot = false
        // From the last to the first, so that children stand in stored order.
        for index in stride(from: count - 1, through: 0, by: -1) {
            if spans[index].parentID.isEmpty {
                hasRoot = true
                continue
            }
            let found = resolve(index, spans)
            guard found >= 0 else { continue }
            parent[index] = Int32(truncatingIfNeeded: found)
            childCount[found] += 1
            nextSibling[index] = firstChild[found]
            firstChild[found] = Int32(truncatingIfNeeded: index)
        }
        guard hasRoot else {
            Self.reset(&childCount, count, 0)
            return
        }
        number(spans)
    }

    /// False if some id occurs three times or more.
    private mutating func index(_ spans: ContiguousArray<SpanTable.Span>) -> Bool {
        var size = 16
        while size < spans.count * 2 { size *= 2 }
        Self.reset(&buckets, size, -1)
        Self.reset(&twin, spans.count, -1)
        for index in spans.indices {
            var bucket = place(spans[index].id.value)
            while buckets[bucket] >= 0, spans[Int(buckets[bucket])].id != spans[index].id {
                bucket = (bucket + 1) & (buckets.count - 1)
            }
            if buckets[bucket] < 0 {
                buckets[bucket] = Int32(truncatingIfNeeded: index)
            } else {
                let first = Int(buckets[bucket])
                guard twin[first] < 0 else { return false }
                twin[first] = Int32(truncatingIfNeeded: index)
            }
        }
        return true
    }

    @inline(__always)
    private func place(_ id: UInt64) -> Int {
        var hash = (id ^ seed) &* 0x9E37_79B9_7F4A_7C15
        hash ^= hash >> 32
        hash = hash &* seed
        hash ^= hash >> 29
        return Int(truncatingIfNeeded: hash) & (buckets.count - 1)
    }

    /// The index of the parent, -1 for none.
    private func resolve(_ child: Int, _ spans: ContiguousArray<SpanTable.Span>) -> Int {
        let wanted = spans[child].parentID
        var bucket = place(wanted.value)
        while buckets[bucket] >= 0, spans[Int(buckets[bucket])].id != wanted {
            bucket = (bucket + 1) & (buckets.count - 1)
        }
        let first = Int(buckets[bucket])
        guard first >= 0 else { return -1 }
        var found = first
        if twin[first] >= 0 {
            let kind: UInt8 = spans[child].kind == 2 ? 3 : 2
            let second = Int(twin[first])
            found = spans[first].kind == kind ? first : spans[second].kind == kind ? second : -1
        }
        return found == child ? -1 : found
    }

    /// Goes down to children and back up by the parents, so depth costs no memory.
    private mutating func number(_ spans: ContiguousArray<SpanTable.Span>) {
        var counter: Int32 = 1
        for root in spans.indices where spans[root].parentID.isEmpty {
            var current = root
            parentLeft[root] = -1
            left[root] = counter
            counter &+= 1
            preorder.append(Int32(truncatingIfNeeded: root))
            while true {
                let child = Int(firstChild[current])
                if child >= 0 {
                    firstChild[current] = nextSibling[child]
                    parentLeft[child] = left[current]
                    left[child] = counter
                    counter &+= 1
                    preorder.append(Int32(truncatingIfNeeded: child))
                    current = child
                } else {
                    right[current] = counter
                    counter &+= 1
                    if current == root { break }
                    current = Int(parent[current])
                }
            }
        }
    }

    private static func reset(_ array: inout ContiguousArray<Int32>, _ count: Int, _ value: Int32) {
        array.removeAll(keepingCapacity: true)
        array.append(contentsOf: repeatElement(value, count: count))
    }
}
