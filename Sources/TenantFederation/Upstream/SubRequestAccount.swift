import Synchronization

/// Running totals of one sub-request, written by the upstream while it works and read by the query's log line.
package final class SubRequestAccount: Sendable {
    private let bytes = Atomic<Int>(0)
    private let tries = Atomic<Int>(0)
    private let repetitions = Atomic<Int>(0)
    private let hedged = Atomic<Int>(0)
    private let use = Atomic<UInt8>(0)
    private let leftOut = Atomic<Bool>(false)
    private let noted = Mutex<[AnswerNote]>([])

    package init() {}

    /// Bytes of answers: bodies received from the upstream, over all attempts, or what a kept or shared answer has.
    package var receivedBytes: Int { bytes.load(ordering: .relaxed) }

    /// Attempts made, the first included.
    package var attempts: Int { tries.load(ordering: .relaxed) }

    /// Those of the attempts that repeated one that failed.
    package var retries: Int { repetitions.load(ordering: .relaxed) }

    /// Those of the attempts that were made beside one that took long.
    package var hedges: Int { hedged.load(ordering: .relaxed) }

    /// Where the answer came from; nil: nothing keeps the answers of this upstream.
    package var cacheUse: CacheUse? {
        get { CacheUse(rawValue: use.load(ordering: .relaxed)) }
        set { use.store(newValue?.rawValue ?? 0, ordering: .relaxed) }
    }

    /// Whether the answer was at hand and nobody was asked for it.
    package var isCached: Bool { cacheUse == .hit || cacheUse == .joined }

    package func addReceivedBytes(_ count: Int) { bytes.add(count, ordering: .relaxed) }

    package func addAttempt() { tries.add(1, ordering: .relaxed) }

    /// An attempt that repeats one that failed; it counts among the attempts.
    package func addRetry() {
        repetitions.add(1, ordering: .relaxed)
        addAttempt()
    }

    /// An attempt beside one that takes long; it counts among the attempts.
    package func addHedge() {
        hedged.add(1, ordering: .relaxed)
        addAttempt()
    }

    /// What the upstream says of its answer. An answer with notes must not be kept for later, or its notes must be kept with it.
    package var notes: [AnswerNote] { noted.withLock { $0 } }

    /// Whether the upstream was not asked because what it holds lies outside of the question's time.
    package var isLeftOut: Bool { leftOut.load(ordering: .relaxed) }

    /// Says that the answer is less than what was asked for.
    package func note(_ note: AnswerNote) {
        noted.withLock { if !$0.contains(note) { $0.append(note) } }
    }

    /// Nobody is asked: the time of the question lies outside of what the upstream holds.
    package func noteLeftOut() { leftOut.store(true, ordering: .relaxed) }
}
