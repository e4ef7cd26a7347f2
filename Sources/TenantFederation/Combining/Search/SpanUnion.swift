import TempoAPI

/// The distinct spans of a span set. Spans are the same when id and start are equal and their names, where both are known,
/// too: a client and a server span may share an id.
struct SpanUnion {
    private struct Key: Hashable {
        var id: String
        var start: UInt64
    }

    private var spans: [SearchSpan] = []
    private var positions: [Key: [Int]] = [:]

    /// Adds a span, or keeps the fuller of two copies (of equals the first).
    /// - Returns: the number of the span in this union.
    mutating func insert(_ span: SearchSpan) -> Int {
        let key = Key(id: span.spanID, start: span.startTimeUnixNano)
        for i in positions[key] ?? []
        where spans[i].name == span.name || spans[i].name.isEmpty || span.name.isEmpty {
            if span.protobufSize > spans[i].protobufSize { spans[i] = span }
            return i
        }
        positions[key, default: []].append(spans.count)
        spans.append(span)
        return spans.count - 1
    }

    /// By start, then id, then name; at most `limit` (0: all).
    func sorted(limit: Int) -> [SearchSpan] {
        let all = spans.sorted { a, b in
            (a.startTimeUnixNano, a.spanID, a.name) < (b.startTimeUnixNano, b.spanID, b.name)
        }
        return limit > 0 ? Array(all.prefix(limit)) : all
    }
}
