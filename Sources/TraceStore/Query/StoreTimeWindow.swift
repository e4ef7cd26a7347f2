/// A closed interval of Unix nanoseconds. A trace is in when it starts no later than the end and ends no earlier than the start.
package struct StoreTimeWindow: Sendable, Hashable {
    /// The first nanosecond.
    package var start: UInt64
    /// The last nanosecond.
    package var end: UInt64

    /// All times there are.
    package static let always = StoreTimeWindow(start: 0, end: .max)

    package init(start: UInt64, end: UInt64) {
        self.start = start
        self.end = end
    }

    /// From Unix seconds as Tempo's requests carry them. Only when both are given (not 0) they bound anything.
    package init(startSeconds: UInt32, endSeconds: UInt32) {
        if startSeconds == 0 || endSeconds == 0 {
            self = .always
        } else {
            // At most 2^32 * 10^9, which fits.
            self.init(start: UInt64(startSeconds) * 1_000_000_000, end: UInt64(endSeconds) * 1_000_000_000)
        }
    }

    /// Whether something that lasts from `start` to `end` touches the window. An end before the start counts as the start.
    @inline(__always)
    func overlaps(start: UInt64, end: UInt64) -> Bool { start <= self.end && max(start, end) >= self.start }

    /// Whether nothing can be out.
    var isAlways: Bool { start == 0 && end == .max }
}
