import Synchronization

/// The answers of all targets in memory, parted by key so that two threads rarely wait for each other.
final class AnswerCache: Sendable {
    /// Mutexes do not move, so each stands in an object of its own.
    private final class Part: Sendable {
        let answers: Mutex<SegmentedLRU>
        init(maxBytes: Int) { answers = Mutex(SegmentedLRU(maxBytes: maxBytes)) }
    }

    private let parts: [Part]
    private let maxEntryBytes: Int
    private let metrics: CacheMetrics

    /// Parts at most; each has room for at least eight of the largest answers.
    static let maxParts = 16

    /// - Parameters:
    ///   - maxBytes: that the answers and their keys may take.
    ///   - maxEntryBytes: a larger answer, with its key, is not kept.
    init(maxBytes: Int, maxEntryBytes: Int, metrics: CacheMetrics) {
        let (room, overflow) = max(1, maxEntryBytes).multipliedReportingOverflow(by: 8)
        let count = overflow ? 1 : min(Self.maxParts, max(1, maxBytes / room))
        parts = (0..<count).map { _ in Part(maxBytes: maxBytes / count) }
        self.maxEntryBytes = maxEntryBytes
        self.metrics = metrics
    }

    var partCount: Int { parts.count }
    var bytes: Int { parts.reduce(0) { $0 + $1.answers.withLock { $0.bytes } } }
    var count: Int { parts.reduce(0) { $0 + $1.answers.withLock { $0.count } } }

    /// - Parameter maxAge: in nanoseconds; an older answer is not given, but stays.
    func answer(for key: CacheKey, at now: Int64, maxAge: Int64? = nil) -> CachedAnswer? {
        guard let answer = use(key, { $0.answer(for: key, at: now) }) else { return nil }
        if let maxAge, now - answer.storedAt > maxAge { return nil }
        return answer
    }

    /// Whether an answer of so many bytes is worth making ready.
    func hasRoom(for byteCount: Int, under key: CacheKey) -> Bool {
        byteCount <= maxEntryBytes - CachedAnswer.overhead - key.bytes.count
    }

    func insert(_ answer: CachedAnswer, for key: CacheKey) {
        let answer = answer.trimmed()
        guard answer.cost(under: key) <= maxEntryBytes else { return }
        let dropped = use(key) { $0.insert(answer, for: key) }
        metrics.dropped(dropped.count)
        // What was dropped is freed here, outside of the lock.
    }

    func remove(_ key: CacheKey) { use(key) { $0.remove(key) } }

    private func use<R>(_ key: CacheKey, _ body: (inout SegmentedLRU) -> sending R) -> sending R {
        let part = parts[Int(bitPattern: UInt(bitPattern: key.hashValue) % UInt(parts.count))]
        let (result, bytes, entries) = part.answers.withLock { answers in
            let before = (answers.bytes, answers.count)
            let result = body(&answers)
            return (result, answers.bytes - before.0, answers.count - before.1)
        }
        metrics.changed(bytes: bytes, entries: entries)
        return result
    }
}
