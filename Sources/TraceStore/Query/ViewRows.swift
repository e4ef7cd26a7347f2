import TraceQL

/// One view as bare pointers, for the loops that read spans one by one: reading a value through ``SegmentColumns`` keeps and lets go of
/// an owner each time, which costs more than the value.
///
/// The pointers are those of the columns of `view`, which never change and live as long as the view, and this object holds the view.
/// So they are good as long as the object is; they are read only by its methods and by those who hold it meanwhile. Ids and offsets in
/// columns are in range (see ``SegmentView``), so no index is checked in release builds.
final class ViewRows {
    let view: SegmentView
    let spanID: UnsafeBufferPointer<UInt64>
    let parentSpanID: UnsafeBufferPointer<UInt64>
    let hasParent: UnsafeBufferPointer<UInt8>
    let start: UnsafeBufferPointer<UInt64>
    let end: UnsafeBufferPointer<UInt64>
    let name: UnsafeBufferPointer<UInt32>
    let kind: UnsafeBufferPointer<UInt8>
    let statusCode: UnsafeBufferPointer<UInt8>
    let detail: UnsafeBufferPointer<UInt32>
    let statusMessage: UnsafeBufferPointer<UInt32>
    let resource: UnsafeBufferPointer<UInt32>
    let scope: UnsafeBufferPointer<UInt32>
    let pairs: Lists
    let pairKey: UnsafeBufferPointer<UInt32>
    let pairType: UnsafeBufferPointer<UInt8>
    let pairPayload: UnsafeBufferPointer<UInt64>
    let eventOffsets: UnsafeBufferPointer<UInt32>
    let eventName: UnsafeBufferPointer<UInt32>
    let eventTime: UnsafeBufferPointer<UInt64>
    let eventPairs: Lists
    let linkOffsets: UnsafeBufferPointer<UInt32>
    let linkTraceIDHigh: UnsafeBufferPointer<UInt64>
    let linkTraceIDLow: UnsafeBufferPointer<UInt64>
    let linkSpanID: UnsafeBufferPointer<UInt64>
    let linkPairs: Lists

    /// A list column.
    struct Lists {
        let offsets: UnsafeBufferPointer<UInt32>
        let values: UnsafeBufferPointer<UInt32>

        init(_ column: ListColumn<UInt32>) {
            offsets = column.offsets.buffer
            values = column.values.buffer
        }

        /// Where the values of a list lie in ``values``.
        @inline(__always)
        func range(_ list: Int) -> Range<Int> {
            Range(uncheckedBounds: (Int(offsets[list]), Int(offsets[list + 1])))
        }
    }

    init(_ view: SegmentView) {
        self.view = view
        let columns = view.columns
        spanID = columns.spanID.buffer
        parentSpanID = columns.parentSpanID.buffer
        hasParent = columns.hasParent.buffer
        start = columns.start.buffer
        end = columns.end.buffer
        name = columns.name.buffer
        kind = columns.kind.buffer
        statusCode = columns.statusCode.buffer
        detail = columns.detail.buffer
        statusMessage = columns.detailStatusMessage.buffer
        resource = columns.resource.buffer
        scope = columns.scope.buffer
        pairs = Lists(columns.pairs)
        pairKey = columns.pairKey.buffer
        pairType = columns.pairType.buffer
        pairPayload = columns.pairPayload.buffer
        eventOffsets = columns.eventOffsets.buffer
        eventName = columns.eventName.buffer
        eventTime = columns.eventTime.buffer
        eventPairs = Lists(columns.eventPairs)
        linkOffsets = columns.linkOffsets.buffer
        linkTraceIDHigh = columns.linkTraceIDHigh.buffer
        linkTraceIDLow = columns.linkTraceIDLow.buffer
        linkSpanID = columns.linkSpanID.buffer
        linkPairs = Lists(columns.linkPairs)
    }
}
