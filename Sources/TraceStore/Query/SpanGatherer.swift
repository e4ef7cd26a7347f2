/// Where a span lies.
struct SpanLocation: Equatable {
    /// Which view of the snapshot.
    var view: Int32
    /// Which row of that view.
    var row: Int32
}

/// Finds the spans of a trace in all views of a tenant: each once, in order of arrival.
///
/// Spans are the same when id, kind, start and name are equal. Of those the one with more bytes stays, of equal ones the first, in the
/// place of the first.
struct SpanGatherer {
    let views: [SegmentView]
    let tables: [TraceTable]
    private let rows: [ViewRows]
    private var names = StringUnifier()
    private var slots: [UInt64] = []

    /// A view that has spans of the trace, and the trace's number there.
    struct Part {
        var view: Int
        var trace: Int
    }

    /// Where the trace of the last ``locate(_:known:)`` lies, oldest view first.
    private(set) var parts: [Part] = []
    /// Least start and greatest end of that trace.
    private(set) var start: UInt64 = 0
    private(set) var end: UInt64 = 0
    /// The spans that ``collect()`` found.
    private(set) var spans: [SpanLocation] = []

    init(_ views: [SegmentView]) {
        self.views = views
        tables = views.map(\.traces)
        rows = views.map(ViewRows.init)
    }

    /// Finds the views that have spans of a trace.
    /// - Parameter known: a part that is known already.
    /// - Returns: whether any has.
    @discardableResult
    mutating func locate(_ id: TraceID, known: Part? = nil) -> Bool {
        parts.removeAll(keepingCapacity: true)
        start = .max
        end = 0
        for view in tables.indices.reversed() {
            guard let trace = known?.view == view ? known?.trace : tables[view].find(id) else { continue }
            start = min(start, tables[view].start[trace])
            end = max(end, tables[view].end[trace])
            parts.append(Part(view: view, trace: trace))
        }
        return !parts.isEmpty
    }

    /// Collects the spans of the located trace into ``spans``.
    /// - Throws: `CancellationError`.
    mutating func collect() throws {
        spans.removeAll(keepingCapacity: true)
        for part in parts {
            let view = Int32(truncatingIfNeeded: part.view)
            for row in tables[part.view].rows(part.trace) {
                spans.append(SpanLocation(view: view, row: Int32(truncatingIfNeeded: row)))
            }
        }
        if hasRepeatedID() { try dropCopies() }
    }

    /// The root span: the last in order of arrival without a parent.
    var root: SpanLocation? {
        for part in parts.reversed() {
            let row = tables[part.view].root[part.trace]
            if row != .max {
                return SpanLocation(
                    view: Int32(truncatingIfNeeded: part.view), row: Int32(truncatingIfNeeded: row))
            }
        }
        return nil
    }

    @inline(__always)
    private func spanID(_ span: SpanLocation) -> UInt64 { rows[Int(span.view)].spanID[Int(span.row)] }

    private mutating func hasRepeatedID() -> Bool {
        guard spans.count > 1 else { return false }
        if spans.count <= 12 {
            for later in 1..<spans.count {
                let id = spanID(spans[later])
                for earlier in 0..<later where spanID(spans[earlier]) == id { return true }
            }
            return false
        }
        // Open addressing at a load of at most one half; ids are chosen by senders, so the order of probing is mixed.
        let size = max(16, (spans.count * 2).nextPowerOfTwo)
        if slots.count < size {
            slots = [UInt64](repeating: 0, count: size)
        } else {
            for slot in 0..<size { slots[slot] = 0 }
        }
        let mask = size - 1
        let seed = UInt64(UInt(bitPattern: ObjectIdentifier(views[0]).hashValue))
        for span in spans {
            let id = spanID(span)
            var slot = Int(truncatingIfNeeded: Self.mix(id ^ seed)) & mask
            while slots[slot] != 0 {
                if slots[slot] == id { return true }
                slot = (slot + 1) & mask
            }
            slots[slot] = id
        }
        return false
    }

    @inline(__always)
    private static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
        return product.high ^ product.low
    }

    private struct Identity: Hashable {
        var spanID: UInt64
        var start: UInt64
        var kind: Int32
        var name: UInt32
    }

    private mutating func dropCopies() throws {
        var check = CancellationCheck()
        var places: [Identity: Int] = [:]
        var kept: [SpanLocation] = []
        kept.reserveCapacity(spans.count)
        for span in spans {
            try check.spend(1)
            let (view, row) = (Int(span.view), Int(span.row))
            let columns = views[view].columns
            let identity = Identity(
                spanID: columns.spanID[row], start: columns.start[row], kind: columns.kindNumber(row),
                name: names.number(of: columns.name[row], in: view, columns))
            if let place = places[identity] {
                if size(span) > size(kept[place]) { kept[place] = span }
            } else {
                places[identity] = kept.count
                kept.append(span)
            }
        }
        spans = kept
    }

    private func size(_ span: SpanLocation) -> Int {
        SpanEncoding(views[Int(span.view)].columns).size(Int(span.row))
    }
}

extension Int {
    /// The least power of two that is no less; 1 for what is below.
    var nextPowerOfTwo: Int { self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}
