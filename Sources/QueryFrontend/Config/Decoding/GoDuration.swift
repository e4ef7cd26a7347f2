/// Durations as Go spells them: `1h30m`, `500ms`, `-1.5s`, `0`.
enum GoDuration {
    /// Nanoseconds of a duration, limited to 64 bits.
    static func nanoseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, sumOverflow) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        if sumOverflow { return seconds < 0 ? .min : .max }
        return sum
    }

    /// Reads the Go form. Nil for anything else, and beyond 64-bit nanoseconds.
    static func parse(_ text: String) -> Duration? {
        guard let nanoseconds = try? GoDurationText.parse(Array(text.utf8)) else { return nil }
        return .nanoseconds(nanoseconds)
    }

    /// The text Go prints: `1h0m0s`, `1.5s`, `250ms`, `0s`.
    static func format(_ duration: Duration) -> String {
        let total = nanoseconds(duration)
        guard total != 0 else { return "0s" }
        let sign = total < 0 ? "-" : ""
        let amount = total.magnitude
        switch amount {
        case ..<1000: return sign + "\(amount)ns"
        case ..<1_000_000: return sign + decimal(amount, unit: 1000) + "µs"
        case ..<1_000_000_000: return sign + decimal(amount, unit: 1_000_000) + "ms"
        default: break
        }
        let seconds = decimal(amount % 60_000_000_000, unit: 1_000_000_000) + "s"
        let minutes = amount / 60_000_000_000
        if minutes == 0 { return sign + seconds }
        let hours = minutes / 60
        if hours == 0 { return sign + "\(minutes)m" + seconds }
        return sign + "\(hours)h\(minutes % 60)m" + seconds
    }

    /// `amount / unit` with as many digits as needed.
    private static func decimal(_ amount: UInt64, unit: UInt64) -> String {
        let (whole, part) = amount.quotientAndRemainder(dividingBy: unit)
        guard part != 0 else { return "\(whole)" }
        var digits = Array(String(part + unit).utf8.dropFirst())
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        return "\(whole)." + String(decoding: digits, as: UTF8.self)
    }
}
