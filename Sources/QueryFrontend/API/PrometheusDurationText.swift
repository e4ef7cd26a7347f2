/// Prometheus durations as parameters: whole numbers with units from year to millisecond, largest first (`1d12h`), or a lone
/// `0`. Errors carry the words of Prometheus's own parser.
enum PrometheusDurationText {
    /// Ordered from large to small: a unit may only follow a larger one.
    private static let units: [(name: String, nanoseconds: UInt64)] = [
        ("y", 31_536_000_000_000_000), ("w", 604_800_000_000_000), ("d", 86_400_000_000_000),
        ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000),
    ]

    /// The duration in nanoseconds, never negative.
    static func parse(_ text: [UInt8]) throws(GrammarError) -> Int64 {
        if text.isEmpty { throw GrammarError(message: "empty duration string") }
        if text.elementsEqual("0".utf8) { return 0 }
        let quoted = GoQuotedText.quote(text)
        let invalid = GrammarError(message: "not a valid duration string: \(quoted)")
        let outOfRange = GrammarError(message: "duration out of range")
        var total: UInt64 = 0
        var nextRank = 0
        var rest = text[...]
        while !rest.isEmpty {
            let digits = rest.prefix(while: GoNumber.isDigit)
            guard !digits.isEmpty, let value = try? GoNumber.parseUint(Array(digits), bits: 64) else { throw invalid }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { !GoNumber.isDigit($0) }
            rest = rest.dropFirst(name.count)
            if name.isEmpty { throw invalid }
            guard let rank = units.firstIndex(where: { name.elementsEqual($0.name.utf8) }) else {
                throw GrammarError(message: "unknown unit \(GoQuotedText.quote(Array(name))) in duration \(quoted)")
            }
            guard rank >= nextRank else { throw invalid }
            nextRank = rank + 1
            let (scaled, overflow) = value.multipliedReportingOverflow(by: units[rank].nanoseconds)
            let (sum, carry) = total.addingReportingOverflow(scaled)
            if overflow || carry || sum > UInt64(Int64.max) { throw outOfRange }
            total = sum
        }
        return Int64(total)
    }
}
