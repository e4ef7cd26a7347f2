import TempoAPI
import TenantFederation

/// Which answers may be kept, and for how long: only what is whole, and what is not expected to change.
struct AnswerLife: Sendable {
    /// Nanoseconds. What ended longer ago is closed: no more spans are expected.
    var closedAfter: Int64
    /// Nanoseconds that answers are kept; 0: not at all.
    var ofClosed: Int64
    var ofLookups: Int64
    var ofTags: Int64

    /// Nothing is kept.
    static let none = AnswerLife(closedAfter: 0, ofClosed: 0, ofLookups: 0, ofTags: 0)

    // Each gives nanoseconds, at most 0 for an answer that is not kept. `now` is when the question was asked, in nanoseconds
    // since 1970.

    /// Traces that were found and whose last span ended long enough ago. That a trace was not found is never kept: it may arrive
    /// any moment, and people look for the newest.
    func life(of answer: TraceAnswer, askedAt now: Int64) -> Int64 {
        guard ofLookups > 0, let settled = TraceSettlement(answer), !settled.isPartial, let end = settled.newestEnd,
            end > 0, isClosed(end, at: now)
        else { return 0 }
        return ofLookups
    }

    /// Searches of a closed window, with closed traces. One that found as many as it may was cut at an end that depends on chance.
    func life(of answer: SearchResponse, to query: SearchQuery, askedAt now: Int64) -> Int64 {
        guard ofClosed > 0, query.end > 0, isClosed(UInt64(query.end) * 1_000_000_000, at: now),
            answer.traces.count < query.limit, answer.metrics?.isWhole ?? true,
            answer.traces.allSatisfy({ isClosed($0.endUnixNanoseconds, at: now) })
        else { return 0 }
        return ofClosed
    }

    /// Series of a closed range.
    func life(of answer: QueryRangeResponse, to query: SeriesQuery, askedAt now: Int64) -> Int64 {
        guard ofClosed > 0, query.end > 0, isClosed(UInt64(query.end), at: now),
            answer.status == .complete, answer.message.isEmpty, answer.metrics?.isWhole ?? true
        else { return 0 }
        return ofClosed
    }

    /// Tag names and values of any window.
    /// - Parameter count: of what is listed.
    func life(ofTags count: Int, _ metrics: MetadataMetrics?, _ parameters: [QueryParameter]) -> Int64 {
        let isWhole = metrics.map { $0.completedJobs >= $0.totalJobs } ?? true
        guard ofTags > 0, isWhole, !Self.isCut(count, parameters) else { return 0 }
        return ofTags
    }

    /// A list as long as it may be says nothing about what is missing.
    private static func isCut(_ count: Int, _ parameters: [QueryParameter]) -> Bool {
        guard let limit = parameters.first(where: { $0.name == "limit" }) else { return false }
        guard let most = Int(limit.value) else { return true }
        return most > 0 && count >= most
    }

    private func isClosed(_ end: UInt64, at now: Int64) -> Bool {
        let (border, overflow) = now.subtractingReportingOverflow(closedAfter)
        return !overflow && border > 0 && end <= UInt64(border)
    }
}

extension SearchMetrics {
    /// False when a Tempo says that it stopped before its jobs were done.
    fileprivate var isWhole: Bool { completedJobs >= totalJobs }
}

extension TraceSearchMetadata {
    /// The end of the trace as far as it is known; the largest number when it is unknown or lies beyond.
    fileprivate var endUnixNanoseconds: UInt64 {
        guard startTimeUnixNano > 0 else { return .max }
        let (end, overflow) = startTimeUnixNano.addingReportingOverflow(UInt64(durationMs) * 1_000_000)
        return overflow ? .max : end
    }
}
