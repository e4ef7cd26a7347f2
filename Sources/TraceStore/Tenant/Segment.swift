/// A sealed segment of a tenant: its columns and the file they lie in.
final class Segment: Sendable {
    let view: SegmentView
    /// Path of the file.
    let path: String
    /// Bytes of the file.
    let byteCount: Int
    /// The log up to here is in this segment or an older one.
    let lastSequence: UInt64
    /// Unix nanoseconds when its first and its last span were received.
    let received: ClosedRange<UInt64>

    init(view: SegmentView, path: String, byteCount: Int, lastSequence: UInt64, received: ClosedRange<UInt64>) {
        self.view = view
        self.path = path
        self.byteCount = byteCount
        self.lastSequence = lastSequence
        self.received = received
    }
}
