/// A sealed segment of a tenant: its columns and the file they lie in.
final class Segment: Sendable {
    let view: SegmentView
    let path: String
    /// The number in the file's name.
    let number: UInt64
    /// Bytes of the file.
    let byteCount: Int
    /// Log sequence numbers of the first and the last push in it. The log up to the last is in this segment or in an older one.
    let sequences: ClosedRange<UInt64>
    /// Unix nanoseconds when its first and its last span were received.
    let received: ClosedRange<UInt64>

    var lastSequence: UInt64 { sequences.upperBound }

    init(
        view: SegmentView, path: String, number: UInt64, byteCount: Int, sequences: ClosedRange<UInt64>,
        received: ClosedRange<UInt64>
    ) {
        self.view = view
        self.path = path
        self.number = number
        self.byteCount = byteCount
        self.sequences = sequences
        self.received = received
    }
}
