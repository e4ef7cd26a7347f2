/// Start time, then id, then where the thing stood: no two are equal, so the order is always the same.
struct OrderKey: Comparable {
    var start: UInt64
    var id: UInt64
    /// Index of the thing that is ordered.
    var position: UInt32
    /// The id's bytes when there are not 8 of them.
    var oddID: [UInt8]?

    static func < (a: OrderKey, b: OrderKey) -> Bool {
        if a.start != b.start { return a.start < b.start }
        if a.oddID == nil, b.oddID == nil {
            return a.id != b.id ? a.id < b.id : a.position < b.position
        }
        let x = a.bytes
        let y = b.bytes
        return x == y ? a.position < b.position : x.lexicographicallyPrecedes(y)
    }

    private var bytes: [UInt8] { oddID ?? withUnsafeBytes(of: id.bigEndian) { Array($0) } }
}

/// Sorts if needed; true when something moved.
@discardableResult
func sortByKey(_ keys: inout [OrderKey]) -> Bool {
    var isSorted = true
    for i in keys.indices.dropFirst() where keys[i] < keys[i - 1] {
        isSorted = false
        break
    }
    if !isSorted { keys.sort() }
    return !isSorted
}

extension TraceMerger {
    func key(of span: Int, position: Int) -> OrderKey {
        let record = index.spans[span]
        return OrderKey(
            start: record.start, id: record.id, position: UInt32(truncatingIfNeeded: position),
            oddID: record.flags.contains(.oddID) ? Array(idBytes(of: span)) : nil)
    }

    /// The scope of a span. Valid as long as neither scopes nor spans have been sorted.
    func scopeIndex(of span: Int) -> Int {
        var low = 0
        var high = index.scopes.count
        // The last scope that starts at or before the span and is not empty: empty ones share their start with the next.
        while low < high {
            let middle = (low + high) / 2
            if Int(index.scopes[middle].firstSpan) + Int(index.scopes[middle].spanCount) <= span {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    /// The part of a span.
    func partIndex(of span: Int) -> Int {
        var low = 0
        var high = parts.count
        while low < high {
            let middle = (low + high) / 2
            if parts[middle].spans.upperBound <= span { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func name(of span: Int) -> ArraySlice<UInt8> {
        let record = index.spans[span]
        guard record.nameAt != 0 else { return [] }
        let bytes = parts[partIndex(of: span)].bytes
        return bytes.withUnsafeBytes { memory in
            guard var cursor = WireCursor(memory, from: Int(record.nameAt), to: memory.count),
                let range = try? cursor.lengthDelimited()
            else { return [] }
            return bytes[range.start..<range.end]
        }
    }

    /// The id as the part has it.
    func idBytes(of span: Int) -> ArraySlice<UInt8> {
        SpanRewriter.field(2, of: index.spans[span], in: parts[partIndex(of: span)].bytes)
    }
}
