import TraceQL

/// `query_frontend.url_deny_list`: what an operator wants refused, told by the URL.
///
/// A pattern is searched for anywhere in the path, `?` and the query string, in time linear in the URL. A URL is matched as
/// it is spelled, escapes included.
struct URLDenyList: Sendable {
    /// More patterns than this are refused at start.
    static let maxPatterns = 100
    /// So are longer ones.
    static let maxPatternBytes = 4096
    /// So are lists whose patterns take more steps than this for a character of a URL, all together: a URL may have over
    /// 100,000 characters, and every request pays.
    static let maxStepsPerCharacter = 5000

    /// nil for a pattern that does not compile. It denies everything: validation refuses it before, and for a list that
    /// protects a system nothing else is safe.
    private let expressions: [RegularExpression?]

    init(_ patterns: [String]) {
        expressions = patterns.map { try? Self.compile($0) }
    }

    var isEmpty: Bool { expressions.isEmpty }

    /// - Parameter url: path, and `?` with the query where there is one.
    /// - Throws: Tempo's 400 when a pattern matches.
    func check(_ url: String) throws(APIError) {
        guard expressions.contains(where: { $0?.search(url) ?? true }) else { return }
        throw .badRequest(
            "Invalid request \(url). This query has been identified as one that destabilizes our system. "
                + "Contact your system administrator for more information")
    }

    /// Why the patterns of `key` cannot be used, each with its index; empty when they can.
    static func problems(_ patterns: [String], key: String) -> [String] {
        guard patterns.count <= maxPatterns else {
            return ["\(key): must not hold more than \(maxPatterns) patterns, holds \(patterns.count)"]
        }
        var steps = 0
        var problems: [String] = patterns.enumerated().compactMap { index, pattern in
            guard pattern.utf8.count <= maxPatternBytes else {
                return "\(key)[\(index)]: must not be longer than \(maxPatternBytes) bytes"
            }
            do throws(RegularExpression.Failure) {
                steps += try compile(pattern).stepsPerCharacter
                return nil
            } catch {
                let verdict = error.isUnsupported ? "is not supported" : "is not a regular expression"
                return "\(key)[\(index)]: \(GoQuotedText.quote(Array(pattern.utf8))) \(verdict): \(error)"
            }
        }
        if steps > maxStepsPerCharacter {
            problems.append(
                "\(key): the patterns must not take more than \(maxStepsPerCharacter) steps a character, take \(steps)")
        }
        return problems
    }

    private static func compile(_ pattern: String) throws(RegularExpression.Failure) -> RegularExpression {
        try RegularExpression(pattern, dotMatchesLineFeed: false, purpose: .searching)
    }
}

extension RequestTarget {
    /// Path and query as the client spelled them.
    var url: String { rawQuery.map { rawPath + "?" + $0 } ?? rawPath }
}
