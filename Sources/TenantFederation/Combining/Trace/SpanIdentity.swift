/// The hash under which duplicates of a span meet. Seeded anew in every process, so that nobody can send spans that all
/// fall into one slot; nothing that leaves the merger depends on it.
struct SpanIdentity: Sendable {
    static let shared = SpanIdentity(seed: UInt64.random(in: .min ... .max))

    let seed: UInt64

    @inline(__always) private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    /// Hash of `count` bytes at `address`, which the caller has checked to be inside its memory.
    @inline(__always) func hash(_ address: UnsafeRawPointer, count: Int) -> UInt64 {
        var h = seed ^ UInt64(truncatingIfNeeded: count)
        var offset = 0
        while count - offset >= 8 {
            let word = address.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            h = Self.fold(h ^ word, 0xA076_1D64_78BD_642F)
            offset += 8
        }
        var tail: UInt64 = 0
        while offset < count {
            tail = tail << 8 | UInt64(address.load(fromByteOffset: offset, as: UInt8.self))
            offset += 1
        }
        return Self.fold(h ^ tail, 0xE703_7ED1_A0B4_28DB)
    }

    /// Hash of no bytes.
    var emptyHash: UInt64 { Self.fold(seed, 0xE703_7ED1_A0B4_28DB) }

    @inline(__always) func combine(id: UInt64, kind: Int32, start: UInt64, nameHash: UInt64) -> UInt32 {
        let h = Self.fold(id ^ seed, 0x8EBC_6AF0_9C88_C6E3 ^ UInt64(UInt32(bitPattern: kind)))
        let g = Self.fold(start ^ h, nameHash ^ 0x5899_65CC_7537_4CC3)
        return UInt32(truncatingIfNeeded: g ^ (g >> 32))
    }

    @inline(__always) func slot(of id: UInt64) -> Int {
        Int(truncatingIfNeeded: Self.fold(id ^ seed, 0xA076_1D64_78BD_642F) >> 1)
    }
}
