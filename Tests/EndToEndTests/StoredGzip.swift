/// Gzip made by hand, so that no zlib is needed to test one.
enum StoredGzip {
    /// The bytes in blocks that are stored rather than compressed.
    static func wrap(_ bytes: [UInt8]) -> [UInt8] {
        var result = head
        var rest = bytes[...]
        repeat {
            let block = rest.prefix(65_535)
            rest = rest.dropFirst(block.count)
            result.append(rest.isEmpty ? 1 : 0)
            result += little(UInt32(block.count), 2) + little(~UInt32(block.count), 2) + block
        } while !rest.isEmpty
        return result + little(checksum(bytes), 4) + little(UInt32(bytes.count), 4)
    }

    /// Very many zeros in few bytes: what unpacks to more than it seems. About a thousandth, by repeats of 258 at distance 1.
    static func zeros(_ count: Int) -> [UInt8] {
        // One block with fixed codes: a literal 0 (8 bits 00110000), then matches of length 258 (11000101) at distance 1 (00000).
        var bits: [Bool] = [true, true, false]
        func append(_ code: String) { bits += code.map { $0 == "1" } }
        append("00110000")
        let matches = max(0, (count - 1) / 258)
        for _ in 0..<matches { append("1100010100000") }
        append("0000000")
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: bits.count, by: 8) {
            var byte: UInt8 = 0
            for (place, bit) in bits[start...].prefix(8).enumerated() where bit { byte |= 1 << UInt8(place) }
            bytes.append(byte)
        }
        let length = 1 + matches * 258
        return head + bytes + little(checksum([UInt8](repeating: 0, count: length)), 4) + little(UInt32(length), 4)
    }

    private static let head: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]

    private static func little(_ value: UInt32, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var state: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            state ^= UInt32(byte)
            for _ in 0..<8 { state = state & 1 == 1 ? state >> 1 ^ 0xEDB8_8320 : state >> 1 }
        }
        return ~state
    }
}
