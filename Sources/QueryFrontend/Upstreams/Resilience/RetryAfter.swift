/// The value of a `Retry-After` field (RFC 9110 section 10.2.3): seconds, or a date in one of HTTP's three forms.
enum RetryAfter {
    /// What is longer than this is taken for this.
    static let longest = Duration.seconds(86_400)

    /// How long to wait from `unixSeconds` on, not negative; nil for what is neither seconds nor a date.
    static func parse(_ text: String, unixSeconds: Int64) -> Duration? {
        let bytes = text.utf8.trimmingBlanks()
        guard !bytes.isEmpty, bytes.count <= 64 else { return nil }
        if bytes.allSatisfy({ (0x30...0x39).contains($0) }) {
            guard let seconds = Int64(String(decoding: bytes, as: UTF8.self)) else { return longest }
            return min(.seconds(seconds), longest)
        }
        guard let date = date(String(decoding: bytes, as: UTF8.self)) else { return nil }
        let (wait, overflow) = date.subtractingReportingOverflow(unixSeconds)
        guard !overflow, wait > 0 else { return .zero }
        return min(.seconds(wait), longest)
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Unix seconds of `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or `Sun Nov  6 08:49:37 1994`.
    private static func date(_ text: String) -> Int64? {
        let words = text.split(separator: " ")
        switch words.count {
        case 6 where words[0].last == "," && words[5] == "GMT":
            return seconds(day: words[1], month: words[2], year: words[3], time: words[4])
        case 4 where words[0].last == "," && words[3] == "GMT":
            let parts = words[1].split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[2].utf8.count == 2, let year = number(parts[2]) else { return nil }
            // Two digits mean the year that is not far ahead of us.
            let full = year < 70 ? 2000 + year : 1900 + year
            return seconds(day: parts[0], month: parts[1], year: Substring("\(full)"), time: words[2])
        case 5:
            return seconds(day: words[2], month: words[1], year: words[4], time: words[3])
        default: return nil
        }
    }

    private static func seconds(day: Substring, month: Substring, year: Substring, time: Substring) -> Int64? {
        let clock = time.split(separator: ":", omittingEmptySubsequences: false)
        guard clock.count == 3, year.utf8.count == 4, let day = number(day), let year = number(year),
            let month = months.firstIndex(of: String(month)), let hour = number(clock[0]),
            let minute = number(clock[1]), let second = number(clock[2]),
            (1...31).contains(day), year >= 1970, hour < 24, minute < 60, second <= 60
        else { return nil }
        // Days since 1970 of a civil date, with years that begin in March so that leap days come last.
        let shiftedYear = month < 2 ? year - 1 : year
        let marchMonth = Int64((month + 10) % 12)
        let dayOfYear = (153 * marchMonth + 2) / 5 + day - 1
        let days = 365 * shiftedYear + shiftedYear / 4 - shiftedYear / 100 + shiftedYear / 400 + dayOfYear - 719_468
        return days * 86_400 + hour * 3600 + minute * 60 + second
    }

    /// At most four digits.
    private static func number(_ text: Substring) -> Int64? {
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int64(text)
    }
}
