/// One complete trace as dense columns of exactly what one query needs (`Projection`), in stored order.
///
/// Fill it so, and reuse it from trace to trace:
/// ```swift
/// var table = SpanTable(evaluator.projection, dictionary: strings)
/// // for every trace:
/// table.removeAll()                                 // or removeSpans(), which keeps resources and scopes
/// table.traceID = SpanTable.TraceID(high: 1, low: 2)
/// let resource = table.appendResource()             // then its attributes, by slot of the projection
/// table.setResourceAttribute(0, .string(strings.intern("checkout")))
/// let scope = table.appendScope(name: nil, version: nil)
/// table.appendSpan(SpanTable.Span(...))             // then its attributes, events and links
/// table.setSpanAttribute(slot, .int(200))
/// table.appendEvent(name: name, timeUnixNano: time) // if projection.needsEvents; then its attributes
/// table.appendLink(traceID: id, spanID: other)      // if projection.needsLinks; then its attributes
/// ```
/// What is set belongs to the row appended last. Slots the projection does not have are ignored. A key that occurs twice in
/// a row keeps its first value. Stored order (traceql.md 16): batches with equal resources joined in first-seen order, then
/// equal scopes, then spans as they came; a trace joined from fragments is sorted by start, then span id, before that.
/// Spans must be free of duplicates (same id and kind) if the source may repeat them.
///
/// Rows are limited by memory only; the caller bounds what it takes in.
public struct SpanTable {
    /// A trace id of 16 bytes as two big-endian numbers.
    public struct TraceID: Sendable, Hashable, BitwiseCopyable {
        /// Bytes 0 to 7.
        public var high: UInt64
        /// Bytes 8 to 15.
        public var low: UInt64

        /// An id from its halves.
        public init(high: UInt64, low: UInt64) {
            self.high = high
            self.low = low
        }

        /// An id from bytes; shorter ones count as padded with zeros on the left, of longer ones the last 16 count.
        public init(_ bytes: some Sequence<UInt8>) {
            high = 0
            low = 0
            for byte in bytes {
                high = high << 8 | low >> 56
                low = low << 8 | UInt64(byte)
            }
        }
    }

    /// The id of a span: up to 8 bytes as a big-endian number. An empty id differs from one of zeros.
    public struct SpanID: Sendable, Hashable, BitwiseCopyable {
        /// The bytes as a number.
        public var value: UInt64
        /// Whether there are no bytes at all.
        public var isEmpty: Bool

        /// An id from its number.
        public init(_ value: UInt64) {
            self.value = value
            isEmpty = false
        }

        /// An id from bytes; shorter ones count as padded with zeros on the left, of longer ones the last 8 count.
        public init(bytes: some Sequence<UInt8>) {
            value = 0
            isEmpty = true
            for byte in bytes {
                value = value << 8 | UInt64(byte)
                isEmpty = false
            }
        }

        /// The id without bytes: a root span has it as parent.
        public static let none = SpanID(bytes: [])
    }

    /// What every span has.
    public struct Span: Sendable, BitwiseCopyable {
        /// The span's id.
        public var id: SpanID
        /// The parent's id; `.none` for a root.
        public var parentID: SpanID
        /// Start in nanoseconds since 1970.
        public var startUnixNano: UInt64
        /// End in nanoseconds since 1970. Before the start it makes a negative duration, as in Tempo.
        public var endUnixNano: UInt64
        /// OTLP kind: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer; others count as unspecified.
        public var kind: UInt8
        /// OTLP status code: 0 unset, 1 ok, 2 error; others count as unset.
        public var status: UInt8
        /// The name.
        public var name: StringRef
        /// The status message; nil when empty, and when the projection does not need it.
        public var statusMessage: StringRef?
        /// What `appendResource()` returned.
        public var resource: Int32
        /// What `appendScope(name:version:)` returned; -1 when the span came without instrumentation scope.
        public var scope: Int32
        /// Whether the span has a link to its own trace with the attribute `opentracing.ref_type` = `child_of`: such a span
        /// is no root even without parent id. Needed only where `TraceSummary` is made.
        public var hasChildOfLink: Bool

        /// A span; attributes, events and links are added after it.
        public init(
            id: SpanID, parentID: SpanID, startUnixNano: UInt64, endUnixNano: UInt64, kind: UInt8, status: UInt8,
            name: StringRef, statusMessage: StringRef? = nil, resource: Int32, scope: Int32 = -1,
            hasChildOfLink: Bool = false
        ) {
            self.id = id
            self.parentID = parentID
            self.startUnixNano = startUnixNano
            self.endUnixNano = endUnixNano
            self.kind = kind
            self.status = status
            self.name = name
            self.statusMessage = statusMessage
            self.resource = resource
            self.scope = scope
            self.hasChildOfLink = hasChildOfLink
        }

        /// End less start in nanoseconds, wrapping.
        public var durationNanos: UInt64 { endUnixNano &- startUnixNano }
    }

    struct Scope {
        var name: StringRef?
        var version: StringRef?
    }

    struct Event {
        var name: StringRef
        var timeUnixNano: UInt64
    }

    struct Link {
        var traceID: TraceID
        var spanID: SpanID
    }

    /// What to fill.
    public let projection: Projection
    /// Where the strings are.
    public private(set) var dictionary: any StringDictionary
    /// The id of the trace.
    public var traceID = TraceID(high: 0, low: 0)

    /// The spans in stored order.
    public private(set) var spans: ContiguousArray<Span> = []
    var spanAttributes: AttributeRows
    var resourceAttributes: AttributeRows
    private(set) var scopes: ContiguousArray<Scope> = []
    var scopeAttributes: AttributeRows
    /// Index of the first event of every span; the events of the last one reach to the end.
    private(set) var firstEvents: ContiguousArray<Int32> = []
    private(set) var events: ContiguousArray<Event> = []
    var eventAttributes: AttributeRows
    private(set) var firstLinks: ContiguousArray<Int32> = []
    private(set) var links: ContiguousArray<Link> = []
    var linkAttributes: AttributeRows
    /// Elements of lists.
    private(set) var elements: ContiguousArray<ColumnValue> = []
    /// Changes whenever resources or scopes were removed.
    private(set) var resourceGeneration: UInt64 = 0
    /// How many resources there are.
    public private(set) var resourceCount = 0
    /// With `projection.needsEverything`, all attributes of spans and of resources.
    private(set) var allSpanAttributes = AttributeLists()
    private(set) var allResourceAttributes = AttributeLists()

    /// An empty table for one query.
    public init(_ projection: Projection, dictionary: any StringDictionary) {
        self.projection = projection
        self.dictionary = dictionary
        spanAttributes = AttributeRows(width: projection.span.count)
        resourceAttributes = AttributeRows(width: projection.resource.count)
        scopeAttributes = AttributeRows(width: projection.scope.count)
        eventAttributes = AttributeRows(width: projection.event.count)
        linkAttributes = AttributeRows(width: projection.link.count)
    }

    /// How many spans there are.
    public var count: Int { spans.count }

    /// Bytes of memory that the rows hold, empty ones that are kept for the next trace included; strings are the dictionary's.
    public var byteCount: Int {
        let rows =
            spanAttributes.byteCount + resourceAttributes.byteCount + scopeAttributes.byteCount
            + eventAttributes.byteCount
            + linkAttributes.byteCount + allSpanAttributes.byteCount + allResourceAttributes.byteCount
        return rows + spans.capacity * MemoryLayout<Span>.stride + scopes.capacity * MemoryLayout<Scope>.stride
            + events.capacity * MemoryLayout<Event>.stride + links.capacity * MemoryLayout<Link>.stride
            + elements.capacity * MemoryLayout<ColumnValue>.stride
            + (firstEvents.capacity + firstLinks.capacity) * MemoryLayout<Int32>.stride
    }

    // MARK: - Emptying

    /// Removes everything but the dictionary; memory is kept.
    public mutating func removeAll() {
        elements.removeAll(keepingCapacity: true)
        removeRows()
        resourceAttributes.removeAll()
        allResourceAttributes.removeAll()
        scopeAttributes.removeAll()
        scopes.removeAll(keepingCapacity: true)
        resourceCount = 0
        resourceGeneration &+= 1
    }

    /// Removes the spans with their events and links; resources and scopes stay with their numbers, and with what was found
    /// out about them. Lists stay too, so call `removeAll()` once in a while when there are any.
    public mutating func removeSpans() { removeRows() }

    /// Removes everything and takes strings from another dictionary from now on.
    public mutating func resetDictionary(_ dictionary: any StringDictionary) {
        removeAll()
        self.dictionary = dictionary
    }

    private mutating func removeRows() {
        spans.removeAll(keepingCapacity: true)
        spanAttributes.removeAll()
        allSpanAttributes.removeAll()
        firstEvents.removeAll(keepingCapacity: true)
        events.removeAll(keepingCapacity: true)
        eventAttributes.removeAll()
        firstLinks.removeAll(keepingCapacity: true)
        links.removeAll(keepingCapacity: true)
        linkAttributes.removeAll()
    }

    // MARK: - Filling

    /// Adds a resource and returns its number.
    public mutating func appendResource() -> Int32 {
        resourceAttributes.appendRow()
        if projection.needsEverything { allResourceAttributes.appendRow() }
        resourceCount += 1
        return Int32(truncatingIfNeeded: resourceCount - 1)
    }

    /// Sets an attribute of the resource added last.
    public mutating func setResourceAttribute(_ slot: Int, _ value: ColumnValue) { resourceAttributes.set(slot, value) }

    /// Adds an instrumentation scope and returns its number. Names and versions may be nil when empty, and when the
    /// projection does not need them.
    public mutating func appendScope(name: StringRef?, version: StringRef?) -> Int32 {
        scopes.append(Scope(name: name, version: version))
        scopeAttributes.appendRow()
        return Int32(truncatingIfNeeded: scopes.count - 1)
    }

    /// Sets an attribute of the instrumentation scope added last.
    public mutating func setScopeAttribute(_ slot: Int, _ value: ColumnValue) { scopeAttributes.set(slot, value) }

    /// Adds a span. Numbers of resources and scopes that were not added count as a resource without attributes and as no
    /// scope.
    public mutating func appendSpan(_ span: Span) {
        spans.append(span)
        spanAttributes.appendRow()
        if projection.needsEverything { allSpanAttributes.appendRow() }
        if projection.needsEvents { firstEvents.append(Int32(truncatingIfNeeded: events.count)) }
        if projection.needsLinks { firstLinks.append(Int32(truncatingIfNeeded: links.count)) }
    }

    /// Sets an attribute of the span added last.
    @inline(__always)
    public mutating func setSpanAttribute(_ slot: Int, _ value: ColumnValue) { spanAttributes.set(slot, value) }

    /// Adds an event to the span added last.
    public mutating func appendEvent(name: StringRef, timeUnixNano: UInt64) {
        guard projection.needsEvents, !spans.isEmpty else { return }
        events.append(Event(name: name, timeUnixNano: timeUnixNano))
        eventAttributes.appendRow()
    }

    /// Sets an attribute of the event added last.
    public mutating func setEventAttribute(_ slot: Int, _ value: ColumnValue) { eventAttributes.set(slot, value) }

    /// Adds a link to the span added last.
    public mutating func appendLink(traceID: TraceID, spanID: SpanID) {
        guard projection.needsLinks, !spans.isEmpty else { return }
        links.append(Link(traceID: traceID, spanID: spanID))
        linkAttributes.appendRow()
    }

    /// Sets an attribute of the link added last.
    public mutating func setLinkAttribute(_ slot: Int, _ value: ColumnValue) { linkAttributes.set(slot, value) }

    /// Adds an attribute to the list of all attributes of the span added last; only with `projection.needsEverything`, and
    /// beside `setSpanAttribute`.
    public mutating func listSpanAttribute(key: StringRef, _ value: ColumnValue) {
        if projection.needsEverything { allSpanAttributes.append(key, value) }
    }

    /// Adds an attribute to the list of all attributes of the resource added last; only with `projection.needsEverything`,
    /// and beside `setResourceAttribute`.
    public mutating func listResourceAttribute(key: StringRef, _ value: ColumnValue) {
        if projection.needsEverything { allResourceAttributes.append(key, value) }
    }

    /// The value of a list: unusable if it is empty or its elements are not of one type among integers, floats, strings and
    /// truth values; the element itself if there is one; else a list.
    public mutating func array(_ values: some Sequence<ColumnValue>) -> ColumnValue {
        let offset = elements.count
        elements.append(contentsOf: values)
        let added = elements[offset...]
        guard let first = added.first, let type = first.elementType, added.allSatisfy({ $0.elementType == type }) else {
            elements.removeSubrange(offset...)
            return .unusable
        }
        if added.count == 1 {
            elements.removeLast()
            return first
        }
        return .array(ArrayRef(offset: offset, count: added.count))
    }

    // MARK: - Reading

    /// An attribute of a span, by slot.
    public func spanAttribute(_ slot: Int, ofSpan index: Int) -> ColumnValue { spanAttributes.value(slot, index) }

    /// An attribute of a resource, by slot.
    public func resourceAttribute(_ slot: Int, ofResource index: Int) -> ColumnValue {
        resourceAttributes.value(slot, index)
    }

    /// All attributes of a span, as listed with `listSpanAttribute`.
    public func allAttributes(ofSpan index: Int) -> ArraySlice<KeyedValue> { allSpanAttributes.row(index) }

    /// All attributes of a resource, as listed with `listResourceAttribute`.
    public func allAttributes(ofResource index: Int) -> ArraySlice<KeyedValue> { allResourceAttributes.row(index) }

    /// The elements of a list.
    public func elements(of array: ArrayRef) -> ArraySlice<ColumnValue> {
        let start = min(Int(array.offset), elements.count)
        return ArraySlice(elements[start..<min(start + Int(array.count), elements.count)])
    }

    func eventRange(_ span: Int) -> Range<Int> { Self.range(firstEvents, span, events.count) }

    func linkRange(_ span: Int) -> Range<Int> { Self.range(firstLinks, span, links.count) }

    private static func range(_ firsts: ContiguousArray<Int32>, _ span: Int, _ end: Int) -> Range<Int> {
        guard span < firsts.count else { return 0..<0 }
        let start = Int(firsts[span])
        return start..<(span + 1 < firsts.count ? Int(firsts[span + 1]) : end)
    }
}
