import TraceQL

/// What a trace must have for a query to match it, as a tree over a few conditions on spans ("leaves").
indirect enum CandidateTree {
    case always
    case never
    /// Some span satisfies this leaf.
    case leaf(Int)
    case all([CandidateTree])
    case any([CandidateTree])

    /// Leaves beyond this many are not looked at: which of them a trace has is kept in 32 bits.
    static let maxLeaves = 32

    /// - Parameter leaves: gets the conditions that the tree speaks of, each once.
    init(_ condition: TraceCondition, leaves: inout [SpanCondition]) {
        switch condition {
        case .always, .span(.always): self = .always
        case .never, .span(.never): self = .never
        case .span(let span):
            if let known = leaves.firstIndex(of: span) {
                self = .leaf(known)
            } else if leaves.count < Self.maxLeaves {
                leaves.append(span)
                self = .leaf(leaves.count - 1)
            } else {
                self = .always
            }
        case .all(let parts): self = .all(parts.map { CandidateTree($0, leaves: &leaves) })
        case .any(let parts): self = .any(parts.map { CandidateTree($0, leaves: &leaves) })
        }
    }

    /// Whether a trace that has these leaves passes.
    func passes(_ leaves: UInt32) -> Bool {
        switch self {
        case .always: true
        case .never: false
        case .leaf(let leaf): leaves >> UInt32(leaf) & 1 != 0
        case .all(let parts): parts.allSatisfy { $0.passes(leaves) }
        case .any(let parts): parts.contains { $0.passes(leaves) }
        }
    }

    /// Leaves of which every trace that passes has at least one; nil when there is no such set. Of several sets, the one that the
    /// fewest traces have.
    /// - Parameter counts: how many traces have each leaf.
    func driver(_ counts: [Int]) -> UInt32? {
        switch self {
        case .always: return nil
        case .never: return 0
        case .leaf(let leaf): return 1 << UInt32(leaf)
        case .all(let parts):
            let drivers = parts.compactMap { $0.driver(counts) }
            return drivers.min { Self.count($0, counts) < Self.count($1, counts) }
        case .any(let parts):
            var union: UInt32 = 0
            for part in parts {
                guard let driver = part.driver(counts) else { return nil }
                union |= driver
            }
            return union
        }
    }

    private static func count(_ leaves: UInt32, _ counts: [Int]) -> Int {
        counts.indices.reduce(0) { leaves >> UInt32($1) & 1 == 0 ? $0 : $0 + counts[$1] }
    }
}
