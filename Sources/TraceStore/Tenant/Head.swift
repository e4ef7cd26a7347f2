/// The newest spans of a tenant, in memory. Its tenant's lock guards every use.
final class Head: @unchecked Sendable {
    // @unchecked: only reached inside `Tenant`'s mutex.
    private var builder: ColumnBuilder
    private let identifiers: ViewIdentifiers
    private var lastView: SegmentView?
    /// Log sequence numbers of the first and the last push in here.
    private(set) var sequences: ClosedRange<UInt64>?
    /// Unix nanoseconds when the first and the last span were received.
    private(set) var received: ClosedRange<UInt64>?

    init(hash: ByteHash, identifiers: ViewIdentifiers) {
        builder = ColumnBuilder(hash: hash)
        self.identifiers = identifiers
    }

    var rowCount: Int { builder.rowCount }
    var byteCount: Int { builder.byteCount }

    func append(_ request: ParsedRequest, bytes: UnsafeRawBufferPointer) {
        builder.append(request, bytes: bytes)
    }

    /// Notes with which push the newest spans came.
    func note(sequence: UInt64, received time: UInt64) {
        sequences = (sequences?.lowerBound ?? sequence)...max(sequence, sequences?.upperBound ?? 0)
        let least = min(time, received?.lowerBound ?? time)
        received = least...max(time, received?.upperBound ?? time)
    }

    /// The rows of this moment.
    func view() -> SegmentView {
        if let lastView, lastView.rowCount == builder.rowCount { return lastView }
        let idHigh = builder.traceIDHigh.snapshot()
        let idLow = builder.traceIDLow.snapshot()
        let view = SegmentView(
            identifier: identifiers.next(), isSealed: false, minStart: min(builder.minStart, builder.maxEnd),
            maxEnd: builder.maxEnd, columns: builder.snapshot(),
            traces: LazyTraceTable { HeadTraceTable(columns: $0, idHigh: idHigh, idLow: idLow).make() })
        lastView = view
        return view
    }
}
