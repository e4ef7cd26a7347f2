/// Finds the spans of a view that satisfy a ``ScanNode``, a block of rows at a time.
struct BlockScanner {
    /// How many rows a block has: few enough that what a block needs stays in the first cache.
    static let blockRows = 2048
    private static let blockWords = blockRows / 64

    private let columns: SegmentColumns

    init(_ columns: SegmentColumns) { self.columns = columns }

    /// Calls with the number of a word of 64 rows and the bits of those that match, ascending; not for words without matches.
    /// - Throws: what the body throws, and `CancellationError`.
    func forEachWord(matching node: ScanNode, _ body: (_ firstRow: Int, _ bits: UInt64) throws -> Void) throws {
        let rowCount = columns.spanID.count
        if case .never = node { return }
        try withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.blockWords) { mask in
            var check = CancellationCheck(every: 1 << 18)
            var row = 0
            while row < rowCount {
                let rows = row..<min(row + Self.blockRows, rowCount)
                try check.spend(rows.count)
                evaluate(node, rows, into: mask)
                for word in 0..<(rows.count + 63) / 64 where mask[word] != 0 {
                    try body(row + word << 6, mask[word])
                }
                row = rows.upperBound
            }
        }
    }

    /// The words of a block's mask: bits of rows behind the end are 0.
    private func evaluate(_ node: ScanNode, _ rows: Range<Int>, into mask: UnsafeMutableBufferPointer<UInt64>) {
        switch node {
        case .always: fill(rows, into: mask)
        case .never: clear(rows, into: mask)
        case .kind(let bits): test(columns.kind, bits, rows, into: mask)
        case .statusCode(let bits): test(columns.statusCode, bits, rows, into: mask)
        case .name(let bits): test(columns.name, bits, rows, into: mask)
        case .detail(let bits): test(columns.detail, bits, rows, into: mask)
        case .resource(let bits): test(columns.resource, bits, rows, into: mask)
        case .scope(let bits): test(columns.scope, bits, rows, into: mask)
        case .trace(let bits): test(columns.trace, bits, rows, into: mask)
        case .duration(let range):
            let (start, end) = (columns.start.buffer, columns.end.buffer)
            fill(rows, into: mask) { row in end[row] < start[row] || range.contains(end[row] - start[row]) }
        case .spanID(let ids):
            let column = columns.spanID.buffer
            fill(rows, into: mask) { ids.contains(column[$0]) }
        case .parentSpanID(let ids):
            let column = columns.parentSpanID.buffer
            fill(rows, into: mask) { ids.contains(column[$0]) }
        case .isRoot:
            let column = columns.hasParent.buffer
            fill(rows, into: mask) { column[$0] == 0 }
        case .hasLink:
            let column = columns.linkOffsets.buffer
            fill(rows, into: mask) { column[$0] != column[$0 + 1] }
        case .hasEvent:
            let column = columns.eventOffsets.buffer
            fill(rows, into: mask) { column[$0] != column[$0 + 1] }
        case .pairs(let set):
            clear(rows, into: mask)
            let offsets = columns.pairs.offsets.buffer
            search(columns.pairs.values, offsets, set, rows, rows, into: mask) { $0 }
        case .eventPairs(let set):
            searchElements(columns.eventOffsets, columns.eventPairs, set, rows, into: mask)
        case .linkPairs(let set):
            searchElements(columns.linkOffsets, columns.linkPairs, set, rows, into: mask)
        case .eventName(let bits):
            clear(rows, into: mask)
            let (offsets, names) = (columns.eventOffsets.buffer, columns.eventName.buffer)
            for row in rows {
                for event in Int(offsets[row])..<Int(offsets[row + 1]) where bits.contains(Int(names[event])) {
                    set(row - rows.lowerBound, mask)
                    break
                }
            }
        case .all(let nodes):
            evaluate(nodes[0], rows, into: mask)
            combine(nodes.dropFirst(), rows, into: mask, until: { $0.allSatisfy { $0 == 0 } }) { $0 &= $1 }
        case .any(let nodes):
            evaluate(nodes[0], rows, into: mask)
            combine(nodes.dropFirst(), rows, into: mask, until: { _ in false }) { $0 |= $1 }
        }
    }

    private func combine(
        _ nodes: ArraySlice<ScanNode>, _ rows: Range<Int>, into mask: UnsafeMutableBufferPointer<UInt64>,
        until isDone: (UnsafeMutableBufferPointer<UInt64>) -> Bool, _ join: (inout UInt64, UInt64) -> Void
    ) {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.blockWords) { other in
            let words = UnsafeMutableBufferPointer(rebasing: mask[..<((rows.count + 63) / 64)])
            for node in nodes {
                if isDone(words) { return }
                evaluate(node, rows, into: other)
                for word in words.indices { join(&words[word], other[word]) }
            }
        }
    }

    // MARK: Masks

    @inline(__always)
    private func set(_ bit: Int, _ mask: UnsafeMutableBufferPointer<UInt64>) {
        mask[bit >> 6] |= 1 << UInt64(bit & 63)
    }

    private func clear(_ rows: Range<Int>, into mask: UnsafeMutableBufferPointer<UInt64>) {
        for word in 0..<(rows.count + 63) / 64 { mask[word] = 0 }
    }

    private func fill(_ rows: Range<Int>, into mask: UnsafeMutableBufferPointer<UInt64>) {
        for word in 0..<(rows.count + 63) / 64 {
            let count = min(64, rows.count - word << 6)
            mask[word] = count == 64 ? .max : 1 << UInt64(count) - 1
        }
    }

    @inline(__always)
    private func fill(
        _ rows: Range<Int>, into mask: UnsafeMutableBufferPointer<UInt64>, _ passes: (Int) -> Bool
    ) {
        for word in 0..<(rows.count + 63) / 64 {
            let first = rows.lowerBound + word << 6
            var bits: UInt64 = 0
            for bit in 0..<min(64, rows.upperBound - first) where passes(first + bit) { bits |= 1 << UInt64(bit) }
            mask[word] = bits
        }
    }

    @inline(__always)
    private func test<Number: FixedWidthInteger & BitwiseCopyable>(
        _ column: Column<Number>, _ bits: BitSet, _ rows: Range<Int>,
        into mask: UnsafeMutableBufferPointer<UInt64>
    ) {
        let values = column.buffer
        bits.words.withUnsafeBufferPointer { set in
            fill(rows, into: mask) { row in
                let value = Int(truncatingIfNeeded: values[row])
                return set[value >> 6] >> UInt64(value & 63) & 1 != 0
            }
        }
    }

    // MARK: Attributes

    /// Sets the bits of the rows whose lists hold a pair of a set.
    /// - Parameters:
    ///   - lists: which lists to look at; list `i` belongs to the row that `row` says.
    @inline(__always)
    private func search(
        _ values: Column<UInt32>, _ offsets: UnsafeBufferPointer<UInt32>, _ wanted: PairSet, _ lists: Range<Int>,
        _ rows: Range<Int>, into mask: UnsafeMutableBufferPointer<UInt64>, row: (Int) -> Int
    ) {
        let pairs = values.buffer
        var list = lists.lowerBound
        // All lists of a block lie end to end, so one loop runs over them; only a find asks whose it is.
        func found(_ position: Int) {
            while Int(offsets[list + 1]) <= position { list += 1 }
            set(row(list) - rows.lowerBound, mask)
        }
        let span = Int(offsets[lists.lowerBound])..<Int(offsets[lists.upperBound])
        switch wanted.few?.count {
        case 1:
            let only = wanted.few?[0] ?? 0
            for position in span where pairs[position] == only { found(position) }
        case 2:
            let (one, two) = (wanted.few?[0] ?? 0, wanted.few?[1] ?? 0)
            for position in span where pairs[position] == one || pairs[position] == two { found(position) }
        default:
            wanted.bits.words.withUnsafeBufferPointer { set in
                for position in span {
                    let pair = Int(pairs[position])
                    if set[pair >> 6] >> UInt64(pair & 63) & 1 != 0 { found(position) }
                }
            }
        }
    }

    private func searchElements(
        _ elements: Column<UInt32>, _ lists: ListColumn<UInt32>, _ set: PairSet, _ rows: Range<Int>,
        into mask: UnsafeMutableBufferPointer<UInt64>
    ) {
        clear(rows, into: mask)
        let owners = elements.buffer
        let range = Int(owners[rows.lowerBound])..<Int(owners[rows.upperBound])
        guard !range.isEmpty else { return }
        var owner = rows.lowerBound
        search(lists.values, lists.offsets.buffer, set, range, rows, into: mask) { element in
            while Int(owners[owner + 1]) <= element { owner += 1 }
            return owner
        }
    }
}
