/// The kinds of tokens. The raw values are in the order of `TokenKind.names`.
enum TokenKind: UInt8 {
    // Words that are literals or name intrinsics.
    case `true`, `false`, `nil`, ok, error, unset
    case unspecified, `internal`, server, client, producer, consumer
    case duration, childCount, name, status, statusMessage, kind, rootName, rootServiceName, rootService, traceDuration
    case nestedSetLeft, nestedSetRight, nestedSetParent, id, traceID, spanID, parentID, timeSinceStart, version, parent
    // Functions and clauses.
    case count, avg, max, min, sum, by, coalesce, select
    case rate, countOverTime, minOverTime, maxOverTime, avgOverTime, sumOverTime, quantileOverTime, histogramOverTime
    case compare, topk, bottomk, with
    // Scopes.
    case dot, parentDot, resourceDot, spanDot, eventDot, linkDot, instrumentationDot
    case traceColon, spanColon, eventColon, linkColon, instrumentationColon
    // Punctuation and operators.
    case comma, openBrace, closeBrace, openParen, closeParen
    case equal, notEqual, regex, notRegex, greater, greaterOrEqual, less, lessOrEqual
    case plus, minus, slash, percent, star, caret, and, or, not, pipe
    case descendant, ancestor, tilde, notChild, notParent, notDescendant, notAncestor
    case unionSibling, unionChild, unionParent, unionDescendant, unionAncestor
    // The rest.
    case identifier, string, integer, float, durationLiteral
    /// The name of an attribute, after a scope.
    case attributeName
    /// A scope that no name follows.
    case endAttribute
    case end
    /// The text cannot be cut into tokens here; the lexer holds the reason.
    case invalid

    /// How the token shows in error messages.
    var text: String { Self.names[Int(rawValue)] }

    /// The words that are tokens of their own.
    static let keywords: ClosedRange<UInt8> = 0...TokenKind.with.rawValue

    static let names: [String] = [
        "true", "false", "nil", "ok", "error", "unset",
        "unspecified", "internal", "server", "client", "producer", "consumer",
        "duration", "childCount", "name", "status", "statusMessage", "kind", "rootName", "rootServiceName",
        "rootService", "traceDuration",
        "nestedSetLeft", "nestedSetRight", "nestedSetParent", "id", "traceID", "spanID", "parentID", "timeSinceStart",
        "version", "parent",
        "count", "avg", "max", "min", "sum", "by", "coalesce", "select",
        "rate", "count_over_time", "min_over_time", "max_over_time", "avg_over_time", "sum_over_time",
        "quantile_over_time", "histogram_over_time",
        "compare", "topk", "bottomk", "with",
        ".", "parent.", "resource.", "span.", "event.", "link.", "instrumentation.",
        "trace:", "span:", "event:", "link:", "instrumentation:",
        ",", "{", "}", "(", ")",
        "=", "!=", "=~", "!~", ">", ">=", "<", "<=",
        "+", "-", "/", "%", "*", "^", "&&", "||", "!", "|",
        ">>", "<<", "~", "!>", "!<", "!>>", "!<<",
        "&~", "&>", "&<", "&>>", "&<<",
        "IDENTIFIER", "STRING", "INTEGER", "FLOAT", "DURATION",
        "IDENTIFIER", "END_ATTRIBUTE", "$end", "invalid",
    ]
}

/// One token.
struct Token {
    var kind: TokenKind
    /// The bytes of the token.
    var start: Int
    var end: Int
    /// The byte whose line and column an error about this token shows: the scope's for attribute names.
    var position: Int
    /// The value of a number: the bits of an integer, a duration in nanoseconds, or a float.
    var bits: UInt64 = 0

    var range: SourceRange { SourceRange(start, end) }
}

/// Finds keywords by their bytes without making a string.
struct KeywordTable: Sendable {
    private var slots: [UInt8]
    private let words: [[UInt8]]

    init(_ words: [String]) {
        self.words = words.map { Array($0.utf8) }
        slots = [UInt8](repeating: .max, count: 256)
        for (index, word) in self.words.enumerated() {
            var slot = Self.hash(word[...])
            while slots[slot] != .max { slot = (slot + 1) & 255 }
            slots[slot] = UInt8(index)
        }
    }

    private static func hash(_ word: ArraySlice<UInt8>) -> Int {
        var hash: UInt32 = 2_166_136_261
        for byte in word { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return Int((hash ^ (hash >> 16)) & 255)
    }

    /// The index of the word, if it is one of the table's.
    func find(_ word: ArraySlice<UInt8>) -> UInt8? {
        var slot = Self.hash(word)
        while slots[slot] != .max {
            let candidate = words[Int(slots[slot])]
            if candidate.count == word.count && candidate.elementsEqual(word) { return slots[slot] }
            slot = (slot + 1) & 255
        }
        return nil
    }
}

extension TokenKind {
    /// All keywords; the index is the raw value.
    static let keywordTable = KeywordTable(Array(names[0...Int(TokenKind.with.rawValue)]))
}
