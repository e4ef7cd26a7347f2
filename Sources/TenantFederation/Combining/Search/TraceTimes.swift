import TempoAPI

/// Start and duration of a trace of which several parts are known, each by its own start and duration.
///
/// The whole lasts from the first start to the last end. A part tells its duration in whole milliseconds, cut, unless a header
/// tells it to the nanosecond; a start of 0 is unknown, and such a part has a duration but no end.
struct TraceTimes {
    /// Unix nanoseconds; 0: unknown.
    private(set) var start: UInt64 = 0
    private(set) var durationMs: UInt32 = 0
    /// False when the milliseconds that the parts cut off could make the duration longer.
    private(set) var isExact = true
    /// The last end of all parts lies between these; 0: unknown.
    private(set) var ends: (least: UInt64, greatest: UInt64) = (0, 0)

    /// Whether a trace lies in a window with some of its time, as far as its known parts tell.
    enum Reach: Sendable, Hashable {
        case inside, outside
        /// The milliseconds that a part cut off decide.
        case unknown
    }

    init(_ copies: [SearchCombiner.Copy]) {
        var exact: [PartOrigin: UInt64] = [:]
        for copy in copies {
            guard let duration = Self.exactDuration(of: copy) else { continue }
            exact[copy.origin] = max(exact[copy.origin] ?? 0, duration)
        }
        var start = UInt64.max
        var floating: UInt64 = 0
        for copy in copies {
            if copy.trace.startTimeUnixNano > 0 { start = min(start, copy.trace.startTimeUnixNano) }
        }
        // The end at least, and at most.
        var (low, high): (UInt64, UInt64) = (0, 0)
        for copy in copies {
            let whole = UInt64(copy.trace.durationMs) * 1_000_000
            let isPlausible = copy.trace.durationMs <= Self.longestMs
            let least = max(isPlausible ? whole : 0, exact[copy.origin] ?? 0)
            guard copy.trace.startTimeUnixNano > 0 else {
                floating = max(floating, least)
                continue
            }
            var end = copy.trace.startTimeUnixNano
            end.addSaturating(least)
            low = max(low, end)
            if exact[copy.origin] == nil {
                end = copy.trace.startTimeUnixNano
                end.addSaturating(whole + 999_999)
            }
            high = max(high, end)
        }
        guard start != .max else {
            durationMs = UInt32(clamping: floating / 1_000_000)
            return
        }
        self.start = start
        ends = (low, high)
        durationMs = UInt32(clamping: max(floating, low - start) / 1_000_000)
        isExact = UInt32(clamping: max(floating, high - start) / 1_000_000) == durationMs
    }

    /// - Parameter window: unix nanoseconds. A trace is in it when it starts no later than the end and ends no earlier than the
    ///   start. A trace of which nobody tells when it was is not kept out.
    func reach(into window: ClosedRange<UInt64>) -> Reach {
        guard start > 0 else { return .inside }
        if start > window.upperBound || ends.greatest < window.lowerBound { return .outside }
        return ends.least >= window.lowerBound ? .inside : .unknown
    }

    /// A part that ends before it starts tells a duration that has wrapped around; one that looks so (24 days) has to be told
    /// exactly before it counts.
    private static let longestMs = UInt32.max / 2

    /// A header asked with `| by(trace:duration)` tells the duration to the nanosecond; 0 for a negative one.
    static func exactDuration(of copy: SearchCombiner.Copy) -> UInt64? {
        copy.role == .headers ? exactDuration(inHeader: copy.trace) : nil
    }

    /// The same of such a header; nil when it does not, or when the trace ends before it starts.
    static func exactDuration(inHeader trace: TraceSearchMetadata) -> UInt64? {
        for set in trace.spanSets {
            for attribute in set.attributes
            where attribute.key == "by(traceDuration)" || attribute.key == "by(trace:duration)" {
                if case .string(let text)? = attribute.value?.value {
                    return text.hasPrefix("-") ? 0 : GoDurationText.nanoseconds(text)
                }
            }
        }
        return nil
    }
}
