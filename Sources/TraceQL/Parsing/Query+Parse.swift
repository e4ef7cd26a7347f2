extension Query {
    /// Parses a query.
    public static func parse(_ text: String, limits: ParseLimits = .default) throws(ParseError) -> Query {
        try parse(utf8: Array(text.utf8), limits: limits)
    }

    /// Parses a query from UTF-8 bytes.
    public static func parse(utf8 bytes: [UInt8], limits: ParseLimits = .default) throws(ParseError) -> Query {
        throw ParseError(code: .syntax, message: "syntax error", line: 1, column: 1, range: .none)
    }
    /// Checks.
    public func validate() throws(ValidationError) {}
}
extension Query: CustomStringConvertible {
    /// The canonical text.
    public var description: String { "" }
}
/// A single attribute or intrinsic as it is written in a URL or a configuration: `resource.service.name`, `.foo`, `span:kind`.
public enum Identifier {
    /// Parses one attribute or intrinsic.
    public static func parse(_ text: String) throws(ParseError) -> Attribute {
        throw ParseError(code: .notAnIdentifier, message: "syntax error", line: 1, column: 1, range: .none)
    }
}
