/// Arithmetic on times from outside, which may be any number. Nothing here overflows.
enum ClockTime {
    /// Differences are cut to about 36 years either way, so that sums of several still fit. No clock is that far off.
    static let maxDifference: Int64 = 1 << 60

    /// `a - b` in nanoseconds.
    @inline(__always) static func difference(_ a: UInt64, _ b: UInt64) -> Int64 {
        a >= b
            ? Int64(clamping: min(a - b, UInt64(maxDifference))) : -Int64(clamping: min(b - a, UInt64(maxDifference)))
    }

    /// The sum of two differences, as a difference.
    static func sum(_ a: Int64, _ b: Int64) -> Int64 {
        let (sum, overflow) = a.addingReportingOverflow(b)
        if overflow { return a < 0 ? -maxDifference : maxDifference }
        return clamp(sum, maxDifference)
    }

    /// `value`, but not further than `bound` from zero.
    static func clamp(_ value: Int64, _ bound: Int64) -> Int64 { min(max(value, -bound), bound) }

    /// A time on another clock. 0 is no time and stays; other times stay within 1 and the largest number.
    static func shifted(_ time: UInt64, by shift: Int64) -> UInt64 {
        guard time != 0 else { return 0 }
        let amount = shift.magnitude
        guard shift < 0 else {
            let (sum, overflow) = time.addingReportingOverflow(amount)
            return overflow ? .max : sum
        }
        return time > amount ? time - amount : 1
    }
}
