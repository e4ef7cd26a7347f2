import TempoAPI
import TenantFederation

/// An upstream that holds spans of a part of all time only, by `from` and `until`: it is asked for what lies there, and not at all
/// for what does not.
///
/// Lookups and questions about tags that name no window are asked; a search without one means the latest data. Searches, tags and lookups reach `margin` further, since a part of a trace may have come a
/// little earlier or later; what two targets hold there is united. Range metrics are asked for whole steps without a margin, as
/// counts would add up; instant ones for their whole range, of which a rate is made.
final class BoundedUpstream: Upstream {
    private let base: any Upstream
    private let from: TimeBound?
    private let until: TimeBound?
    private let margin: Int64
    private let clock: any WallClock

    /// - Parameter margin: not negative.
    init(_ base: any Upstream, from: TimeBound?, until: TimeBound?, margin: Duration, clock: any WallClock) {
        self.base = base
        self.from = from
        self.until = until
        self.margin = GoDuration.nanoseconds(margin)
        self.clock = clock
    }

    var name: String { base.name }
    var capabilities: UpstreamCapabilities { base.capabilities }

    func trace(_ lookup: TraceLookup, _ context: SubRequestContext) -> PartialAnswers<TraceAnswer> {
        let seconds = { (name: String) in
            lookup.parameters.first { $0.name == name }.flatMap { Int64($0.value) }.flatMap { UInt32(exactly: $0) }
        }
        guard let start = seconds("start"), let end = seconds("end"), window(start, end) == nil else {
            return base.trace(lookup, context)
        }
        return leftOut(context)
    }

    func search(_ query: SearchQuery, _ context: SubRequestContext) -> PartialAnswers<SearchResponse> {
        guard let window = window(query.start, query.end) else { return leftOut(context) }
        var query = query
        (query.start, query.end) = window
        return base.search(query, context)
    }

    func tagNames(_ query: TagNamesQuery, _ context: SubRequestContext) -> PartialAnswers<SearchTagsResponse> {
        guard let query = cut(query) else { return leftOut(context) }
        return base.tagNames(query, context)
    }

    func scopedTagNames(_ query: TagNamesQuery, _ context: SubRequestContext) -> PartialAnswers<SearchTagsV2Response> {
        guard let query = cut(query) else { return leftOut(context) }
        return base.scopedTagNames(query, context)
    }

    func tagValues(_ query: TagValuesQuery, _ context: SubRequestContext) -> PartialAnswers<SearchTagValuesResponse> {
        guard let query = cut(query) else { return leftOut(context) }
        return base.tagValues(query, context)
    }

    func typedTagValues(
        _ query: TagValuesQuery, _ context: SubRequestContext
    ) -> PartialAnswers<SearchTagValuesV2Response> {
        guard let query = cut(query) else { return leftOut(context) }
        return base.typedTagValues(query, context)
    }

    func metricsSeries(_ query: SeriesQuery, _ context: SubRequestContext) -> PartialAnswers<QueryRangeResponse> {
        let bounds = bounds(margin: 0)
        guard query.end > bounds.from, query.start < bounds.until else { return leftOut(context) }
        guard !query.isInstant, query.step > 0 else { return base.metricsSeries(query, context) }
        var query = query
        if bounds.from > query.start { query.start = max(query.start, Self.floor(bounds.from, query.step)) }
        if bounds.until < query.end { query.end = min(query.end, Self.ceiling(bounds.until, query.step)) }
        return base.metricsSeries(query, context)
    }

    func metricsPartials(
        _ query: PartialSeriesQuery, _ context: SubRequestContext
    ) -> PartialAnswers<PartialSeries> {
        base.metricsPartials(query, context)
    }

    // MARK: Windows

    private func cut(_ query: TagNamesQuery) -> TagNamesQuery? {
        guard query.hasWindow else { return query }
        guard let window = window(query.start, query.end) else { return nil }
        var query = query
        (query.start, query.end) = window
        return query
    }

    private func cut(_ query: TagValuesQuery) -> TagValuesQuery? {
        guard query.hasWindow else { return query }
        guard let window = window(query.start, query.end) else { return nil }
        var query = query
        (query.start, query.end) = window
        return query
    }

    /// What of a window, in unix seconds, may hold spans here; nil: nothing. Both 0 is no window and stays.
    private func window(_ start: UInt32, _ end: UInt32) -> (UInt32, UInt32)? {
        guard start > 0 || end > 0 else { return (start, end) }
        let bounds = bounds(margin: margin)
        let second: Int64 = 1_000_000_000
        guard Int64(end) * second >= bounds.from, Int64(start) * second < bounds.until else { return nil }
        var first = max(start, UInt32(clamping: Self.floor(bounds.from, second) / second))
        var last = min(end, UInt32(clamping: Self.ceiling(bounds.until, second) / second))
        // A Tempo wants the start before the end.
        if first >= last {
            if last < end { last = first + 1 } else { first = max(start, last - min(last, 1)) }
        }
        return (first, last)
    }

    /// Unix nanoseconds, the end not included; widened on both sides.
    private func bounds(margin: Int64) -> (from: Int64, until: Int64) {
        let now = clock.unixNanoseconds
        let minute: Int64 = 60_000_000_000
        var first = from.map { $0.unixNanoseconds(now: now) } ?? .min
        var last = until.map { $0.unixNanoseconds(now: now) } ?? .max
        // Bounds that move with the time move by whole minutes, so that the same question is the same for a while.
        if case .ago = from { first = Self.floor(first, minute) }
        if case .ago = until { last = Self.ceiling(last, minute) }
        let (early, isFirst) = first.subtractingReportingOverflow(margin)
        let (late, isLast) = last.addingReportingOverflow(margin)
        return (isFirst ? .min : early, isLast ? .max : late)
    }

    /// The multiple of `step` at or before a time.
    private static func floor(_ time: Int64, _ step: Int64) -> Int64 {
        let rest = time % step
        guard rest != 0 else { return time }
        let (floor, overflow) = (time - rest).subtractingReportingOverflow(rest < 0 ? step : 0)
        return overflow ? .min : floor
    }

    /// The multiple of `step` at or behind a time.
    private static func ceiling(_ time: Int64, _ step: Int64) -> Int64 {
        let floor = floor(time, step)
        guard floor != time else { return time }
        let (ceiling, overflow) = floor.addingReportingOverflow(step)
        return overflow ? .max : ceiling
    }

    private func leftOut<Part: Sendable>(_ context: SubRequestContext) -> PartialAnswers<Part> {
        PartialAnswers(single: {
            context.account.noteLeftOut()
            return nil
        })
    }
}
