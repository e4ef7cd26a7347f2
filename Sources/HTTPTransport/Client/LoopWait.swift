/// One wait for one value on a loop, ended by whoever comes first: the value, the deadline or a cancellation.
///
/// `@unchecked Sendable`: used on its loop's thread only.
final class LoopWait<Value: Sendable>: @unchecked Sendable {
    enum Outcome: Sendable {
        case value(Value)
        case timedOut
        case cancelled
    }

    private let loop: EventLoop
    private var continuation: UnsafeContinuation<Outcome, Never>?
    private var early: Outcome?
    private let timer = LoopTimer()

    init(loop: EventLoop) { self.loop = loop }

    /// Ends the wait; only the first call counts.
    /// - Returns: whether this call was the first.
    @discardableResult
    func finish(_ outcome: Outcome) -> Bool {
        guard early == nil else { return false }
        early = outcome
        timer.cancel()
        timer.action = nil
        continuation?.resume(returning: outcome)
        continuation = nil
        return true
    }

    func wait(until deadline: UInt64) async -> Outcome {
        if let early { return early }
        return await withUnsafeContinuation { continuation in
            self.continuation = continuation
            timer.action = { [self] in _ = finish(.timedOut) }
            if deadline != LoopTimer.never { loop.schedule(timer, at: deadline) }
        }
    }
}
