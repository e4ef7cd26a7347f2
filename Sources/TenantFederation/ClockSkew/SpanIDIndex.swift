/// Which spans of a trace have an 8-byte id: open addressing, 16 bytes a slot. Ids that several spans share are kept apart.
struct SpanIDIndex {
    private var ids: [UInt64]
    private var values: [UInt32]
    private let mask: Int
    /// The ids that more than one span has.
    private(set) var shared: [UInt64: Sharers] = [:]

    /// The spans of one id, as far as they matter; however many there are, this stays as small.
    struct Sharers {
        private(set) var count = 0
        /// The first two.
        private(set) var spans = (-1, -1)
        private(set) var clients = 0
        /// The first span of this kind.
        private(set) var client = -1
        private(set) var servers = 0
        private(set) var server = -1

        fileprivate mutating func add(_ span: Int, _ kind: Int32) {
            if count == 0 { spans.0 = span } else if count == 1 { spans.1 = span }
            count += 1
            if kind == SpanRecord.client {
                if clients == 0 { client = span }
                clients += 1
            } else if kind == SpanRecord.server {
                if servers == 0 { server = span }
                servers += 1
            }
        }
    }

    /// - Parameter capacity: at most so many spans are inserted, each less than `UInt32.max`.
    init(capacity: Int) {
        var size = 16
        while size < capacity &* 2 { size &*= 2 }
        ids = [UInt64](repeating: 0, count: size)
        values = [UInt32](repeating: 0, count: size)
        mask = size - 1
    }

    /// Inserts the id of `spans[span]`; 0 is no id and is left out.
    mutating func insert(_ span: Int, of spans: [SpanRecord]) {
        let id = spans[span].id
        guard id != 0 else { return }
        var slot = SpanIdentity.shared.slot(of: id) & mask
        while ids[slot] != 0 {
            if ids[slot] == id {
                var sharers = shared[id] ?? Sharers()
                if sharers.count == 0 { sharers.add(Int(values[slot]), spans[Int(values[slot])].kind) }
                sharers.add(span, spans[span].kind)
                shared[id] = sharers
                return
            }
            slot = (slot + 1) & mask
        }
        ids[slot] = id
        values[slot] = UInt32(truncatingIfNeeded: span)
    }

    /// The first span with this id.
    @inline(__always) func first(_ id: UInt64) -> Int? {
        guard id != 0 else { return nil }
        var slot = SpanIdentity.shared.slot(of: id) & mask
        while ids[slot] != 0 {
            if ids[slot] == id { return Int(values[slot]) }
            slot = (slot + 1) & mask
        }
        return nil
    }
}
