/// RFC 3339 times as Go reads them: upper-case `T` and `Z`, a fraction after `.` or `,`, no leap second.
enum RFC3339 {
    /// nil when the text is no such time.
    static func parse(_ text: [UInt8]) -> UnixTime? {
        // 2006-01-02T15:04:05 and at least the zone.
        guard text.count >= 20, text.count <= 64 else { return nil }
        guard
            text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"), text[10] == UInt8(ascii: "T"),
            text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"),
            let year = number(text, 0..<4), let month = number(text, 5..<7), let day = number(text, 8..<10),
            let hour = number(text, 11..<13), let minute = number(text, 14..<16), let second = number(text, 17..<19),
            (1...12).contains(month), day >= 1, day <= daysInMonth(month, year: year),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var index = 19
        var nanoseconds: Int64 = 0
        if text[index] == UInt8(ascii: ".") || text[index] == UInt8(ascii: ",") {
            index += 1
            let start = index
            var weight: Int64 = 100_000_000
            while index < text.count, GoNumber.isDigit(text[index]) {
                nanoseconds += Int64(text[index] - UInt8(ascii: "0")) * weight
                weight /= 10
                index += 1
            }
            if index == start { return nil }
        }
        guard let offset = zone(text, from: index) else { return nil }
        let seconds = daysSince1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        return UnixTime(seconds: seconds, nanoseconds: nanoseconds)
    }

    /// The zone's distance from UTC in seconds; the text must end with it.
    private static func zone(_ text: [UInt8], from index: Int) -> Int64? {
        if index == text.count - 1 { return text[index] == UInt8(ascii: "Z") ? 0 : nil }
        guard
            index == text.count - 6, text[index + 3] == UInt8(ascii: ":"),
            let hours = number(text, (index + 1)..<(index + 3)), let minutes = number(text, (index + 4)..<(index + 6)),
            hours <= 24, minutes < 60
        else { return nil }
        switch text[index] {
        case UInt8(ascii: "+"): return hours * 3600 + minutes * 60
        case UInt8(ascii: "-"): return -(hours * 3600 + minutes * 60)
        default: return nil
        }
    }

    private static func number(_ text: [UInt8], _ range: Range<Int>) -> Int64? {
        var value: Int64 = 0
        for byte in text[range] {
            guard GoNumber.isDigit(byte) else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return value
    }

    private static func isLeap(_ year: Int64) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    private static func daysInMonth(_ month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2: return isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: return 30
        default: return 31
        }
    }

    /// Days from 1970-01-01 in the proleptic Gregorian calendar; the year starts in March so that the leap day is its last.
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shiftedYear = (month <= 2 ? year - 1 : year) + 400
        let era = shiftedYear / 400
        let yearOfEra = shiftedYear % 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return (era - 1) * 146_097 + dayOfEra - 719_468
    }
}
