/// The `step` of a range query, in nanoseconds.
enum MetricsStep {
    private static let second: Int64 = 1_000_000_000

    /// Seconds as a number, else a Go duration. Zero is read; what is too small is refused once the range is known.
    static func parse(_ text: [UInt8]) throws(GrammarError) -> Int64 {
        let quoted = GoQuotedText.quote(text)
        let notPositive = GrammarError(message: "cannot parse \(quoted): step must be positive")
        if let seconds = number(text) {
            let nanoseconds = seconds * Double(second)
            if nanoseconds.isNaN || nanoseconds < 0 { throw notPositive }
            guard nanoseconds < 0x1p63 else {
                throw GrammarError(message: "cannot parse \(quoted) to a valid duration. It overflows int64")
            }
            return Int64(nanoseconds)
        }
        guard let duration = try? GoDurationText.parse(text) else {
            throw GrammarError(message: "cannot parse \(quoted) to a valid duration")
        }
        if duration < 0 { throw notPositive }
        return duration
    }

    /// Go's floats, the names of infinity and of what is no number among them.
    private static func number(_ text: [UInt8]) -> Double? {
        if let value = try? GoNumber.parseFloat(text) { return value }
        var name = String(decoding: text, as: UTF8.self).lowercased()
        if name == "nan" { return .nan }
        let sign = name.first == "-" ? -1.0 : 1.0
        if name.first == "+" || name.first == "-" { name.removeFirst() }
        return name == "inf" || name == "infinity" ? sign * .infinity : nil
    }
}
