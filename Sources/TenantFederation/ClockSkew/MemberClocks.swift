/// The evidence of a trace on the clocks of all its members.
struct MemberClocks {
    /// The members that hold spans, ascending; everything here numbers them by their place in this list.
    let members: [Int]
    private var evidence: [Int: ClockEvidence] = [:]
    private var roots: [RootRank]

    /// How much a member's earliest span says that its clock is the one to go by: a root most, then a span whose parent nobody has.
    struct RootRank: Comparable {
        enum Kind: Int { case root, orphan, none }
        var kind = Kind.none
        var start = UInt64.max

        static func < (a: RootRank, b: RootRank) -> Bool {
            (a.kind.rawValue, a.start) < (b.kind.rawValue, b.start)
        }
    }

    init(members: [Int]) {
        self.members = members
        roots = Array(repeating: RootRank(), count: members.count)
    }

    var isEmpty: Bool { evidence.isEmpty }

    /// A span without a parent in the trace.
    mutating func add(root: RootRank, of member: Int) {
        if root < roots[member] { roots[member] = root }
    }

    /// A span of `child` whose parent is in another member, `parent`; the gaps are those of `ClockEvidence.add`.
    mutating func add(parent: Int, child: Int, startGap: Int64, endGap: Int64?) {
        let (first, second) = (min(parent, child), max(parent, child))
        evidence[first * members.count + second, default: ClockEvidence()]
            .add(parentIsFirst: parent == first, startGap: startGap, endGap: endGap)
    }

    /// - Parameter maxAdjustment: nil: nothing is to be shifted.
    func report(maxAdjustment: Int64?) -> ClockSkewReport {
        let found = evidence.sorted { $0.key < $1.key }.map { key, evidence in
            (first: key / members.count, second: key % members.count, evidence: evidence)
        }
        let edges = found.map { pair in
            ClockOffsets.Edge(
                first: pair.first, second: pair.second, estimate: pair.evidence.estimate(),
                weight: pair.evidence.forward.count + pair.evidence.backward.count)
        }
        let pairs = zip(found, edges).map { pair, edge in
            let disorder = pair.evidence.disorder(ifAheadBy: 0)
            return ClockSkewReport.Pair(
                first: members[pair.first], second: members[pair.second], offset: edge.estimate.offset,
                exchanges: edge.estimate.exchanges, childrenBeforeParents: disorder.forward,
                reverseChildrenBeforeParents: disorder.backward, isSkewed: edge.estimate.isSkewed,
                isContradictory: edge.estimate.isContradictory)
        }
        var report = ClockSkewReport(pairs: pairs)
        guard let bound = maxAdjustment, bound > 0, edges.contains(where: \.estimate.isSkewed) else { return report }

        let order = members.indices.sorted { (roots[$0], $0) < (roots[$1], $1) }
        let offsets = ClockOffsets(members: members.count, order: order, edges: edges).offsets
        let bounded = offsets.map { ClockTime.clamp($0, bound) }
        // Offsets that contradict some of the evidence could make matters worse. Those that fit it cannot, cut or not.
        var before = 0
        var after = 0
        for pair in found {
            let now = pair.evidence.disorder(ifAheadBy: 0)
            let then = pair.evidence.disorder(ifAheadBy: bounded[pair.second] - bounded[pair.first])
            before += now.forward + now.backward
            after += then.forward + then.backward
        }
        guard after <= before else { return report }
        report.shifts = members.indices.compactMap { index in
            guard bounded[index] != 0 else { return nil }
            return ClockSkewReport.Shift(
                member: members[index], nanoseconds: -bounded[index], isCut: bounded[index] != offsets[index])
        }
        return report
    }
}
