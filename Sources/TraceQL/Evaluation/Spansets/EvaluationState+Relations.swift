/// Marks on spans, cleared in no time by counting up.
struct SpanMarks {
    private var stamps: ContiguousArray<UInt32> = []
    private var current: UInt32 = 0
    /// Counts by nested set number of the parent, from -1.
    fileprivate var counts: ContiguousArray<Int32> = []

    /// Bytes of memory.
    var byteCount: Int { (stamps.capacity + counts.capacity) * MemoryLayout<UInt32>.stride }

    /// No span has the mark.
    mutating func clear(_ count: Int) {
        if stamps.count < count { stamps.append(contentsOf: repeatElement(0, count: count - stamps.count)) }
        current &+= 1
        if current == 0 {
            for index in stamps.indices { stamps[index] = 0 }
            current = 1
        }
    }

    /// True if the span had no mark.
    @inline(__always)
    mutating func insert(_ span: Int32) -> Bool {
        let isNew = stamps[Int(span)] != current
        stamps[Int(span)] = current
        return isNew
    }

    @inline(__always)
    func contains(_ span: Int32) -> Bool { stamps[Int(span)] == current }
}

extension EvaluationState {
    typealias SpanList = ContiguousArray<Int32>

    /// `left op right` over the spans of both sides.
    mutating func related(_ op: SpansetOperator, _ left: SpanList, _ right: SpanList, _ table: SpanTable) -> SpanList {
        switch op {
        case .and: return left.isEmpty || right.isEmpty ? [] : union(left, right, table.count)
        case .or: return union(left, right, table.count)
        default: break
        }
        if right.isEmpty { return [] }
        if left.isEmpty { return op.isNegated ? right : [] }
        makeTree(table)
        switch op {
        case .and, .or: return []
        case .child: return select(right, haveParentIn: left)
        case .notChild: return select(right, haveParentIn: left, negated: true)
        case .unionChild: return both(select(right, haveParentIn: left), select(left, areParentsOf: right), table)
        case .parent: return select(right, areParentsOf: left)
        case .notParent: return select(right, areParentsOf: left, negated: true)
        case .unionParent: return both(select(right, areParentsOf: left), select(left, haveParentIn: right), table)
        case .descendant: return select(right, haveAncestorIn: left)
        case .notDescendant: return select(right, haveAncestorIn: left, negated: true)
        case .unionDescendant:
            return both(select(right, haveAncestorIn: left), select(left, areAncestorsOf: right), table)
        case .ancestor: return select(right, areAncestorsOf: left)
        case .notAncestor: return select(right, areAncestorsOf: left, negated: true)
        case .unionAncestor:
            return both(select(right, areAncestorsOf: left), select(left, haveAncestorIn: right), table)
        case .sibling: return select(right, areSiblingsOf: left)
        case .notSibling: return select(right, areSiblingsOf: left, negated: true)
        case .unionSibling:
            return both(select(right, areSiblingsOf: left), select(left, areSiblingsOf: right), table)
        }
    }

    /// Both sides, once each: the smaller first, then what it lacks of the other.
    private mutating func union(_ left: SpanList, _ right: SpanList, _ count: Int) -> SpanList {
        var (result, other) = left.count < right.count ? (left, right) : (right, left)
        if result.isEmpty { return other }
        marks.clear(count)
        for span in result { _ = marks.insert(span) }
        for span in other where marks.insert(span) { result.append(span) }
        other = []
        return result
    }

    private mutating func both(_ first: SpanList, _ second: SpanList, _ table: SpanTable) -> SpanList {
        marks.clear(table.count)
        var result = first
        for span in first { _ = marks.insert(span) }
        for span in second where marks.insert(span) { result.append(span) }
        return result
    }

    // MARK: - Parents and children

    /// The index of the parent in the tree, -1 for roots and for spans outside of it.
    @inline(__always)
    private func treeParent(_ span: Int32) -> Int32 {
        tree.parentLeft[Int(span)] > 0 ? tree.parent[Int(span)] : -1
    }

    private mutating func select(
        _ spans: SpanList, haveParentIn parents: SpanList, negated: Bool = false
    ) -> SpanList {
        marks.clear(tree.left.count)
        for span in parents { _ = marks.insert(span) }
        return spans.filter { (span: Int32) -> Bool in
            let parent = treeParent(span)
            return (parent >= 0 && marks.contains(parent)) != negated
        }
    }

    private mutating func select(
        _ spans: SpanList, areParentsOf children: SpanList, negated: Bool = false
    ) -> SpanList {
        marks.clear(tree.left.count)
        for span in children {
            let parent = treeParent(span)
            if parent >= 0 { _ = marks.insert(parent) }
        }
        return spans.filter { marks.contains($0) != negated }
    }

    // MARK: - Ancestors and descendants

    /// The spans that are in the tree, by left number. In time proportional to their number, times its logarithm or to the
    /// size of the trace.
    private mutating func byLeft(_ spans: SpanList) -> SpanList {
        if spans.count > tree.left.count / 16 {
            marks.clear(tree.left.count)
            for span in spans { _ = marks.insert(span) }
            return tree.preorder.filter { marks.contains($0) }
        }
        let left = tree.left
        var inside: SpanList = spans.filter { left[Int($0)] > 0 }
        inside.sort { left[Int($0)] < left[Int($1)] }
        return inside
    }

    /// Walks both by left number; of the ancestors only the one that ends last matters, because intervals nest.
    private mutating func select(
        _ spans: SpanList, haveAncestorIn ancestors: SpanList, negated: Bool = false
    ) -> SpanList {
        let above = byLeft(ancestors)
        let below = byLeft(spans)
        marks.clear(tree.left.count)
        var next = 0
        var end: Int32 = 0
        for span in below {
            let left = tree.left[Int(span)]
            while next < above.count, tree.left[Int(above[next])] < left {
                end = max(end, tree.right[Int(above[next])])
                next += 1
            }
            if end > left { _ = marks.insert(span) }
        }
        return spans.filter { marks.contains($0) != negated }
    }

    /// A span is an ancestor if the first of the others that starts after it starts before it ends.
    private mutating func select(
        _ spans: SpanList, areAncestorsOf descendants: SpanList, negated: Bool = false
    ) -> SpanList {
        let above = byLeft(spans)
        let below = byLeft(descendants)
        marks.clear(tree.left.count)
        var next = 0
        for span in above {
            let left = tree.left[Int(span)]
            while next < below.count, tree.left[Int(below[next])] <= left { next += 1 }
            if next < below.count, tree.left[Int(below[next])] < tree.right[Int(span)] { _ = marks.insert(span) }
        }
        return spans.filter { marks.contains($0) != negated }
    }

    // MARK: - Siblings

    private mutating func select(
        _ spans: SpanList, areSiblingsOf others: SpanList, negated: Bool = false
    ) -> SpanList {
        let count = tree.left.count
        // Numbers of parents reach from -1 to twice the spans.
        let missing = 2 * count + 2 - marks.counts.count
        if missing > 0 { marks.counts.append(contentsOf: repeatElement(0, count: missing)) }
        marks.clear(count)
        for span in others {
            _ = marks.insert(span)
            marks.counts[Int(tree.parentLeft[Int(span)]) + 1] += 1
        }
        let result: SpanList = spans.filter { (span: Int32) -> Bool in
            let parent = tree.parentLeft[Int(span)]
            guard parent != 0 else { return negated }
            let there = marks.counts[Int(parent) + 1] - (marks.contains(span) ? 1 : 0)
            return (there > 0) != negated
        }
        for span in others { marks.counts[Int(tree.parentLeft[Int(span)]) + 1] = 0 }
        return result
    }
}
