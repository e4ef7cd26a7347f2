import TraceQL

/// Finds, view by view, the traces that may match a query: those that have what the query needs and touch its window.
///
/// A trace with spans in several views is judged by all that is known of it: what the views scanned so far have seen.
struct CandidateFinder {
    private let views: [SegmentView]
    private let tables: [TraceTable]
    private let window: StoreTimeWindow
    private let leaves: [@Sendable (ScanCompiler) -> ScanNode]
    private let tree: CandidateTree
    /// For each view which leaves each of its traces has; nil before the view is scanned. Without leaves it stays nil.
    private var seen: [[UInt32]?]
    private var isScanned: [Bool]
    /// Every candidate has one of these leaves; nil when every trace is one. Known with the first view.
    private var driver: UInt32??
    /// How many spans have been looked at.
    private(set) var inspectedSpans = 0
    /// How many bytes of columns have been looked at, about.
    private(set) var inspectedBytes = 0

    /// - Parameters:
    ///   - tree: over the leaves.
    ///   - leaves: at most ``CandidateTree/maxLeaves``, each made for a view when that is scanned.
    init(
        _ views: [SegmentView], tables: [TraceTable], window: StoreTimeWindow, tree: CandidateTree,
        leaves: [@Sendable (ScanCompiler) -> ScanNode]
    ) {
        self.views = views
        self.tables = tables
        self.window = window
        self.tree = tree
        self.leaves = leaves
        seen = Array(repeating: nil, count: views.count)
        isScanned = Array(repeating: false, count: views.count)
    }

    /// The traces of a view that may match, in no particular order.
    /// - Throws: `CancellationError`.
    mutating func scan(_ view: Int) throws -> [NewestFirstHeap.Entry] {
        let table = tables[view]
        isScanned[view] = true
        if case .never = tree { return [] }
        guard window.overlaps(start: views[view].minStart, end: views[view].maxEnd) else {
            isScanned[view] = false
            return []
        }
        if leaves.isEmpty { driver = .some(nil) } else { try look(view) }
        let wanted = driver ?? nil
        let (starts, ends) = (table.start.buffer, table.end.buffer)
        let number = UInt32(truncatingIfNeeded: view)
        var found: [NewestFirstHeap.Entry] = []
        for trace in 0..<table.count where window.overlaps(start: starts[trace], end: ends[trace]) {
            if let wanted, let masks = seen[view], masks[trace] & wanted == 0 { continue }
            found.append(.init(start: starts[trace], part: number, index: UInt32(truncatingIfNeeded: trace)))
        }
        return found
    }

    /// Works out which leaves the traces of a view have.
    private mutating func look(_ view: Int) throws {
        if seen[view] != nil { return }
        let table = tables[view]
        let compiler = ScanCompiler(views[view])
        let scanner = BlockScanner(views[view].columns)
        var masks = [UInt32](repeating: 0, count: table.count)
        try masks.withUnsafeMutableBufferPointer { masks in
            let traces = views[view].columns.trace.buffer
            for (number, leaf) in leaves.enumerated() {
                let bit: UInt32 = 1 << UInt32(number)
                let condition = leaf(compiler)
                try Task.checkCancellation()
                switch condition {
                case .never: continue
                case .always: for trace in masks.indices { masks[trace] |= bit }
                case .trace(let bits): bits.forEach { masks[$0] |= bit }
                case let node:
                    inspectedSpans += views[view].rowCount
                    inspectedBytes += node.bytes(of: views[view].columns)
                    try scanner.forEachWord(matching: node) { first, bits in
                        var rest = bits
                        while rest != 0 {
                            masks[Int(traces[first + rest.trailingZeroBitCount])] |= bit
                            rest &= rest - 1
                        }
                    }
                }
            }
        }
        if driver == nil {
            var counts = [Int](repeating: 0, count: leaves.count)
            for mask in masks {
                var rest = mask
                while rest != 0 {
                    counts[rest.trailingZeroBitCount] += 1
                    rest &= rest - 1
                }
            }
            driver = .some(tree.driver(counts))
        }
        seen[view] = masks
    }

    /// Looks at all views that have a part of a trace, so that ``admits(_:parts:)`` knows all that the trace has.
    mutating func complete(_ parts: [SpanGatherer.Part]) throws {
        if leaves.isEmpty { return }
        for part in parts { try look(part.view) }
    }

    /// Whether a candidate of a view is to be evaluated: it may match with all its parts together, and it has not been, or will not be,
    /// met as a candidate that precedes this one.
    /// - Parameter parts: all parts of the trace.
    func admits(_ entry: NewestFirstHeap.Entry, parts: [SpanGatherer.Part]) -> Bool {
        var leaves: UInt32 = 0
        var isComplete = true
        for part in parts {
            if let masks = seen[part.view] { leaves |= masks[part.trace] } else { isComplete = false }
            if part.view == Int(entry.part) || !isScanned[part.view] { continue }
            // The same trace in another view: only one of its parts leads to its evaluation.
            let table = tables[part.view]
            guard window.overlaps(start: table.start[part.trace], end: table.end[part.trace]) else { continue }
            if let wanted = driver ?? nil, let masks = seen[part.view], masks[part.trace] & wanted == 0 { continue }
            let other = NewestFirstHeap.Entry(
                start: table.start[part.trace], part: UInt32(truncatingIfNeeded: part.view),
                index: UInt32(truncatingIfNeeded: part.trace))
            if other.precedes(entry) { return false }
        }
        return !isComplete || tree.passes(leaves)
    }
}

extension ScanNode {
    /// About how many bytes a scan over all rows reads.
    func bytes(of columns: SegmentColumns) -> Int {
        let rows = columns.spanID.count
        switch self {
        case .always, .never: return 0
        case .kind, .statusCode, .isRoot: return rows
        case .name, .detail, .resource, .scope, .trace, .hasLink, .hasEvent: return 4 * rows
        case .spanID, .parentSpanID: return 8 * rows
        case .duration: return 16 * rows
        case .pairs: return 4 * columns.pairs.values.count
        case .eventPairs: return 4 * (rows + columns.eventPairs.values.count)
        case .eventName: return 4 * (rows + columns.eventName.count)
        case .linkPairs: return 4 * (rows + columns.linkPairs.values.count)
        case .all(let nodes), .any(let nodes): return nodes.reduce(0) { $0 + $1.bytes(of: columns) }
        }
    }
}
