/// What the outcomes of a fan-out mean for the query.
package struct FanOutVerdict: Sendable {
    /// The error that the client sees when the query fails: fixed precedence, ties by tenant, then target.
    package let failure: UpstreamError?
    /// Sub-requests whose data is missing from the answer, in the order of the plan.
    package let missing: [SubRequestOutcome]
    /// True when at least one sub-request answered that was asked.
    package let hasAnswer: Bool

    /// A failed member of a replica group is not missed while another member of the group answered for the tenant.
    package init(_ outcomes: [SubRequestOutcome]) {
        struct Group: Hashable {
            var tenantRank: Int
            var replicaGroup: Int
            var question: Int

            /// nil for a target that shares its spans with nobody.
            init?(_ subRequest: SubRequest) {
                guard let group = subRequest.origin.replicaGroup else { return nil }
                tenantRank = subRequest.origin.tenantRank
                replicaGroup = group
                question = subRequest.question
            }
        }
        var answered: Set<Group> = []
        var hasAnswer = false
        for outcome in outcomes where outcome.error == nil && !outcome.isLeftOut {
            hasAnswer = true
            if let group = Group(outcome.subRequest) { answered.insert(group) }
        }
        missing = outcomes.filter { outcome in
            guard outcome.error != nil else { return false }
            guard let group = Group(outcome.subRequest) else { return true }
            return !answered.contains(group)
        }
        failure = Self.failure(of: missing)
        self.hasAnswer = hasAnswer
    }

    /// The error of these that a client sees.
    package static func failure(of outcomes: [SubRequestOutcome]) -> UpstreamError? {
        outcomes.compactMap(\.error).enumerated().min {
            ($0.element.precedence, $0.offset) < ($1.element.precedence, $1.offset)
        }?.element
    }
}
