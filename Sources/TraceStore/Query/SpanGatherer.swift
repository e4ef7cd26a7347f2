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
    private var names = StringUnifier()
    private var slots: [UInt64] = []

    /// The spans that ``gather(_:)`` found.
    private(set) var spans: [SpanLocation] = []
    /// Least start and greatest end of the trace, as its tables say; meaningful after ``gather(_:)`` found it.
    private(set) var start: UInt64 = 0
    private(set) var end: UInt64 = 0

    init(_ views: [SegmentView]) {
        self.views = views
        tables = views.map(\.traces)
    }

    /// - Parameters:
    ///   - known: a view that has the trace, and its number there.
    /// - Returns: whether there is any span.
    @discardableResult
    mutating func gather(_ id: TraceID, known: (view: Int, trace: Int)? = nil) throws -> Bool {
        spans.removeAll(keepingCapacity: true)
        start = .max
        end = 0
        for view in views.indices.reversed() {
            let trace: Int
            if let known, known.view == view {
                trace = known.trace
            } else if let found = tables[view].find(id) {
                trace = found
            } else {
                continue
            }
            start = min(start, tables[view].start[trace])
            end = max(end, tables[view].end[trace])
            for row in tables[view].rows(trace) {
                spans.append(SpanLocation(view: Int32(truncatingIfNeeded: view), row: Int32(truncatingIfNeeded: row)))
            }
        }
        if hasRepeatedID() { try dropCopies() }
        return !spans.isEmpty
    }

    /// The view in which the newest part of the trace lies, other than by the time of its spans: the first of the snapshot.
    func firstView(with id: TraceID) -> Int? { tables.indices.first { tables[$0].find(id) != nil } }

    private func spanID(_ span: SpanLocation) -> UInt64 { views[Int(span.view)].columns.spanID[Int(span.row)] }

    private mutating func hasRepeatedID() -> Bool {
        guard spans.count > 1 else { return false }
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
