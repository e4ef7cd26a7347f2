extension Query {
    /// Parses a query.
    ///
    /// Parsing checks the grammar only; see `validate()` for types, regular expressions and what Tempo does not support yet.
    /// Constant expressions are folded while the tree is built, as Tempo does: `{ .a = 2 + 3 }` is `{ .a = 5 }`.
    /// - Throws: `ParseError` with Tempo's message, the column as Tempo counts it, and the true line.
    public static func parse(_ text: String, limits: ParseLimits = .default) throws(ParseError) -> Query {
        try parse(utf8: Array(text.utf8), limits: limits)
    }

    /// Parses a query from UTF-8 bytes. Takes time and memory linear in the text.
    /// - Throws: `ParseError` with Tempo's message, the column as Tempo counts it, and the true line.
    public static func parse(utf8 bytes: [UInt8], limits: ParseLimits = .default) throws(ParseError) -> Query {
        guard bytes.count <= limits.maxTextBytes else {
            throw ParseError(
                code: .textTooLong, message: "query is longer than \(limits.maxTextBytes) bytes", line: 1, column: 1,
                range: SourceRange(0, bytes.count))
        }
        var parser = Parser(bytes, limits: limits)
        return try parser.parseQuery()
    }
}

/// A single attribute or intrinsic as it is written in a URL or a configuration: `resource.service.name`, `.foo`,
/// `span."http.url"`, `name`, `span:kind`.
public enum Identifier {
    /// The text names no attribute.
    public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        /// Tempo's text: `failed to parse identifier service.name: parse error at line 1, col 2: unknown identifier: service`.
        public let description: String
    }

    /// Parses one attribute or intrinsic. Blanks around it are allowed.
    public static func parse(_ text: String, limits: ParseLimits = .default) throws(Failure) -> Attribute {
        let query: Query
        do {
            query = try Query.parse("{" + text + "}", limits: limits)
        } catch {
            throw Failure(description: "failed to parse identifier \(text): \(error)")
        }
        if case .spansets(let pipeline) = query.root, pipeline.elements.count == 1,
            case .spanset(let spanset) = pipeline.elements[0].kind, case .filter(let filter) = spanset.kind,
            let attribute = filter.expression.attribute, query.hints.isEmpty
        {
            return attribute
        }
        throw Failure(description: "failed to parse identifier \(text): not a single attribute or intrinsic")
    }
}
