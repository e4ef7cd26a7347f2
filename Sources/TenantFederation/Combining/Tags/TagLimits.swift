/// The limits of tag and value lists; 0: no limit. Tempo's third, `maxStaleValues`, stops a scan that finds nothing new: parts obey
/// it themselves, and a list that is complete has nothing to stop.
package struct TagLimits: Sendable, Hashable {
    /// `max_bytes_per_tag_values_query`: bytes of all elements together.
    package var maxBytes: Int
    /// `limit`: elements, or tags of a scope.
    package var maxCount: Int

    package init(maxBytes: Int = 0, maxCount: Int = 0) {
        self.maxBytes = maxBytes
        self.maxCount = maxCount
    }
}

/// Why a list of tags or values is shorter than what was found.
package enum TagCut: Sendable, Hashable {
    case bytes(limit: Int)
    case count(limit: Int)

    /// For the header that says why an answer is partial.
    package var reason: String {
        switch self {
        case .bytes(let limit): "cut at \(limit) bytes (max_bytes_per_tag_values_query)"
        case .count(let limit): "cut at limit=\(limit)"
        }
    }
}

/// Cuts a sorted list: the longest beginning that obeys the limits, as Tempo's collector would keep of it.
struct TagCutter {
    let limits: TagLimits
    /// Tags v2 may reach the byte limit, the other lists have to stay below it.
    var mayReachByteLimit = false
    private(set) var bytes = 0
    private(set) var cut: TagCut?

    init(limits: TagLimits, mayReachByteLimit: Bool = false) {
        self.limits = limits
        self.mayReachByteLimit = mayReachByteLimit
    }

    /// Whether an element of this size still fits after `count` others.
    mutating func accepts(size: Int, after count: Int) -> Bool {
        guard cut == nil else { return false }
        let total = bytes + size
        if limits.maxBytes > 0, mayReachByteLimit ? total > limits.maxBytes : total >= limits.maxBytes {
            cut = .bytes(limit: limits.maxBytes)
            return false
        }
        if limits.maxCount > 0, count >= limits.maxCount {
            cut = .count(limit: limits.maxCount)
            return false
        }
        bytes = total
        return true
    }
}
