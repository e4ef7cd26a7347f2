/// The spans of one tenant's head or of one of its sealed segments, as immutable columns. All queries read this type.
///
/// Ids are positions: a *string id* counts in ``strings``, a *pair id* in ``pairKey``, a *resource id* in ``resourcePairs`` and so on;
/// a *row* is a span. Ids mean nothing outside their view. Every id and offset that a column holds is in range (a head makes them so, a
/// file is checked when it is opened), so reading needs no checks.
///
/// Rows are in order of arrival within a trace. In a sealed segment the rows of a trace are contiguous and traces ascend by start; in a
/// head rows are in order of arrival over all traces. ``traces`` hides that difference.
final class SegmentView: Sendable {
    /// Distinguishes views in time: a view of the same segment, or of a head without new rows, keeps its number.
    let identifier: UInt64
    /// Whether this is a sealed segment (mapped file) rather than a head in memory.
    let isSealed: Bool
    /// How many spans there are.
    var rowCount: Int { columns.spanID.count }
    /// Unix nanoseconds: the least start and the greatest start or end of the spans; 0 and 0 without spans. Spans keep absurd times.
    let minStart: UInt64
    let maxEnd: UInt64

    let columns: SegmentColumns
    /// Where the traces of a head are worked out, when they are first asked for.
    private let lazyTraces: LazyTraceTable

    init(
        identifier: UInt64, isSealed: Bool, minStart: UInt64, maxEnd: UInt64, columns: SegmentColumns,
        traces: LazyTraceTable
    ) {
        self.identifier = identifier
        self.isSealed = isSealed
        self.minStart = minStart
        self.maxEnd = maxEnd
        self.columns = columns
        lazyTraces = traces
    }

    /// The traces. For a head worked out at the first use (about 20 ns a span) and kept with the view.
    var traces: TraceTable { lazyTraces.table(columns) }
}

/// The columns of a ``SegmentView``.
struct SegmentColumns: Sendable {
    // MARK: One value a span

    /// The trace's number in ``SegmentView/traces``.
    var trace = Column<UInt32>()
    /// The eight bytes of the span id, most significant first. Never 0.
    var spanID = Column<UInt64>()
    /// The eight bytes of the parent id; 0 when there is none (and for a parent id of zeros: see ``hasParent``).
    var parentSpanID = Column<UInt64>()
    /// 1 when the span came with a parent id of eight bytes, were they all zero; else 0.
    var hasParent = Column<UInt8>()
    /// Unix nanoseconds, as they came.
    var start = Column<UInt64>()
    /// Unix nanoseconds, as they came; may be less than the start.
    var end = Column<UInt64>()
    /// String id.
    var name = Column<UInt32>()
    /// `SpanKind`; 255 for a number outside 0...254, which then is in ``detailKind``.
    var kind = Column<UInt8>()
    /// `StatusCode` 0 unset, 1 ok, 2 error; 255 for a number outside 0...254, which then is in ``detailStatusCode``.
    var statusCode = Column<UInt8>()
    /// Number of a row of the detail table.
    var detail = Column<UInt32>()
    /// Resource id.
    var resource = Column<UInt32>()
    /// Scope id.
    var scope = Column<UInt32>()
    /// Pair ids of each span's attributes, in their order; keys may repeat.
    var pairs = ListColumn<UInt32>()
    /// Where each span's events lie in the event columns: `eventOffsets[row]..<eventOffsets[row + 1]`.
    var eventOffsets = Column<UInt32>()
    /// Where each span's links lie in the link columns.
    var linkOffsets = Column<UInt32>()

    // MARK: Details of spans: distinct combinations of what few spans have

    /// String id of the status message.
    var detailStatusMessage = Column<UInt32>()
    /// String id of the W3C trace state.
    var detailTraceState = Column<UInt32>()
    /// The span's flags.
    var detailFlags = Column<UInt32>()
    /// The counts of dropped attributes, events and links.
    var detailDroppedAttributes = Column<UInt32>()
    var detailDroppedEvents = Column<UInt32>()
    var detailDroppedLinks = Column<UInt32>()
    /// The kind when ``kind`` is 255, else 0; likewise the status code.
    var detailKind = Column<Int32>()
    var detailStatusCode = Column<Int32>()

    // MARK: Events, in order of their spans

    /// Unix nanoseconds, as they came.
    var eventTime = Column<UInt64>()
    /// String id.
    var eventName = Column<UInt32>()
    var eventDroppedAttributes = Column<UInt32>()
    /// Pair ids of each event's attributes.
    var eventPairs = ListColumn<UInt32>()

    // MARK: Links, in order of their spans

    /// The 16 bytes of the linked trace's id as two numbers, most significant byte first.
    var linkTraceIDHigh = Column<UInt64>()
    var linkTraceIDLow = Column<UInt64>()
    /// The eight bytes of the linked span's id.
    var linkSpanID = Column<UInt64>()
    /// Bit 0: there was a trace id. Bit 1: there was a span id. An id that was not there is 0.
    var linkPresence = Column<UInt8>()
    /// String id.
    var linkTraceState = Column<UInt32>()
    var linkFlags = Column<UInt32>()
    var linkDroppedAttributes = Column<UInt32>()
    /// Pair ids of each link's attributes.
    var linkPairs = ListColumn<UInt32>()

    // MARK: Resources: distinct combinations of resource and schema URL

    /// Pair ids of each resource's attributes, in their order.
    var resourcePairs = ListColumn<UInt32>()
    /// String id of the value of `service.name`, where that is a string; else 0, the empty string. The last one counts.
    var resourceServiceName = Column<UInt32>()
    var resourceDroppedAttributes = Column<UInt32>()
    /// String id of the schema URL of the `ResourceSpans`.
    var resourceSchemaURL = Column<UInt32>()
    /// String id of bytes: the `entity_refs` fields (number 3) of the `Resource` message, tags included, to be copied into a message.
    var resourceEntityRefs = Column<UInt32>()

    // MARK: Instrumentation scopes: distinct combinations of scope and schema URL

    /// String ids.
    var scopeName = Column<UInt32>()
    var scopeVersion = Column<UInt32>()
    /// Pair ids of each scope's attributes, in their order.
    var scopePairs = ListColumn<UInt32>()
    var scopeDroppedAttributes = Column<UInt32>()
    /// String id of the schema URL of the `ScopeSpans`.
    var scopeSchemaURL = Column<UInt32>()

    // MARK: Dictionaries: every value is there once

    /// Attribute pairs: key (string id), ``ValueType``, payload. Distinct in all three.
    var pairKey = Column<UInt32>()
    var pairType = Column<UInt8>()
    var pairPayload = Column<UInt64>()
    /// Byte strings: names, keys, texts, and the encoded values of lists. String id 0 is the empty string. Mostly, but not
    /// necessarily, UTF-8. Distinct.
    var strings = ListColumn<UInt8>()
}

extension SegmentColumns {
    /// The bytes of a string id; valid only while the columns live.
    @inline(__always)
    func bytes(_ string: UInt32) -> UnsafeBufferPointer<UInt8> { strings.buffer(Int(string)) }

    /// The text of a string id; broken UTF-8 becomes U+FFFD.
    func text(_ string: UInt32) -> String { String(decoding: bytes(string), as: UTF8.self) }

    /// Where the events of a span lie in the event columns.
    @inline(__always)
    func events(_ row: Int) -> Range<Int> { Int(eventOffsets[row])..<Int(eventOffsets[row + 1]) }

    /// Where the links of a span lie in the link columns.
    @inline(__always)
    func links(_ row: Int) -> Range<Int> { Int(linkOffsets[row])..<Int(linkOffsets[row + 1]) }

    /// The kind of a span as the number that came.
    func kindNumber(_ row: Int) -> Int32 {
        kind[row] == .max ? detailKind[Int(detail[row])] : Int32(kind[row])
    }

    /// The status code of a span as the number that came.
    func statusCodeNumber(_ row: Int) -> Int32 {
        statusCode[row] == .max ? detailStatusCode[Int(detail[row])] : Int32(statusCode[row])
    }
}
