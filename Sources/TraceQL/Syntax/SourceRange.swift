/// A half-open range of byte offsets into the text of a query.
///
/// Every node of the syntax tree carries one. Ranges take no part in the equality of nodes: two trees are equal when they
/// mean the same, wherever they stood. Nodes made by a program rather than by the parser have `SourceRange.none`.
public struct SourceRange: Sendable, Hashable {
    /// Offset of the first byte.
    public var lowerBound: Int
    /// Offset past the last byte.
    public var upperBound: Int

    /// A range of byte offsets; no check is made against any text.
    public init(_ lowerBound: Int, _ upperBound: Int) {
        self.lowerBound = lowerBound
        self.upperBound = upperBound
    }

    /// The range of nodes that stand nowhere in a text.
    public static let none = SourceRange(0, 0)

    /// The smallest range that covers both.
    public func union(_ other: SourceRange) -> SourceRange {
        if self == .none { return other }
        if other == .none { return self }
        return SourceRange(min(lowerBound, other.lowerBound), max(upperBound, other.upperBound))
    }
}
