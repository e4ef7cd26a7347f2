/// What the lexer has to know about UTF-8 and characters.
enum UTF8Check {
    /// The offset of the first NUL or of the first byte that is not UTF-8.
    static func firstBadByte(_ bytes: [UInt8]) -> Int? {
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0 { return index }
            if byte < 0x80 {
                index += 1
                continue
            }
            let length = decode(bytes, index).length
            if length == 0 { return index }
            index += length
        }
        return nil
    }

    /// The scalar that starts at `index` and its length in bytes; length 0 when the bytes are not UTF-8.
    /// Takes any index inside the array.
    static func decode(_ bytes: [UInt8], _ index: Int) -> (scalar: Unicode.Scalar, length: Int) {
        let bad: (Unicode.Scalar, Int) = ("\u{FFFD}", 0)
        let first = UInt32(bytes[index])
        let length: Int
        var value: UInt32
        switch first {
        case 0..<0x80: return (Unicode.Scalar(UInt8(first)), 1)
        case 0xC2..<0xE0: (length, value) = (2, first & 0x1F)
        case 0xE0..<0xF0: (length, value) = (3, first & 0x0F)
        case 0xF0..<0xF5: (length, value) = (4, first & 0x07)
        default: return bad
        }
        guard index + length <= bytes.count else { return bad }
        for offset in 1..<length {
            let byte = UInt32(bytes[index + offset])
            guard byte & 0xC0 == 0x80 else { return bad }
            value = value << 6 | byte & 0x3F
        }
        let least: UInt32 = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000
        guard value >= least, let scalar = Unicode.Scalar(value) else { return bad }
        return (scalar, length)
    }

    static func isASCIIWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// Whether an ASCII byte can stand in a name without quotes.
    static func isASCIINameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: " "), 0x09...0x0D, UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "("),
            UInt8(ascii: ")"), UInt8(ascii: "="), UInt8(ascii: "~"), UInt8(ascii: "!"), UInt8(ascii: "<"),
            UInt8(ascii: ">"), UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: "^"), UInt8(ascii: ","):
            false
        default: true
        }
    }

    static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0D, 0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .decimalNumber }
}

/// Line and column of a byte.
struct TextPosition {
    var line = 1
    var column = 1

    /// Columns count characters; every line feed starts a line.
    init(of offset: Int, in bytes: [UInt8]) {
        for byte in bytes.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
    }
}
