/// Standard base64 with padding.
enum Base64 {
    /// Decodes; carriage returns and newlines are passed over, anything else that is not base64 is an error that names its position.
    static func decode(_ text: [UInt8]) throws(WireError) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count / 4 * 3)
        var group: UInt32 = 0
        var count = 0
        var position = 0
        while position < text.count {
            let byte = text[position]
            position += 1
            if byte == 0x0a || byte == 0x0d { continue }
            if let digit = digit(byte) {
                group = group << 6 | digit
                count += 1
                if count == 4 {
                    result.append(UInt8(truncatingIfNeeded: group >> 16))
                    result.append(UInt8(truncatingIfNeeded: group >> 8))
                    result.append(UInt8(truncatingIfNeeded: group))
                    group = 0
                    count = 0
                }
                continue
            }
            guard byte == 0x3d, count >= 2 else { throw illegal(position - 1) }
            if count == 2 {
                skipNewlines(text, &position)
                guard position < text.count else { throw illegal(text.count) }
                guard text[position] == 0x3d else { throw illegal(position - 1) }
                position += 1
                result.append(UInt8(truncatingIfNeeded: group >> 4))
            } else {
                result.append(UInt8(truncatingIfNeeded: group >> 10))
                result.append(UInt8(truncatingIfNeeded: group >> 2))
            }
            skipNewlines(text, &position)
            guard position == text.count else { throw illegal(position) }
            return result
        }
        guard count == 0 else { throw illegal(position - count) }
        return result
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x41...0x5a: return UInt32(byte - 0x41)
        case 0x61...0x7a: return UInt32(byte - 0x61 + 26)
        case 0x30...0x39: return UInt32(byte - 0x30 + 52)
        case 0x2b: return 62
        case 0x2f: return 63
        default: return nil
        }
    }

    private static func skipNewlines(_ text: [UInt8], _ position: inout Int) {
        while position < text.count, text[position] == 0x0a || text[position] == 0x0d { position += 1 }
    }

    private static func illegal(_ position: Int) -> WireError {
        WireError(.mismatch, "illegal base64 data at input byte \(position)")
    }
}
