/// What one merged trace tells of the clocks of its members.
package struct ClockSkewReport: Sendable, Hashable {
    /// Two members with at least one span of one below a span of the other.
    package struct Pair: Sendable, Hashable {
        /// The member that comes first in the configuration.
        package var first: Int
        package var second: Int
        /// How far the clock of `second` is ahead of that of `first`, in nanoseconds; nil: the spans do not tell.
        package var offset: Int64?
        /// Client spans with their server span in the other member, from which the offset is told best.
        package var exchanges: Int
        /// Spans of `second` that start before their parent in `first`.
        package var childrenBeforeParents: Int
        /// Spans of `first` that start before their parent in `second`.
        package var reverseChildrenBeforeParents: Int
        /// The spans cannot be as they are when both clocks are right.
        package var isSkewed: Bool
        /// No offset explains all spans; the one that explains most was taken.
        package var isContradictory: Bool

        /// Something is worth telling.
        package var isRemarkable: Bool {
            isSkewed || childrenBeforeParents > 0 || reverseChildrenBeforeParents > 0
        }
    }

    /// What was added to the times of all spans of a member.
    package struct Shift: Sendable, Hashable {
        package var member: Int
        package var nanoseconds: Int64
        /// The clock is further off than may be corrected.
        package var isCut: Bool
    }

    /// In the order of the configuration.
    package var pairs: [Pair]
    /// Empty unless spans were shifted; members that were not are left out.
    package var shifts: [Shift] = []

    /// Some pair is worth telling.
    package var isRemarkable: Bool { pairs.contains(where: \.isRemarkable) }
}
