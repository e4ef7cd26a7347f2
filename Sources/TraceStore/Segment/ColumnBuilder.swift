/// The columns of a segment while they grow: a head's, or those of the segment that a merge makes.
struct ColumnBuilder: ~Copyable {
    // One value a span; the meaning is written at `SegmentColumns`.
    var trace = GrowableColumn<UInt32>()
    var spanID = GrowableColumn<UInt64>()
    var parentSpanID = GrowableColumn<UInt64>()
    var hasParent = GrowableColumn<UInt8>()
    var start = GrowableColumn<UInt64>()
    var end = GrowableColumn<UInt64>()
    var name = GrowableColumn<UInt32>()
    var kind = GrowableColumn<UInt8>()
    var statusCode = GrowableColumn<UInt8>()
    var detail = GrowableColumn<UInt32>()
    var resource = GrowableColumn<UInt32>()
    var scope = GrowableColumn<UInt32>()
    var pairs = GrowableList<UInt32>()
    var eventOffsets = GrowableColumn<UInt32>()
    var linkOffsets = GrowableColumn<UInt32>()

    var detailStatusMessage = GrowableColumn<UInt32>()
    var detailTraceState = GrowableColumn<UInt32>()
    var detailFlags = GrowableColumn<UInt32>()
    var detailDroppedAttributes = GrowableColumn<UInt32>()
    var detailDroppedEvents = GrowableColumn<UInt32>()
    var detailDroppedLinks = GrowableColumn<UInt32>()
    var detailKind = GrowableColumn<Int32>()
    var detailStatusCode = GrowableColumn<Int32>()

    var eventTime = GrowableColumn<UInt64>()
    var eventName = GrowableColumn<UInt32>()
    var eventDroppedAttributes = GrowableColumn<UInt32>()
    var eventPairs = GrowableList<UInt32>()

    var linkTraceIDHigh = GrowableColumn<UInt64>()
    var linkTraceIDLow = GrowableColumn<UInt64>()
    var linkSpanID = GrowableColumn<UInt64>()
    var linkPresence = GrowableColumn<UInt8>()
    var linkTraceState = GrowableColumn<UInt32>()
    var linkFlags = GrowableColumn<UInt32>()
    var linkDroppedAttributes = GrowableColumn<UInt32>()
    var linkPairs = GrowableList<UInt32>()

    var resourcePairs = GrowableList<UInt32>()
    var resourceServiceName = GrowableColumn<UInt32>()
    var resourceDroppedAttributes = GrowableColumn<UInt32>()
    var resourceSchemaURL = GrowableColumn<UInt32>()
    var resourceEntityRefs = GrowableColumn<UInt32>()

    var scopeName = GrowableColumn<UInt32>()
    var scopeVersion = GrowableColumn<UInt32>()
    var scopePairs = GrowableList<UInt32>()
    var scopeDroppedAttributes = GrowableColumn<UInt32>()
    var scopeSchemaURL = GrowableColumn<UInt32>()

    var pairKey = GrowableColumn<UInt32>()
    var pairType = GrowableColumn<UInt8>()
    var pairPayload = GrowableColumn<UInt64>()
    var strings = GrowableList<UInt8>()

    /// Trace ids, most significant byte first.
    var traceIDHigh = GrowableColumn<UInt64>()
    var traceIDLow = GrowableColumn<UInt64>()

    // Which values are there already.
    let hash: ByteHash
    var stringSlots = SlotTable()
    var pairSlots = SlotTable()
    var resourceSlots = SlotTable()
    var scopeSlots = SlotTable()
    var detailSlots = SlotTable()
    var traceSlots = SlotTable()

    /// The least start and the greatest start or end of the spans.
    var minStart = UInt64.max
    var maxEnd: UInt64 = 0

    init(hash: ByteHash) {
        self.hash = hash
        eventOffsets.append(0)
        linkOffsets.append(0)
        _ = string(UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// How many spans there are.
    var rowCount: Int { spanID.count }

    /// Bytes of memory in use, about.
    var byteCount: Int {
        let spans = rowCount * 67 + pairs.byteCount
        let events = eventTime.count * 16 + eventPairs.byteCount
        let links = linkSpanID.count * 37 + linkPairs.byteCount
        let shared = resourcePairs.byteCount + scopePairs.byteCount + (resourceSchemaURL.count + scopeName.count) * 16
        let dictionaries = strings.byteCount + pairKey.count * 13 + detailFlags.count * 32 + traceIDLow.count * 16
        let tables =
            stringSlots.byteCount + pairSlots.byteCount + resourceSlots.byteCount + scopeSlots.byteCount
            + detailSlots.byteCount + traceSlots.byteCount
        return spans + events + links + shared + dictionaries + tables
    }

    /// All columns as they are now.
    borrowing func snapshot() -> SegmentColumns {
        var columns = SegmentColumns()
        columns.trace = trace.snapshot()
        columns.spanID = spanID.snapshot()
        columns.parentSpanID = parentSpanID.snapshot()
        columns.hasParent = hasParent.snapshot()
        columns.start = start.snapshot()
        columns.end = end.snapshot()
        columns.name = name.snapshot()
        columns.kind = kind.snapshot()
        columns.statusCode = statusCode.snapshot()
        columns.detail = detail.snapshot()
        columns.resource = resource.snapshot()
        columns.scope = scope.snapshot()
        columns.pairs = pairs.snapshot()
        columns.eventOffsets = eventOffsets.snapshot()
        columns.linkOffsets = linkOffsets.snapshot()
        columns.detailStatusMessage = detailStatusMessage.snapshot()
        columns.detailTraceState = detailTraceState.snapshot()
        columns.detailFlags = detailFlags.snapshot()
        columns.detailDroppedAttributes = detailDroppedAttributes.snapshot()
        columns.detailDroppedEvents = detailDroppedEvents.snapshot()
        columns.detailDroppedLinks = detailDroppedLinks.snapshot()
        columns.detailKind = detailKind.snapshot()
        columns.detailStatusCode = detailStatusCode.snapshot()
        columns.eventTime = eventTime.snapshot()
        columns.eventName = eventName.snapshot()
        columns.eventDroppedAttributes = eventDroppedAttributes.snapshot()
        columns.eventPairs = eventPairs.snapshot()
        columns.linkTraceIDHigh = linkTraceIDHigh.snapshot()
        columns.linkTraceIDLow = linkTraceIDLow.snapshot()
        columns.linkSpanID = linkSpanID.snapshot()
        columns.linkPresence = linkPresence.snapshot()
        columns.linkTraceState = linkTraceState.snapshot()
        columns.linkFlags = linkFlags.snapshot()
        columns.linkDroppedAttributes = linkDroppedAttributes.snapshot()
        columns.linkPairs = linkPairs.snapshot()
        columns.resourcePairs = resourcePairs.snapshot()
        columns.resourceServiceName = resourceServiceName.snapshot()
        columns.resourceDroppedAttributes = resourceDroppedAttributes.snapshot()
        columns.resourceSchemaURL = resourceSchemaURL.snapshot()
        columns.resourceEntityRefs = resourceEntityRefs.snapshot()
        columns.scopeName = scopeName.snapshot()
        columns.scopeVersion = scopeVersion.snapshot()
        columns.scopePairs = scopePairs.snapshot()
        columns.scopeDroppedAttributes = scopeDroppedAttributes.snapshot()
        columns.scopeSchemaURL = scopeSchemaURL.snapshot()
        columns.pairKey = pairKey.snapshot()
        columns.pairType = pairType.snapshot()
        columns.pairPayload = pairPayload.snapshot()
        columns.strings = strings.snapshot()
        return columns
    }
}

/// Lists laid end to end, growing; see ``ListColumn``.
struct GrowableList<Element: BitwiseCopyable>: ~Copyable {
    private var offsets = GrowableColumn<UInt32>()
    private var values = GrowableColumn<Element>()

    init() { offsets.append(0) }

    /// How many lists there are.
    var count: Int { offsets.count - 1 }
    var byteCount: Int { offsets.byteCount + values.byteCount }

    /// Adds a value to the list that is not finished yet.
    @inline(__always)
    mutating func add(_ value: Element) { values.append(value) }

    /// Finishes a list. Heads are sealed long before there are 2^32 values.
    @inline(__always)
    mutating func finishList() { offsets.append(UInt32(truncatingIfNeeded: values.count)) }

    /// Adds a whole list.
    mutating func append(_ list: UnsafeBufferPointer<Element>) {
        values.append(contentsOf: list)
        finishList()
    }

    /// Where list `index` lies.
    @inline(__always)
    borrowing func range(_ index: Int) -> Range<Int> { Int(offsets[index])..<Int(offsets[index + 1]) }

    /// Runs a closure on a list, which must not outlive it.
    @inline(__always)
    borrowing func withList<Result>(_ index: Int, _ body: (UnsafeBufferPointer<Element>) -> Result) -> Result {
        let range = range(index)
        return values.withValues { body(UnsafeBufferPointer(rebasing: $0[range])) }
    }

    borrowing func snapshot() -> ListColumn<Element> {
        ListColumn(offsets: offsets.snapshot(), values: values.snapshot())
    }
}
