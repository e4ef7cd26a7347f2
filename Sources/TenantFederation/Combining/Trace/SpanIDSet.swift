/// A set of 8-byte span ids: open addressing, no allocation but one.
struct SpanIDSet {
    private var slots: [UInt64]
    private let mask: Int
    private var holdsZero = false

    init(capacity: Int) {
        var size = 16
        while size < capacity &* 2 { size &*= 2 }
        slots = [UInt64](repeating: 0, count: size)
        mask = size - 1
    }

    /// The caller inserts at most the capacity of different ids, so a free slot always exists.
    @inline(__always) mutating func insert(_ id: UInt64) {
        guard id != 0 else {
            holdsZero = true
            return
        }
        var slot = SpanIdentity.shared.slot(of: id) & mask
        while slots[slot] != 0 {
            if slots[slot] == id { return }
            slot = (slot + 1) & mask
        }
        slots[slot] = id
    }

    @inline(__always) func contains(_ id: UInt64) -> Bool {
        guard id != 0 else { return holdsZero }
        var slot = SpanIdentity.shared.slot(of: id) & mask
        while slots[slot] != 0 {
            if slots[slot] == id { return true }
            slot = (slot + 1) & mask
        }
        return false
    }
}
