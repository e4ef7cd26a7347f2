import TraceQL

/// Candidates of all views, newest first or in any order. Newest first, a view is looked at only when its traces may be the newest of
/// what is left.
struct CandidateTraces {
    private(set) var finder: CandidateFinder
    private(set) var gatherer: SpanGatherer
    private var heap = NewestFirstHeap()
    /// Views not yet looked at, the one with the latest end last.
    private var pending: [Int]
    /// Candidates in any order, and how many of them have been given.
    private var unordered: (entries: [NewestFirstHeap.Entry], given: Int)?

    /// In spans, over all traces: most traces are small.
    private var check = CancellationCheck(every: 8192)

    /// - Parameter inAnyOrder: for those who want all: the order in which they lie in the store, which is the fastest.
    init(
        _ views: [SegmentView], window: StoreTimeWindow, tree: CandidateTree,
        leaves: [@Sendable (ScanCompiler) -> ScanNode], inAnyOrder: Bool = false
    ) {
        unordered = inAnyOrder ? ([], 0) : nil
        gatherer = SpanGatherer(views)
        finder = CandidateFinder(views, tables: gatherer.tables, window: window, tree: tree, leaves: leaves)
        pending = views.indices.sorted { views[$0].maxEnd < views[$1].maxEnd }
    }

    /// The next trace that may match, located in ``gatherer`` but not yet collected; nil when there is none.
    /// - Parameters:
    ///   - exactly: whether a trace must be known to have what the tree asks for, by all its parts.
    ///   - enough: whether traces that start at a time or before are not wanted any more.
    /// - Throws: `CancellationError`.
    mutating func next(
        exactly: Bool = false, unless enough: (_ start: UInt64) -> Bool = { _ in false }
    ) throws -> TraceID? {
        while let entry = try unordered == nil ? nextEntry(unless: enough) : nextUnordered() {
            // Finding a trace in all views costs about as much as some spans.
            try check.spend(8)
            let part = SpanGatherer.Part(view: Int(entry.part), trace: Int(entry.index))
            let id = gatherer.tables[part.view].id(part.trace)
            gatherer.locate(id, known: part)
            if exactly { try finder.complete(gatherer.parts) }
            if finder.admits(entry, parts: gatherer.parts) { return id }
        }
        return nil
    }

    private mutating func nextEntry(unless enough: (UInt64) -> Bool) throws -> NewestFirstHeap.Entry? {
        while let view = pending.last, heap.first.map({ $0.start <= gatherer.views[view].maxEnd }) ?? true {
            if enough(gatherer.views[view].maxEnd) { return nil }
            pending.removeLast()
            heap.append(try finder.scan(view))
        }
        guard let entry = heap.popFirst(), !enough(entry.start) else { return nil }
        return entry
    }

    private mutating func nextUnordered() throws -> NewestFirstHeap.Entry? {
        while let view = pending.popLast() {
            // All views are looked at before a trace is given: only so is it known which of its parts stands for it.
            unordered?.entries.append(contentsOf: try finder.scan(view))
        }
        guard let position = unordered?.given, position < unordered?.entries.count ?? 0 else { return nil }
        unordered?.given = position + 1
        return unordered?.entries[position]
    }

    /// The spans of the trace that ``next(unless:)`` gave.
    /// - Throws: `CancellationError`.
    mutating func collect() throws -> [SpanLocation] {
        try gatherer.collect()
        try check.spend(gatherer.spans.count)
        return gatherer.spans
    }
}
