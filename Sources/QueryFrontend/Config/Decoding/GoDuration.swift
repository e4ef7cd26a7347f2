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
        var rest = Array(text.utf8)[...]
        var isNegative = false
        if let first = rest.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            isNegative = first == UInt8(ascii: "-")
            rest = rest.dropFirst()
        }
        if rest.elementsEqual([UInt8(ascii: "0")]) { return .zero }
        guard !rest.isEmpty, rest.count <= 64 else { return nil }
        var total: Int64 = 0
        while !rest.isEmpty {
            guard let part = parsePart(&rest) else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !overflow else { return nil }
            total = sum
        }
        return .nanoseconds(isNegative ? -total : total)
    }

    /// One number with its unit, in nanoseconds.
    private static func parsePart(_ rest: inout ArraySlice<UInt8>) -> Int64? {
        let isDigit = { (byte: UInt8) in byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
        let whole = rest.prefix(while: isDigit)
        rest = rest.dropFirst(whole.count)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            fraction = rest.prefix(while: isDigit)
            rest = rest.dropFirst(fraction.count)
        }
        guard !(whole.isEmpty && fraction.isEmpty) else { return nil }
        let unitBytes = rest.prefix { !isDigit($0) && $0 != UInt8(ascii: ".") }
        rest = rest.dropFirst(unitBytes.count)
        let unit: Int64
        switch String(decoding: unitBytes, as: UTF8.self) {
        case "ns": unit = 1
        case "us", "µs", "μs": unit = 1000
        case "ms": unit = 1_000_000
        case "s": unit = 1_000_000_000
        case "m": unit = 60_000_000_000
        case "h": unit = 3_600_000_000_000
        default: return nil
        }
        var value: Int64 = 0
        for byte in whole {
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, sumOverflow) = scaled.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            guard !overflow, !sumOverflow else { return nil }
            value = sum
        }
        let (scaled, overflow) = value.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        var step = unit
        var rest: Int64 = 0
        // Digits below a nanosecond are dropped, as in Go.
        for byte in fraction {
            // Powers of ten do not divide minutes evenly below a nanosecond; those digits cannot show.
            guard step >= 10 else { break }
            step /= 10
            rest += step * Int64(byte - UInt8(ascii: "0"))
        }
        let (sum, sumOverflow) = scaled.addingReportingOverflow(rest)
        return sumOverflow ? nil : sum
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
