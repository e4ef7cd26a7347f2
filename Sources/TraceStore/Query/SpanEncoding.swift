import TempoAPI

/// Writes spans of a view as OTLP protobuf, with every field that the view holds. The status is always written, as Tempo does.
struct SpanEncoding {
    let columns: SegmentColumns
    let attributes: AttributeEncoding

    init(_ columns: SegmentColumns) {
        self.columns = columns
        attributes = AttributeEncoding(columns: columns)
    }

    private func size(_ number: UInt32, field: Int) -> Int {
        number == 0 ? 0 : ProtobufWriter.size(ofTag: field) + ProtobufWriter.size(ofVarint: UInt64(number))
    }

    private func write(_ number: UInt32, field: Int, to writer: inout ProtobufWriter) {
        if number != 0 { writer.field(field, varint: UInt64(number)) }
    }

    /// Enumerations are sign-extended to 64 bits on the wire.
    private func wire(_ number: Int32) -> UInt64 { UInt64(bitPattern: Int64(number)) }

    // MARK: Status

    private func statusSize(_ row: Int, _ detail: Int) -> Int {
        let code = columns.statusCodeNumber(row)
        return attributes.size(ofString: columns.detailStatusMessage[detail], field: 2)
            + (code == 0 ? 0 : 1 + ProtobufWriter.size(ofVarint: wire(code)))
    }

    private func writeStatus(_ row: Int, _ detail: Int, to writer: inout ProtobufWriter) {
        writer.header(15, content: statusSize(row, detail))
        attributes.write(string: columns.detailStatusMessage[detail], field: 2, to: &writer)
        let code = columns.statusCodeNumber(row)
        if code != 0 { writer.field(3, varint: wire(code)) }
    }

    // MARK: Events and links

    private func eventSize(_ event: Int) -> Int {
        (columns.eventTime[event] == 0 ? 0 : 9) + attributes.size(ofString: columns.eventName[event], field: 2)
            + attributes.size(of: columns.eventPairs.buffer(event), field: 3)
            + size(columns.eventDroppedAttributes[event], field: 4)
    }

    private func write(event: Int, to writer: inout ProtobufWriter) {
        writer.header(11, content: eventSize(event))
        if columns.eventTime[event] != 0 { writer.field(1, fixed64: columns.eventTime[event]) }
        attributes.write(string: columns.eventName[event], field: 2, to: &writer)
        attributes.write(columns.eventPairs.buffer(event), field: 3, to: &writer)
        write(columns.eventDroppedAttributes[event], field: 4, to: &writer)
    }

    private func linkSize(_ link: Int) -> Int {
        let presence = columns.linkPresence[link]
        return (presence & 1 == 0 ? 0 : 18) + (presence & 2 == 0 ? 0 : 10)
            + attributes.size(ofString: columns.linkTraceState[link], field: 3)
            + attributes.size(of: columns.linkPairs.buffer(link), field: 4)
            + size(columns.linkDroppedAttributes[link], field: 5) + (columns.linkFlags[link] == 0 ? 0 : 5)
    }

    private func write(link: Int, to writer: inout ProtobufWriter) {
        writer.header(13, content: linkSize(link))
        let presence = columns.linkPresence[link]
        if presence & 1 != 0 {
            write(TraceID(high: columns.linkTraceIDHigh[link], low: columns.linkTraceIDLow[link]), to: &writer)
        }
        if presence & 2 != 0 { write(spanID: columns.linkSpanID[link], field: 2, to: &writer) }
        attributes.write(string: columns.linkTraceState[link], field: 3, to: &writer)
        attributes.write(columns.linkPairs.buffer(link), field: 4, to: &writer)
        write(columns.linkDroppedAttributes[link], field: 5, to: &writer)
        if columns.linkFlags[link] != 0 { writer.field(6, fixed32: columns.linkFlags[link]) }
    }

    private func write(_ id: TraceID, to writer: inout ProtobufWriter) {
        writer.header(1, content: 16)
        withUnsafeBytes(of: (id.high.bigEndian, id.low.bigEndian)) { writer.raw($0) }
    }

    private func write(spanID: UInt64, field: Int, to writer: inout ProtobufWriter) {
        writer.header(field, content: 8)
        withUnsafeBytes(of: spanID.bigEndian) { writer.raw($0) }
    }

    // MARK: The span

    /// The size of the `Span` message without its header.
    func size(_ row: Int) -> Int {
        let detail = Int(columns.detail[row])
        let kind = columns.kindNumber(row)
        var size = 18 + 10 + attributes.size(ofString: columns.detailTraceState[detail], field: 3)
        if columns.hasParent[row] != 0 { size += 10 }
        size += attributes.size(ofString: columns.name[row], field: 5)
        if kind != 0 { size += 1 + ProtobufWriter.size(ofVarint: wire(kind)) }
        if columns.start[row] != 0 { size += 9 }
        if columns.end[row] != 0 { size += 9 }
        size += attributes.size(of: columns.pairs.buffer(row), field: 9)
        size += self.size(columns.detailDroppedAttributes[detail], field: 10)
        for event in columns.events(row) { size += ProtobufWriter.size(ofField: 11, content: eventSize(event)) }
        size += self.size(columns.detailDroppedEvents[detail], field: 12)
        for link in columns.links(row) { size += ProtobufWriter.size(ofField: 13, content: linkSize(link)) }
        size += self.size(columns.detailDroppedLinks[detail], field: 14)
        size += ProtobufWriter.size(ofField: 15, content: statusSize(row, detail))
        if columns.detailFlags[detail] != 0 { size += 6 }
        return size
    }

    /// Appends the span as a field with number 2, as `ScopeSpans` has it.
    func write(_ row: Int, of trace: TraceID, to writer: inout ProtobufWriter) {
        let detail = Int(columns.detail[row])
        writer.header(2, content: size(row))
        write(trace, to: &writer)
        write(spanID: columns.spanID[row], field: 2, to: &writer)
        attributes.write(string: columns.detailTraceState[detail], field: 3, to: &writer)
        if columns.hasParent[row] != 0 { write(spanID: columns.parentSpanID[row], field: 4, to: &writer) }
        attributes.write(string: columns.name[row], field: 5, to: &writer)
        let kind = columns.kindNumber(row)
        if kind != 0 { writer.field(6, varint: wire(kind)) }
        if columns.start[row] != 0 { writer.field(7, fixed64: columns.start[row]) }
        if columns.end[row] != 0 { writer.field(8, fixed64: columns.end[row]) }
        attributes.write(columns.pairs.buffer(row), field: 9, to: &writer)
        write(columns.detailDroppedAttributes[detail], field: 10, to: &writer)
        for event in columns.events(row) { write(event: event, to: &writer) }
        write(columns.detailDroppedEvents[detail], field: 12, to: &writer)
        for link in columns.links(row) { write(link: link, to: &writer) }
        write(columns.detailDroppedLinks[detail], field: 14, to: &writer)
        writeStatus(row, detail, to: &writer)
        if columns.detailFlags[detail] != 0 { writer.field(16, fixed32: columns.detailFlags[detail]) }
    }
}
