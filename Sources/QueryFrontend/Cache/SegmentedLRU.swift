/// Answers by key within a bound of bytes. What is asked for once passes through the first segment, what is asked for again stands
/// in the second, so that a flood of questions that never come back does not drive out the panels of a dashboard.
///
/// Each segment is in the order of use. An answer that is used moves to the front of the second segment, which has at most four
/// fifths of the bytes; what falls out of it goes to the front of the first one. The end of the first segment goes first.
struct SegmentedLRU {
    private struct Node {
        var key: CacheKey
        var answer: CachedAnswer
        var cost: Int
        var isProtected: Bool
        /// Neighbours in the segment, ``none`` at its ends.
        var newer: Int
        var older: Int
    }

    private struct Segment {
        var newest = SegmentedLRU.none
        var oldest = SegmentedLRU.none
        var bytes = 0
    }

    private static let none = -1

    let maxBytes: Int
    private let maxProtectedBytes: Int
    private var nodes: [Node?] = []
    private var free: [Int] = []
    private var places: [CacheKey: Int] = [:]
    private var probation = Segment()
    private var protected = Segment()

    init(maxBytes: Int) {
        self.maxBytes = maxBytes
        maxProtectedBytes = maxBytes / 5 * 4
    }

    var count: Int { places.count }
    /// What the answers take, as ``CachedAnswer/cost(under:)`` counts.
    var bytes: Int { probation.bytes + protected.bytes }
    /// Keys in the order in which they would go, the next first.
    var keysInOrder: [CacheKey] { keys(from: probation.oldest) + keys(from: protected.oldest) }

    /// The answer, which counts as used now; nil and removed when it is too old.
    mutating func answer(for key: CacheKey, at now: Int64) -> CachedAnswer? {
        guard let place = places[key], let node = nodes[place] else { return nil }
        guard node.answer.isFresh(at: now) else {
            remove(place)
            return nil
        }
        unlink(place)
        link(place, isProtected: true)
        while protected.bytes > maxProtectedBytes, protected.oldest != protected.newest {
            let demoted = protected.oldest
            unlink(demoted)
            link(demoted, isProtected: false)
        }
        return node.answer
    }

    /// Keeps an answer, in place of the one under the same key, and drops what has no room any more.
    /// - Returns: what was dropped for room. Nothing is kept, and the answer itself is returned, when it is larger than the bound.
    mutating func insert(_ answer: CachedAnswer, for key: CacheKey) -> [CachedAnswer] {
        if let place = places[key] { remove(place) }
        let cost = answer.cost(under: key)
        guard cost <= maxBytes else { return [answer] }
        let node = Node(
            key: key, answer: answer, cost: cost, isProtected: false, newer: Self.none, older: Self.none)
        let place: Int
        if let reused = free.popLast() {
            place = reused
            nodes[place] = node
        } else {
            place = nodes.count
            nodes.append(node)
        }
        places[key] = place
        link(place, isProtected: false)
        var dropped: [CachedAnswer] = []
        while bytes > maxBytes {
            // The newest is not the one to go while anything else is there.
            let victim = probation.oldest != place ? probation.oldest : protected.oldest
            guard victim != Self.none, let node = nodes[victim] else { break }
            dropped.append(node.answer)
            remove(victim)
        }
        return dropped
    }

    mutating func remove(_ key: CacheKey) {
        if let place = places[key] { remove(place) }
    }

    // MARK: Lists

    private mutating func remove(_ place: Int) {
        guard let key = nodes[place]?.key else { return }
        unlink(place)
        places[key] = nil
        nodes[place] = nil
        free.append(place)
    }

    private mutating func link(_ place: Int, isProtected: Bool) {
        guard let cost = nodes[place]?.cost else { return }
        var segment = isProtected ? protected : probation
        nodes[place]?.isProtected = isProtected
        nodes[place]?.newer = Self.none
        nodes[place]?.older = segment.newest
        if segment.newest == Self.none {
            segment.oldest = place
        } else {
            nodes[segment.newest]?.newer = place
        }
        segment.newest = place
        segment.bytes += cost
        set(segment, isProtected)
    }

    private mutating func unlink(_ place: Int) {
        guard let node = nodes[place] else { return }
        var segment = node.isProtected ? protected : probation
        if node.newer == Self.none { segment.newest = node.older } else { nodes[node.newer]?.older = node.older }
        if node.older == Self.none { segment.oldest = node.newer } else { nodes[node.older]?.newer = node.newer }
        segment.bytes -= node.cost
        set(segment, node.isProtected)
    }

    private mutating func set(_ segment: Segment, _ isProtected: Bool) {
        if isProtected { protected = segment } else { probation = segment }
    }

    private func keys(from oldest: Int) -> [CacheKey] {
        var keys: [CacheKey] = []
        var place = oldest
        while place != Self.none, let node = nodes[place] {
            keys.append(node.key)
            place = node.newer
        }
        return keys
    }
}
