extension SeriesSet {
    /// Applies `topk`, `bottomk` and comparisons in order.
    func applying(_ stages: [MetricsSecondStage]) -> SeriesSet {
        var set = self
        for stage in stages {
            switch stage.kind {
            case .topK(let limit): set.keep(Int(clamping: limit), largest: true)
            case .bottomK(let limit): set.keep(Int(clamping: limit), largest: false)
            case .filter(let op, let bound): set.filter(op, bound)
            }
        }
        return set
    }

    // MARK: - topk and bottomk

    /// Keeps at every interval the largest or smallest values. A set of no more series than the limit stays as it is.
    private mutating func keep(_ limit: Int, largest: Bool) {
        guard limit > 0, rows.count > limit else { return }
        // Ties are rare and comparing labels is slow, so ranks are made once.
        let ranks = tieRanks()
        var best = BestCandidates(limit: limit, largest: largest)
        for interval in 0..<range.count {
            best.removeAll()
            for row in rows.indices {
                let value = rows[row].values[interval]
                if !value.isNaN { best.offer(BestCandidates.Candidate(value: value, rank: ranks[row], row: row)) }
            }
            guard best.hasLeftOut else { continue }
            let kept = Set(best.rows)
            for row in rows.indices where !kept.contains(row) { rows[row].values[interval] = .nan }
        }
        rows.removeAll { !$0.values.contains { !$0.isNaN } }
    }

    /// For every series how many others count as smaller when their values are equal.
    private func tieRanks() -> [Int] {
        let order = rows.indices.sorted { TieOrder.precedes(rows[$0].labels, rows[$1].labels) }
        var ranks = Array(repeating: 0, count: rows.count)
        for (rank, row) in order.enumerated() { ranks[row] = rank }
        return ranks
    }

    // MARK: - Comparisons

    /// Removes points that do not compare, and what is left without points.
    private mutating func filter(_ op: BinaryOperator, _ bound: Double) {
        for row in rows.indices {
            for interval in rows[row].values.indices
            where !Self.holds(op, rows[row].values[interval], bound) {
                rows[row].values[interval] = .nan
            }
            // An exemplar without a value of its own shares the fate of its interval.
            rows[row].exemplars.removeAll { !$0.value.isNaN && !Self.holds(op, $0.value, bound) }
        }
        rows.removeAll { !$0.values.contains { !$0.isNaN } }
    }

    private static func holds(_ op: BinaryOperator, _ value: Double, _ bound: Double) -> Bool {
        guard !value.isNaN else { return false }
        return switch op {
        case .equal: value == bound
        case .notEqual: value != bound
        case .less: value < bound
        case .lessOrEqual: value <= bound
        case .greater: value > bound
        case .greaterOrEqual: value >= bound
        default: false
        }
    }
}

/// The best of many values, in a heap whose root is the worst of those kept.
private struct BestCandidates {
    struct Candidate {
        var value: Double
        /// Decides between equal values: the greater counts as larger.
        var rank: Int
        var row: Int
    }

    private let limit: Int
    private let largest: Bool
    private var heap: [Candidate] = []
    /// Whether some value did not fit.
    private(set) var hasLeftOut = false

    init(limit: Int, largest: Bool) {
        self.limit = limit
        self.largest = largest
    }

    var rows: [Int] { heap.map(\.row) }

    mutating func removeAll() {
        heap.removeAll(keepingCapacity: true)
        hasLeftOut = false
    }

    mutating func offer(_ candidate: Candidate) {
        guard heap.count == limit else {
            heap.append(candidate)
            siftUp()
            return
        }
        hasLeftOut = true
        guard isWorse(heap[0], candidate) else { return }
        heap[0] = candidate
        siftDown()
    }

    private func isWorse(_ a: Candidate, _ b: Candidate) -> Bool {
        if a.value != b.value { return largest ? a.value < b.value : a.value > b.value }
        return largest ? a.rank < b.rank : a.rank > b.rank
    }

    private mutating func siftUp() {
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard isWorse(heap[child], heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var worst = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if isWorse(heap[child], heap[worst]) { worst = child }
            }
            guard worst != parent else { return }
            heap.swapAt(parent, worst)
            parent = worst
        }
    }
}

/// Which of two series with equal values counts as smaller.
private enum TieOrder {
    /// Label by label: the alphabetically later text, then the later name, then the lesser type, then the lesser bits.
    static func precedes(_ a: [MetricsLabel], _ b: [MetricsLabel]) -> Bool {
        for index in 0..<max(a.count, b.count) {
            let (left, right) = (Slot(a, index), Slot(b, index))
            if !UTF8Text.areEqual(left.text, right.text) { return UTF8Text.precedes(right.text, left.text) }
            if !UTF8Text.areEqual(left.name, right.name) { return UTF8Text.precedes(right.name, left.name) }
            if left.type != right.type { return left.type < right.type }
            if left.bits != right.bits { return left.bits < right.bits }
        }
        return false
    }

    private struct Slot {
        var text = ""
        var name = ""
        var type = 0
        var bits: UInt64 = 0

        init(_ labels: [MetricsLabel], _ index: Int) {
            guard index < labels.count else { return }
            name = labels[index].name
            switch labels[index].value {
            case .int(let number): (type, bits) = (1, UInt64(bitPattern: number))
            case .float(let number): (type, bits) = (2, number.bitPattern)
            case .string(let value): (type, text) = (3, value)
            case .boolean(let flag): (type, bits) = (4, flag ? 1 : 0)
            case .array(let values): (type, text) = (5, MetricsLabelValue.array(values).description)
            }
        }
    }
}
