/// A fast hash for tables in memory. The seed is random in each process, so that nobody can choose texts that collide.
struct ByteHash: Sendable {
    let seed: UInt64

    init(seed: UInt64) { self.seed = seed }

    static func random() -> ByteHash { ByteHash(seed: .random(in: .min ... .max)) }

    @inline(__always)
    static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }

    /// A hash of bytes, all 64 bits of it good.
    @inline(__always)
    func callAsFunction(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        let count = bytes.count
        var hash = seed ^ UInt64(truncatingIfNeeded: count) &* 0x9e37_79b9_7f4a_7c15
        var offset = 0
        while count - offset > 16 {
            hash = Self.mix(
                bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) ^ 0xa076_1d64_78bd_642f,
                bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self) ^ hash)
            offset += 16
        }
        let (low, high) = Self.rest(bytes, offset)
        return Self.mix(Self.mix(low ^ 0xe703_7ed1_a0b4_28db, high ^ hash), hash ^ 0x8ebc_6af0_9c88_c6e3)
    }

    /// The last bytes from an offset, at most 16, as two numbers.
    @inline(__always)
    private static func rest(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> (UInt64, UInt64) {
        let count = bytes.count - offset
        if count >= 8 {
            return (
                bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self)
            )
        }
        if count >= 4 {
            return (
                UInt64(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)),
                UInt64(bytes.loadUnaligned(fromByteOffset: bytes.count - 4, as: UInt32.self))
            )
        }
        guard count > 0 else { return (0, 0) }
        let first = UInt64(bytes[offset])
        let middle = UInt64(bytes[offset + count / 2])
        return (first << 16 | middle << 8 | UInt64(bytes[bytes.count - 1]), 0)
    }

    /// A hash of numbers, one after the other.
    @inline(__always)
    func combine(_ hash: UInt64, _ value: UInt64) -> UInt64 {
        Self.mix(hash ^ 0xa076_1d64_78bd_642f, value ^ seed)
    }

    /// The 32 bits that a ``SlotTable`` wants.
    @inline(__always)
    static func fold(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash ^ hash >> 32) }
}
