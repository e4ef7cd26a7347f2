/// A text is not TraceQL.
public struct ParseError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Code: Sendable, Hashable {
        /// The text breaks the rules of the language; the message is Tempo's.
        case syntax
        /// The text is longer than the limit.
        case textTooLong
        /// Parentheses, operators or nodes nest deeper than the limit.
        case nestingTooDeep
        /// The text has more tokens than the limit.
        case tooManyTokens
        /// The text is a query but does not name exactly one attribute.
        case notAnIdentifier
    }

    /// What kind of failure it is.
    public let code: Code
    /// The message without position, such as `syntax error: unexpected $end`.
    public let message: String
    /// The line of the offending token, from 1. 0 only for the empty text, which has no position.
    public let line: Int
    /// The column of the offending token in characters, from 1. 0 only for the empty text.
    public let column: Int
    /// The bytes of the offending token.
    public let range: SourceRange

    /// The text a Tempo client sees: `parse error at line 1, col 3: syntax error: unexpected &&`.
    public var description: String {
        if line == 0 && column == 0 { return "parse error : \(message)" }
        return "parse error at line \(line), col \(column): \(message)"
    }
}

/// How large a query may be. A text beyond a limit is refused with a `ParseError`, never truncated.
public struct ParseLimits: Sendable, Hashable {
    /// The longest text in bytes. Tempo's default for queries, 128 KiB.
    public var maxTextBytes: Int
    /// The greatest height of the syntax tree; outside of filters parentheses may nest twice as deep. Chains of `&&` and
    /// `||` in filters count once, parentheses in filters that change nothing do not count.
    public var maxNestingDepth: Int
    /// The greatest number of tokens.
    public var maxTokens: Int

    /// Limits for one parse.
    public init(maxTextBytes: Int = 131_072, maxNestingDepth: Int = 128, maxTokens: Int = 65_536) {
        self.maxTextBytes = maxTextBytes
        self.maxNestingDepth = maxNestingDepth
        self.maxTokens = maxTokens
    }

    /// The limits used when none are given.
    public static let `default` = ParseLimits()
}
