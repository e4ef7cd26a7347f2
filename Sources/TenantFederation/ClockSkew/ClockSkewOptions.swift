/// Whether merging a trace looks at how far the clocks of its members are apart, and what it does about it.
///
/// A member is a target, whatever tenants it is asked for: the clocks are those of the machines behind it. Targets that hold the same
/// spans (a replica group) are one member.
package struct ClockSkewOptions: Sendable, Hashable {
    /// Most nanoseconds by which a span may be shifted; nil: nothing is shifted, the trace stays as it is byte for byte.
    package var maxAdjustment: Int64?

    package init(maxAdjustment: Int64? = nil) {
        self.maxAdjustment = maxAdjustment
    }
}

extension PartOrigin {
    /// The member whose clocks the part's spans were timed by: the position of a target in the configuration. That of a replica
    /// group is the number of the group, which is the position of one of its targets.
    package var clockMember: Int { replicaGroup ?? targetRank }
}
