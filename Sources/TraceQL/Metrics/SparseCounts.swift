/// Counts of intervals of which most are empty.
struct SparseCounts {
    /// All counts together.
    private(set) var total: Double = 0
    /// By interval, ascending.
    private(set) var cells: [(interval: Int32, count: Double)] = []

    mutating func add(_ interval: Int) {
        total += 1
        let wanted = Int32(truncatingIfNeeded: interval)
        var low = 0
        var high = cells.count
        if let last = cells.last, last.interval <= wanted { low = last.interval == wanted ? high - 1 : high }
        while low < high {
            let middle = (low + high) / 2
            if cells[middle].interval < wanted { low = middle + 1 } else { high = middle }
        }
        if low < cells.count && cells[low].interval == wanted {
            cells[low].count += 1
        } else {
            cells.insert((wanted, 1), at: low)
        }
    }
}
