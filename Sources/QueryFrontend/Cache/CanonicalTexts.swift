import Synchronization
import TraceQL

/// Queries as the canonical printer writes them, so that questions which differ in spelling only are the same.
final class CanonicalTexts: Sendable {
    private let limits: ParseLimits
    private let known = Mutex<[String: String?]>([:])

    /// Texts that are remembered, because one query asks many places the same.
    static let maxKnown = 256
    /// A longer text stays as it is: printing it costs more than asking.
    static let maxTextBytes = 4096

    init(limits: ParseLimits) { self.limits = limits }

    /// nil for what is no query, is long, or is not told apart from another by its canonical text.
    func canonical(_ text: String) -> String? {
        guard text.utf8.count <= Self.maxTextBytes else { return nil }
        if let found = known.withLock({ $0[text] }) { return found }
        let canonical = print(text)
        known.withLock { known in
            if known.count >= Self.maxKnown { known.removeAll(keepingCapacity: true) }
            known[text] = .some(canonical)
        }
        return canonical
    }

    private func print(_ text: String) -> String? {
        guard let query = try? Query.parse(text, limits: limits) else { return nil }
        let canonical = query.description
        // Two queries of one text would share answers; only the one that the text means may have it.
        guard let read = try? Query.parse(canonical, limits: limits), read == query else { return nil }
        return canonical
    }
}
