/// The date format of HTTP fields (RFC 9110 section 5.6.7).
enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Formats seconds since 1970 (not negative), for instance `Thu, 01 Jan 1970 00:00:00 GMT`.
    static func format(second: Int) -> [UInt8] {
        let day = second / 86_400
        let clock = second % 86_400
        // Civil date from a day number, with years that begin in March so that leap days come last.
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 2 : marchMonth - 10
        let year = yearOfEra + era * 400 + (month < 2 ? 1 : 0)
        var text: [UInt8] = []
        text.reserveCapacity(29)
        text += Array("\(days[day % 7]), ".utf8)
        appendTwoDigits(dayOfMonth, to: &text)
        text += Array(" \(months[month]) \(year) ".utf8)
        appendTwoDigits(clock / 3600, to: &text)
        text.append(ASCII.colon)
        appendTwoDigits(clock / 60 % 60, to: &text)
        text.append(ASCII.colon)
        appendTwoDigits(clock % 60, to: &text)
        text.append(ascii: " GMT")
        return text
    }

    private static func appendTwoDigits(_ number: Int, to text: inout [UInt8]) {
        text.append(0x30 + UInt8(number / 10))
        text.append(0x30 + UInt8(number % 10))
    }
}
