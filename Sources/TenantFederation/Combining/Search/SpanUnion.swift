import TempoAPI

/// The distinct spans of a span set. Spans are the same when id and start are equal and their names, where both are known,
/// too: a client and a server span may share an id.
struct SpanUnion {
    private struct Key: Hashable {
        var id: ExactText
        var start: UInt64
    }

    private struct NamedKey: Hashable {
        var key: Key
        var name: ExactText
    }

    private var spans: [SearchSpan] = []
    private var byName: [NamedKey: Int] = [:]
    /// The first span with an id and start, whatever its name.
    private var first: [Key: Int] = [:]

    /// Adds a span, or keeps the fuller of two copies (of equals the first).
    /// - Returns: the number of the span in this union.
    mutating func insert(_ span: SearchSpan) -> Int {
        let key = Key(id: ExactText(span.spanID), start: span.startTimeUnixNano)
        if let i = position(of: key, name: span.name) {
            if span.protobufSize > spans[i].protobufSize { spans[i] = span }
            byName[NamedKey(key: key, name: ExactText(spans[i].name))] = i
            return i
        }
        byName[NamedKey(key: key, name: ExactText(span.name))] = spans.count
        if first[key] == nil { first[key] = spans.count }
        spans.append(span)
        return spans.count - 1
    }

    private func position(of key: Key, name: String) -> Int? {
        if let i = byName[NamedKey(key: key, name: ExactText(name))] { return i }
        // A span without a name can only be the first of its key: any later one would have been taken for its copy.
        guard let i = first[key], name.isEmpty || spans[i].name.isEmpty else { return nil }
        return i
    }

    /// By start, then id, then name; at most `limit` (0: all).
    func sorted(limit: Int) -> [SearchSpan] {
        let all = spans.sorted { a, b in
            (a.startTimeUnixNano, ExactText(a.spanID), ExactText(a.name))
                < (b.startTimeUnixNano, ExactText(b.spanID), ExactText(b.name))
        }
        return limit > 0 ? Array(all.prefix(limit)) : all
    }
}
