/// What the merger knows of one span: 48 bytes, whatever the span's size.
struct SpanRecord {
    struct Flags: OptionSet {
        let rawValue: UInt8
        /// The id does not have 8 bytes; `id` is a hash of it and never equal to another without a look at the bytes.
        static let oddID = Flags(rawValue: 1)
        /// The parent id has 8 bytes and is in `parent`.
        static let hasParent = Flags(rawValue: 2)
        /// The times are not what the bytes say: they are shifted by the part's `timeShift`, `start` too.
        static let shifted = Flags(rawValue: 4)
        static let unsortedEvents = Flags(rawValue: 8)
        static let unsortedLinks = Flags(rawValue: 16)
        /// Another copy of this span stays instead.
        static let dropped = Flags(rawValue: 32)
        /// `id` is not what the bytes say.
        static let newID = Flags(rawValue: 64)
        /// `parent` is not what the bytes say.
        static let newParent = Flags(rawValue: 128)
    }

    /// The id as a big-endian number, so that its order is the order of the bytes.
    var id: UInt64
    var parent: UInt64
    var start: UInt64
    /// Where the span's bytes are in its part.
    var offset: UInt32
    var length: UInt32
    /// Where the length of the name is in the part; 0: no name (no name can be at 0).
    var nameAt: UInt32
    /// Hash of id, kind, start and name.
    var identity: UInt32
    var kind: Int32
    var flags: Flags

    static let server: Int32 = 2
    static let client: Int32 = 3
}

/// One ScopeSpans message.
struct ScopeRecord {
    var offset: UInt32
    var length: UInt32
    var firstSpan: UInt32
    var spanCount: UInt32
    var liveSpans: UInt32
    /// Bytes of the fields that are not spans.
    var otherBytes: UInt32
    /// Bytes that the spans that stay take as fields.
    var spanBytes: Int
    /// The spans stand in the order of start time, then id.
    var isSorted: Bool
    /// The bytes cannot be copied as they are.
    var isChanged: Bool
    var isRemoved: Bool

    var encodedLength: Int { isChanged ? Int(otherBytes) + spanBytes : Int(length) }
}

/// One ResourceSpans message.
struct BatchRecord {
    /// Index of the part in the order of folding.
    var part: UInt32
    var offset: UInt32
    var length: UInt32
    var firstScope: UInt32
    var scopeCount: UInt32
    var otherBytes: UInt32
    var isChanged: Bool
    var encodedLength: Int
}

/// The spans, scopes and batches of a part, or of all parts in the order in which they were folded.
struct TraceIndex {
    var spans: [SpanRecord] = []
    var scopes: [ScopeRecord] = []
    var batches: [BatchRecord] = []
}

/// One folded part and its share of the index.
struct TracePart {
    var origin: PartOrigin
    var bytes: [UInt8]
    /// The part holds a trace message, be it empty.
    var hasTrace = false
    /// The trace messages: one, by protobuf's rules perhaps several that are one trace.
    var traceRanges: [Range<Int>] = []
    var spans: Range<Int> = 0..<0
    var scopes: Range<Int> = 0..<0
    var batches: Range<Int> = 0..<0
    /// Bytes of the batches as fields of a Trace.
    var batchBytes = 0
    var clients = 0
    var servers = 0
    /// Some server span has an id that a stock Tempo could have given it.
    var hasTinyServer = false
    var metricsRange: Range<Int>?
    var isPartial = false
    var message = ""
    /// Nanoseconds to add to all times of the part's spans, once they are flagged as shifted.
    var timeShift: Int64 = 0
}
