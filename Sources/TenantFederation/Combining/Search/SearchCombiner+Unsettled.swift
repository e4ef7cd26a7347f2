import TempoAPI

/// What is not settled about the answer.
extension SearchCombiner {
    /// Whether a trace of the answer has roots in several parts that did not tell when they started.
    package var hasUndatedRoots: Bool { keptTraces().contains { !SearchRoots($0.copies).undated.isEmpty } }

    /// Whether the answer has as many traces as are wanted.
    package var isFull: Bool { options.limit > 0 && keptStarts().count >= options.limit }

    /// The origins whose answer in a wider window was cut.
    package var cutWide: Set<PartOrigin> { Set(cutWideAt.keys) }

    /// The origins that may have matches before or after the window, which they did not tell, in traces of the answer.
    /// - Parameter isNewestFirst: their answers begin with the newest traces. Otherwise an answer that is full takes in no more.
    package func untoldBeside(isNewestFirst: Bool) -> (before: [PartOrigin], after: [PartOrigin]) {
        guard let window = options.window, !cutWideAt.isEmpty else { return ([], []) }
        let origins = cutWideAt.keys.sorted()
        let starts = keptStarts()
        let isFull = options.limit > 0 && starts.count >= options.limit
        guard isNewestFirst else { return isFull ? ([], []) : (origins, origins) }
        // What lies before the window starts before it.
        let isSettledBefore = isFull && starts.last ?? 0 >= window.lowerBound
        return (
            isSettledBefore ? [] : origins,
            origins.filter { cutWideAt[$0] ?? 0 > window.upperBound || cutWideAt[$0] == 0 }
        )
    }

    /// The traces that were found beside the window, are not known to reach into it and would be in the answer if they did;
    /// those whose parts lie nearest to the window first.
    /// - Parameter isNewestFirst: otherwise an answer that is full takes in no more.
    func undecidedTraces(isNewestFirst: Bool) -> [KeptTrace] {
        guard let window = options.window else { return [] }
        let found = copies.filter { copies in
            copies.contains { $0.role == .beside } && !copies.contains { $0.role == .matches }
        }
        guard !found.isEmpty else { return [] }
        let starts = keptStarts()
        let isFull = options.limit > 0 && starts.count >= options.limit
        if isFull, !isNewestFirst { return [] }
        let oldest = isFull ? starts.last ?? 0 : 0
        return found.compactMap { copies -> (gap: UInt64, trace: KeptTrace)? in
            let times = TraceTimes(copies)
            // It starts then or before.
            guard times.reach(into: window) != .inside, times.start >= oldest, let id = copies.first?.trace.traceID
            else {
                return nil
            }
            let gap =
                times.start > window.upperBound
                ? times.start - window.upperBound : window.lowerBound - min(window.lowerBound, times.ends.greatest)
            return (gap, KeptTrace(traceID: id, copies: copies))
        }.sorted { a, b in
            a.gap != b.gap ? a.gap < b.gap : a.trace.traceID.utf8.lexicographicallyPrecedes(b.trace.traceID.utf8)
        }.map(\.trace)
    }
}
