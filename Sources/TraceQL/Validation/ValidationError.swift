/// A query parses, but does not make sense: types that do not fit, regular expressions that do not compile, features that
/// Tempo does not have yet.
public struct ValidationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Tempo's text.
    public let message: String
    /// The part of the query that is at fault.
    public let range: SourceRange

    /// Tempo's text.
    public var description: String { message }
}
