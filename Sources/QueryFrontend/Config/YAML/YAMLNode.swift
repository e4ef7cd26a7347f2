/// A place in a YAML text, both numbers from 1. Columns count Unicode scalars.
struct YAMLMark: Sendable, Hashable {
    var line: Int
    var column: Int
}

/// A YAML text that cannot be read.
struct YAMLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, in the words of Tempo's parser where it has them. Holds nothing of the text but names.
    let message: String
    /// Where.
    let mark: YAMLMark

    init(_ message: String, at mark: YAMLMark) {
        self.message = message
        self.mark = mark
    }

    /// `line 1: did not find expected ',' or ']' (column 7)`.
    var description: String { "line \(mark.line): \(message) (column \(mark.column))" }
}

/// Bounds on what a YAML text may ask of the reader.
struct YAMLLimits: Sendable {
    /// Bytes of the text.
    var maxBytes = 4 << 20
    /// Collections inside collections, aliases expanded.
    var maxDepth = 64
    /// Nodes of the tree, aliases and merge keys expanded: what stops a "billion laughs".
    var maxNodes = 400_000
    /// Tokens of the text.
    var maxTokens = 1_600_000
}

/// One node of a YAML document, with aliases and merge keys already expanded.
struct YAMLNode: Sendable {
    /// How a scalar was written; only an untagged plain one can be something else than a text.
    enum Style: Sendable {
        case plain, singleQuoted, doubleQuoted, literal, folded
    }

    /// The tags that are read.
    enum Tag: String, Sendable {
        case str = "!!str"
        case int = "!!int"
        case bool = "!!bool"
        case float = "!!float"
        case null = "!!null"
    }

    /// The entries of a mapping in the order of the file, and keys that came a second time.
    struct Mapping: Sendable {
        var entries: [(key: YAMLNode, value: YAMLNode)] = []
        var duplicates: [YAMLNode] = []
    }

    enum Content: Sendable {
        case scalar(String, Style, Tag?)
        case sequence([YAMLNode])
        case mapping(Mapping)
    }

    var content: Content
    var mark: YAMLMark

    /// The text of a scalar; empty for a collection.
    var text: String {
        if case .scalar(let text, _, _) = content { text } else { "" }
    }
}
