/// Which sub-request a partial answer came from.
///
/// Ordered by tenant, then by target in the order of the configuration file: the order that breaks every tie while
/// combining, so that the same parts give the same answer in whatever order they arrive.
package struct PartOrigin: Sendable, Hashable, Comparable {
    /// Position of the tenant in the sorted tenant list of the query.
    package var tenantRank: Int
    /// Position of the target in the configuration file.
    package var targetRank: Int
    /// Parts of one tenant with the same replica group hold the same spans; nil: the target shares its spans with nobody. The number
    /// of a group is the position of one of its targets.
    package var replicaGroup: Int?

    package init(tenantRank: Int, targetRank: Int, replicaGroup: Int? = nil) {
        self.tenantRank = tenantRank
        self.targetRank = targetRank
        self.replicaGroup = replicaGroup
    }

    package static func < (a: PartOrigin, b: PartOrigin) -> Bool {
        (a.tenantRank, a.targetRank) < (b.tenantRank, b.targetRank)
    }
}
