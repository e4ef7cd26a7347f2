/// Go's quoting of foreign text inside error messages.
enum GoQuotedText {
    /// The text in double quotes as `strconv.Quote` writes it: printable characters stay, the rest is escaped and bytes
    /// that are no UTF-8 become `\xNN`.
    static func quote(_ bytes: [UInt8]) -> String {
        var text = "\""
        var index = 0
        while index < bytes.count {
            guard let (scalar, width) = decodeScalar(bytes, at: index) else {
                text += hexEscape(bytes[index])
                index += 1
                continue
            }
            index += width
            append(scalar, to: &text)
        }
        return text + "\""
    }

    /// The quoting of Go's `time` package: every byte outside printable ASCII becomes `\xNN`.
    static func quoteForTime(_ bytes: [UInt8]) -> String {
        var text = "\""
        for byte in bytes {
            if byte < 0x20 || byte >= 0x80 {
                text += hexEscape(byte)
            } else {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { text += "\\" }
                text.unicodeScalars.append(Unicode.Scalar(byte))
            }
        }
        return text + "\""
    }

    private static func append(_ scalar: Unicode.Scalar, to text: inout String) {
        switch scalar {
        case "\"": text += "\\\""
        case "\\": text += "\\\\"
        case "\u{07}": text += "\\a"
        case "\u{08}": text += "\\b"
        case "\u{0C}": text += "\\f"
        case "\n": text += "\\n"
        case "\r": text += "\\r"
        case "\t": text += "\\t"
        case "\u{0B}": text += "\\v"
        default:
            if isPrintable(scalar) {
                text.unicodeScalars.append(scalar)
            } else if scalar.value < 0x80 {
                text += hexEscape(UInt8(scalar.value))
            } else if scalar.value < 0x10000 {
                text += "\\u" + padded(scalar.value, digits: 4)
            } else {
                text += "\\U" + padded(scalar.value, digits: 8)
            }
        }
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x80 { return scalar.value >= 0x20 && scalar.value < 0x7F }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default:
            return true
        }
    }

    private static func hexEscape(_ byte: UInt8) -> String {
        "\\x" + padded(UInt32(byte), digits: 2)
    }

    private static func padded(_ value: UInt32, digits: Int) -> String {
        let hex = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - hex.utf8.count)) + hex
    }

    /// The scalar that starts at `index` and its length in bytes; nil when the bytes there are no UTF-8.
    static func decodeScalar(_ bytes: [UInt8], at index: Int) -> (Unicode.Scalar, Int)? {
        let lead = bytes[index]
        if lead < 0x80 { return (Unicode.Scalar(lead), 1) }
        let width = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2
        guard lead >= 0xC2, lead <= 0xF4, index + width <= bytes.count else { return nil }
        var value = UInt32(lead) & (0x7F >> UInt32(width))
        for offset in 1..<width {
            let next = bytes[index + offset]
            guard next & 0xC0 == 0x80 else { return nil }
            value = value << 6 | UInt32(next & 0x3F)
        }
        let smallest: UInt32 = width == 4 ? 0x10000 : width == 3 ? 0x800 : 0x80
        guard value >= smallest, let scalar = Unicode.Scalar(value) else { return nil }
        return (scalar, width)
    }
}
