/// A point in time as google.protobuf.Timestamp carries it.
public struct WireTimestamp: Sendable, Equatable {
    /// Seconds since 1970; negative before.
    public var seconds: Int64
    /// Nanoseconds within the second, 0 to 999,999,999.
    public var nanos: Int32

    /// Makes a point in time.
    public init(seconds: Int64 = 0, nanos: Int32 = 0) {
        self.seconds = seconds
        self.nanos = nanos
    }

    /// The start of year 1, which Tempo uses for "not set".
    public static let zero = WireTimestamp(seconds: -62_135_596_800)

    /// RFC 3339 in UTC with as many decimals as needed; years beyond 0...9999 are cut to that range.
    public var text: String {
        let bounded = min(max(seconds, -62_167_219_200), 253_402_300_799)
        var day = bounded / 86_400
        var second = bounded % 86_400
        if second < 0 {
            second += 86_400
            day -= 1
        }
        let date = Self.civil(fromDays: day)
        var text =
            Self.padded(date.year, 4) + "-" + Self.padded(date.month, 2) + "-" + Self.padded(date.day, 2) + "T"
            + Self.padded(second / 3600, 2) + ":" + Self.padded(second / 60 % 60, 2) + ":" + Self.padded(second % 60, 2)
        if 1...999_999_999 ~= nanos {
            var fraction = Self.padded(Int64(nanos), 9)
            while fraction.hasSuffix("0") { fraction.removeLast() }
            text += "." + fraction
        }
        return text + "Z"
    }

    /// Reads RFC 3339; nil when the text is something else.
    public init?(text: String) {
        var parser = RFC3339Parser(bytes: Array(text.utf8))
        guard let value = parser.parse() else { return nil }
        self = value
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    /// Days since 1970 to a date of the Gregorian calendar, by counting eras of 400 years that start in March.
    private static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}

/// `YYYY-MM-DDTHH:MM:SS[.fraction](Z|+hh:mm|-hh:mm)`.
private struct RFC3339Parser {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func parse() -> WireTimestamp? {
        guard let year = number(4), skip(0x2d), let month = number(2), skip(0x2d), let day = number(2),
            skip(0x54), let hour = number(2), skip(0x3a), let minute = number(2), skip(0x3a), let second = number(2),
            1...12 ~= month, 1...31 ~= day, hour < 24, minute < 60, second < 60
        else { return nil }
        var nanos: Int64 = 0
        if skip(0x2e) {
            var scale: Int64 = 100_000_000
            var digits = 0
            while position < bytes.count, 0x30...0x39 ~= bytes[position] {
                nanos += Int64(bytes[position] - 0x30) * scale
                scale /= 10
                digits += 1
                position += 1
            }
            guard digits > 0 else { return nil }
        }
        var zone: Int64 = 0
        if !skip(0x5a) {
            let sign: Int64
            if skip(0x2b) { sign = 1 } else if skip(0x2d) { sign = -1 } else { return nil }
            guard let hours = number(2), skip(0x3a), let minutes = number(2), hours < 24, minutes < 60 else {
                return nil
            }
            zone = sign * (hours * 3600 + minutes * 60)
        }
        guard position == bytes.count else { return nil }
        let days = Self.days(year, month, day)
        return WireTimestamp(
            seconds: days * 86_400 + hour * 3600 + minute * 60 + second - zone, nanos: Int32(nanos))
    }

    private mutating func number(_ width: Int) -> Int64? {
        guard bytes.count - position >= width else { return nil }
        var value: Int64 = 0
        for _ in 0..<width {
            guard 0x30...0x39 ~= bytes[position] else { return nil }
            value = value * 10 + Int64(bytes[position] - 0x30)
            position += 1
        }
        return value
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
