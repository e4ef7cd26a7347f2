import TraceQL

/// The time range of a metrics query in Unix nanoseconds, as the client named it and clamped at the newest data.
struct MetricsWindow: Sendable, Equatable {
    var start: Int64
    var end: Int64

    /// Reads `since`, `end` and `start`, in this order: the end is now by default, the start an hour earlier.
    init(_ items: QueryItems, now: Int64) throws(APIError) {
        let since = try Self.read(items, "since") { text throws(GrammarError) in
            try PrometheusDurationText.parse(text)
        }
        let end = try Self.time(items, "end")
        let start = try Self.time(items, "start")
        self.end = end ?? now
        self.start = start ?? Self.clampedDifference(min(self.end, now), since ?? 3_600_000_000_000)
    }

    var length: Int64 { Self.clampedDifference(end, start) }

    /// The step of a query that names none.
    var standardStep: Int64 {
        Int64(clamping: MetricsRange.defaultStep(start: UInt64(max(0, start)), end: UInt64(max(0, end))))
    }

    func checkOrder() throws(APIError) {
        guard start < end, start >= 0 else { throw .badRequest("end must be greater than start") }
    }

    /// Holds the end off the newest data.
    /// - Parameter granularity: the end moves by whole multiples of it, in nanoseconds.
    mutating func clamp(to latest: Int64, granularity: Int64 = 1) throws(APIError) {
        if end > latest {
            let (excess, overflow) = end.subtractingReportingOverflow(latest)
            let (up, overflowUp) = excess.addingReportingOverflow(granularity - 1)
            guard !overflow, !overflowUp else { return end = latest }
            end -= up / granularity * granularity
        }
        guard start < end else { throw .badRequest("query window falls entirely within query_end_cutoff") }
    }

    func checkLength(_ limit: SearchDurationLimit) throws(APIError) {
        guard limit.value != .zero, Duration.nanoseconds(length) > limit.value else { return }
        let source = limit.tenant.map { " (max_metrics_duration of tenant \($0))" } ?? ""
        throw .badRequest(
            "metrics query time range exceeds the maximum allowed duration of \(GoDuration.format(limit.value))\(source)"
        )
    }

    func checkIntervals(step: Int64, maximum: Int64) throws(APIError) {
        guard maximum > 0, step == 0 || length / step > maximum else { return }
        throw .badRequest(
            "step of \(GoDuration.format(.nanoseconds(step))) is too small, minimum step for given range is "
                + GoDuration.format(.nanoseconds(length / maximum)))
    }

    /// Errors of these parameters carry the text of an error type around them.
    static func read<Value>(
        _ items: QueryItems, _ name: String, wrapped: Bool = true,
        _ parse: (_ text: [UInt8]) throws(GrammarError) -> Value
    ) throws(APIError) -> Value? {
        guard let text = items.value(name) else { return nil }
        do {
            return try parse(text)
        } catch {
            let place = wrapped ? "could not parse '\(name)' parameter: " : ""
            throw .badRequest("rpc error: code = Code(400) desc = \(place)\(error.message)")
        }
    }

    private static func time(_ items: QueryItems, _ name: String) throws(APIError) -> Int64? {
        let time = try read(items, name) { text throws(GrammarError) in try UnixTime.parse(parameter: text) }
        return time.map(\.unixNanoseconds)
    }

    private static func clampedDifference(_ a: Int64, _ b: Int64) -> Int64 {
        let (difference, overflow) = a.subtractingReportingOverflow(b)
        return overflow ? (a < 0 ? .min : .max) : difference
    }
}

extension UnixTime {
    /// Limited to 64 bits.
    var unixNanoseconds: Int64 {
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, sumOverflow) = scaled.addingReportingOverflow(nanoseconds)
        return sumOverflow ? .max : sum
    }
}
