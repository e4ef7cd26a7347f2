/// The window of a question for tags, as far as a kept answer tells windows apart.
///
/// A question for tags without a window, or up to now, has another window every second. Of two that are equally long, end in the
/// same step of time and are both recent, the later one is the earlier one asked again a moment later, and an answer that may be
/// kept for so long serves both. All other windows are told apart to the second.
struct TagWindow: Equatable {
    let isMoving: Bool
    /// Seconds: the length of a moving window, the start of another.
    let first: UInt32
    /// Steps of time for a moving window, else seconds.
    let last: UInt32

    /// - Parameters:
    ///   - start: Unix seconds.
    ///   - end: Unix seconds.
    ///   - step: seconds for which an answer may be kept.
    ///   - closed: Unix seconds; a window that ends later is recent.
    init(start: UInt32, end: UInt32, step: Int64, closed: Int64) {
        isMoving = step > 1 && Int64(end) > closed && start <= end
        first = isMoving ? end - start : start
        last = isMoving ? UInt32(truncatingIfNeeded: Int64(end) / step) : end
    }
}
