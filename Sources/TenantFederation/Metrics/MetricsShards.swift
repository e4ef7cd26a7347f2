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

    /// Cuts the intervals of a query into as many parts of equal width as wanted, each at least `minimumWidth` wide.
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
        let width = UInt64((range.count + parts - 1) / parts) * range.step
        var shards: [MetricsShard] = []
        var start = range.start
        while start < range.end {
            let end = min(start + width, range.end)
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
