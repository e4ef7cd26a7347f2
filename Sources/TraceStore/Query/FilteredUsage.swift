import TempoAPI
import TraceQL

/// What the spans of a tenant use that match the filter of a tag query and touch its window.
struct FilteredUsage {
    let snapshot: TenantSnapshot
    /// For each view of the snapshot.
    private(set) var views: [ViewUsage]
    /// Names and service names of roots of traces with such spans; the empty string for a trace without root. Empty unless asked for.
    private(set) var rootNames: Set<[UInt8]> = []
    private(set) var rootServiceNames: Set<[UInt8]> = []
    private(set) var inspectedBytes: UInt64 = 0

    /// - Parameters:
    ///   - filter: TraceQL as far as it has been typed.
    ///   - wantsRoots: whether the names of roots are asked for.
    /// - Throws: ``StoreQueryError``; `CancellationError`.
    init(
        _ snapshot: TenantSnapshot, _ levels: ViewUsage.Levels, filter: String, window: StoreTimeWindow,
        wantsRoots: Bool = false
    ) throws {
        try Task.checkCancellation()
        self.snapshot = snapshot
        let parsed: TagFilter?
        do {
            parsed = try TagFilter.parse(filter)
        } catch {
            throw StoreQueryError(.badRequest, "\(error)")
        }
        if let parsed {
            views = snapshot.views.map { ViewUsage($0, levels) }
            try add(parsed, window, wantsRoots)
        } else {
            views = []
            for view in snapshot.views {
                views.append(try ViewUsage.of(view, levels, in: window))
                inspectedBytes += UInt64(4 * view.columns.pairs.values.count)
            }
            if wantsRoots { try addRoots(window) }
        }
    }

    private mutating func add(_ filter: TagFilter, _ window: StoreTimeWindow, _ wantsRoots: Bool) throws {
        let spanset = SpansetExpression(.filter(filter.spansetFilter))
        let query = Query(.spansets(Pipeline([PipelineElement(.spanset(spanset))])))
        let evaluation = try TraceEvaluation(query, snapshot, window: window)
        let strings = evaluation.strings
        let metrics = try evaluation.run(unless: nil) { _, table, locations, spansets, _ in
            var isIn = false
            for spanset in spansets {
                for index in spanset.spans {
                    let span = table.spans[Int(index)]
                    guard window.overlaps(start: span.startUnixNano, end: span.endUnixNano) else { continue }
                    isIn = true
                    let location = locations[Int(index)]
                    views[Int(location.view)].add(Int(location.row))
                }
            }
            guard wantsRoots, isIn else { return }
            let summary = TraceSummary(table)
            rootNames.insert(summary.rootName.map { strings.withBytes(of: $0) { Array($0) } } ?? [])
            rootServiceNames.insert(summary.rootServiceName.map { strings.withBytes(of: $0) { Array($0) } } ?? [])
        }
        inspectedBytes += metrics.inspectedBytes
    }

    private mutating func addRoots(_ window: StoreTimeWindow) throws {
        var check = CancellationCheck()
        let tables = snapshot.views.map(\.traces)
        for (number, view) in snapshot.views.enumerated() {
            let table = tables[number]
            var names = BitSet(capacity: view.columns.strings.count)
            var services = BitSet(capacity: view.columns.strings.count)
            for trace in 0..<table.count
            where window.overlaps(start: table.start[trace], end: table.end[trace]) {
                try check.spend(1)
                let row = table.root[trace]
                if row != .max {
                    names.insert(Int(view.columns.name[Int(row)]))
                    services.insert(Int(view.columns.resourceServiceName[Int(view.columns.resource[Int(row)])]))
                } else if !rootNames.contains([]) || !rootServiceNames.contains([]) {
                    // Another view may have the root.
                    let id = table.id(trace)
                    let hasRoot = tables.indices.contains { other in
                        other != number && tables[other].find(id).map { tables[other].root[$0] != .max } ?? false
                    }
                    if hasRoot { continue }
                    rootNames.insert([])
                    rootServiceNames.insert([])
                }
            }
            names.forEach { rootNames.insert(Array(view.columns.bytes(UInt32(truncatingIfNeeded: $0)))) }
            services.forEach { rootServiceNames.insert(Array(view.columns.bytes(UInt32(truncatingIfNeeded: $0)))) }
        }
    }
}
