/// Something that an operator wants in the log or counted.
package enum StoreEvent: Sendable, Equatable {
    /// The store is open: what was found.
    case opened(tenants: Int, segments: Int, replayedRecords: Int, replayedSpans: Int)
    /// The log ended in the middle of a record, as it does after a crash; the bytes behind were dropped.
    case tornLog(file: String, droppedBytes: Int)
    /// The log is damaged: a record that is not the last one does not match its checksum. The records behind it that are whole were read.
    case damagedLog(file: String, reason: String)
    /// A segment file cannot be used; it was renamed to `*.damaged` and its spans are missing.
    case damagedSegment(file: String, reason: String)
    /// Writing to disk failed; pushes are refused until it works again.
    case storageFailed(String)
    /// Writing works again.
    case storageRecovered
    /// A head became a segment.
    case sealed(tenant: String, spans: Int, bytes: Int)
    /// Segments became one.
    case merged(tenant: String, segments: Int, spans: Int, bytes: Int)
    /// A segment was deleted for age or size.
    case deleted(tenant: String, spans: Int, bytes: Int)
}
