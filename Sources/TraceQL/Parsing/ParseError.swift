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
        /// Constants that are matched with regular expressions while the text is read would take too long.
        case tooCostly
        /// The text is a query but does not name exactly one attribute.
        case notAnIdentifier
    }

    /// What kind of failure it is.
    public var code: Code { details.code }
    /// The message without position, such as `syntax error: unexpected $end`.
    public var message: String { details.message }
    /// The line of the offending token, from 1. 0 only for the empty text, which has no position.
    public var line: Int { details.line }
    /// The column of the offending token in characters, from 1. 0 only for the empty text.
    public var column: Int { details.column }
    /// The bytes of the offending token.
    public var range: SourceRange { details.range }

    // One reference, because every call that can throw keeps room for its error on the stack, and the parser recurses.
    private let details: Details

    private final class Details: Sendable {
        let code: Code
        let message: String
        let line: Int
        let column: Int
        let range: SourceRange

        init(_ code: Code, _ message: String, _ line: Int, _ column: Int, _ range: SourceRange) {
            self.code = code
            self.message = message
            self.line = line
            self.column = column
            self.range = range
        }
    }

    init(code: Code, message: String, line: Int, column: Int, range: SourceRange) {
        details = Details(code, message, line, column, range)
    }

    /// Equal when everything about them is.
    public static func == (lhs: ParseError, rhs: ParseError) -> Bool {
        lhs.code == rhs.code && lhs.message == rhs.message && lhs.line == rhs.line && lhs.column == rhs.column
            && lhs.range == rhs.range
    }

    /// Consistent with `==`.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(message)
        hasher.combine(range)
    }

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
    /// The greatest height of the syntax tree, and how deep parentheses may nest outside of filters. Chains of `&&` and `||`
    /// in filters count once, parentheses in filters that change nothing do not count. Parsing takes up to 3 KB of stack (18 KB
    /// in a debug build) for every level: the default is safe on threads with 256 KB (2 MB).
    public var maxNestingDepth: Int
    /// The greatest number of tokens.
    public var maxTokens: Int

    /// Limits for one parse.
    public init(maxTextBytes: Int = 131_072, maxNestingDepth: Int = 64, maxTokens: Int = 65_536) {
        self.maxTextBytes = maxTextBytes
        self.maxNestingDepth = maxNestingDepth
        self.maxTokens = maxTokens
    }

    /// The limits used when none are given.
    public static let `default` = ParseLimits()
}
