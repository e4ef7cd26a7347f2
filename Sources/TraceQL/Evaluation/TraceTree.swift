/// The tree that parent ids make of the spans of a trace: nested set numbers, parents and child counts.
///
/// A span is a descendant of another if its left number is greater and its right number smaller, all four not 0. Built in
/// linear time and without recursion, whatever the shape. Spans that are not reachable from a root have the numbers 0.
public struct TraceTree: Sendable {
    /// Numbers given on entry, depth first from every root in stored order, counting from 1; 0 for what is not reachable.
    public private(set) var left: ContiguousArray<Int32> = []
    /// Numbers given on exit, from the same counter.
    public private(set) var right: ContiguousArray<Int32> = []
    /// The left number of the parent, -1 for roots, 0 for what is not reachable.
    public private(set) var parentLeft: ContiguousArray<Int32> = []
    /// The index of the span that the parent id resolves to, -1 for none. Set for unreachable spans as well.
    public private(set) var parent: ContiguousArray<Int32> = []
    /// How many spans resolve to this one as their parent.
    public private(set) var childCount: ContiguousArray<Int32> = []

    /// An empty tree.
    public init() {}
}
