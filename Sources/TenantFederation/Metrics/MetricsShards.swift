package import TraceQL

/// A part of the time of a range query that is asked for by itself.
package struct MetricsShard: Sendable, Equatable {
    /// What is sent; an upstream puts it on whole steps.
    package var start: Int64
    package var end: Int64
    /// The intervals that count; an upstream may give one more before them.
    package var range: MetricsRange
    /// The share of the exemplars.
    package var exemplars: UInt32

    /// Cuts the intervals of a query into at most as many parts as wanted, each but the first and the last at least
    /// `minimumWidth` wide. They are cut at times that do not move with the query: the parts of a panel that is asked again a
    /// little later are the same ones, but for its ends.
    /// - Parameters:
    ///   - query: with the bounds of the client, which a query that is not cut is sent with.
    ///   - range: the intervals of the query.
    ///   - minimumWidth: nanoseconds.
    package static func cut(
        _ query: SeriesQuery, range: MetricsRange, parts wanted: Int, minimumWidth: Int64
    ) -> [MetricsShard] {
        let whole = MetricsShard(start: query.start, end: query.end, range: range, exemplars: query.exemplars)
        guard !range.isInstant, wanted > 1, range.count > 1 else { return [whole] }
        let leastIntervals = max(1, Int(clamping: UInt64(max(0, minimumWidth)) / range.step))
        let parts = min(wanted, range.count / leastIntervals)
        guard parts > 1 else { return [whole] }
        // One part more than these may come of where the cuts lie. Rounded, so that it is the same for one interval more or less.
        let intervals = (range.count - 1) / min(parts, wanted - 1) + 1
        let (width, isTooWide) = UInt64((intervals - 1) / leastIntervals + 1)
            .multipliedReportingOverflow(by: UInt64(leastIntervals) * range.step)
        guard !isTooWide else { return [whole] }
        var shards: [MetricsShard] = []
        var start = range.start
        while start < range.end {
            let (next, isPastAll) = (start - (start - range.start % range.step) % width)
                .addingReportingOverflow(width)
            let end = isPastAll ? range.end : min(next, range.end)
            guard let part = try? MetricsRange.exact(start: start, end: end, step: range.step) else { break }
            // One more interval comes before those that count; nothing is lost by bounds on whole steps.
            let share = UInt64(query.exemplars) * UInt64(part.count)
            shards.append(
                MetricsShard(
                    start: shards.isEmpty ? min(query.start, Int64(clamping: end) - 1) : Int64(clamping: start),
                    end: end == range.end ? query.end : Int64(clamping: end), range: part,
                    exemplars: UInt32(clamping: (share + UInt64(range.count) - 1) / UInt64(range.count))))
            start = end
        }
        return shards
    }
}
