extension Lexer {
    // MARK: - Strings

    /// `"..."`, or `'...'`, which is never a string: one character in single quotes is an identifier, anything else an error.
    mutating func scanQuoted(_ start: Int, quote: UInt8) -> Token {
        var index = start + 1
        var characters = 0
        while true {
            guard index < bytes.count, bytes[index] != UInt8(ascii: "\n") else {
                return fail("literal not terminated", start)
            }
            let byte = bytes[index]
            if byte == quote { break }
            characters += 1
            if byte == UInt8(ascii: "\\") {
                guard let length = escapeLength(index + 1, quote: quote) else {
                    return fail("invalid char escape", start)
                }
                index += 1 + length
            } else {
                index += max(1, UTF8Check.decode(bytes, index).length)
            }
        }
        guard quote == UInt8(ascii: "\"") else {
            if characters != 1 { return fail("invalid char literal", start) }
            return finish(.identifier, start, index + 1)
        }
        guard Self.unquote(bytes[(start + 1)..<index]) != nil else { return fail("invalid syntax", start) }
        return finish(.string, start, index + 1)
    }

    /// The number of bytes after the backslash that make up an escape.
    private func escapeLength(_ index: Int, quote: UInt8) -> Int? {
        func digits(_ count: Int, from first: Int, _ isDigit: (UInt8) -> Bool) -> Bool {
            (first..<(first + count)).allSatisfy { isDigit(byte($0)) }
        }
        switch byte(index) {
        case UInt8(ascii: "a"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"),
            UInt8(ascii: "t"), UInt8(ascii: "v"), UInt8(ascii: "\\"), quote:
            return 1
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            return digits(3, from: index) { (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) } ? 3 : nil
        case UInt8(ascii: "x"): return digits(2, from: index + 1) { Self.hexValue($0) != nil } ? 3 : nil
        case UInt8(ascii: "u"): return digits(4, from: index + 1) { Self.hexValue($0) != nil } ? 5 : nil
        case UInt8(ascii: "U"): return digits(8, from: index + 1) { Self.hexValue($0) != nil } ? 9 : nil
        default: return nil
        }
    }

    mutating func scanRaw(_ start: Int) -> Token {
        guard let close = bytes[(start + 1)...].firstIndex(of: UInt8(ascii: "`")) else {
            return fail("literal not terminated", start)
        }
        return finish(.string, start, close + 1)
    }

    /// The bytes that a string token stands for.
    func stringValue(of token: Token) -> [UInt8] {
        guard token.end - token.start >= 2 else { return [] }
        let inner = bytes[(token.start + 1)..<(token.end - 1)]
        if bytes[token.start] == UInt8(ascii: "`") {
            return inner.contains(UInt8(ascii: "\r")) ? inner.filter { $0 != UInt8(ascii: "\r") } : Array(inner)
        }
        return Self.unquote(inner) ?? []
    }

    /// Resolves the escapes of a double-quoted string; nil when one stands for no byte or character.
    /// The escapes are known to be complete.
    private static func unquote(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.contains(UInt8(ascii: "\\")) else { return Array(text) }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = text.startIndex
        func number(_ from: Int, _ count: Int, radix: UInt64) -> UInt64 {
            var value: UInt64 = 0
            for offset in from..<min(from + count, text.endIndex) {
                value = value * radix + UInt64(hexValue(text[offset]) ?? 0)
            }
            return value
        }
        while index < text.endIndex {
            guard text[index] == UInt8(ascii: "\\"), index + 1 < text.endIndex else {
                result.append(text[index])
                index += 1
                continue
            }
            let escape = text[index + 1]
            index += 2
            switch escape {
            case UInt8(ascii: "a"): result.append(0x07)
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "v"): result.append(0x0B)
            case UInt8(ascii: "x"):
                result.append(UInt8(truncatingIfNeeded: number(index, 2, radix: 16)))
                index += 2
            case UInt8(ascii: "u"), UInt8(ascii: "U"):
                let count = escape == UInt8(ascii: "u") ? 4 : 8
                let value = number(index, count, radix: 16)
                guard value <= 0x10FFFF, let scalar = Unicode.Scalar(UInt32(value)) else { return nil }
                result.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
                index += count
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                let value = number(index - 1, 3, radix: 8)
                guard value <= 255 else { return nil }
                result.append(UInt8(value))
                index += 2
            default: result.append(escape)
            }
        }
        return result
    }

    static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    // MARK: - Numbers

    mutating func scanNumber(_ start: Int) -> Token {
        let shape = NumberShape(bytes, start)
        if let message = shape.error {
            finishAt(shape.end)
            return fail(message, start)
        }
        // Letters and digits glued to a number may make it a duration; if they do not, the number stands alone.
        var end = shape.end
        while end < bytes.count {
            if DurationText.isRunByte(bytes[end]) {
                end += 1
            } else if bytes[end] == 0xC2 && byte(end + 1) == 0xB5 {
                end += 2
            } else {
                break
            }
        }
        if end > shape.end, let nanoseconds = DurationText.parse(bytes[start..<end]) {
            return finish(.durationLiteral, start, end, bits: UInt64(bitPattern: nanoseconds))
        }
        let text = bytes[start..<shape.end]
        finishAt(shape.end)
        if shape.isFloat {
            let digits = String(decoding: text.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
            guard let value = Double(digits) else {
                return fail("strconv.ParseFloat: parsing \"\(digits)\": invalid syntax", start)
            }
            guard value.isFinite else {
                return fail("strconv.ParseFloat: parsing \"\(shape.text(bytes, start))\": value out of range", start)
            }
            return finish(.float, start, shape.end, bits: value.bitPattern)
        }
        var value: Int64 = 0
        var overflow = false
        for byte in text {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
                return fail("strconv.Atoi: parsing \"\(shape.text(bytes, start))\": invalid syntax", start)
            }
            let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, tooLargeSum) = product.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            overflow = overflow || tooLarge || tooLargeSum
            value = sum
        }
        guard !overflow else {
            return fail("strconv.Atoi: parsing \"\(shape.text(bytes, start))\": value out of range", start)
        }
        return finish(.integer, start, shape.end, bits: UInt64(bitPattern: value))
    }

    private mutating func finishAt(_ end: Int) { _ = finish(.invalid, end, end) }
}

/// How far a number reaches and whether its digits are those of its base.
private struct NumberShape {
    var end: Int
    var isFloat: Bool
    var error: String?

    func text(_ bytes: [UInt8], _ start: Int) -> String { String(decoding: bytes[start..<end], as: UTF8.self) }

    init(_ bytes: [UInt8], _ start: Int) {
        func at(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }
        var index = start
        var base: UInt8 = 10
        var prefix: UInt8 = 0
        var sawDigit = false
        var sawSeparator = false
        var badDigit: UInt8 = 0
        var message: String?
        func note(_ text: String) { if message == nil { message = text } }
        /// Reads digits and separators of the base; decimal digits beyond it are remembered as bad.
        func digits(_ base: UInt8) -> Bool {
            var any = false
            while true {
                let byte = at(index)
                if byte == UInt8(ascii: "_") {
                    sawSeparator = true
                } else if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
                    any = true
                    if base < 10 && byte - UInt8(ascii: "0") >= base && badDigit == 0 { badDigit = byte }
                } else if base == 16 && Lexer.hexValue(byte) != nil {
                    any = true
                } else {
                    return any
                }
                index += 1
            }
        }
        var float = false
        if at(index) != UInt8(ascii: ".") {
            if at(index) == UInt8(ascii: "0") {
                index += 1
                prefix = at(index) | 0x20
                switch prefix {
                case UInt8(ascii: "x"): (base, index) = (16, index + 1)
                case UInt8(ascii: "o"): (base, index) = (8, index + 1)
                case UInt8(ascii: "b"): (base, index) = (2, index + 1)
                default:
                    (base, prefix) = (8, UInt8(ascii: "0"))
                    sawDigit = true
                }
            }
            if digits(base) { sawDigit = true }
        }
        if at(index) == UInt8(ascii: ".") {
            index += 1
            float = true
            if prefix == UInt8(ascii: "o") || prefix == UInt8(ascii: "b") {
                note("invalid radix point in \(Self.literalName(prefix))")
            }
            if digits(base) { sawDigit = true }
        }
        if !sawDigit { note("\(Self.literalName(prefix)) has no digits") }
        let exponent = at(index) | 0x20
        if exponent == UInt8(ascii: "e") || exponent == UInt8(ascii: "p") {
            let letter = Character(Unicode.Scalar(at(index)))
            if exponent == UInt8(ascii: "e") && prefix != 0 && prefix != UInt8(ascii: "0") {
                note("'\(letter)' exponent requires decimal mantissa")
            } else if exponent == UInt8(ascii: "p") && prefix != UInt8(ascii: "x") {
                note("'\(letter)' exponent requires hexadecimal mantissa")
            }
            index += 1
            float = true
            if at(index) == UInt8(ascii: "+") || at(index) == UInt8(ascii: "-") { index += 1 }
            if !digits(10) { note("exponent has no digits") }
        } else if prefix == UInt8(ascii: "x") && float {
            note("hexadecimal mantissa requires a 'p' exponent")
        }
        if !float && badDigit != 0 {
            note("invalid digit '\(Character(Unicode.Scalar(badDigit)))' in \(Self.literalName(prefix))")
        }
        end = index
        isFloat = float
        error = message
        if error == nil && sawSeparator && !Self.separatorsFit(bytes[start..<index]) {
            error = "'_' must separate successive digits"
        }
    }

    private static func literalName(_ prefix: UInt8) -> String {
        switch prefix {
        case UInt8(ascii: "x"): "hexadecimal literal"
        case UInt8(ascii: "o"), UInt8(ascii: "0"): "octal literal"
        case UInt8(ascii: "b"): "binary literal"
        default: "decimal literal"
        }
    }

    /// Whether every `_` stands between digits, or between a base prefix and a digit.
    private static func separatorsFit(_ text: ArraySlice<UInt8>) -> Bool {
        let isHex = text.count > 1 && text[text.startIndex + 1] | 0x20 == UInt8(ascii: "x")
        func isDigit(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (isHex && Lexer.hexValue(byte) != nil)
        }
        for index in text.indices where text[index] == UInt8(ascii: "_") {
            let isAfterPrefix =
                index == text.startIndex + 2 && text[text.startIndex] == UInt8(ascii: "0")
                && [UInt8(ascii: "x"), UInt8(ascii: "o"), UInt8(ascii: "b")].contains(text[index - 1] | 0x20)
            guard index > text.startIndex, isAfterPrefix || isDigit(text[index - 1]) else { return false }
            guard index + 1 < text.endIndex, isDigit(text[index + 1]) else { return false }
        }
        return true
    }
}
