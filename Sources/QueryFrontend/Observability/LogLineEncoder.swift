/// Puts one log line together, in logfmt or JSON.
///
/// Whatever a value holds, the line stays one line: control bytes, DEL and invalid UTF-8 are escaped or replaced.
struct LogLineEncoder {
    private let format: LogFormat
    private var bytes: [UInt8] = []

    init(format: LogFormat) {
        self.format = format
        bytes.reserveCapacity(256)
        if format == .json { bytes.append(UInt8(ascii: "{")) }
    }

    mutating func append(key: String, value: LogValue) {
        switch format {
        case .logfmt:
            if !bytes.isEmpty { bytes.append(UInt8(ascii: " ")) }
            appendKey(key)
            bytes.append(UInt8(ascii: "="))
            switch value {
            case .string(let text): appendLogfmt(text)
            default: bytes.append(contentsOf: LogLineEncoder.bare(value).utf8)
            }
        case .json:
            if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
            appendQuoted(key)
            bytes.append(UInt8(ascii: ":"))
            switch value {
            case .string(let text): appendQuoted(text)
            case .duration: appendQuoted(LogLineEncoder.bare(value))
            case .double(let number) where !number.isFinite: appendQuoted(LogLineEncoder.bare(value))
            default: bytes.append(contentsOf: LogLineEncoder.bare(value).utf8)
            }
        }
    }

    mutating func finish() -> [UInt8] {
        if format == .json { bytes.append(UInt8(ascii: "}")) }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private static func bare(_ value: LogValue) -> String {
        switch value {
        case .string(let text): text
        case .int(let number): String(number)
        case .uint(let number): String(number)
        case .double(let number):
            if number.isNaN { "NaN" } else if number.isInfinite { number < 0 ? "-Inf" : "+Inf" } else { "\(number)" }
        case .bool(let flag): flag ? "true" : "false"
        case .duration(let duration): GoDuration.format(duration)
        }
    }

    /// A key is ours, but may carry the name of a request header: what logfmt cannot hold in a key becomes `_`.
    private mutating func appendKey(_ key: String) {
        for byte in key.utf8.prefix(128) {
            let isPlain = byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "=") && byte != UInt8(ascii: "\"")
            bytes.append(isPlain ? byte : UInt8(ascii: "_"))
        }
    }

    private mutating func appendLogfmt(_ text: String) {
        if text.utf8.count <= Logger.maxValueBytes, !LogLineEncoder.needsQuotes(text) {
            bytes.append(contentsOf: text.utf8)
        } else {
            appendQuoted(text)
        }
    }

    private static func needsQuotes(_ text: String) -> Bool {
        var isASCII = true
        for byte in text.utf8 {
            if byte <= 0x20 || byte == 0x7F || byte == UInt8(ascii: "=") || byte == UInt8(ascii: "\"") { return true }
            if byte >= 0x80 { isASCII = false }
        }
        return !isASCII && text.unicodeScalars.contains { isEscaped($0) || $0.value == 0xFFFD }
    }

    /// Controls, and the line ends U+2028 and U+2029 that some readers know; C1 controls move a terminal's cursor.
    private static func isEscaped(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
    }

    private mutating func appendQuoted(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var count = 0
        for scalar in text.unicodeScalars {
            count += UTF8.width(scalar)
            guard count <= Logger.maxValueBytes else {
                bytes.append(contentsOf: "...".utf8)
                break
            }
            switch scalar {
            case "\"": bytes.append(contentsOf: "\\\"".utf8)
            case "\\": bytes.append(contentsOf: "\\\\".utf8)
            case "\n": bytes.append(contentsOf: "\\n".utf8)
            case "\r": bytes.append(contentsOf: "\\r".utf8)
            case "\t": bytes.append(contentsOf: "\\t".utf8)
            default:
                if LogLineEncoder.isEscaped(scalar) {
                    appendUnicodeEscape(scalar.value)
                } else {
                    bytes.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
                }
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func appendUnicodeEscape(_ value: UInt32) {
        bytes.append(contentsOf: "\\u".utf8)
        for shift in [12, 8, 4, 0] {
            let digit = UInt8((value >> UInt32(shift)) & 0xF)
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}

/// Dates as the log writes them.
enum Timestamp {
    /// `2026-11-21T01:02:03.000000004Z`: RFC 3339 in UTC with all nine digits.
    static func rfc3339(unixNanoseconds: Int64) -> String {
        var (seconds, nanoseconds) = unixNanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        if nanoseconds < 0 {
            seconds -= 1
            nanoseconds += 1_000_000_000
        }
        var (days, second) = seconds.quotientAndRemainder(dividingBy: 86_400)
        if second < 0 {
            days -= 1
            second += 86_400
        }
        // Civil date from a day number: eras of 400 years that start on 1 March.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return pad(year, 4) + "-" + pad(month, 2) + "-" + pad(day, 2) + "T" + pad(second / 3600, 2) + ":"
            + pad(second / 60 % 60, 2) + ":" + pad(second % 60, 2) + "." + pad(nanoseconds, 9) + "Z"
    }

    private static func pad(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
