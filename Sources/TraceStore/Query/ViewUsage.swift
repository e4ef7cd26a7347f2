/// What some spans of a view use of its dictionaries.
struct ViewUsage {
    /// The levels whose attributes are asked for.
    struct Levels: OptionSet {
        let rawValue: Int
        static let span = Levels(rawValue: 1)
        static let resource = Levels(rawValue: 2)
        static let scope = Levels(rawValue: 4)
        static let event = Levels(rawValue: 8)
        static let link = Levels(rawValue: 16)
        /// Names and status messages of spans.
        static let spanTexts = Levels(rawValue: 32)
        static let eventName = Levels(rawValue: 64)
        /// Pairs of any kind.
        static let pairs: Levels = [.span, .resource, .scope, .event, .link]
    }

    private let view: SegmentView
    private let levels: Levels
    private(set) var spanPairs: BitSet
    private(set) var eventPairs: BitSet
    private(set) var linkPairs: BitSet
    private(set) var resources: BitSet
    private(set) var scopes: BitSet
    /// String ids.
    private(set) var names: BitSet
    private(set) var eventNames: BitSet
    /// Numbers of detail rows.
    private(set) var details: BitSet

    init(_ view: SegmentView, _ levels: Levels) {
        self.view = view
        self.levels = levels
        let columns = view.columns
        func bits(_ wanted: Levels, _ capacity: Int) -> BitSet {
            BitSet(capacity: levels.isDisjoint(with: wanted) ? 0 : capacity)
        }
        spanPairs = bits(.span, columns.pairKey.count)
        eventPairs = bits(.event, columns.pairKey.count)
        linkPairs = bits(.link, columns.pairKey.count)
        resources = bits(.resource, columns.resourceServiceName.count)
        scopes = bits(.scope, columns.scopeName.count)
        names = bits(.spanTexts, columns.strings.count)
        eventNames = bits(.eventName, columns.strings.count)
        details = bits(.spanTexts, columns.detailStatusMessage.count)
    }

    /// Adds what a span uses.
    mutating func add(_ row: Int) { add(row..<row + 1) }

    /// Adds what neighbouring spans use, at a cost of about a nanosecond an attribute.
    mutating func add(_ rows: Range<Int>) {
        let columns = view.columns
        if levels.contains(.span) { Self.add(columns.pairs, rows, to: &spanPairs) }
        if levels.contains(.resource) { Self.add(columns.resource, rows, to: &resources) }
        if levels.contains(.scope) { Self.add(columns.scope, rows, to: &scopes) }
        if levels.contains(.spanTexts) {
            Self.add(columns.name, rows, to: &names)
            Self.add(columns.detail, rows, to: &details)
        }
        if !levels.isDisjoint(with: [.event, .eventName]) {
            let events = Int(columns.eventOffsets[rows.lowerBound])..<Int(columns.eventOffsets[rows.upperBound])
            if levels.contains(.eventName) { Self.add(columns.eventName, events, to: &eventNames) }
            if levels.contains(.event) { Self.add(columns.eventPairs, events, to: &eventPairs) }
        }
        if levels.contains(.link) {
            let links = Int(columns.linkOffsets[rows.lowerBound])..<Int(columns.linkOffsets[rows.upperBound])
            Self.add(columns.linkPairs, links, to: &linkPairs)
        }
    }

    private static func add(_ column: Column<UInt32>, _ range: Range<Int>, to bits: inout BitSet) {
        for value in UnsafeBufferPointer(rebasing: column.buffer[range]) { bits.insert(Int(value)) }
    }

    private static func add(_ lists: ListColumn<UInt32>, _ range: Range<Int>, to bits: inout BitSet) {
        guard !range.isEmpty else { return }
        let values = Int(lists.offsets[range.lowerBound])..<Int(lists.offsets[range.upperBound])
        add(lists.values, values, to: &bits)
    }

    /// The pairs of the resources that are used.
    var resourcePairs: BitSet { pairs(view.columns.resourcePairs, of: resources) }

    /// The pairs of the instrumentation scopes that are used.
    var scopePairs: BitSet { pairs(view.columns.scopePairs, of: scopes) }

    private func pairs(_ lists: ListColumn<UInt32>, of numbers: BitSet) -> BitSet {
        var bits = BitSet(capacity: view.columns.pairKey.count)
        numbers.forEach { for pair in lists.buffer($0) { bits.insert(Int(pair)) } }
        return bits
    }

    /// What the spans of a view that touch a window use.
    /// - Throws: `CancellationError`.
    static func of(
        _ view: SegmentView, _ levels: Levels, in window: StoreTimeWindow
    ) throws -> ViewUsage {
        var usage = ViewUsage(view, levels)
        guard window.overlaps(start: view.minStart, end: view.maxEnd) else { return usage }
        let isWhole = window.start <= view.minStart && view.maxEnd <= window.end
        let (starts, ends) = (view.columns.start.buffer, view.columns.end.buffer)
        var check = CancellationCheck(every: 1 << 18)
        var row = 0
        while row < view.rowCount {
            var end = min(row + 4096, view.rowCount)
            if !isWhole {
                while row < end && !window.overlaps(start: starts[row], end: ends[row]) { row += 1 }
                var next = row
                while next < end && window.overlaps(start: starts[next], end: ends[next]) { next += 1 }
                end = next
            }
            try check.spend(max(1, end - row))
            if row < end { usage.add(row..<end) }
            row = end
        }
        return usage
    }
}
