extension CanonicalText {
    mutating func append(_ value: Static) {
        switch value {
        case .null: append("nil")
        case .int(let number): append(style == .reparsable && number == .min ? "minInt" : "\(number)")
        case .float(let number): append(floatText(number))
        case .string(let text): appendString(text)
        case .boolean(let flag): append(flag ? "true" : "false")
        case .duration(let nanoseconds): append(NumberText.duration(nanoseconds))
        case .status(let status): append(status.rawValue)
        case .kind(let kind): append(kind.rawValue)
        case .intArray(let numbers): appendList(numbers.map { .int($0) })
        case .floatArray(let numbers): appendList(numbers.map { .float($0) })
        case .stringArray(let texts): appendList(texts.map { .string($0) })
        case .booleanArray(let flags): appendList(flags.map { .boolean($0) })
        }
    }

    private mutating func appendList(_ values: [Static]) {
        append("[")
        for (index, value) in values.enumerated() {
            if index > 0 { append(", ") }
            append(value)
        }
        append("]")
    }

    private func floatText(_ number: Double) -> String {
        if style == .reparsable && !number.isFinite {
            return number.isNaN ? "(0.0 / 0.0)" : number > 0 ? "(1.0 / 0.0)" : "(-1.0 / 0.0)"
        }
        return NumberText.float(number)
    }

    private mutating func appendString(_ text: [UInt8]) {
        let isRaw = style == .tempo || !text.contains { $0 == UInt8(ascii: "`") || $0 == UInt8(ascii: "\r") }
        if isRaw && (style == .tempo || UTF8Check.firstBadByte(text) == nil) {
            append("`")
            append(raw: text)
            append("`")
            return
        }
        append("\"")
        var index = 0
        while index < text.count {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case 0x0A: append("\\n")
            case 0x0D: append("\\r")
            case 0x09: append("\\t")
            case 0x20..<0x7F: append(raw: [byte])
            default:
                let length = byte >= 0x80 ? UTF8Check.decode(text, index).length : 0
                if length > 0 {
                    append(raw: Array(text[index..<(index + length)]))
                    index += length - 1
                } else {
                    append("\\x\(NumberText.hexDigits(byte))")
                }
            }
            index += 1
        }
        append("\"")
    }
}

/// Numbers as text.
enum NumberText {
    /// The shortest digits that read back as the same number, with an exponent below 1e-4 and from 1e6 on.
    static func shortest(_ number: Double) -> String {
        guard number.isFinite else { return number.isNaN ? "NaN" : number > 0 ? "+Inf" : "-Inf" }
        let (digits, exponent) = decimal(number.magnitude)
        let sign = number.sign == .minus ? "-" : ""
        if exponent < -4 || exponent >= 6 {
            let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
            let magnitude = exponent.magnitude
            return
                "\(sign)\(digits.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(magnitude < 10 ? "0" : "")\(magnitude)"
        }
        if exponent < 0 {
            return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits
        }
        if digits.count <= exponent + 1 {
            return sign + digits + String(repeating: "0", count: exponent + 1 - digits.count)
        }
        return "\(sign)\(digits.prefix(exponent + 1)).\(digits.dropFirst(exponent + 1))"
    }

    /// The same, always recognisable as a float.
    static func float(_ number: Double) -> String {
        let text = shortest(number)
        return text.contains { $0 == "." || $0 == "e" } ? text : text + ".0"
    }

    /// The shortest digits of a finite number and the exponent of the first: 1250 is ("125", 3).
    static func decimal(_ number: Double) -> (digits: String, exponent: Int) {
        guard number != 0 else { return ("0", 0) }
        // The standard library prints the shortest digits; only their arrangement differs from case to case.
        var digits: [UInt8] = []
        var exponent = 0
        var point: Int?
        var sawExponent = false
        var exponentText: [UInt8] = []
        for byte in "\(number)".utf8 {
            switch byte {
            case UInt8(ascii: "."): point = digits.count
            case UInt8(ascii: "e"): sawExponent = true
            default: if sawExponent { exponentText.append(byte) } else { digits.append(byte) }
            }
        }
        if sawExponent { exponent = Int(String(decoding: exponentText, as: UTF8.self)) ?? 0 }
        exponent += (point ?? digits.count) - 1
        while digits.count > 1 && digits[0] == UInt8(ascii: "0") {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.count > 1 && digits.last == UInt8(ascii: "0") { digits.removeLast() }
        return (String(decoding: digits, as: UTF8.self), exponent)
    }

    /// A number with a fixed count of decimals, rounded half to even on the exact value.
    static func fixed(_ number: Double, decimals: Int) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (number.magnitude * scale).rounded(.toNearestOrEven)
        guard let whole = UInt64(exactly: scaled), scaled < 1e18 else { return shortest(number) }
        let digits = String(whole)
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        let sign = number.sign == .minus && whole > 0 ? "-" : ""
        return "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
    }

    /// Hours, minutes and seconds with fractions; below a second the largest unit that leaves a whole part.
    static func duration(_ nanoseconds: Int64) -> String {
        guard nanoseconds != 0 else { return "0s" }
        let magnitude = nanoseconds.magnitude
        let sign = nanoseconds < 0 ? "-" : ""
        if magnitude < 1_000_000_000 {
            let (unit, size): (String, UInt64) =
                magnitude < 1_000 ? ("ns", 1) : magnitude < 1_000_000 ? ("µs", 1_000) : ("ms", 1_000_000)
            return sign + decimalFraction(magnitude, size) + unit
        }
        let seconds = magnitude / 1_000_000_000
        let hours = seconds / 3_600
        let minutes = seconds / 60 % 60
        let rest = magnitude - (hours * 3_600 + minutes * 60) * 1_000_000_000
        var text = sign
        if hours > 0 { text += "\(hours)h" }
        if hours > 0 || minutes > 0 { text += "\(minutes)m" }
        return text + decimalFraction(rest, 1_000_000_000) + "s"
    }

    /// `value / size` as a decimal without trailing zeros; `size` is a power of ten.
    private static func decimalFraction(_ value: UInt64, _ size: UInt64) -> String {
        var fraction = value % size
        guard fraction > 0 else { return "\(value / size)" }
        var digits = String(size).utf8.count - 1
        while fraction % 10 == 0 {
            fraction /= 10
            digits -= 1
        }
        let text = String(fraction)
        return "\(value / size)." + String(repeating: "0", count: digits - text.utf8.count) + text
    }

    static func hexDigits(_ byte: UInt8) -> String {
        let text = String(byte, radix: 16)
        return byte < 16 ? "0" + text : text
    }
}
