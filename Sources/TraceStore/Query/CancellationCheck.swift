/// Looks now and then whether the task was cancelled: cheap enough for inner loops.
struct CancellationCheck {
    private var left: Int
    private let interval: Int

    /// - Parameter interval: how much work may lie between two looks.
    init(every interval: Int = 65_536) {
        self.interval = interval
        left = interval
    }

    /// Counts work done.
    /// - Throws: `CancellationError` when the task was cancelled.
    @inline(__always)
    mutating func spend(_ work: Int) throws {
        left -= work
        if left <= 0 { try look() }
    }

    /// Counts work done, where nothing can be thrown.
    @inline(__always)
    mutating func isCancelled(after work: Int) -> Bool {
        left -= work
        guard left <= 0 else { return false }
        left = interval
        return Task.isCancelled
    }

    @inline(never)
    private mutating func look() throws {
        left = interval
        try Task.checkCancellation()
    }
}
