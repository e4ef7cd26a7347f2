/// What bounds the memory of a metrics query.
public struct MetricsLimits: Sendable, Hashable {
    /// Most series of an answer; 0 for no limit. The answer is cut to it and says so.
    public var maxSeries: Int
    /// Most series gathered for one sub-query before the second stage.
    public var maxGatheredSeries: Int
    /// Most numbers held for one query, shared equally by its sub-queries: series times intervals times what a function keeps for
    /// each. 8 bytes each.
    public var maxCells: Int

    /// Limits.
    public init(maxSeries: Int = 0, maxGatheredSeries: Int = 200_000, maxCells: Int = 16 << 20) {
        self.maxSeries = maxSeries
        self.maxGatheredSeries = maxGatheredSeries
        self.maxCells = maxCells
    }

    /// Tempo's text for an answer that was cut.
    static func message(_ limit: Int) -> String {
        "Response exceeds maximum series limit of \(limit), a partial response is returned. "
            + "Warning: the accuracy of each individual value is not guaranteed."
    }
}
