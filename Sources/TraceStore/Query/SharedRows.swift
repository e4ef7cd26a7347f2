/// Which row of a table stands for a resource (or scope) of a view; equal ones of different views share a row.
struct SharedRows {
    /// By view and id; -1 for what has no row yet.
    private var rows: [[Int32]]
    private var byContent: [[UInt8]: Int32] = [:]

    /// - Parameter counts: how many ids each view has.
    init(_ counts: [Int]) { rows = counts.map { [Int32](repeating: -1, count: $0) } }

    /// How many rows there are.
    var count: Int { byContent.count }

    @inline(__always)
    func row(_ id: UInt32, _ view: Int) -> Int32? {
        let row = rows[view][Int(id)]
        return row < 0 ? nil : row
    }

    /// The row for a content that has one already.
    func row(_ content: [UInt8]) -> Int32? { byContent[content] }

    /// Remembers the row of an id and of its content.
    mutating func set(_ row: Int32, _ id: UInt32, _ view: Int, _ content: [UInt8]) {
        byContent[content] = row
        rows[view][Int(id)] = row
    }

    mutating func removeAll() {
        byContent.removeAll(keepingCapacity: true)
        for view in rows.indices {
            for id in rows[view].indices { rows[view][id] = -1 }
        }
    }
}
