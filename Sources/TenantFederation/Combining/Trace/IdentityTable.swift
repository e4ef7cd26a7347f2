/// Where the spans of an identity are: open addressing over one list of (hash, index) pairs.
struct IdentityTable {
    private var slots: [UInt64]
    private let mask: Int

    init(capacity: Int) {
        var size = 16
        while size < capacity &+ capacity / 2 { size &*= 2 }
        slots = [UInt64](repeating: 0, count: capacity == 0 ? 0 : size)
        mask = size - 1
    }

    @inline(__always) func start(_ identity: UInt32) -> Int { Int(identity) & mask }

    /// The next span with this hash from `slot` on; nil when there is none, and `slot` is then where a new one belongs.
    /// Call again with the same `slot` to go on: it has moved past the entry, `replace` knows that.
    @inline(__always) func entry(_ slot: inout Int, identity: UInt32) -> Int? {
        while slots[slot] != 0 {
            let value = slots[slot]
            slot = (slot + 1) & mask
            if UInt32(truncatingIfNeeded: value >> 32) == identity {
                return Int(UInt32(truncatingIfNeeded: value)) - 1
            }
        }
        return nil
    }

    @inline(__always) mutating func insert(_ slot: Int, identity: UInt32, _ span: Int) {
        slots[slot] = UInt64(identity) << 32 | UInt64(UInt32(truncatingIfNeeded: span + 1))
    }

    /// Puts another span into the slot before `slot`, which is the one that `entry` gave last.
    @inline(__always) mutating func replace(_ slot: Int, identity: UInt32, with span: Int) {
        insert((slot + mask) & mask, identity: identity, span)
    }
}
