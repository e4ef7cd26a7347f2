extension FixedWidthInteger {
    /// Sums of counters that other processes report stop at the greatest value instead of trapping.
    mutating func addSaturating(_ other: Self) {
        let (sum, overflow) = addingReportingOverflow(other)
        self = overflow ? (other < 0 ? .min : .max) : sum
    }
}

extension [String: Int64] {
    /// Adds counters by name. Of an answer from a cache only the bytes that the engine read count, as in Tempo.
    mutating func addCounters(_ other: [String: Int64], isCacheHit: Bool) {
        for (name, value) in other where !isCacheHit || name == "engineBytes" {
            self[name, default: 0].addSaturating(value)
        }
    }
}
