import Foundation

/// The parameters of a URL, decoded as Go's net/url does it: `+` is a blank, a pair with a raw `;` or a broken escape is dropped,
/// the first of repeated keys counts and an empty value is an absent one.
struct Query: Sendable {
    private(set) var values: [String: String] = [:]

    init(_ raw: String) {
        for pair in raw.split(separator: "&") where !pair.contains(";") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(parts[0]), let value = Self.decode(parts.count == 2 ? parts[1] : ""),
                !value.isEmpty, values[name] == nil
            else { continue }
            values[name] = value
        }
    }

    subscript(name: String) -> String? { values[name] }

    private static func decode(_ text: Substring) -> String? {
        text.replacing("+", with: " ").removingPercentEncoding
    }
}

/// What was asked, without what must not matter: order of parameters, escapes, window, limit and spss.
struct Question: Hashable, Sendable {
    let path: String
    let parameters: [String: String]

    /// Parameters that a recording is not looked up by. `tag` is sent by Grafana beside the name in the path; the stand-in's lists are
    /// too short for `maxStaleValues` to matter.
    private static let ignored: Set<String> = [
        "start", "end", "since", "limit", "spss", "tag", "maxStaleValues", "exemplars", "maxSeries",
    ]

    init(path: String, parameters: [String: String]) {
        var kept = parameters.filter { !Self.ignored.contains($0.key) }
        if let query = kept["query"], kept["q"] == nil {
            kept["q"] = query
            kept["query"] = nil
        }
        kept["q"] = kept["q"].map(Self.squeezed)
        // Lists of tags and values narrowed by nothing are the whole lists.
        if path.contains("/search/tag"), kept["q"] == "{}" { kept["q"] = nil }
        if kept["scope"] == "none" { kept["scope"] = nil }
        if path.hasPrefix("/api/traces/") || path.hasPrefix("/api/v2/traces/") {
            kept = kept.filter { $0.key == "q" }
        }
        self.path = path
        self.parameters = kept
    }

    /// A query without the blanks that mean nothing: those outside of quotes that do not part two words.
    static func squeezed(_ query: String) -> String {
        var result = ""
        var quote: Character?
        var hasBlank = false
        var isEscaped = false
        for character in query {
            if let open = quote {
                result.append(character)
                if character == open && !isEscaped { quote = nil }
                isEscaped = character == "\\" && !isEscaped && open == "\""
                continue
            }
            if character.isWhitespace {
                hasBlank = true
                continue
            }
            if hasBlank, let last = result.last, isWord(last), isWord(character) { result.append(" ") }
            hasBlank = false
            result.append(character)
            if character == "\"" || character == "`" { quote = character }
        }
        return result
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_" || character == "."
    }

    /// A line for the list of what is held.
    var text: String {
        let parts = parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return path + (parts.isEmpty ? "" : "?" + parts.joined(separator: "&"))
    }
}

/// A window of time as parameters state it, in Unix seconds.
struct Window: Sendable {
    let start: Int
    let end: Int

    /// The answers were recorded with this window.
    static let recorded = Window(start: 1_795_222_878, end: 1_795_223_178)
    /// First and last second in which the recorded tenants have a span.
    static let spans = Window(start: 1_795_223_118, end: 1_795_223_174)

    /// nil when the parameters state no window.
    init?(_ query: Query) {
        guard let start = query["start"].flatMap(Self.seconds), let end = query["end"].flatMap(Self.seconds) else {
            return nil
        }
        self.init(start: start, end: end)
    }

    init(start: Int, end: Int) {
        self.start = start
        self.end = end
    }

    /// Up to ten characters are seconds, longer ones nanoseconds; a fraction is cut.
    private static func seconds(_ text: String) -> Int? {
        guard let whole = text.split(separator: ".").first, let number = Int(whole) else { return nil }
        return whole.utf8.count > 10 ? number / 1_000_000_000 : number
    }

    func covers(_ other: Window) -> Bool { start <= other.start && end >= other.end }
    func misses(_ other: Window) -> Bool { end < other.start || start > other.end }
}
