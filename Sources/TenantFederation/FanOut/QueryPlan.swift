/// The sub-requests of one query: one for each distinct (target, effective tenant), tenants in order, then targets in
/// the order of the configuration.
package struct QueryPlan: Sendable {
    package let subRequests: [SubRequest]
    /// How many distinct targets are asked.
    package let targetCount: Int

    /// - Parameters:
    ///   - tenants: sorted and unique; empty: no tenant is sent unless the target has its own.
    ///   - targets: in the order of the configuration, which breaks ties.
    package init(tenants: [String], targets: [Target]) {
        var subRequests: [SubRequest] = []
        for (targetRank, target) in targets.enumerated() {
            func add(_ tenant: String?, rank: Int) {
                let origin = PartOrigin(tenantRank: rank, targetRank: targetRank, replicaGroup: target.replicaGroup)
                subRequests.append(SubRequest(upstream: target.upstream, tenant: tenant, origin: origin))
            }
            if let only = target.fixedTenants.first, target.fixedTenants.count == 1 {
                add(only, rank: tenants.firstIndex(of: only) ?? 0)
            } else if !target.fixedTenants.isEmpty {
                // Those that the query does not name come behind those that it names.
                for (index, fixed) in target.fixedTenants.enumerated() {
                    add(fixed, rank: tenants.firstIndex(of: fixed) ?? tenants.count + index)
                }
            } else if tenants.isEmpty {
                add(nil, rank: 0)
            } else {
                for (rank, tenant) in tenants.enumerated() { add(tenant, rank: rank) }
            }
        }
        subRequests.sort { $0.origin < $1.origin }
        self.subRequests = subRequests
        targetCount = targets.count
    }

    private init(subRequests: [SubRequest], targetCount: Int) {
        self.subRequests = subRequests
        self.targetCount = targetCount
    }

    /// The part of the plan that satisfies `isKept`, to ask some again.
    package func keeping(_ isKept: (SubRequest) -> Bool) -> QueryPlan {
        QueryPlan(subRequests: subRequests.filter(isKept), targetCount: targetCount)
    }

    /// Each sub-request once for each of the questions that `questions` gives for it, in order.
    package func asking(_ questions: (SubRequest) -> [Int]) -> QueryPlan {
        let asked = subRequests.flatMap { subRequest in
            questions(subRequest).map { question in
                var subRequest = subRequest
                subRequest.question = question
                return subRequest
            }
        }
        return QueryPlan(subRequests: asked, targetCount: targetCount)
    }

    /// True when the whole answer comes from one sub-request, so that nothing is combined.
    package var isSingle: Bool { subRequests.count == 1 }
}
