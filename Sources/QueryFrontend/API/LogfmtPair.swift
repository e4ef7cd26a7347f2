/// One pair of a logfmt text, the grammar of `tags`.
struct LogfmtPair: Sendable, Equatable {
    let key: String
    let value: String

    /// Reads `key=value`, `key="quoted value"`, `key=` and `key`, separated by blanks; newlines separate records.
    /// Positions in errors are 1-based and count bytes inside the record. A key may occur once in the whole text.
    static func parse(_ text: [UInt8]) throws(GrammarError) -> [LogfmtPair] {
        var pairs: [LogfmtPair] = []
        var keys: Set<String> = []
        for record in text.split(separator: UInt8(ascii: "\n")) {
            var scanner = LogfmtScanner(Array(record))
            while let pair = try scanner.next() {
                guard keys.insert(pair.key).inserted else {
                    throw GrammarError(message: "tag \(pair.key) has been set twice")
                }
                pairs.append(pair)
            }
        }
        return pairs
    }
}

/// Walks over one record.
private struct LogfmtScanner {
    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func next() throws(GrammarError) -> LogfmtPair? {
        while let byte = current, byte <= 0x20 { index += 1 }
        if current == nil { return nil }
        let key = try scanKey()
        guard current == UInt8(ascii: "=") else { return LogfmtPair(key: key, value: "") }
        index += 1
        let value = current == UInt8(ascii: "\"") ? try scanQuoted() : try scanBare()
        return LogfmtPair(key: key, value: String(decoding: value, as: UTF8.self))
    }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func scanKey() throws(GrammarError) -> String {
        let start = index
        while let byte = current, byte > 0x20, byte != UInt8(ascii: "=") {
            if byte == UInt8(ascii: "\"") { throw failure("unexpected '\"'") }
            index += 1
        }
        if index == start { throw failure("unexpected '='") }
        guard let key = String(validating: bytes[start..<index], as: UTF8.self),
            !key.unicodeScalars.contains("\u{FFFD}")
        else { throw failure("invalid key") }
        return key
    }

    private mutating func scanBare() throws(GrammarError) -> [UInt8] {
        let start = index
        while let byte = current, byte > 0x20 {
            if byte == UInt8(ascii: "=") { throw failure("unexpected '='") }
            if byte == UInt8(ascii: "\"") { throw failure("unexpected '\"'") }
            index += 1
        }
        return Array(bytes[start..<index])
    }

    private mutating func scanQuoted() throws(GrammarError) -> [UInt8] {
        let start = index + 1
        index = start
        var escaped = false
        var hasEscape = false
        while let byte = current {
            index += 1
            if escaped {
                escaped = false
            } else if byte == UInt8(ascii: "\\") {
                escaped = true
                hasEscape = true
            } else if byte == UInt8(ascii: "\"") {
                let inner = Array(bytes[start..<(index - 1)])
                guard hasEscape else { return inner }
                guard let value = LogfmtEscapes.unescape(inner) else { throw failure("invalid quoted value") }
                return value
            }
        }
        throw failure("unterminated quoted value")
    }

    private func failure(_ message: String) -> GrammarError {
        GrammarError(message: "\(message) at pos \(index + 1)")
    }
}

/// The backslash escapes of quoted values: those of JSON strings and `\'`.
private enum LogfmtEscapes {
    /// nil for an unknown escape or a control character.
    static func unescape(_ bytes: [UInt8]) -> [UInt8]? {
        var text: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte < 0x20 { return nil }
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard index < bytes.count else { return nil }
            let name = bytes[index]
            index += 1
            switch name {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "'"): text.append(name)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"):
                guard let scalar = scanScalar(bytes, &index) else { return nil }
                text.append(contentsOf: String(Character(scalar)).utf8)
            default: return nil
            }
        }
        return text
    }

    /// The character of a `\u` escape, after its `u`. Half a surrogate pair becomes U+FFFD.
    private static func scanScalar(_ bytes: [UInt8], _ index: inout Int) -> Unicode.Scalar? {
        guard let unit = hexUnit(bytes, at: index) else { return nil }
        index += 4
        if let scalar = Unicode.Scalar(unit) { return scalar }
        if unit < 0xDC00, index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
            bytes[index + 1] == UInt8(ascii: "u"), let low = hexUnit(bytes, at: index + 2),
            (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        {
            index += 6
            return scalar
        }
        return "\u{FFFD}"
    }

    private static func hexUnit(_ bytes: [UInt8], at index: Int) -> UInt32? {
        guard index + 4 <= bytes.count else { return nil }
        var unit: UInt32 = 0
        for byte in bytes[index..<(index + 4)] {
            guard let nibble = PercentCoding.nibble(byte) else { return nil }
            unit = unit << 4 | UInt32(nibble)
        }
        return unit
    }
}
