/// Works out the traces of a head's snapshot, whose rows are in order of arrival.
struct HeadTraceTable {
    let columns: SegmentColumns
    let idHigh: Column<UInt64>
    let idLow: Column<UInt64>

    func make() -> TraceTable {
        var table = TraceTable()
        table.idHigh = idHigh
        table.idLow = idLow
        let first = offsets()
        table.first = first
        table.order = order(first)
        table.seed = .random(in: .min ... .max)
        table.slots = Self.slots(idHigh, idLow, seed: table.seed)
        (table.start, table.end) = bounds()
        table.root = roots()
        return table
    }

    /// Where each trace's rows begin, and one more.
    private func offsets() -> Column<UInt32> {
        let traces = columns.trace.buffer
        return Column(count: idLow.count + 1, zero: 0) { first in
            for trace in traces { first[Int(trace) + 1] += 1 }
            for trace in 1..<first.count { first[trace] += first[trace - 1] }
        }
    }

    private func order(_ first: Column<UInt32>) -> Column<UInt32> {
        let traces = columns.trace.buffer
        var next = Array(first.buffer)
        return Column(count: traces.count, zero: 0) { order in
            for row in 0..<traces.count {
                let trace = Int(traces[row])
                order[Int(next[trace])] = UInt32(truncatingIfNeeded: row)
                next[trace] += 1
            }
        }
    }

    private func bounds() -> (Column<UInt64>, Column<UInt64>) {
        let traces = columns.trace.buffer
        let start = columns.start.buffer
        let end = columns.end.buffer
        return (
            Column(count: idLow.count, zero: .max) { least in
                for row in 0..<traces.count { least[Int(traces[row])] = min(least[Int(traces[row])], start[row]) }
            },
            Column(count: idLow.count, zero: 0) { greatest in
                for row in 0..<traces.count { greatest[Int(traces[row])] = max(greatest[Int(traces[row])], end[row]) }
            }
        )
    }

    private func roots() -> Column<UInt32> {
        let rule = RootRule(columns)
        let traces = columns.trace.buffer
        return Column(count: idLow.count, zero: .max) { roots in
            for row in 0..<traces.count where columns.hasParent[row] == 0 {
                let trace = Int(traces[row])
                if rule.mayBeRoot(row, TraceID(high: idHigh[trace], low: idLow[trace])) {
                    roots[trace] = UInt32(truncatingIfNeeded: row)
                }
            }
        }
    }

    /// The hash table of trace ids.
    static func slots(_ high: Column<UInt64>, _ low: Column<UInt64>, seed: UInt64) -> Column<UInt32> {
        var size = 4
        while size < low.count * 2 { size *= 2 }
        return Column(count: size, zero: 0) { slots in
            for trace in 0..<low.count {
                let hash = TraceHash.hash(TraceID(high: high[trace], low: low[trace]), seed: seed)
                var slot = Int(truncatingIfNeeded: hash) & (size - 1)
                while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
                slots[slot] = UInt32(truncatingIfNeeded: trace) + 1
            }
        }
    }
}

/// Which spans may be the root of their trace, as far as links decide it.
struct RootRule {
    private let columns: SegmentColumns
    /// Pair id of `opentracing.ref_type` = `child_of`; nil when there is none.
    private let childOf: UInt32?

    init(_ columns: SegmentColumns) {
        self.columns = columns
        childOf = Self.findChildOf(columns)
    }

    private static func findChildOf(_ columns: SegmentColumns) -> UInt32? {
        guard columns.linkSpanID.count > 0 else { return nil }
        let types = columns.pairType.buffer
        for pair in 0..<types.count where types[pair] == ValueType.string.rawValue {
            guard columns.bytes(columns.pairKey[pair]).elementsEqual("opentracing.ref_type".utf8),
                columns.bytes(UInt32(truncatingIfNeeded: columns.pairPayload[pair])).elementsEqual("child_of".utf8)
            else { continue }
            return UInt32(truncatingIfNeeded: pair)
        }
        return nil
    }

    /// Whether a span without parent id may be the root: unless it links to its own trace as a child.
    func mayBeRoot(_ row: Int, _ trace: TraceID) -> Bool {
        guard let childOf else { return true }
        return !columns.links(row).contains { link in
            columns.linkTraceIDHigh[link] == trace.high && columns.linkTraceIDLow[link] == trace.low
                && columns.linkPairs.buffer(link).contains(childOf)
        }
    }
}
