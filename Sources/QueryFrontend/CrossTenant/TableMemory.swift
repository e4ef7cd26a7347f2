import TenantFederation

/// What the tables of a query take of the bytes that it, and the process, may hold: they are kept from trace to trace and are
/// several times as large as the bytes that they were read from.
struct TableMemory: Sendable {
    /// Less than this is not counted.
    static let free = 256 * 1024
    /// Bytes are taken so many at once.
    private static let step = 256 * 1024

    /// nil: nothing is counted.
    private let lender: (@Sendable () -> ByteLease)?
    private var lease: ByteLease?
    private var held = 0
    /// The budget had no room.
    private(set) var isRefused = false

    /// Counts nothing.
    init() { lender = nil }

    /// - Parameters:
    ///   - process: gets back what was taken when this is gone.
    ///   - total: the bytes of the query.
    init(from process: ByteBudget, countedBy total: ByteBudget) {
        lender = { ByteLease(from: process, countedBy: total) }
    }

    /// The tables have this many bytes now.
    /// - Returns: false when they may not.
    mutating func hold(_ bytes: Int) -> Bool {
        guard let lender, bytes > Self.free, bytes > held else { return true }
        let wanted = bytes - bytes % Self.step + Self.step
        let lease = lease ?? lender()
        self.lease = lease
        guard lease.budget.take(wanted - held) else {
            isRefused = true
            return false
        }
        held = wanted
        return true
    }

    /// The tables are gone.
    mutating func release() {
        lease = nil
        held = 0
        isRefused = false
    }
}
