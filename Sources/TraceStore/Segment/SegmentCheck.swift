/// Checks that every offset and id in a segment's columns is in range, so that reading them needs no checks.
struct SegmentCheck {
    let parts: SegmentParts
    private var columns: SegmentColumns { parts.columns }
    private var traces: TraceTable { parts.traces }

    func check() throws(SegmentDamage) {
        let columns = columns
        let rows = columns.spanID.count
        guard rows < Int(UInt32.max) else { throw SegmentDamage("too many spans") }
        let strings = columns.strings.count
        try list(columns.strings, "strings")
        guard strings > 0, columns.strings.range(0).isEmpty else { throw SegmentDamage("string 0 is not empty") }
        try pairs(strings)
        try details(strings)
        try shared(strings)
        try spans(rows, strings)
        try events(rows, strings)
        try links(rows, strings)
        try traceTable(rows)
        withExtendedLifetime(columns) {}
    }

    // MARK: Parts

    private func count(_ expected: Int, _ name: String, _ counts: Int...) throws(SegmentDamage) {
        for count in counts where count != expected { throw SegmentDamage("\(name) have columns of unlike length") }
    }

    private func below<Element: FixedWidthInteger & BitwiseCopyable>(
        _ limit: Int, _ column: Column<Element>, _ name: String
    ) throws(SegmentDamage) {
        var greatest: Element = 0
        for value in column.buffer { greatest = max(greatest, value) }
        guard column.count == 0 || Int(truncatingIfNeeded: greatest) < limit else {
            throw SegmentDamage("\(name) refer to what is not there")
        }
    }

    private func offsets(
        _ column: Column<UInt32>, lists: Int, values: Int, _ name: String
    ) throws(SegmentDamage) {
        guard column.count == lists + 1, column[0] == 0, Int(column[lists]) == values else {
            throw SegmentDamage("lists of \(name) do not cover their values")
        }
        var last: UInt32 = 0
        var isRising = true
        for offset in column.buffer {
            isRising = isRising && offset >= last
            last = offset
        }
        guard isRising else { throw SegmentDamage("lists of \(name) overlap") }
    }

    private func list<Element: BitwiseCopyable>(
        _ list: ListColumn<Element>, _ name: String
    ) throws(SegmentDamage) {
        guard list.offsets.count > 0 else { throw SegmentDamage("lists of \(name) are missing") }
        try offsets(list.offsets, lists: list.offsets.count - 1, values: list.values.count, name)
    }

    private func pairList(_ list: ListColumn<UInt32>, lists: Int, _ name: String) throws(SegmentDamage) {
        try self.list(list, name)
        guard list.count == lists else { throw SegmentDamage("\(name) have columns of unlike length") }
        try below(columns.pairKey.count, list.values, name)
    }

    private func pairs(_ strings: Int) throws(SegmentDamage) {
        let columns = columns
        try count(columns.pairKey.count, "pairs", columns.pairType.count, columns.pairPayload.count)
        try below(strings, columns.pairKey, "pairs")
        for pair in 0..<columns.pairKey.count {
            let payload = columns.pairPayload[pair]
            switch ValueType(rawValue: columns.pairType[pair]) {
            case .string, .bytes, .array, .keyValueList:
                guard payload < UInt64(strings) else { throw SegmentDamage("pairs refer to what is not there") }
            case .absent, .empty, .bool, .int, .double: break
            case nil: throw SegmentDamage("a pair has an unknown type")
            }
        }
    }

    private func details(_ strings: Int) throws(SegmentDamage) {
        let columns = columns
        try count(
            columns.detailFlags.count, "details", columns.detailStatusMessage.count, columns.detailTraceState.count,
            columns.detailDroppedAttributes.count, columns.detailDroppedEvents.count, columns.detailDroppedLinks.count,
            columns.detailKind.count, columns.detailStatusCode.count)
        try below(strings, columns.detailStatusMessage, "details")
        try below(strings, columns.detailTraceState, "details")
    }

    private func shared(_ strings: Int) throws(SegmentDamage) {
        let columns = columns
        let resources = columns.resourceSchemaURL.count
        try pairList(columns.resourcePairs, lists: resources, "resources")
        try count(
            resources, "resources", columns.resourceServiceName.count, columns.resourceDroppedAttributes.count,
            columns.resourceEntityRefs.count)
        try below(strings, columns.resourceServiceName, "resources")
        try below(strings, columns.resourceSchemaURL, "resources")
        try below(strings, columns.resourceEntityRefs, "resources")
        let scopes = columns.scopeName.count
        try pairList(columns.scopePairs, lists: scopes, "scopes")
        try count(
            scopes, "scopes", columns.scopeVersion.count, columns.scopeDroppedAttributes.count,
            columns.scopeSchemaURL.count)
        try below(strings, columns.scopeName, "scopes")
        try below(strings, columns.scopeVersion, "scopes")
        try below(strings, columns.scopeSchemaURL, "scopes")
    }

    private func spans(_ rows: Int, _ strings: Int) throws(SegmentDamage) {
        let columns = columns
        try count(
            rows, "spans", columns.trace.count, columns.parentSpanID.count, columns.hasParent.count,
            columns.start.count,
            columns.end.count, columns.name.count, columns.kind.count, columns.statusCode.count, columns.detail.count,
            columns.resource.count, columns.scope.count)
        try below(strings, columns.name, "spans")
        try below(2, columns.hasParent, "spans")
        try below(columns.detailFlags.count, columns.detail, "spans")
        try below(columns.resourceSchemaURL.count, columns.resource, "spans")
        try below(columns.scopeName.count, columns.scope, "spans")
        try pairList(columns.pairs, lists: rows, "spans")
    }

    private func events(_ rows: Int, _ strings: Int) throws(SegmentDamage) {
        let columns = columns
        let events = columns.eventTime.count
        try offsets(columns.eventOffsets, lists: rows, values: events, "events")
        try count(events, "events", columns.eventName.count, columns.eventDroppedAttributes.count)
        try below(strings, columns.eventName, "events")
        try pairList(columns.eventPairs, lists: events, "events")
    }

    private func links(_ rows: Int, _ strings: Int) throws(SegmentDamage) {
        let columns = columns
        let links = columns.linkSpanID.count
        try offsets(columns.linkOffsets, lists: rows, values: links, "links")
        try count(
            links, "links", columns.linkTraceIDHigh.count, columns.linkTraceIDLow.count, columns.linkPresence.count,
            columns.linkTraceState.count, columns.linkFlags.count, columns.linkDroppedAttributes.count)
        try below(strings, columns.linkTraceState, "links")
        try pairList(columns.linkPairs, lists: links, "links")
    }

    private func traceTable(_ rows: Int) throws(SegmentDamage) {
        let columns = columns
        let traces = traces
        let count = traces.idHigh.count
        try self.count(count, "traces", traces.idLow.count, traces.start.count, traces.end.count, traces.root.count)
        try offsets(traces.first, lists: count, values: rows, "traces")
        for trace in 0..<count {
            let range = Int(traces.first[trace])..<Int(traces.first[trace + 1])
            guard !range.isEmpty else { throw SegmentDamage("a trace has no spans") }
            for row in range where Int(columns.trace[row]) != trace {
                throw SegmentDamage("spans are not where their trace is")
            }
            let root = traces.root[trace]
            guard root == .max || range.contains(Int(root)) else { throw SegmentDamage("a root is not in its trace") }
        }
        let slots = traces.slots.count
        var used = 0
        for slot in traces.slots.buffer where slot != 0 {
            used += 1
            guard Int(slot) <= count else { throw SegmentDamage("the table of traces refers to what is not there") }
        }
        guard slots > count, slots & (slots - 1) == 0, used == count else {
            throw SegmentDamage("the table of traces has a wrong size")
        }
        withExtendedLifetime(columns) {}
    }
}
