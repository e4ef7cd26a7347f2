/// What a segment file holds besides its header: all columns.
struct SegmentParts {
    var columns = SegmentColumns()
    var traces = TraceTable()
}

/// How one column is named in a file, written and read.
struct ColumnSection {
    /// Names the column in files; never given to another one.
    let id: UInt16
    /// Bytes of a value.
    let width: Int
    /// The values of a column; valid only while the parts live.
    let bytes: (SegmentParts) -> UnsafeRawBufferPointer
    /// Puts values that lie at an aligned address into the parts.
    let set: (inout SegmentParts, UnsafeRawBufferPointer, ColumnOwner) -> Void

    init<Element: BitwiseCopyable>(_ id: UInt16, _ path: WritableKeyPath<SegmentParts, Column<Element>>) {
        self.id = id
        width = MemoryLayout<Element>.size
        bytes = { UnsafeRawBufferPointer($0[keyPath: path].buffer) }
        set = { parts, bytes, owner in
            let values = bytes.assumingMemoryBound(to: Element.self)
            guard let base = values.baseAddress else { return }
            parts[keyPath: path] = Column(base: base, count: values.count, owner: owner)
        }
    }

    /// Every column of a file. A little-endian machine is assumed, as Swift's platforms are.
    static func all() -> [ColumnSection] { spans + details + events + links + shared + dictionaries + traces }

    private static var spans: [ColumnSection] {
        [
            ColumnSection(1, \.columns.trace), ColumnSection(2, \.columns.spanID),
            ColumnSection(3, \.columns.parentSpanID), ColumnSection(4, \.columns.hasParent),
            ColumnSection(5, \.columns.start), ColumnSection(6, \.columns.end), ColumnSection(7, \.columns.name),
            ColumnSection(8, \.columns.kind), ColumnSection(9, \.columns.statusCode),
            ColumnSection(10, \.columns.detail),
            ColumnSection(11, \.columns.resource), ColumnSection(12, \.columns.scope),
            ColumnSection(13, \.columns.pairs.offsets), ColumnSection(14, \.columns.pairs.values),
            ColumnSection(15, \.columns.eventOffsets), ColumnSection(16, \.columns.linkOffsets),
        ]
    }

    private static var details: [ColumnSection] {
        [
            ColumnSection(20, \.columns.detailStatusMessage), ColumnSection(21, \.columns.detailTraceState),
            ColumnSection(22, \.columns.detailFlags), ColumnSection(23, \.columns.detailDroppedAttributes),
            ColumnSection(24, \.columns.detailDroppedEvents), ColumnSection(25, \.columns.detailDroppedLinks),
            ColumnSection(26, \.columns.detailKind), ColumnSection(27, \.columns.detailStatusCode),
        ]
    }

    private static var events: [ColumnSection] {
        [
            ColumnSection(30, \.columns.eventTime), ColumnSection(31, \.columns.eventName),
            ColumnSection(32, \.columns.eventDroppedAttributes), ColumnSection(33, \.columns.eventPairs.offsets),
            ColumnSection(34, \.columns.eventPairs.values),
        ]
    }

    private static var links: [ColumnSection] {
        [
            ColumnSection(40, \.columns.linkTraceIDHigh), ColumnSection(41, \.columns.linkTraceIDLow),
            ColumnSection(42, \.columns.linkSpanID), ColumnSection(43, \.columns.linkPresence),
            ColumnSection(44, \.columns.linkTraceState), ColumnSection(45, \.columns.linkFlags),
            ColumnSection(46, \.columns.linkDroppedAttributes), ColumnSection(47, \.columns.linkPairs.offsets),
            ColumnSection(48, \.columns.linkPairs.values),
        ]
    }

    private static var shared: [ColumnSection] {
        [
            ColumnSection(60, \.columns.resourcePairs.offsets), ColumnSection(61, \.columns.resourcePairs.values),
            ColumnSection(62, \.columns.resourceServiceName), ColumnSection(63, \.columns.resourceDroppedAttributes),
            ColumnSection(64, \.columns.resourceSchemaURL), ColumnSection(65, \.columns.resourceEntityRefs),
            ColumnSection(66, \.columns.scopeName), ColumnSection(67, \.columns.scopeVersion),
            ColumnSection(68, \.columns.scopePairs.offsets), ColumnSection(69, \.columns.scopePairs.values),
            ColumnSection(70, \.columns.scopeDroppedAttributes), ColumnSection(71, \.columns.scopeSchemaURL),
        ]
    }

    private static var dictionaries: [ColumnSection] {
        [
            ColumnSection(80, \.columns.pairKey), ColumnSection(81, \.columns.pairType),
            ColumnSection(82, \.columns.pairPayload), ColumnSection(83, \.columns.strings.offsets),
            ColumnSection(84, \.columns.strings.values),
        ]
    }

    private static var traces: [ColumnSection] {
        [
            ColumnSection(100, \.traces.idHigh), ColumnSection(101, \.traces.idLow), ColumnSection(102, \.traces.start),
            ColumnSection(103, \.traces.end), ColumnSection(104, \.traces.root), ColumnSection(105, \.traces.first),
            ColumnSection(106, \.traces.slots),
        ]
    }
}
