package import TempoAPI
package import TraceQL

/// How long candidates last, all their parts taken together, as far as headers tell it to the nanosecond.
package struct CandidateTimes: Sendable {
    private struct Times {
        var start = UInt64.max
        var end: UInt64 = 0
        /// Every part told its start and its exact duration.
        var isKnown = true
    }

    private var times: [ExactText: Times] = [:]

    /// Nothing is known.
    package init() {}

    /// Takes one tenant's headers, asked with `| by(trace:duration)`.
    package mutating func fold(_ part: SearchResponse) {
        for trace in part.traces {
            var known = times[ExactText(trace.traceID)] ?? Times()
            if let duration = TraceTimes.exactDuration(inHeader: trace), trace.startTimeUnixNano > 0 {
                known.start = min(known.start, trace.startTimeUnixNano)
                known.end = max(known.end, trace.startTimeUnixNano &+ duration)
            } else {
                known.isKnown = false
            }
            times[ExactText(trace.traceID)] = known
        }
    }

    /// Whether the trace may last as long as a plan wants: it does, or it is not known how long it lasts.
    package func mayLast(_ candidate: CandidateSets.Candidate, _ durations: TraceDurations) -> Bool {
        guard let known = times[ExactText(candidate.traceID)], known.isKnown else { return true }
        return durations.contains(Int64(bitPattern: known.end &- known.start))
    }
}
