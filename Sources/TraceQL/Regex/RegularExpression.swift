/// A regular expression.
public struct RegularExpression: Sendable {
    /// A pattern does not compile.
    public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        /// Whether Tempo would take the pattern.
        public let isUnsupported: Bool
        /// The reason.
        public let description: String
    }

    /// Compiles a pattern.
    public init(utf8 pattern: [UInt8]) throws(Failure) { try Self.check(utf8: pattern) }

    static func check(utf8 pattern: [UInt8]) throws(Failure) {}

    /// Whether the whole text matches.
    public func matches(_ text: [UInt8]) -> Bool { true }
}
