/// Reads a sample as every Tempo writes it, `{"timestampMs":"1795216200000","value":0.5}`, without looking at its members one
/// by one: answers of range queries hold little else. Whatever is written otherwise is left to ``JSONSource``.
///
/// Works on memory whose syntax was checked; every byte is looked at within its bounds.
struct SampleScanner {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position: Int

    init(_ bytes: UnsafeRawBufferPointer, at position: Int) {
        self.bytes = bytes
        self.position = position
    }

    /// The sample that begins here; nil, with the position anywhere, when it is written otherwise.
    mutating func sample() -> Sample? {
        guard take("{\"timestampMs\":\""), let time = time() else { return nil }
        guard position < bytes.count else { return nil }
        if bytes[position] == 0x7d {
            position += 1
            return Sample(timestampMs: time)
        }
        guard take(",\"value\":"), let value = number(), position < bytes.count, bytes[position] == 0x7d else {
            return nil
        }
        position += 1
        return Sample(timestampMs: time, value: value)
    }

    @inline(__always)
    private mutating func take(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard bytes.count - position >= count else { return false }
        for index in 0..<count where bytes[position + index] != text.utf8Start[index] { return false }
        position += count
        return true
    }

    /// Up to 18 digits and the closing quote.
    @inline(__always)
    private mutating func time() -> Int64? {
        let start = position
        var value: Int64 = 0
        while position < bytes.count, case let digit = bytes[position] &- 0x30, digit < 10 {
            guard position - start < 18 else { return nil }
            value = value &* 10 &+ Int64(digit)
            position += 1
        }
        guard position > start, position < bytes.count, bytes[position] == 0x22 else { return nil }
        position += 1
        return value
    }

    /// A number that is exact as a quotient of two that are, or else is read as text.
    @inline(__always)
    private mutating func number() -> Double? {
        let start = position
        let isNegative = position < bytes.count && bytes[position] == 0x2d
        if isNegative { position += 1 }
        var mantissa: UInt64 = 0
        var digits = 0
        var decimals = 0
        var isPlain = true
        while position < bytes.count {
            let byte = bytes[position]
            if case let digit = byte &- 0x30, digit < 10 {
                if digits < 19 { mantissa = mantissa &* 10 &+ UInt64(digit) } else { isPlain = false }
                // Zeros in front do not count.
                if mantissa > 0 { digits += 1 }
                decimals += decimals > 0 ? 1 : 0
            } else if byte == 0x2e, decimals == 0 {
                decimals = 1
            } else if byte == 0x65 || byte == 0x45 || byte == 0x2b || byte == 0x2d {
                isPlain = false
            } else {
                break
            }
            position += 1
        }
        guard position > start else { return nil }
        let scale = max(0, decimals - 1)
        if isPlain, mantissa <= 1 << 53, scale < Self.powersOfTen.count {
            let value = Double(mantissa) / Self.powersOfTen[scale]
            return isNegative ? -value : value
        }
        let text = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
        guard let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else { return nil }
        return value
    }

    /// Those that a double holds exactly.
    private static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20,
        1e21, 1e22,
    ]
}
