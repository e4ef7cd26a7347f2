/// Zipkin-style traces, in which a client and a server span share one id. Tempo gives the server spans ids of their own,
/// counted from 1, so the parts of several tenants arrive with colliding numbers. Before a merge that is undone part by
/// part, after it the whole trace is renumbered once.
enum SharedSpanIDs {
    /// Tempo counts new ids from 1; an id that small was hardly drawn at random.
    static func isTiny(_ id: UInt64) -> Bool { id > 0 && id < 65_536 }

    /// Gives server spans with a tiny id the id of their parent back, if that is a client span of the part, and the spans
    /// below them that parent. Of several servers that shared one id Tempo hangs all below the last, so a second pass
    /// takes those.
    static func undo(in part: Int, of merger: inout TraceMerger) {
        let range = merger.parts[part].spans
        let clients = clientIDs(in: [range], of: merger, count: merger.parts[part].clients)
        var shared: [UInt64: UInt64] = [:]
        for i in range {
            let span = merger.index.spans[i]
            if isRenumberedServer(span), clients.contains(span.parent) { shared[span.id] = span.parent }
        }
        guard !shared.isEmpty else { return }
        for i in range {
            let span = merger.index.spans[i]
            guard span.flags.contains(.hasParent) else { continue }
            if isRenumberedServer(span), clients.contains(span.parent) {
                takeBack(i, id: span.parent, in: &merger)
            } else if let id = shared[span.parent] {
                merger.index.spans[i].parent = id
                merger.index.spans[i].flags.insert(.newParent)
                if isRenumberedServer(span) { takeBack(i, id: id, in: &merger) }
            }
        }
        for scope in merger.parts[part].scopes { merger.index.scopes[scope].isSorted = false }
    }

    private static func isRenumberedServer(_ span: SpanRecord) -> Bool {
        span.kind == SpanRecord.server && isTiny(span.id) && span.flags.contains(.hasParent)
            && !span.flags.contains(.oddID)
    }

    private static func takeBack(_ i: Int, id: UInt64, in merger: inout TraceMerger) {
        merger.index.spans[i].id = id
        merger.index.spans[i].flags.insert(.newID)
        let nameHash = merger.name(of: i).withUnsafeBytes { name in
            name.baseAddress.map { SpanIdentity.shared.hash($0, count: name.count) }
        }
        let span = merger.index.spans[i]
        merger.index.spans[i].identity = SpanIdentity.shared.combine(
            id: id, kind: span.kind, start: span.start, nameHash: nameHash ?? SpanIdentity.shared.emptyHash)
    }

    /// Gives every server span whose id a client span also has the next free number, in the order of the answer.
    /// - Returns: whether any id changed.
    static func renumber(_ merger: inout TraceMerger, clients: Int) -> Bool {
        let ranges = merger.steps.map { merger.parts[$0].spans }
        let clientIDs = clientIDs(in: ranges, of: merger, count: clients)
        var isShared = false
        for range in ranges {
            for i in range where isLiveServer(merger.index.spans[i]) && clientIDs.contains(merger.index.spans[i].id) {
                isShared = true
            }
        }
        guard isShared else { return false }

        var used = usedNumbers(in: ranges, of: merger)
        var next: UInt64 = 1
        var newIDs: [UInt64: UInt64] = [:]
        for batch in merger.order {
            for scope in merger.index.batches[Int(batch)].scopes where !merger.index.scopes[scope].isRemoved {
                for i in merger.index.scopes[scope].spans {
                    let span = merger.index.spans[i]
                    guard isLiveServer(span), clientIDs.contains(span.id) else { continue }
                    while used.contains(next) { next += 1 }
                    used.insert(next)
                    newIDs[span.id] = next
                    merger.index.spans[i].id = next
                    merger.index.spans[i].parent = span.id
                    merger.index.spans[i].flags.formUnion([.newID, .newParent, .hasParent])
                }
            }
        }
        for range in ranges {
            for i in range {
                let span = merger.index.spans[i]
                guard span.flags.contains(.hasParent), let id = newIDs[span.parent],
                    id != span.id || span.flags.contains(.oddID)
                else { continue }
                merger.index.spans[i].parent = id
                merger.index.spans[i].flags.insert(.newParent)
            }
        }
        markChanged(&merger)
        return true
    }

    private static func isLiveServer(_ span: SpanRecord) -> Bool {
        span.kind == SpanRecord.server && span.flags.isDisjoint(with: [.dropped, .oddID])
    }

    private static func clientIDs(in ranges: [Range<Int>], of merger: TraceMerger, count: Int) -> SpanIDSet {
        var ids = SpanIDSet(capacity: count)
        for range in ranges {
            for i in range {
                let span = merger.index.spans[i]
                if span.kind == SpanRecord.client, span.flags.isDisjoint(with: [.dropped, .oddID]) {
                    ids.insert(span.id)
                }
            }
        }
        return ids
    }

    /// Numbers that new ids must avoid. A new id is never greater than the count of spans that have a number in use or
    /// need one, so greater ids need not be remembered.
    private static func usedNumbers(in ranges: [Range<Int>], of merger: TraceMerger) -> Set<UInt64> {
        let bound = UInt64(ranges.reduce(0) { $0 + $1.count }) * 2 + 1
        var used: Set<UInt64> = []
        for range in ranges {
            for i in range {
                let span = merger.index.spans[i]
                if span.id <= bound, span.flags.isDisjoint(with: [.dropped, .oddID]) { used.insert(span.id) }
            }
        }
        return used
    }

    /// Scopes with changed spans are written anew; a span that got its old ids back is as it was.
    private static func markChanged(_ merger: inout TraceMerger) {
        for batch in merger.order {
            let part = Int(merger.index.batches[Int(batch)].part)
            for scope in merger.index.batches[Int(batch)].scopes where !merger.index.scopes[scope].isRemoved {
                for i in merger.index.scopes[scope].spans {
                    var span = merger.index.spans[i]
                    guard !span.flags.isDisjoint(with: [.newID, .newParent]), !span.flags.contains(.dropped)
                    else { continue }
                    let bytes = merger.parts[part].bytes
                    SpanRewriter.forgetNeedlessChanges(&span, in: bytes)
                    merger.index.spans[i].flags = span.flags
                    guard !span.flags.isDisjoint(with: [.newID, .newParent]) else { continue }
                    let length = SpanRewriter.rewrittenLength(of: span, in: bytes)
                    merger.index.scopes[scope].spanBytes += fieldSize(length) - fieldSize(Int(span.length))
                    merger.index.scopes[scope].isChanged = true
                }
            }
        }
    }
}
