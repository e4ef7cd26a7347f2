/// Decides which spans of the folded parts stay, in which order and under which ids.
///
/// Spans with the same id, kind, start and name are copies of one span: the fuller stays, of equals the one of the lower origin.
/// A single part is returned as it came; of several, spans, scopes and batches are sorted by start, then id. Ids that client and
/// server spans share are handled by `SharedSpanIDs`. Works on the index alone; looks at the bytes of a span only where the index
/// cannot tell.
struct TraceMerger {
    let options: TraceCombiner.Options
    var parts: [TracePart]
    var index: TraceIndex
    /// The parts that hold the trace and count, by origin; those after the one that crossed the limit do not.
    private(set) var steps: [Int] = []
    /// The batches of the answer, in order.
    private(set) var order: [UInt32] = []
    private(set) var duplicates = 0
    private(set) var isOverLimit = false
    /// The whole answer is this part's trace, byte for byte.
    private(set) var passThrough: Int?
    /// What the spans tell of the members' clocks; nil when that was not asked for or only one member holds spans.
    private(set) var clockSkew: ClockSkewReport?

    init(options: TraceCombiner.Options, parts: consuming [TracePart], index: consuming TraceIndex) {
        self.options = options
        self.parts = parts
        self.index = index
    }

    /// More than one part was combined: only then are things sorted and duplicates removed.
    var isCombined: Bool { steps.count > 1 }

    mutating func merge() {
        let found = parts.indices.filter { counts(parts[$0]) }
            .sorted { (parts[$0].origin, $0) < (parts[$1].origin, $1) }
        if found.count > 1 || options.keepsStoredForm { undoRenumbering(of: found) }
        takeParts(found)
        if isCombined {
            if let clocks = options.clockSkew { compareClocks(clocks) }
            sortAll()
        } else {
            keepOrder()
        }
        let renumbered = options.keepsStoredForm || renumberSharedIDs()
        if !isCombined, !renumbered, let only = steps.first, parts[only].traceRanges.count == 1 { passThrough = only }
        measure()
    }

    private func counts(_ part: TracePart) -> Bool {
        part.hasTrace && (options.emptyTraceCounts || !part.spans.isEmpty || !part.batches.isEmpty)
    }

    // MARK: Duplicates and the size limit

    /// Takes the parts one by one, drops the lesser of two copies of a span, and stops at the part that crosses the limit.
    private mutating func takeParts(_ found: [Int]) {
        let spanCount = found.reduce(0) { $0 + parts[$1].spans.count }
        var table = IdentityTable(capacity: found.count > 1 ? spanCount : 0)
        var size = 0
        for part in found {
            steps.append(part)
            let dropped = found.count > 1 ? dropDuplicates(in: part, table: &table) : 0
            duplicates += dropped
            if dropped == 0 {
                size += parts[part].batchBytes
            } else {
                size = steps.reduce(0) { $0 + liveSize(of: $1) }
            }
            if options.maxBytes > 0, size > options.maxBytes {
                isOverLimit = true
                break
            }
        }
        // Alone it is returned as it came, so what it was robbed of comes back.
        if !isCombined, duplicates > 0 { restore() }
    }

    private mutating func restore() {
        duplicates = 0
        for span in index.spans.indices where index.spans[span].flags.contains(.dropped) {
            index.spans[span].flags.remove(.dropped)
            let scope = scopeIndex(of: span)
            index.scopes[scope].liveSpans += 1
            index.scopes[scope].spanBytes += fieldSize(Int(index.spans[span].length))
            index.scopes[scope].isChanged = false
        }
    }

    private mutating func dropDuplicates(in part: Int, table: inout IdentityTable) -> Int {
        var dropped = 0
        for i in parts[part].spans {
            let identity = index.spans[i].identity
            var slot = table.start(identity)
            while let other = table.entry(&slot, identity: identity) {
                guard isSame(i, other) else { continue }
                // The fuller copy stays; of equals the one that is there already, which has the lower origin.
                if index.spans[i].length > index.spans[other].length {
                    table.replace(slot, identity: identity, with: i)
                    drop(other)
                } else {
                    drop(i)
                }
                dropped += 1
                slot = -1
                break
            }
            if slot >= 0 { table.insert(slot, identity: identity, i) }
        }
        return dropped
    }

    private func isSame(_ a: Int, _ b: Int) -> Bool {
        let x = index.spans[a]
        let y = index.spans[b]
        guard x.id == y.id, x.kind == y.kind, x.start == y.start,
            x.flags.contains(.oddID) == y.flags.contains(.oddID), name(of: a).elementsEqual(name(of: b))
        else { return false }
        return !x.flags.contains(.oddID) || idBytes(of: a).elementsEqual(idBytes(of: b))
    }

    private mutating func drop(_ span: Int) {
        index.spans[span].flags.insert(.dropped)
        let scope = scopeIndex(of: span)
        index.scopes[scope].liveSpans -= 1
        index.scopes[scope].spanBytes -= fieldSize(Int(index.spans[span].length))
        index.scopes[scope].isChanged = true
    }

    private func liveSize(of part: Int) -> Int {
        parts[part].batches.reduce(0) { total, batch in
            let record = index.batches[batch]
            var inner = Int(record.otherBytes)
            var isWhole = true
            for scope in record.scopes {
                guard index.scopes[scope].liveSpans > 0 else {
                    isWhole = false
                    continue
                }
                inner += fieldSize(index.scopes[scope].encodedLength)
                if index.scopes[scope].isChanged { isWhole = false }
            }
            if isWhole { return total + fieldSize(Int(record.length)) }
            return inner == Int(record.otherBytes) ? total : total + fieldSize(inner)
        }
    }

    // MARK: Clocks

    /// Once the spans of the answer are known, and before they are sorted by their times.
    private mutating func compareClocks(_ clocks: ClockSkewOptions) {
        clockSkew = ClockSampler.clocks(of: self)?.report(maxAdjustment: clocks.maxAdjustment)
        for shift in clockSkew?.shifts ?? [] {
            for step in steps where parts[step].origin.clockMember == shift.member {
                self.shift(step, by: shift.nanoseconds)
            }
        }
    }

    // MARK: Order

    private mutating func keepOrder() {
        order = steps.first.map { step in parts[step].batches.map { UInt32(truncatingIfNeeded: $0) } } ?? []
    }

    /// Bottom-up: spans in a scope, scopes in a batch by their first span, batches by the first span of their first scope.
    /// Scopes and batches without spans are left out.
    private mutating func sortAll() {
        var keys: [OrderKey] = []
        var batches: [UInt32] = []
        for step in steps {
            for batch in parts[step].batches {
                for scope in index.batches[batch].scopes { sortSpans(of: scope) }
                guard var key = sortScopes(of: batch) else { continue }
                // Ties go by origin. The number of a batch will not do, it tells when its part arrived.
                key.position = UInt32(truncatingIfNeeded: batches.count)
                keys.append(key)
                batches.append(UInt32(truncatingIfNeeded: batch))
            }
        }
        sortByKey(&keys)
        order = keys.map { batches[Int($0.position)] }
    }

    private mutating func sortSpans(of scope: Int) {
        // Ids that shared ids were taken back to can change the order of spans with equal starts.
        let record = index.scopes[scope]
        guard record.liveSpans > 0 else {
            index.scopes[scope].isRemoved = true
            return
        }
        let range = record.spans
        if !record.isSorted {
            var keys = range.compactMap { span -> OrderKey? in
                index.spans[span].flags.contains(.dropped) ? nil : key(of: span, position: span)
            }
            if sortByKey(&keys) {
                let sorted = keys.map { index.spans[Int($0.position)] }
                let dropped = index.spans[range].filter { $0.flags.contains(.dropped) }
                index.spans.replaceSubrange(range, with: sorted + dropped)
                index.scopes[scope].isChanged = true
            }
        }
        for span in range where !index.spans[span].flags.isDisjoint(with: [.unsortedEvents, .unsortedLinks]) {
            if !index.spans[span].flags.contains(.dropped) { index.scopes[scope].isChanged = true }
        }
    }

    /// Gives the key of the batch's first span; nil when the batch has none left.
    private mutating func sortScopes(of batch: Int) -> OrderKey? {
        let range = index.batches[batch].scopes
        var keys: [OrderKey] = []
        for scope in range where !index.scopes[scope].isRemoved {
            guard let first = firstLiveSpan(of: scope) else { continue }
            keys.append(key(of: first, position: scope))
        }
        if sortByKey(&keys) {
            let sorted = keys.map { index.scopes[Int($0.position)] }
            let removed = index.scopes[range].filter { $0.isRemoved }
            index.scopes.replaceSubrange(range, with: sorted + removed)
            index.batches[batch].isChanged = true
        }
        return keys.first
    }

    private func firstLiveSpan(of scope: Int) -> Int? {
        index.scopes[scope].spans.first { !index.spans[$0].flags.contains(.dropped) }
    }

    // MARK: Shared ids

    private mutating func undoRenumbering(of found: [Int]) {
        for part in found where parts[part].hasTinyServer && parts[part].clients > 0 {
            SharedSpanIDs.undo(in: part, of: &self)
        }
    }

    private mutating func renumberSharedIDs() -> Bool {
        let clients = steps.reduce(0) { $0 + parts[$1].clients }
        guard clients > 0, steps.contains(where: { parts[$0].servers > 0 }) else { return false }
        return SharedSpanIDs.renumber(&self, clients: clients)
    }

    // MARK: Sizes

    /// Carries changes up: a changed scope changes its batch. Sets the lengths that enclose what is written.
    private mutating func measure() {
        guard passThrough == nil else { return }
        for batch in order.map({ Int($0) }) {
            var inner = Int(index.batches[batch].otherBytes)
            var isChanged = index.batches[batch].isChanged
            for scope in index.batches[batch].scopes {
                if index.scopes[scope].isRemoved {
                    isChanged = true
                } else {
                    isChanged = isChanged || index.scopes[scope].isChanged
                    inner += fieldSize(index.scopes[scope].encodedLength)
                }
            }
            index.batches[batch].isChanged = isChanged
            index.batches[batch].encodedLength = isChanged ? inner : Int(index.batches[batch].length)
        }
    }

    /// Bytes of the merged `Trace` message.
    var protobufSize: Int {
        if let passThrough { return parts[passThrough].traceRanges.first?.count ?? 0 }
        return order.reduce(0) { $0 + fieldSize(index.batches[Int($1)].encodedLength) }
    }

    /// Spans of the answer.
    var spanCount: Int {
        steps.reduce(0) { $0 + parts[$1].spans.count } - duplicates
    }
}

extension ScopeRecord {
    var spans: Range<Int> { Int(firstSpan)..<Int(firstSpan) + Int(spanCount) }
}

extension BatchRecord {
    var scopes: Range<Int> { Int(firstScope)..<Int(firstScope) + Int(scopeCount) }
}
