/// How many generations of their kin stay with the spans that match a trace filter.
public struct SpanKin: Sendable, Hashable {
    /// Generations of ancestors; -1 is all.
    public var ancestors: Int
    /// Generations of descendants; -1 is all.
    public var descendants: Int

    /// Kin to keep.
    public init(ancestors: Int, descendants: Int) {
        self.ancestors = ancestors
        self.descendants = descendants
    }

    /// The spans that stay, by index: those that match, with their kin. Takes time in proportion to the spans, whatever the
    /// shape of the trace.
    /// - Parameter matches: whether each span of the table matches.
    public func kept(_ matches: [Bool], in table: SpanTable) -> [Bool] {
        guard ancestors != 0 || descendants != 0, matches.contains(true) else { return matches }
        let parent = TraceTree(table).parent
        var kept = matches
        let start = matches.indices.filter { matches[$0] }
        spread(start, ancestors, &kept) { span, add in
            if parent[span] >= 0 { add(Int(parent[span])) }
        }
        guard descendants != 0 else { return kept }
        var firstChild = [Int32](repeating: -1, count: matches.count)
        var nextSibling = firstChild
        for span in matches.indices where parent[span] >= 0 {
            nextSibling[span] = firstChild[Int(parent[span])]
            firstChild[Int(parent[span])] = Int32(truncatingIfNeeded: span)
        }
        spread(start, descendants, &kept) { span, add in
            var child = firstChild[span]
            while child >= 0 {
                add(Int(child))
                child = nextSibling[Int(child)]
            }
        }
        return kept
    }

    /// Goes from all spans of the start at once, a generation at a time, so that every span is met at its least distance.
    private func spread(
        _ start: [Int], _ generations: Int, _ kept: inout [Bool], next: (Int, (Int) -> Void) -> Void
    ) {
        var seen = [Bool](repeating: false, count: kept.count)
        for span in start { seen[span] = true }
        var generation = start
        var left = generations
        while left != 0, !generation.isEmpty {
            var following: [Int] = []
            for span in generation {
                next(span) { found in
                    guard !seen[found] else { return }
                    seen[found] = true
                    kept[found] = true
                    following.append(found)
                }
            }
            generation = following
            if left > 0 { left -= 1 }
        }
    }
}
