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

/// Finds words of at most 24 bytes without making a string of them.
struct KeywordTable: Sendable {
    /// The bytes of a word, eight to a number.
    private struct Key: Sendable, Equatable {
        var a: UInt64 = 0
        var b: UInt64 = 0
        var c: UInt64 = 0

        init?(_ bytes: [UInt8], _ start: Int, _ end: Int) {
            guard end - start <= 24 else { return nil }
            for index in start..<end {
                let shift = UInt64((index - start) & 7) * 8
                switch (index - start) >> 3 {
                case 0: a |= UInt64(bytes[index]) << shift
                case 1: b |= UInt64(bytes[index]) << shift
                default: c |= UInt64(bytes[index]) << shift
                }
            }
        }

        var slot: Int {
            let mixed = (a ^ (b &* 0x9E37_79B9_7F4A_7C15) ^ (c &* 0xBF58_476D_1CE4_E5B9)) &* 0x94D0_49BB_1331_11EB
            return Int(mixed >> 56)
        }
    }

    private var slots = [UInt8](repeating: .max, count: 256)
    private var keys: [Key] = []

    /// Words longer than 24 bytes are never found.
    init(_ words: [String]) {
        for (index, word) in words.enumerated() {
            let bytes = Array(word.utf8)
            guard let key = Key(bytes, 0, bytes.count) else { continue }
            while keys.count <= index { keys.append(key) }
            var slot = key.slot
            while slots[slot] != .max { slot = (slot + 1) & 255 }
            slots[slot] = UInt8(index)
        }
    }

    /// The index of the word that stands at these offsets, if it is one of the table's.
    func find(_ bytes: [UInt8], _ start: Int, _ end: Int) -> UInt8? {
        guard let key = Key(bytes, start, end) else { return nil }
        var slot = key.slot
        while slots[slot] != .max {
            if keys[Int(slots[slot])] == key { return slots[slot] }
            slot = (slot + 1) & 255
        }
        return nil
    }
}

extension TokenKind {
    /// All keywords; the index is the raw value.
    static let keywordTable = KeywordTable(Array(names[0...Int(TokenKind.with.rawValue)]))
}
