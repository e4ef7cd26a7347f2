import TempoAPI
import TraceQL

/// Fills span tables from the views of a tenant. Resources and scopes are put into the table once and stay from trace to trace.
struct SpanTableFiller {
    private struct Place: Hashable {
        var view: Int
        var number: UInt32
    }

    private let views: [SegmentView]
    private let projection: Projection
    private let strings: ViewStrings
    private let rows: [ViewRows]
    private var projections: [ViewProjection?]
    private var resources: SharedRows
    private var scopes: SharedRows
    private var lists: [Place: [ColumnValue]] = [:]
    private var order = StoredOrder()
    private var listElements = 0
    private(set) var table: SpanTable
    /// The spans of the table, in its order.
    private(set) var locations: [SpanLocation] = []

    init(_ views: [SegmentView], _ projection: Projection, _ strings: ViewStrings) {
        self.views = views
        self.projection = projection
        self.strings = strings
        rows = views.map(ViewRows.init)
        projections = Array(repeating: nil, count: views.count)
        resources = SharedRows(views.map { $0.columns.resourceServiceName.count })
        scopes = SharedRows(views.map { $0.columns.scopeName.count })
        table = SpanTable(projection, dictionary: strings)
    }

    /// Resources and scopes that stay in the table beyond this many are dropped before the next trace: a summary of a trace looks at all
    /// that there are.
    private static let maxKeptRows = 1024
    /// Likewise elements of lists.
    private static let maxKeptElements = 1 << 20

    /// Puts a trace into the table.
    /// - Parameter spans: in order of arrival, without copies.
    /// - Throws: `CancellationError`.
    mutating func fill(_ trace: TraceID, _ spans: [SpanLocation]) throws {
        if resources.count + scopes.count > Self.maxKeptRows || listElements > Self.maxKeptElements {
            table.removeAll()
            resources.removeAll()
            scopes.removeAll()
            listElements = 0
        } else {
            table.removeSpans()
        }
        table.traceID = SpanTable.TraceID(high: trace.high, low: trace.low)
        var check = CancellationCheck(every: 16_384)
        order.removeAll()
        for span in spans {
            let view = Int(span.view)
            if projections[view] == nil {
                projections[view] = ViewProjection(projection, views[view].columns)
            }
            let row = Int(span.row)
            let rows = rows[view]
            order.append(resource(rows.resource[row], view), scope(rows.scope[row], view))
        }
        locations = order.sorted(spans)
        for span in locations {
            try check.spend(1)
            append(Int(span.row), of: trace, in: Int(span.view))
        }
    }

    // MARK: Resources and scopes

    /// The row of the table for a resource; equal resources of different views share one.
    private mutating func resource(_ id: UInt32, _ view: Int) -> Int32 {
        if let known = resources.row(id, view) { return known }
        let columns = views[view].columns
        let content =
            AttributeEncoding(columns: columns).resource(Int(id)) + [0xff]
            + columns.bytes(columns.resourceSchemaURL[Int(id)])
        if let known = resources.row(content) {
            resources.set(known, id, view, content)
            return known
        }
        let row = table.appendResource()
        let name = columns.resourceServiceName[Int(id)]
        // The last of several names counts, so it goes first.
        if name != 0 { table.setResourceAttribute(0, .string(strings.reference(name, in: view))) }
        let slots = projections[view]?.resource ?? []
        for pair in columns.resourcePairs.buffer(Int(id)) {
            let slot = slots.isEmpty ? ViewProjection.none : slots[Int(pair)]
            if slot != ViewProjection.none { table.setResourceAttribute(Int(slot), value(pair, view)) }
            if projection.needsEverything {
                let key = strings.reference(columns.pairKey[Int(pair)], in: view)
                table.listResourceAttribute(key: key, value(pair, view))
            }
        }
        resources.set(row, id, view, content)
        return row
    }

    /// The row of the table for a scope.
    private mutating func scope(_ id: UInt32, _ view: Int) -> Int32 {
        if let known = scopes.row(id, view) { return known }
        let columns = views[view].columns
        let content =
            AttributeEncoding(columns: columns).scope(Int(id)) + [0xff]
            + columns.bytes(columns.scopeSchemaURL[Int(id)])
        if let known = scopes.row(content) {
            scopes.set(known, id, view, content)
            return known
        }
        let row = table.appendScope(
            name: reference(columns.scopeName[Int(id)], view), version: reference(columns.scopeVersion[Int(id)], view))
        if let slots = projections[view]?.scope, !slots.isEmpty {
            for pair in columns.scopePairs.buffer(Int(id)) where slots[Int(pair)] != ViewProjection.none {
                table.setScopeAttribute(Int(slots[Int(pair)]), value(pair, view))
            }
        }
        scopes.set(row, id, view, content)
        return row
    }

    private func reference(_ string: UInt32, _ view: Int) -> StringRef? {
        string == 0 ? nil : strings.reference(string, in: view)
    }

    // MARK: Values

    private mutating func value(_ pair: UInt32, _ view: Int) -> ColumnValue {
        let payload = rows[view].pairPayload[Int(pair)]
        switch ValueType(rawValue: rows[view].pairType[Int(pair)]) {
        case .string: return .string(strings.reference(UInt32(truncatingIfNeeded: payload), in: view))
        case .bool: return .boolean(payload != 0)
        case .int: return .int(Int64(bitPattern: payload))
        case .double: return .float(Double(bitPattern: payload))
        case .array:
            let values = list(UInt32(truncatingIfNeeded: payload), view)
            listElements += values.count
            return table.array(values)
        case nil, .absent, .empty, .bytes, .keyValueList: return .unusable
        }
    }

    private mutating func list(_ string: UInt32, _ view: Int) -> [ColumnValue] {
        let place = Place(view: view, number: string)
        if let known = lists[place] { return known }
        let values = AnyValue.elements(ofList: views[view].columns.bytes(string)).map { element -> ColumnValue in
            switch element {
            case .string(let text): .string(strings.intern(Array(text.utf8)))
            case .bool(let value): .boolean(value)
            case .int(let value): .int(value)
            case .double(let value): .float(value)
            case nil, .array, .keyValueList, .bytes, .stringIndex: .unusable
            }
        }
        lists[place] = values
        return values
    }

    // MARK: Spans

    private mutating func append(_ row: Int, of trace: TraceID, in view: Int) {
        let rows = self.rows[view]
        let message = projection.needsStatusMessages ? rows.statusMessage[Int(rows.detail[row])] : 0
        guard let projected = projections[view] else { return }
        table.appendSpan(
            SpanTable.Span(
                id: SpanTable.SpanID(rows.spanID[row]),
                parentID: rows.hasParent[row] == 0 ? Self.noParent : SpanTable.SpanID(rows.parentSpanID[row]),
                startUnixNano: rows.start[row], endUnixNano: rows.end[row], kind: rows.kind[row],
                status: rows.statusCode[row], name: strings.reference(rows.name[row], in: view),
                statusMessage: reference(message, view), resource: resources.row(rows.resource[row], view) ?? -1,
                scope: scopes.row(rows.scope[row], view) ?? -1,
                hasChildOfLink: projected.childOf.map { isChildByLink(row, of: trace, rows, $0) } ?? false))
        if !projected.span.isEmpty {
            for position in rows.pairs.range(row) {
                let pair = rows.pairs.values[position]
                let slot = projected.span[Int(pair)]
                if slot != ViewProjection.none { table.setSpanAttribute(Int(slot), value(pair, view)) }
            }
        }
        if projection.needsEverything {
            for position in rows.pairs.range(row) {
                let pair = rows.pairs.values[position]
                let key = strings.reference(rows.pairKey[Int(pair)], in: view)
                table.listSpanAttribute(key: key, value(pair, view))
            }
        }
        if projection.needsEvents { appendEvents(row, rows, projected, view) }
        if projection.needsLinks { appendLinks(row, rows, projected, view) }
    }

    private static let noParent = SpanTable.SpanID.none

    private mutating func appendEvents(_ row: Int, _ rows: ViewRows, _ projected: ViewProjection, _ view: Int) {
        for event in Int(rows.eventOffsets[row])..<Int(rows.eventOffsets[row + 1]) {
            table.appendEvent(
                name: strings.reference(rows.eventName[event], in: view), timeUnixNano: rows.eventTime[event])
            if projected.event.isEmpty { continue }
            for position in rows.eventPairs.range(event) {
                let pair = rows.eventPairs.values[position]
                let slot = projected.event[Int(pair)]
                if slot != ViewProjection.none { table.setEventAttribute(Int(slot), value(pair, view)) }
            }
        }
    }

    private mutating func appendLinks(_ row: Int, _ rows: ViewRows, _ projected: ViewProjection, _ view: Int) {
        for link in Int(rows.linkOffsets[row])..<Int(rows.linkOffsets[row + 1]) {
            table.appendLink(
                traceID: SpanTable.TraceID(high: rows.linkTraceIDHigh[link], low: rows.linkTraceIDLow[link]),
                spanID: SpanTable.SpanID(rows.linkSpanID[link]))
            if projected.link.isEmpty { continue }
            for position in rows.linkPairs.range(link) {
                let pair = rows.linkPairs.values[position]
                let slot = projected.link[Int(pair)]
                if slot != ViewProjection.none { table.setLinkAttribute(Int(slot), value(pair, view)) }
            }
        }
    }

    private func isChildByLink(_ row: Int, of trace: TraceID, _ rows: ViewRows, _ marks: BitSet) -> Bool {
        (Int(rows.linkOffsets[row])..<Int(rows.linkOffsets[row + 1])).contains { link in
            rows.linkTraceIDHigh[link] == trace.high && rows.linkTraceIDLow[link] == trace.low
                && rows.linkPairs.range(link).contains { marks.contains(Int(rows.linkPairs.values[$0])) }
        }
    }
}
