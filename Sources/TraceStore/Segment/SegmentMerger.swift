/// Makes one segment of several views of a tenant: the same spans, a trace's spans next to each other in order of arrival, traces by
/// start. One head gives a sealed segment in the same way.
struct SegmentMerger: ~Copyable {
    private var builder: ColumnBuilder
    private var first = GrowableColumn<UInt32>()
    private var traceStart = GrowableColumn<UInt64>()
    private var traceEnd = GrowableColumn<UInt64>()

    /// - Parameter views: oldest first.
    static func merge(_ views: [SegmentView]) -> SegmentParts {
        var merger = SegmentMerger()
        return merger.merge(views)
    }

    private init() { builder = ColumnBuilder(hash: .random()) }

    /// The spans of a trace in one view.
    private struct Fragment {
        var unique: UInt32
        var view: UInt32
        var trace: UInt32
    }

    private mutating func merge(_ views: [SegmentView]) -> SegmentParts {
        let tables = views.map(\.traces)
        let (fragments, ids, order) = Self.arrange(tables)
        var maps = views.map(IdentifierMap.init)
        // Fragments grouped by trace, in order of the views.
        var offsets = [Int](repeating: 0, count: order.count + 1)
        for fragment in fragments { offsets[Int(fragment.unique) + 1] += 1 }
        for index in 1..<offsets.count { offsets[index] += offsets[index - 1] }
        var next = offsets
        var grouped = [Int](repeating: 0, count: fragments.count)
        for (index, fragment) in fragments.enumerated() {
            grouped[next[Int(fragment.unique)]] = index
            next[Int(fragment.unique)] += 1
        }
        for (number, unique) in order.enumerated() {
            first.append(UInt32(truncatingIfNeeded: builder.rowCount))
            builder.traceIDHigh.append(ids[unique].high)
            builder.traceIDLow.append(ids[unique].low)
            var start = UInt64.max
            var end: UInt64 = 0
            for index in grouped[offsets[unique]..<offsets[unique + 1]] {
                let fragment = fragments[index]
                let view = Int(fragment.view)
                let trace = Int(fragment.trace)
                start = min(start, tables[view].start[trace])
                end = max(end, tables[view].end[trace])
                for row in tables[view].rows(trace) {
                    builder.append(row, of: &maps[view], trace: UInt32(truncatingIfNeeded: number))
                }
            }
            traceStart.append(start)
            traceEnd.append(end)
        }
        first.append(UInt32(truncatingIfNeeded: builder.rowCount))
        return finish()
    }

    /// The traces of all views, each once, and their order: by start, then id.
    private static func arrange(_ tables: [TraceTable]) -> (fragments: [Fragment], ids: [TraceID], order: [Int]) {
        var fragments: [Fragment] = []
        var ids: [TraceID] = []
        var starts: [UInt64] = []
        var known = SlotTable()
        let seed = UInt64.random(in: .min ... .max)
        for (view, traces) in tables.enumerated() {
            for trace in 0..<traces.count {
                let id = traces.id(trace)
                let hash = ByteHash.fold(TraceHash.hash(id, seed: seed))
                let unique: UInt32
                if let found = known.find(hash, where: { ids[Int($0)] == id }) {
                    unique = found
                    starts[Int(found)] = min(starts[Int(found)], traces.start[trace])
                } else {
                    unique = UInt32(truncatingIfNeeded: ids.count)
                    known.insert(unique, hash: hash)
                    ids.append(id)
                    starts.append(traces.start[trace])
                }
                fragments.append(
                    Fragment(
                        unique: unique, view: UInt32(truncatingIfNeeded: view), trace: UInt32(truncatingIfNeeded: trace)
                    ))
            }
        }
        let order = ids.indices.sorted { left, right in
            starts[left] == starts[right] ? ids[left] < ids[right] : starts[left] < starts[right]
        }
        return (fragments, ids, order)
    }

    private mutating func finish() -> SegmentParts {
        var parts = SegmentParts()
        parts.columns = builder.snapshot()
        parts.traces.idHigh = builder.traceIDHigh.snapshot()
        parts.traces.idLow = builder.traceIDLow.snapshot()
        parts.traces.start = traceStart.snapshot()
        parts.traces.end = traceEnd.snapshot()
        parts.traces.first = first.snapshot()
        parts.traces.isSortedByStart = true
        parts.traces.seed = .random(in: .min ... .max)
        parts.traces.slots = HeadTraceTable.slots(parts.traces.idHigh, parts.traces.idLow, seed: parts.traces.seed)
        let rule = RootRule(parts.columns)
        let columns = parts.columns
        let traces = parts.traces
        parts.traces.root = Column(count: traces.idLow.count, zero: .max) { roots in
            for row in 0..<columns.spanID.count where columns.hasParent[row] == 0 {
                let trace = Int(columns.trace[row])
                if rule.mayBeRoot(row, traces.id(trace)) { roots[trace] = UInt32(truncatingIfNeeded: row) }
            }
        }
        return parts
    }
}

/// Which ids of a view became which ids of the merged segment; looked up once an id.
struct IdentifierMap {
    let view: SegmentView
    let columns: SegmentColumns
    var strings: [UInt32]
    var pairs: [UInt32]
    var details: [UInt32]
    var resources: [UInt32]
    var scopes: [UInt32]

    init(_ view: SegmentView) {
        self.view = view
        columns = view.columns
        strings = Array(repeating: .max, count: columns.strings.count)
        pairs = Array(repeating: .max, count: columns.pairKey.count)
        details = Array(repeating: .max, count: columns.detailFlags.count)
        resources = Array(repeating: .max, count: columns.resourceSchemaURL.count)
        scopes = Array(repeating: .max, count: columns.scopeName.count)
    }
}
