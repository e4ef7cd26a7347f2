/// An open-addressing hash table from 32 bits of a hash to numbers below 2^32 - 1. What the numbers stand for is the caller's: it
/// compares.
struct SlotTable {
    /// Upper half: the hash; lower half: the number + 1, 0 for a free slot.
    private var slots: [UInt64]
    private(set) var count = 0

    init(capacity: Int = 16) {
        var size = 16
        while size < capacity * 4 / 3 { size *= 2 }
        slots = Array(repeating: 0, count: size)
    }

    /// Bytes that the table takes.
    var byteCount: Int { slots.count * 8 }

    /// The number under a hash that the closure accepts.
    @inline(__always)
    func find(_ hash: UInt32, where matches: (UInt32) -> Bool) -> UInt32? {
        slots.withUnsafeBufferPointer { slots in
            let mask = slots.count - 1
            var index = Int(hash) & mask
            while true {
                let slot = slots[index]
                if slot == 0 { return nil }
                if UInt32(truncatingIfNeeded: slot >> 32) == hash {
                    let number = UInt32(truncatingIfNeeded: slot) &- 1
                    if matches(number) { return number }
                }
                index = (index + 1) & mask
            }
        }
    }

    /// Adds a number that is not there.
    mutating func insert(_ number: UInt32, hash: UInt32) {
        if (count + 1) * 4 > slots.count * 3 { grow() }
        count += 1
        Self.place(UInt64(hash) << 32 | UInt64(number &+ 1), in: &slots)
    }

    private mutating func grow() {
        var larger = [UInt64](repeating: 0, count: slots.count * 2)
        for slot in slots where slot != 0 { Self.place(slot, in: &larger) }
        slots = larger
    }

    private static func place(_ slot: UInt64, in slots: inout [UInt64]) {
        let mask = slots.count - 1
        var index = Int(slot >> 32) & mask
        while slots[index] != 0 { index = (index + 1) & mask }
        slots[index] = slot
    }
}
