extension JSONWriter {
    /// Appends a string in quotes. Like Go, escapes `<`, `>`, `&`, U+2028 and U+2029 besides what JSON demands; every byte that is not
    /// valid UTF-8 becomes `\ufffd`, and so does U+FFFD itself, since a repaired string and the original must read alike.
    mutating func string(_ bytes: UnsafeRawBufferPointer) {
        let count = bytes.count
        var start = 0
        var position = Self.endOfPlainRun(bytes, from: 0)
        if position == count, count <= 126 { return plainString(bytes) }
        output.append(0x22)
        while true {
            position = Self.endOfPlainRun(bytes, from: position)
            guard position < count else { break }
            let byte = bytes[position]
            if byte >= 0x80 {
                let length = Text.validSequenceLength(bytes, at: position)
                if length > 0, !Self.mustEscape(bytes, at: position, length: length) {
                    position += length
                    continue
                }
                append(bytes, start, position)
                if length == 0 {
                    literal(#"\ufffd"#)
                    position += 1
                } else {
                    switch bytes[position + 2] {
                    case 0xa8: literal(#"\u2028"#)
                    case 0xa9: literal(#"\u2029"#)
                    default: literal(#"\ufffd"#)
                    }
                    position += length
                }
            } else {
                append(bytes, start, position)
                escape(byte)
                position += 1
            }
            start = position
        }
        append(bytes, start, count)
        output.append(0x22)
    }

    /// A short string without anything to escape, in one append.
    @inline(__always)
    private mutating func plainString(_ bytes: UnsafeRawBufferPointer) {
        withUnsafeTemporaryAllocation(byteCount: 128, alignment: 1) { token in
            let count = bytes.count
            token[0] = 0x22
            UnsafeMutableRawBufferPointer(rebasing: token[1...]).copyMemory(from: bytes)
            token[count + 1] = 0x22
            output.append(contentsOf: UnsafeRawBufferPointer(rebasing: token[..<(count + 2)]))
        }
    }

    @inline(__always)
    private mutating func append(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) {
        if start < end { output.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[start..<end])) }
    }

    /// Whether a valid sequence is U+2028, U+2029 (E2 80 A8/A9) or U+FFFD (EF BF BD).
    private static func mustEscape(_ bytes: UnsafeRawBufferPointer, at position: Int, length: Int) -> Bool {
        guard length == 3 else { return false }
        switch (bytes[position], bytes[position + 1], bytes[position + 2]) {
        case (0xe2, 0x80, 0xa8), (0xe2, 0x80, 0xa9), (0xef, 0xbf, 0xbd): return true
        default: return false
        }
    }

    /// The position of the next byte that needs a closer look: control, quote, backslash, `<`, `>`, `&` or not ASCII.
    @inline(__always)
    private static func endOfPlainRun(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var position = start
        let count = bytes.count
        while count - position >= 8 {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let special = specialBytes(word)
            if special != 0 { return position + special.trailingZeroBitCount / 8 }
            position += 8
        }
        while position < count, isPlain(bytes[position]) { position += 1 }
        return position
    }

    /// Eight bytes at once: the lowest bit that is set belongs to the first byte that needs a closer look (bits above it may be wrong).
    @inline(__always)
    private static func specialBytes(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits: UInt64 = 0x8080_8080_8080_8080
        // The top bit of each byte that is zero.
        func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & highBits }
        let controls = (word &- ones &* 0x20) & ~word & highBits
        // `<` and `>` differ in one bit, and so do `"` and `&`.
        let brackets = zeros((word | ones &* 0x02) ^ ones &* 0x3e)
        let quotes = zeros((word | ones &* 0x04) ^ ones &* 0x26)
        let backslashes = zeros(word ^ ones &* 0x5c)
        return word & highBits | controls | brackets | quotes | backslashes
    }

    @inline(__always)
    private static func isPlain(_ byte: UInt8) -> Bool {
        // One bit for each ASCII character that needs a closer look.
        let low: UInt64 = 0x5000_0044_ffff_ffff  // controls, " & < >
        let high: UInt64 = 0x0000_0000_1000_0000  // backslash
        if byte >= 0x80 { return false }
        return (byte < 64 ? low : high) & (1 &<< UInt64(byte & 63)) == 0
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case 0x22: literal(#"\""#)
        case 0x5c: literal(#"\\"#)
        case 0x08: literal(#"\b"#)
        case 0x0c: literal(#"\f"#)
        case 0x0a: literal(#"\n"#)
        case 0x0d: literal(#"\r"#)
        case 0x09: literal(#"\t"#)
        default:
            literal(#"\u00"#)
            output.append(Self.hexDigit(byte >> 4))
            output.append(Self.hexDigit(byte & 15))
        }
    }

    static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }

    /// A double as Go writes it: the shortest digits that read back the same, an exponent below 1e-6 and from 1e21 on.
    mutating func double(_ value: Double) {
        if value.isNaN { return literal(#""NaN""#) }
        if value.isInfinite { return value < 0 ? literal(#""-Infinity""#) : literal(#""Infinity""#) }
        if value.sign == .minus { output.append(0x2d) }
        if value == 0 { return output.append(0x30) }
        // Swift's description has the same digits and only places the point differently.
        var digits: [UInt8] = []
        var exponent = 0
        var pointAt: Int?
        var text = value.magnitude.description
        text.withUTF8 { bytes in
            var position = 0
            while position < bytes.count {
                switch bytes[position] {
                case 0x2e: pointAt = digits.count
                case 0x65:
                    exponent = Int(String(decoding: bytes[(position + 1)...], as: UTF8.self)) ?? 0
                    position = bytes.count
                default: digits.append(bytes[position])
                }
                position += 1
            }
        }
        // The value is 0.DIGITS times ten to the power of `point`.
        var point = (pointAt ?? digits.count) + exponent
        let zeros = digits.prefix { $0 == 0x30 }.count
        digits.removeFirst(zeros)
        point -= zeros
        while digits.last == 0x30 { digits.removeLast() }
        write(digits, point: point)
    }

    private mutating func write(_ digits: [UInt8], point: Int) {
        let exponent = point - 1
        if exponent < -6 || exponent >= 21 {
            output.append(digits[0])
            if digits.count > 1 {
                output.append(0x2e)
                output.append(contentsOf: digits[1...])
            }
            output.append(0x65)
            output.append(exponent < 0 ? 0x2d : 0x2b)
            decimal(UInt64(exponent.magnitude))
        } else if point <= 0 {
            literal("0.")
            output.append(contentsOf: repeatElement(0x30, count: -point))
            output.append(contentsOf: digits)
        } else if digits.count <= point {
            output.append(contentsOf: digits)
            output.append(contentsOf: repeatElement(0x30, count: point - digits.count))
        } else {
            output.append(contentsOf: digits[..<point])
            output.append(0x2e)
            output.append(contentsOf: digits[point...])
        }
    }
}
