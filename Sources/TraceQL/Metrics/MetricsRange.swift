/// The intervals over which a metrics query counts.
///
/// Intervals are open on the left and closed on the right: interval `i` holds the span starts in
/// `(start + i * step, start + (i + 1) * step]`, and its time stamp is its right edge, cut to milliseconds.
/// All times are unsigned nanoseconds since 1970.
public struct MetricsRange: Sendable, Hashable {
    /// The edge before the first interval; a span that starts here is outside.
    public let start: UInt64
    /// The right edge of the last interval; a span that starts here is inside.
    public let end: UInt64
    /// The width of an interval; at least 1.
    public let step: UInt64
    /// Whether this is the one interval of an instant query, whose samples may carry any time of the closed range.
    public let isInstant: Bool
    /// How many intervals there are; at least 1.
    public let count: Int

    /// Why there are no intervals.
    public enum Failure: Error, Sendable, Hashable, CustomStringConvertible {
        /// `end` is not after `start`.
        case isEmpty
        /// The step is 0.
        case stepIsZero
        /// There would be more intervals than allowed.
        case tooManyIntervals(limit: Int)
        /// The last edge cannot be told in 64 bits.
        case isOutOfBounds

        /// The reason in words.
        public var description: String {
            switch self {
            case .isEmpty: "end must be greater than start"
            case .stepIsZero: "step must be greater than 0"
            case .tooManyIntervals(let limit): "more than \(limit) intervals"
            case .isOutOfBounds: "time is out of bounds"
            }
        }
    }

    /// More intervals than this are never made, whatever a caller allows.
    public static let maximumCount = 1 << 20

    private init(start: UInt64, end: UInt64, step: UInt64, isInstant: Bool, count: Int) {
        self.start = start
        self.end = end
        self.step = step
        self.isInstant = isInstant
        self.count = count
    }

    /// The intervals of a range query as Tempo aligns them: the start is rounded down to a multiple of the step and one
    /// interval is added before it (unless that would begin before 1970), the end is rounded up.
    /// - Parameter maxCount: the most intervals allowed.
    public static func aligned(
        start: UInt64, end: UInt64, step: UInt64, maxCount: Int = maximumCount
    ) throws(Failure) -> MetricsRange {
        guard step > 0 else { throw .stepIsZero }
        guard end > start else { throw .isEmpty }
        var first = start - start % step
        if first > step { first -= step }
        let rest = end % step
        let (last, overflow) = end.addingReportingOverflow(rest == 0 ? 0 : step - rest)
        guard !overflow else { throw .isOutOfBounds }
        return try exact(start: first, end: last, step: step, maxCount: maxCount)
    }

    /// Intervals from bounds that are aligned already. A last interval that does not fit whole is not made.
    public static func exact(
        start: UInt64, end: UInt64, step: UInt64, maxCount: Int = maximumCount
    ) throws(Failure) -> MetricsRange {
        guard step > 0 else { throw .stepIsZero }
        guard end > start, end - start >= step else { throw .isEmpty }
        let count = (end - start) / step
        let limit = min(maxCount, maximumCount)
        guard count <= UInt64(max(0, limit)) else { throw .tooManyIntervals(limit: limit) }
        return MetricsRange(
            start: start, end: start + count * step, step: step, isInstant: false, count: Int(count))
    }

    /// The one interval of an instant query, as wide as the range.
    public static func instant(start: UInt64, end: UInt64) throws(Failure) -> MetricsRange {
        guard end > start else { throw .isEmpty }
        return MetricsRange(start: start, end: end, step: end - start, isInstant: true, count: 1)
    }

    /// The step that Tempo takes when a request names none; nanoseconds.
    public static func defaultStep(start: UInt64, end: UInt64) -> UInt64 {
        let second: UInt64 = 1_000_000_000
        let range = end > start ? end - start : 0
        let wanted = range / 240
        if range < 60 * second {
            let unit: UInt64 = 50_000_000
            return wanted > unit ? wanted - wanted % unit : unit
        }
        for seconds: UInt64 in [3600, 300, 60, 15, 5, 1] where wanted > seconds * second {
            return wanted - wanted % (seconds * second)
        }
        return second
    }

    /// The width of an interval in seconds.
    public var stepSeconds: Double { Double(step) / 1e9 }

    /// The time stamp of an interval in milliseconds since 1970.
    public func timestampMilliseconds(_ interval: Int) -> Int64 {
        Int64((start &+ (UInt64(interval) &+ 1) &* step) / 1_000_000)
    }

    /// The interval that holds a span start, in nanoseconds; nil outside the range.
    public func interval(ofNanoseconds time: UInt64) -> Int? {
        guard time > start, time <= end else { return nil }
        return Int((time - start - 1) / step)
    }

    /// The interval that holds a sample, in milliseconds since 1970; nil outside the range.
    ///
    /// An instant query takes every time of its closed range.
    public func interval(ofMilliseconds time: Int64) -> Int? {
        guard time >= 0 else { return nil }
        if isInstant {
            return UInt64(time) >= start / 1_000_000 && UInt64(time) <= end / 1_000_000 ? 0 : nil
        }
        let (nanoseconds, overflow) = UInt64(time).multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else { return nil }
        return interval(ofNanoseconds: nanoseconds)
    }
}
