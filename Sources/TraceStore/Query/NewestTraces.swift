import TempoAPI

/// The newest traces of an answer that is being made: by start, ties by trace id.
struct NewestTraces {
    private struct Entry {
        var start: UInt64
        var id: TraceID
        var trace: TraceSearchMetadata

        /// Whether it stands before the other in the answer.
        func precedes(_ other: Entry) -> Bool { start != other.start ? start > other.start : id < other.id }
    }

    /// 0 = all.
    private let limit: Int
    /// When there are `limit`: a heap with the last of them at the front.
    private var entries: [Entry] = []

    init(limit: Int) { self.limit = limit }

    private var isFull: Bool { limit > 0 && entries.count >= limit }

    /// Whether no trace that starts then or earlier can get in.
    func refuses(start: UInt64) -> Bool { isFull && start < entries[0].start }

    mutating func insert(_ trace: TraceSearchMetadata, _ id: TraceID) {
        let entry = Entry(start: trace.startTimeUnixNano, id: id, trace: trace)
        if isFull {
            if entry.precedes(entries[0]) {
                entries[0] = entry
                sink(0)
            }
            return
        }
        entries.append(entry)
        if isFull { for node in stride(from: entries.count / 2, through: 0, by: -1) { sink(node) } }
    }

    private mutating func sink(_ start: Int) {
        var node = start
        while true {
            var last = node
            for child in [2 * node + 1, 2 * node + 2] where child < entries.count {
                if entries[last].precedes(entries[child]) { last = child }
            }
            if last == node { return }
            entries.swapAt(node, last)
            node = last
        }
    }

    /// The traces, newest first.
    func sorted() -> [TraceSearchMetadata] { entries.sorted { $0.precedes($1) }.map(\.trace) }
}
