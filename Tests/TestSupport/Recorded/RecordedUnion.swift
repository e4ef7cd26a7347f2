import Foundation

/// A recorded data set: the spans of three tenants that share traces, those of a fourth, `union`, that holds every trace whole, and
/// what a real Tempo answered of `union`.
///
/// Who stores the spans and answers as the three tenants together must give the same answers (`RecordedUnion.Comparison`).
public struct RecordedUnion: Decodable, Sendable {
    /// One question and its recorded answer.
    public struct Question: Decodable, Sendable, CustomStringConvertible {
        /// Path and query as they were sent.
        public let target: String
        /// 200, or 404 for an unknown trace.
        public let status: Int
        /// The JSON of the answer; nil with 404.
        public let answer: JSONValue?

        /// The target without its window, readable.
        public var description: String {
            target.replacing("&start=1795222878&end=1795223178", with: "").replacing("+", with: " ")
                .removingPercentEncoding ?? target
        }
    }

    /// A question that is answered otherwise than recorded.
    public struct Exception: Decodable, Sendable {
        /// As in `Question`.
        public let target: String
        /// What the answer says of itself: `exact` where it equals that of one tenant in the same store, which then differs
        /// from the recording too; else the mark of an answer that differs from both.
        public let mark: String
        /// What differs and why.
        public let reason: String
    }

    /// OTLP export requests as JSON, by tenant.
    public let tenants: [String: [JSONValue]]
    /// Every question but those that are refused.
    public let questions: [Question]

    /// The name of the tenant that holds everything.
    public static let whole = "union"
    /// The tenants that hold the same spans together, as a client may write them.
    public static let parts = "onyx|jade|ruby|jade"
    /// Unix seconds: the questions were asked then, half a minute and more after the last span.
    public static let askedAt: Int64 = 1_795_223_273

    /// The data set.
    /// - Throws: when it is missing or too small.
    public static func load() throws -> RecordedUnion {
        let recorded = try JSONDecoder().decode(
            RecordedUnion.self, from: Corpus.data("recorded-union.json", in: .module))
        guard recorded.tenants.count == 4, recorded.questions.count >= 140 else {
            throw Corpus.LoadError(description: "recorded-union.json lacks tenants or questions")
        }
        return recorded
    }

    /// The questions that are answered otherwise, by target.
    /// - Throws: when the list is missing or names a question twice.
    public static func exceptions() throws -> [String: Exception] {
        let list = try JSONDecoder().decode(
            [Exception].self, from: Corpus.data("recorded-union-exceptions.json", in: .module))
        var exceptions: [String: Exception] = [:]
        for item in list where exceptions.updateValue(item, forKey: item.target) != nil {
            throw Corpus.LoadError(description: "recorded-union-exceptions.json names \(item.target) twice")
        }
        return exceptions
    }

    /// The recorded answer to the same search with the largest limit and `spss`: what an answer that these cut is held against.
    public func uncut(_ question: Question) -> Question? {
        let text = question.parameters["q"]
        return questions.filter { $0.kind == .search && $0.parameters["q"] == text }.max { $0.size < $1.size }
    }
}

extension RecordedUnion.Question {
    /// What is asked.
    public enum Kind: Sendable {
        /// A trace by its id, in either version.
        case trace
        /// A search.
        case search
        /// Names of tags.
        case tags
        /// Values of a tag.
        case values
        /// Series over a range, or of one instant.
        case metrics
    }

    /// What is asked.
    public var kind: Kind {
        if target.hasPrefix("/api/metrics/") { return .metrics }
        if target.contains("/traces/") { return .trace }
        if target.contains("/search/tags") { return .tags }
        return target.contains("/search/tag/") ? .values : .search
    }

    /// Parameters by name, decoded.
    public var parameters: [String: String] {
        guard let mark = target.firstIndex(of: "?") else { return [:] }
        let pairs = target[target.index(after: mark)...].split(separator: "&").map { pair -> (String, String) in
            let parts = pair.split(separator: "=", maxSplits: 1)
            let text = parts.count > 1 ? parts[1].replacing("+", with: " ").removingPercentEncoding ?? "" : ""
            return (String(parts[0]), text)
        }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    /// Most traces of the answer to a search, and most spans of a span set.
    public var limit: Int { parameters["limit"].flatMap { Int($0) } ?? 20 }
    /// See `limit`.
    public var spansPerSet: Int { parameters["spss"].flatMap { Int($0) } ?? 3 }

    fileprivate var size: Int { limit * 1000 + spansPerSet }
}
