import Synchronization

/// The traces of a ``SegmentView``: what a search needs before it looks at spans, and which rows belong to a trace.
struct TraceTable: Sendable {
    /// Trace ids, most significant byte first. Every trace is there once.
    var idHigh = Column<UInt64>()
    var idLow = Column<UInt64>()
    /// Unix nanoseconds: the least start and the greatest end of this view's spans of the trace.
    var start = Column<UInt64>()
    var end = Column<UInt64>()
    /// Row of the root span: the last in order of arrival without a parent id, spans aside that link to their own trace with
    /// `opentracing.ref_type` = `child_of`; `UInt32.max` when this view has none.
    var root = Column<UInt32>()
    /// The rows of trace `t` are number `first[t]..<first[t + 1]` of ``order``, in order of arrival.
    var first = Column<UInt32>()
    /// Row numbers grouped by trace; nil when row `i` is number `i`, as in sealed segments.
    var order: Column<UInt32>?
    /// Hash table of trace number + 1, 0 for a free slot, linear probing from ``TraceHash``. A power of two in size, never full.
    var slots = Column<UInt32>()
    /// Seed of the hash.
    var seed: UInt64 = 0
    /// Whether ``start`` ascends (sealed segments).
    var isSortedByStart = false

    /// How many traces there are.
    var count: Int { idHigh.count }

    func id(_ trace: Int) -> TraceID { TraceID(high: idHigh[trace], low: idLow[trace]) }

    /// The number of a trace, or nil when the view does not have it.
    func find(_ id: TraceID) -> Int? {
        guard slots.count > 0 else { return nil }
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: TraceHash.hash(id, seed: seed)) & mask
        for _ in 0..<slots.count {
            let entry = slots[slot]
            guard entry > 0 else { return nil }
            let trace = Int(entry) - 1
            if idLow[trace] == id.low, idHigh[trace] == id.high { return trace }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// The rows of a trace, in order of arrival.
    @inline(__always)
    func rows(_ trace: Int) -> TraceRows {
        TraceRows(range: Int(first[trace])..<Int(first[trace + 1]), order: order)
    }
}

/// The rows of one trace in one view, in order of arrival.
struct TraceRows: RandomAccessCollection, Sendable {
    fileprivate let range: Range<Int>
    fileprivate let order: Column<UInt32>?

    var startIndex: Int { 0 }
    var endIndex: Int { range.count }

    /// When the rows are contiguous: their range.
    var contiguous: Range<Int>? { order == nil ? range : nil }

    @inline(__always)
    subscript(_ position: Int) -> Int {
        let number = range.lowerBound + position
        guard let order else { return number }
        return Int(order[number])
    }
}

/// Where a trace id starts to probe.
enum TraceHash {
    static func hash(_ id: TraceID, seed: UInt64) -> UInt64 {
        let product = (id.high ^ seed).multipliedFullWidth(by: id.low ^ 0x9e37_79b9_7f4a_7c15)
        let mixed = (product.high ^ product.low ^ id.low) &* 0xd6e8_feb8_6659_fd93
        return mixed ^ mixed >> 32
    }
}

/// A trace table that is there, or is made when it is first asked for.
final class LazyTraceTable: Sendable {
    private let made: Mutex<TraceTable?>
    private let make: @Sendable (SegmentColumns) -> TraceTable

    init(_ table: TraceTable) {
        made = Mutex(table)
        make = { _ in table }
    }

    init(_ make: @escaping @Sendable (SegmentColumns) -> TraceTable) {
        made = Mutex(nil)
        self.make = make
    }

    func table(_ columns: SegmentColumns) -> TraceTable {
        made.withLock { made in
            if let made { return made }
            let table = make(columns)
            made = table
            return table
        }
    }
}
