/// How far the clock of each member is ahead of the clock that a trace is shown by.
struct ClockOffsets {
    /// One for each member, by its place in the list of members.
    private(set) var offsets: [Int64]

    /// Two members and what is known of their clocks.
    struct Edge {
        var first: Int
        var second: Int
        var estimate: ClockEstimate
        /// Parents and children that the estimate rests on.
        var weight: Int
    }

    /// The clocks of members that no parent and child connect stay as they are.
    /// - Parameter order: the members, those whose clocks are right first.
    init(members: Int, order: [Int], edges: [Edge]) {
        offsets = Array(repeating: 0, count: members)
        var anchors = Array(repeating: -1, count: members)
        let neighbours = Self.neighbours(members, edges)
        for start in order where anchors[start] < 0 {
            anchors[start] = start
            var queue = [start]
            var next = 0
            while next < queue.count {
                let member = queue[next]
                next += 1
                for edge in neighbours[member].map({ edges[$0] }) {
                    let isForward = edge.first == member
                    let other = isForward ? edge.second : edge.first
                    guard anchors[other] < 0 else { continue }
                    anchors[other] = start
                    // Clocks that may both be right are not touched.
                    let ahead = edge.estimate.isSkewed ? edge.estimate.offset ?? 0 : 0
                    offsets[other] = ClockTime.sum(offsets[member], isForward ? ahead : -ahead)
                    queue.append(other)
                }
            }
        }
        if let settled = settled(edges) {
            for member in offsets.indices {
                let anchor = anchors[member] < 0 ? 0 : settled[anchors[member]]
                offsets[member] = ClockTime.sum(settled[member], -anchor)
            }
        }
    }

    /// The edges of each member, the best founded first.
    private static func neighbours(_ members: Int, _ edges: [Edge]) -> [[Int]] {
        let byWeight = edges.indices.sorted { a, b in
            (edges[b].estimate.exchanges, edges[b].weight, edges[a].first, edges[a].second)
                < (edges[a].estimate.exchanges, edges[a].weight, edges[b].first, edges[b].second)
        }
        var neighbours = [[Int]](repeating: [], count: members)
        for index in byWeight {
            neighbours[edges[index].first].append(index)
            neighbours[edges[index].second].append(index)
        }
        return neighbours
    }

    /// Rounds of settling; as many as members are always enough, and few are needed.
    private static let maxRounds = 64

    /// Estimates that are joined along a tree need not fit the edges that are not in it. This gives offsets that fit all, by lowering
    /// what is too high until nothing is; nil when no offsets do.
    private func settled(_ edges: [Edge]) -> [Int64]? {
        var settled = offsets
        for _ in 0...min(settled.count, Self.maxRounds) {
            var isSettled = true
            for edge in edges {
                let range = edge.estimate.interval
                if range.high != .max {
                    let most = ClockTime.sum(settled[edge.first], range.high)
                    if settled[edge.second] > most {
                        settled[edge.second] = most
                        isSettled = false
                    }
                }
                if range.low != .min {
                    let most = ClockTime.sum(settled[edge.second], -range.low)
                    if settled[edge.first] > most {
                        settled[edge.first] = most
                        isSettled = false
                    }
                }
            }
            if isSettled { return settled }
        }
        return nil
    }
}
