import Synchronization

/// One tenant's spans: the head, heads that wait to be sealed, and segments.
final class Tenant: Sendable {
    let name: String
    private let hash: ByteHash
    private let identifiers: ViewIdentifiers
    private let state: Mutex<State>

    private struct State {
        var head: Head
        /// Oldest first.
        var frozen: [FrozenHead] = []
        /// Oldest first.
        var segments: [Segment] = []
        /// Whether it was empty and is forgotten: nothing may be added any more.
        var isRetired = false
    }

    init(name: String, hash: ByteHash, identifiers: ViewIdentifiers) {
        self.name = name
        self.hash = hash
        self.identifiers = identifiers
        state = Mutex(State(head: Head(hash: hash, identifiers: identifiers)))
    }

    /// What it has now.
    func snapshot() -> TenantSnapshot {
        state.withLock { state in
            var views: [SegmentView] = []
            views.reserveCapacity(1 + state.frozen.count + state.segments.count)
            if state.head.rowCount > 0 { views.append(state.head.view()) }
            for frozen in state.frozen.reversed() { views.append(frozen.view) }
            for segment in state.segments.reversed() { views.append(segment.view) }
            return TenantSnapshot(views: views)
        }
    }

    /// Appends the spans of a push.
    /// - Parameters:
    ///   - received: Unix nanoseconds.
    ///   - log: puts the push into the log and gives its sequence number; called under the lock, so that log and head have one order.
    /// - Returns: by how many bytes the head grew, and whether it was frozen; nil, with nothing stored, when the tenant is retired.
    func append<Ticket>(
        _ request: ParsedRequest, bytes: UnsafeRawBufferPointer, received: UInt64, limits: HeadLimits,
        log: () -> (sequence: UInt64, ticket: Ticket)
    ) -> (growth: Int, isFrozen: Bool, ticket: Ticket)? {
        state.withLock { state in
            guard !state.isRetired else { return nil }
            let before = state.head.rowCount == 0 ? 0 : state.head.byteCount
            state.head.append(request, bytes: bytes)
            let logged = log()
            state.head.note(sequence: logged.sequence, received: received)
            let after = state.head.byteCount
            let isFull = state.head.rowCount >= limits.maxSpans || after >= limits.maxBytes
            if isFull { freeze(&state) }
            return (after - before, isFull, logged.ticket)
        }
    }

    private func freeze(_ state: inout State) {
        guard let frozen = FrozenHead(state.head) else { return }
        state.frozen.append(frozen)
        state.head = Head(hash: hash, identifiers: identifiers)
    }

    /// Freezes the head when the closure says so.
    func freeze(where shouldFreeze: (Head) -> Bool) {
        state.withLock { state in
            if state.head.rowCount > 0, shouldFreeze(state.head) { freeze(&state) }
        }
    }

    /// The oldest head that waits to be sealed.
    func nextFrozen() -> FrozenHead? { state.withLock { $0.frozen.first } }

    /// Log sequence numbers of pushes whose spans are only in memory; nil when there are none.
    func unsealedSequences() -> ClosedRange<UInt64>? {
        state.withLock { state in
            let all = state.frozen.map(\.sequences) + (state.head.sequences.map { [$0] } ?? [])
            guard let first = all.first, let last = all.last else { return nil }
            return first.lowerBound...last.upperBound
        }
    }

    /// Puts a segment in the place of the frozen head that it was made from.
    func replace(_ frozen: FrozenHead, with segment: Segment) {
        state.withLock { state in
            state.frozen.removeAll { $0 === frozen }
            state.segments.append(segment)
        }
    }

    /// Puts a merged segment in the place of those that it was made from, or removes them when there is none.
    func replace(_ old: [Segment], with new: Segment?) {
        state.withLock { state in
            guard let place = state.segments.firstIndex(where: { segment in old.contains { $0 === segment } }) else {
                return
            }
            let kept = state.segments[..<place]
            let rest = state.segments[place...].filter { segment in !old.contains { $0 === segment } }
            state.segments = kept + (new.map { [$0] } ?? []) + rest
        }
    }

    /// Adds a segment that was found on disk; they are added oldest first.
    func add(_ segment: Segment) { state.withLock { $0.segments.append(segment) } }

    /// Oldest first.
    func segments() -> [Segment] { state.withLock { $0.segments } }

    /// Lets the tenant be forgotten when nothing is stored.
    func retireIfEmpty() -> Bool {
        state.withLock { state in
            state.isRetired = state.head.rowCount == 0 && state.frozen.isEmpty && state.segments.isEmpty
            return state.isRetired
        }
    }

    /// Whether nothing is stored at all.
    var isEmpty: Bool {
        state.withLock { $0.head.rowCount == 0 && $0.frozen.isEmpty && $0.segments.isEmpty }
    }

    /// Bytes of the head's memory, about; 0 without spans.
    var headByteCount: Int { state.withLock { $0.head.rowCount == 0 ? 0 : $0.head.byteCount } }

    func statistics() -> StoreStatistics.Tenant {
        state.withLock { state in
            var result = StoreStatistics.Tenant()
            result.unsealedSpans = state.head.rowCount + state.frozen.reduce(0) { $0 + $1.view.rowCount }
            result.unsealedBytes = state.head.byteCount + state.frozen.reduce(0) { $0 + $1.byteCount }
            result.segments = state.segments.count
            result.sealedSpans = state.segments.reduce(0) { $0 + $1.view.rowCount }
            result.sealedBytes = state.segments.reduce(0) { $0 + $1.byteCount }
            return result
        }
    }
}

/// When a head is sealed.
struct HeadLimits: Sendable {
    var maxSpans: Int
    var maxBytes: Int
}

/// A head that takes no more spans and waits to be sealed.
final class FrozenHead: Sendable {
    let view: SegmentView
    let sequences: ClosedRange<UInt64>
    let received: ClosedRange<UInt64>
    let byteCount: Int

    /// - Returns: nil for a head without spans.
    init?(_ head: Head) {
        guard let sequences = head.sequences, let received = head.received else { return nil }
        self.sequences = sequences
        self.received = received
        byteCount = head.byteCount
        view = head.view()
    }
}
