import TempoAPI
import TenantFederation
import TraceQL

/// A search as it was understood: what every tenant is asked, and what the answer must be.
struct SearchQuestion {
    let parameters: SearchParameters
    /// nil for a search by tags.
    let parsed: Query?
    let order: SearchOrder
    /// What one tenant with everything is asked.
    let query: SearchQuery
    /// Unix seconds in which the other parts of a found trace are looked for.
    let partWindow: PartWindow
    /// Unix seconds; what is newer is left out of searches (`query_end_cutoff`).
    let newest: Int64

    /// Whether the answers of the tenants, each evaluated alone, add up to the answer over whole traces.
    var isSeparable: Bool {
        guard let parsed else { return !parameters.relatesSpans }
        return parsed.federationClass.isSeparable
    }

    /// In which a trace has to lie with some of its time, unix nanoseconds; nil: any.
    var window: ClosedRange<UInt64>? { query.window }

    /// Where an upstream is asked for matches: in the window and, since a trace that reaches into it may match elsewhere only, beside
    /// it. Past a window that ends with the newest data, Tempos have no more to tell (`query_end_cutoff`).
    private func matchWindow(of upstream: any Upstream) -> PartWindow {
        guard isSeparable, window != nil else { return PartWindow(start: query.start, end: query.end) }
        var wide = partWindow
        if !upstream.capabilities.answersNewest, Int64(query.end) >= newest - 1 { wide.end = query.end }
        return wide
    }

    /// Whether the first question to an upstream is about matches before the window too.
    func asksBefore(_ upstream: any Upstream) -> Bool { matchWindow(of: upstream).start < query.start }

    /// The same for matches after the window.
    func asksAfter(_ upstream: any Upstream) -> Bool { matchWindow(of: upstream).end > query.end }

    /// What each of several upstreams is asked first.
    func firstQuery(of upstream: any Upstream) -> SearchQuery {
        let wide = matchWindow(of: upstream)
        var first = query
        (first.start, first.end) = (wide.start, wide.end)
        return first
    }

    /// What an upstream is asked whose answer to the first question was cut: its matches before the window.
    /// - Parameter largestLimit: most traces that may be asked for; 0: any.
    func queryBefore(at upstream: any Upstream, largestLimit: UInt32) -> SearchQuery? {
        guard asksBefore(upstream) else { return nil }
        return beside(matchWindow(of: upstream).start, query.start, largestLimit)
    }

    /// The same for matches after the window.
    func queryAfter(at upstream: any Upstream, largestLimit: UInt32) -> SearchQuery? {
        guard asksAfter(upstream) else { return nil }
        // A Tempo moves the end of what it is asked back; the start must stay before it.
        let settled = UInt32(clamping: max(0, newest - Self.unsettledSeconds))
        return beside(min(query.end, max(query.start, settled)), matchWindow(of: upstream).end, largestLimit)
    }

    private func beside(_ start: UInt32, _ end: UInt32, _ largestLimit: UInt32) -> SearchQuery {
        var beside = query
        (beside.start, beside.end) = (start, end)
        beside.limit = max(Self.leastBeside, query.limit.addingReportingOverflow(query.limit).partialValue, query.limit)
        if largestLimit > 0 { beside.limit = min(beside.limit, max(largestLimit, query.limit)) }
        return beside
    }

    /// At least so many traces are asked for on either side of the window.
    private static let leastBeside: UInt32 = 100

    /// More than targets leave out beyond what is left out here.
    private static let unsettledSeconds: Int64 = 60

    /// What is evaluated on whole traces where the answers of the tenants do not add up; nil when that is not possible.
    var evaluated: Query? { parsed ?? parameters.tagsQuery }

    func headerQuery(_ batch: TraceIDQuestions.Batch) -> SearchQuery {
        narrowed(batch, spansPerSpanSet: 1)
    }

    /// - Parameter largest: most spans a span set that may be asked for; 0: any.
    func rootQuery(_ batch: TraceIDQuestions.Batch, largest: UInt32) -> SearchQuery {
        narrowed(batch, spansPerSpanSet: largest > 0 ? min(100, largest) : 100)
    }

    /// Every match, as far as that many spans may be asked for.
    /// - Parameter largest: as of `rootQuery`.
    func allMatchesQuery(_ batch: TraceIDQuestions.Batch, largest: UInt32) -> SearchQuery {
        narrowed(batch, spansPerSpanSet: largest > 0 ? largest : max(100, query.spansPerSpanSet))
    }

    func matchQuery(_ batch: TraceIDQuestions.Batch) -> SearchQuery {
        narrowed(batch, spansPerSpanSet: query.spansPerSpanSet)
    }

    private func narrowed(_ batch: TraceIDQuestions.Batch, spansPerSpanSet: UInt32) -> SearchQuery {
        SearchQuery(
            conditions: [QueryParameter("q", batch.text)], limit: UInt32(clamping: max(1, batch.traceIDs.count)),
            spansPerSpanSet: spansPerSpanSet, start: partWindow.start, end: partWindow.end)
    }
}

/// The window of a search widened on both sides, since a part of a trace may lie outside of the window that another part meets.
struct PartWindow: Sendable, Equatable {
    /// Unix seconds; both 0: recent data only.
    fileprivate(set) var start: UInt32
    fileprivate(set) var end: UInt32

    init(start: UInt32, end: UInt32) {
        self.start = start
        self.end = end
    }

    /// - Parameters:
    ///   - margin: added on both sides, whole seconds.
    ///   - longest: the longest window that may be asked for; zero: any. A window near to it is widened less.
    init(start: UInt32, end: UInt32, margin: Duration, longest: Duration) {
        guard start > 0 || end > 0 else {
            (self.start, self.end) = (0, 0)
            return
        }
        var seconds = UInt32(clamping: max(0, margin.components.seconds))
        if longest > .zero {
            let room = longest.components.seconds - (Int64(end) - Int64(start))
            seconds = min(seconds, UInt32(clamping: max(0, room / 2)))
        }
        self.start = start > seconds ? start - seconds : min(start, 1)
        self.end = end.addingReportingOverflow(seconds).overflow ? .max : end + seconds
    }
}

extension SearchParameters {
    /// A search by tags takes a trace when its spans meet all conditions together, be it different ones; the durations are
    /// those of the trace, and so is its root.
    var relatesSpans: Bool {
        query == nil && (tags.count > 1 || minDurationMs > 0 || maxDurationMs > 0 || hasRootTags)
    }
}

extension SearchQuery {
    /// Its range in unix nanoseconds; nil without one, as `start=0&end=0` has none.
    var window: ClosedRange<UInt64>? {
        let (start, end) = (UInt64(start), UInt64(end))
        return start > 0 && end >= start ? (start * 1_000_000_000)...(end * 1_000_000_000) : nil
    }
}
