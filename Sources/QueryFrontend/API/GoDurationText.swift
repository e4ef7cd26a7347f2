/// Go's durations as parameters: `1.5s`, `1h2m`, `-100ms`, with Go's words for what is wrong. Values are nanoseconds.
enum GoDurationText {
    private static let units: [(name: String, nanoseconds: UInt64)] = [
        ("ns", 1), ("us", 1000), ("\u{B5}s", 1000), ("\u{3BC}s", 1000), ("ms", 1_000_000), ("s", 1_000_000_000),
        ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]

    /// The largest magnitude: that of the smallest negative duration.
    private static let largest: UInt64 = 1 << 63

    /// `time.ParseDuration`: a sign, then one or more numbers with unit, or a lone `0`.
    static func parse(_ text: [UInt8]) throws(GrammarError) -> Int64 {
        let invalid = GrammarError(message: "time: invalid duration \(GoQuotedText.quoteForTime(text))")
        let negative = text.first == UInt8(ascii: "-")
        var rest = text[...]
        if negative || text.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        if rest.elementsEqual("0".utf8) { return 0 }
        if rest.isEmpty { throw invalid }
        var total: UInt64 = 0
        while !rest.isEmpty {
            let term = try parseTerm(&rest, whole: text, invalid: invalid)
            let (sum, overflow) = total.addingReportingOverflow(term)
            if overflow || sum > largest { throw invalid }
            total = sum
        }
        if negative { return Int64(truncatingIfNeeded: 0 &- total) }
        guard total < largest else { throw invalid }
        return Int64(total)
    }

    private static func parseTerm(
        _ rest: inout ArraySlice<UInt8>, whole: [UInt8], invalid: GrammarError
    ) throws(GrammarError) -> UInt64 {
        var digits = 0
        var value: UInt64 = 0
        while let byte = rest.first, GoNumber.isDigit(byte) {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (next, carry) = tens.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            if overflow || carry || next > largest { throw invalid }
            value = next
            digits += 1
            rest = rest.dropFirst()
        }
        var fraction: UInt64 = 0
        var scale = 1.0
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            while let byte = rest.first, GoNumber.isDigit(byte) {
                digits += 1
                rest = rest.dropFirst()
                // Digits below what a fraction can hold do not count.
                guard fraction <= (largest - 10) / 10 else { continue }
                fraction = fraction * 10 + UInt64(byte - UInt8(ascii: "0"))
                scale *= 10
            }
        }
        if digits == 0 { throw invalid }
        let name = rest.prefix { !GoNumber.isDigit($0) && $0 != UInt8(ascii: ".") }
        rest = rest.dropFirst(name.count)
        let quoted = GoQuotedText.quoteForTime(whole)
        if name.isEmpty { throw GrammarError(message: "time: missing unit in duration \(quoted)") }
        guard let unit = units.first(where: { name.elementsEqual($0.name.utf8) })?.nanoseconds else {
            let quotedUnit = GoQuotedText.quoteForTime(Array(name))
            throw GrammarError(message: "time: unknown unit \(quotedUnit) in duration \(quoted)")
        }
        let (scaled, overflow) = value.multipliedReportingOverflow(by: unit)
        if overflow || scaled > largest { throw invalid }
        // Below one unit, so far inside the range of UInt64.
        let part = UInt64(Double(fraction) * (Double(unit) / scale))
        guard scaled + part <= largest else { throw invalid }
        return scaled + part
    }
}
