/// Looks in a merged trace for spans whose parent lies in another member. Takes time and memory in proportion to the spans: about
/// 40 bytes each while it runs.
struct ClockSampler {
    private var clocks: MemberClocks
    /// The member of each part; -1 for a part that does not count.
    private let memberOfPart: [Int]
    /// The parent of each span, as its index plus one; 0: none.
    private var parents: [UInt32] = []

    /// Before spans are sorted and shared ids renumbered, while server spans still have the id of their client.
    /// - Returns: nil when fewer than two members hold spans that count.
    static func clocks(of merger: TraceMerger) -> MemberClocks? {
        guard var sampler = ClockSampler(merger) else { return nil }
        sampler.findParents(merger)
        sampler.sample(merger)
        return sampler.clocks
    }

    private init?(_ merger: TraceMerger) {
        let holders = merger.steps.filter { !merger.parts[$0].spans.isEmpty }
        let members = Set(holders.map { merger.parts[$0].origin.clockMember }).sorted()
        guard members.count > 1 else { return nil }
        var memberOfPart = Array(repeating: -1, count: merger.parts.count)
        for part in holders {
            memberOfPart[part] = members.firstIndex(of: merger.parts[part].origin.clockMember) ?? -1
        }
        self.memberOfPart = memberOfPart
        clocks = MemberClocks(members: members)
    }

    // MARK: Parents

    private mutating func findParents(_ merger: TraceMerger) {
        let ranges = merger.steps.map { merger.parts[$0].spans }
        var ids = SpanIDIndex(capacity: ranges.reduce(0) { $0 + $1.count })
        for range in ranges {
            for i in range where merger.index.spans[i].flags.isDisjoint(with: [.dropped, .oddID]) {
                ids.insert(i, of: merger.index.spans)
            }
        }
        parents = [UInt32](repeating: 0, count: merger.index.spans.count)
        for part in merger.steps {
            for i in merger.parts[part].spans {
                let span = merger.index.spans[i]
                guard !span.flags.contains(.dropped) else { continue }
                if let parent = Self.parent(of: i, span, ids, merger.index.spans) {
                    if parent >= 0 { parents[i] = UInt32(truncatingIfNeeded: parent + 1) }
                } else {
                    let isRoot = !span.flags.contains(.hasParent) || span.parent == 0
                    let rank = MemberClocks.RootRank(
                        kind: isRoot ? .root : .orphan, start: span.start == 0 ? .max : span.start)
                    clocks.add(root: rank, of: memberOfPart[part])
                }
            }
        }
    }

    /// The span below which another stands; nil: it has no parent in the trace; -1: which of several is not known.
    @inline(__always) private static func parent(
        of i: Int, _ span: SpanRecord, _ ids: SpanIDIndex, _ spans: [SpanRecord]
    ) -> Int? {
        if !ids.shared.isEmpty, let answer = sharedParent(of: i, span, ids) { return answer }
        guard span.flags.contains(.hasParent), let first = ids.first(span.parent), first != i else { return nil }
        return first
    }

    /// The parent where ids are shared, as `parent(of:)` gives it; nil: no shared id is involved.
    private static func sharedParent(of i: Int, _ span: SpanRecord, _ ids: SpanIDIndex) -> Int? {
        // A server that shares its id with a client is that client's, whoever its parent is said to be.
        if span.kind == SpanRecord.server, !span.flags.contains(.oddID), let sharers = ids.shared[span.id],
            sharers.clients > 0
        {
            return sharers.clients == 1 ? sharers.client : -1
        }
        guard span.flags.contains(.hasParent), let sharers = ids.shared[span.parent] else { return nil }
        if sharers.count == 2, sharers.spans.0 == i || sharers.spans.1 == i {
            return sharers.spans.0 == i ? sharers.spans.1 : sharers.spans.0
        }
        // What is done below a shared id is done by the server.
        return sharers.servers == 1 && sharers.server != i ? sharers.server : -1
    }

    // MARK: Samples

    private mutating func sample(_ merger: TraceMerger) {
        var walks: [UInt32] = []
        for part in merger.steps {
            for i in merger.parts[part].spans where parents[i] != 0 {
                let parent = Int(parents[i]) - 1
                // Most parents are in the part itself, and finding the part of any other takes longer.
                if merger.parts[part].spans.contains(parent) { continue }
                let parentPart = merger.partIndex(of: parent)
                let (from, to) = (memberOfPart[parentPart], memberOfPart[part])
                guard from != to, from >= 0, to >= 0 else { continue }
                if walks.isEmpty { walks = [UInt32](repeating: 0, count: parents.count) }
                if isOnCycle(i, &walks) { continue }
                add(merger, parent: (parent, parentPart, from), child: (i, part, to))
            }
        }
    }

    private mutating func add(
        _ merger: TraceMerger, parent: (span: Int, part: Int, member: Int), child: (span: Int, part: Int, member: Int)
    ) {
        let above = merger.index.spans[parent.span]
        let below = merger.index.spans[child.span]
        guard above.start != 0, below.start != 0 else { return }
        let startGap = ClockTime.difference(below.start, above.start)
        var endGap: Int64?
        if above.kind == SpanRecord.client, below.kind == SpanRecord.server {
            let aboveEnd = SpanTimes.end(of: above, in: merger.parts[parent.part].bytes)
            let belowEnd = SpanTimes.end(of: below, in: merger.parts[child.part].bytes)
            // A server that outlives its client, as after a timeout, tells nothing by its end.
            if aboveEnd >= above.start, belowEnd >= below.start, belowEnd - below.start <= aboveEnd - above.start {
                endGap = min(ClockTime.difference(belowEnd, aboveEnd), startGap)
            }
        }
        clocks.add(parent: parent.member, child: child.member, startGap: startGap, endGap: endGap)
    }

    private static let onCycle = UInt32.max

    /// Spans that are their own ancestors tell nothing. Every span is walked over once, however often this is asked.
    /// - Parameter walks: for each span the number of the walk that came by first, or `onCycle`.
    private func isOnCycle(_ span: Int, _ walks: inout [UInt32]) -> Bool {
        if walks[span] != 0 { return walks[span] == Self.onCycle }
        let walk = UInt32(truncatingIfNeeded: span + 1)
        var current = span
        while walks[current] == 0 {
            walks[current] = walk
            guard parents[current] != 0 else { return false }
            current = Int(parents[current]) - 1
        }
        if walks[current] == walk {
            while walks[current] != Self.onCycle {
                walks[current] = Self.onCycle
                current = Int(parents[current]) - 1
            }
        }
        return walks[span] == Self.onCycle
    }
}
