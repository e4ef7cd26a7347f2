/// A point in time as Unix seconds and the nanoseconds after them. Wider than 64-bit nanoseconds, since a client may name any
/// year.
struct UnixTime: Sendable, Hashable, Comparable {
    /// Whole seconds, rounded down.
    let seconds: Int64
    /// 0 to 999,999,999.
    let nanoseconds: Int64

    init(seconds: Int64, nanoseconds: Int64 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// From nanoseconds since 1970.
    init(unixNanoseconds: Int64) {
        var seconds = unixNanoseconds / 1_000_000_000
        var nanoseconds = unixNanoseconds % 1_000_000_000
        if nanoseconds < 0 {
            seconds -= 1
            nanoseconds += 1_000_000_000
        }
        self.init(seconds: seconds, nanoseconds: nanoseconds)
    }

    static func < (one: UnixTime, other: UnixTime) -> Bool {
        (one.seconds, one.nanoseconds) < (other.seconds, other.nanoseconds)
    }

    /// The time that many nanoseconds earlier. Times at the edge of what can be said stay there.
    func subtracting(nanoseconds amount: Int64) -> UnixTime {
        let step = UnixTime(unixNanoseconds: amount)
        let (whole, overflow) = seconds.subtractingReportingOverflow(step.seconds)
        let part = nanoseconds - step.nanoseconds
        if overflow { return UnixTime(seconds: amount > 0 ? .min : .max) }
        if part >= 0 { return UnixTime(seconds: whole, nanoseconds: part) }
        if whole == .min { return UnixTime(seconds: .min) }
        return UnixTime(seconds: whole - 1, nanoseconds: part + 1_000_000_000)
    }
}

extension UnixTime {
    /// Reads the time parameters of tag and metrics endpoints: fractional seconds when there is a dot, whole seconds up to ten
    /// characters, nanoseconds from eleven on, else RFC 3339.
    static func parse(parameter text: [UInt8]) throws(GrammarError) -> UnixTime {
        if text.contains(UInt8(ascii: ".")), let seconds = try? GoNumber.parseFloat(text) {
            return try fromFractional(seconds, text: text)
        }
        let number: Int64
        do {
            number = try GoNumber.parseInt(text, bits: 64)
        } catch {
            if let time = RFC3339.parse(text) { return time }
            throw error
        }
        return text.count <= 10 ? UnixTime(seconds: number) : UnixTime(unixNanoseconds: number)
    }

    /// The fraction is rounded to milliseconds, which may carry into the next second.
    private static func fromFractional(_ value: Double, text: [UInt8]) throws(GrammarError) -> UnixTime {
        let whole = value.rounded(.towardZero)
        guard let seconds = Int64(exactly: whole), seconds > .min + 1, seconds < .max - 1 else {
            let quoted = GoQuotedText.quote(text)
            throw GrammarError(message: "strconv.ParseFloat: parsing \(quoted): value out of range")
        }
        let milliseconds = Int64(((value - whole) * 1000).rounded(.toNearestOrAwayFromZero))
        let part = UnixTime(unixNanoseconds: milliseconds * 1_000_000)
        return UnixTime(seconds: seconds + part.seconds, nanoseconds: part.nanoseconds)
    }
}
