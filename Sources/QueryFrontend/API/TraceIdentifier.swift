/// A 128-bit trace id read from a path or a body. Shorter ids stand for the same id with zeros in front.
struct TraceIdentifier: Sendable, Hashable {
    private let high: UInt64
    private let low: UInt64

    /// Reads 1 to 32 hexadecimal digits of either case.
    init(parsing text: String) throws(GrammarError) {
        var offset = 0
        for scalar in text.unicodeScalars {
            guard Self.nibble(scalar) != nil else {
                throw GrammarError(
                    message: "trace IDs can only contain hex characters: "
                        + "invalid character '\(scalar)' at position \(offset + 1)")
            }
            offset += UTF8.width(scalar)
        }
        guard offset <= 32 else { throw GrammarError(message: "trace IDs can't be larger than 128 bits") }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for scalar in text.unicodeScalars {
            high = high << 4 | low >> 60
            low = low << 4 | (Self.nibble(scalar) ?? 0)
        }
        self.high = high
        self.low = low
    }

    /// The 16 bytes, most significant first.
    var bytes: [UInt8] {
        [high, low].flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> UInt64(56 - 8 * $0)) } }
    }

    /// 32 lower-case digits.
    var hex: String {
        Self.padded(high) + Self.padded(low)
    }

    /// Lower-case digits without leading zeros, as search results print it; empty for the all-zero id.
    var strippedHex: String {
        if high != 0 { return String(high, radix: 16) + Self.padded(low) }
        return low == 0 ? "" : String(low, radix: 16)
    }

    private static func padded(_ half: UInt64) -> String {
        let digits = String(half, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    private static func nibble(_ scalar: Unicode.Scalar) -> UInt64? {
        switch scalar {
        case "0"..."9": return UInt64(scalar.value - 0x30)
        case "a"..."f": return UInt64(scalar.value - 0x61 + 10)
        case "A"..."F": return UInt64(scalar.value - 0x41 + 10)
        default: return nil
        }
    }
}
