/// A parsed pattern. Groups and greediness leave no trace: only whether a text matches is ever asked.
indirect enum RegexNode {
    /// Matches the empty text.
    case empty
    /// One character of a set.
    case set(RuneSet)
    /// A condition on the place between two characters.
    case assertion(RegexAssertion)
    case concatenation([RegexNode])
    case alternation([RegexNode])
    /// At least `min` times; at most `max` times, nil for no bound.
    case repetition(RegexNode, min: Int, max: Int?)

    /// The number of instructions that the node compiles to; saturates.
    var instructionCount: Int {
        switch self {
        case .empty: return 0
        case .set, .assertion: return 1
        case .concatenation(let nodes): return nodes.reduce(0) { Self.sum($0, $1.instructionCount) }
        case .alternation(let nodes): return nodes.reduce(0) { Self.sum($0, Self.sum($1.instructionCount, 2)) }
        case .repetition(let node, let min, let max):
            let count = Self.sum(node.instructionCount, 2)
            let (total, overflow) = count.multipliedReportingOverflow(by: Swift.max(1, max ?? (min + 1)))
            return overflow ? .max : total
        }
    }

    private static func sum(_ a: Int, _ b: Int) -> Int {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? .max : sum
    }

    /// Whether the product of nested repetition counts stays within `budget`.
    func repeatsWithin(_ budget: Int) -> Bool {
        switch self {
        case .empty, .set, .assertion: return true
        case .concatenation(let nodes), .alternation(let nodes): return nodes.allSatisfy { $0.repeatsWithin(budget) }
        case .repetition(let node, let min, let max):
            let count = max ?? min
            // Stars, pluses and question marks count as one.
            guard min >= 2 || (max ?? 0) >= 2 else { return node.repeatsWithin(budget) }
            guard count <= budget else { return false }
            return node.repeatsWithin(count > 0 ? budget / count : budget)
        }
    }
}

/// Conditions on the place between two characters.
enum RegexAssertion: UInt8, Sendable {
    case textStart, textEnd, lineStart, lineEnd, wordBoundary, notWordBoundary
}
