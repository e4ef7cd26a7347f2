import TempoAPI
import TenantFederation
import TraceQL

/// A search as it was understood: what every tenant is asked, and what the answer must be.
struct SearchQuestion {
    let parameters: SearchParameters
    /// nil for a search by tags.
    let parsed: Query?
    let order: SearchOrder
    /// What every tenant is asked first.
    let query: SearchQuery
    /// Unix seconds in which the other parts of a found trace are looked for.
    let partWindow: PartWindow

    /// Whether the answers of the tenants, each evaluated alone, add up to the answer over whole traces.
    var isSeparable: Bool {
        guard let parsed else { return !parameters.relatesSpans }
        return parsed.federationClass.isSeparable
    }

    func headerQuery(_ batch: TraceIDQuestions.Batch) -> SearchQuery {
        narrowed(batch, spansPerSpanSet: 1)
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
    let start: UInt32
    let end: UInt32

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
    /// those of the trace.
    var relatesSpans: Bool {
        query == nil && (tags.count > 1 || minDurationMs > 0 || maxDurationMs > 0)
    }
}
