import TempoAPI
import TenantFederation

/// Searches that are asked once more because a limit cut their answers.
extension FrontendService {
    /// A tenant whose answer was cut at traces beside the window may have more in it: it is asked for those in it only.
    func askNarrower(
        _ query: SearchQuery, _ scope: inout QueryScope, plan: QueryPlan, combiner: FoldState<SearchCombiner>
    ) async throws {
        let cut = combiner.value.cutByBeside
        guard !cut.isEmpty else { return }
        let outcomes = try await fanOut(
            plan.keeping { cut.contains($0.origin) },
            maxConcurrent: configuration.federation.maxConcurrentRequestsPerQuery, context: subRequestContext(scope)
        ) { subRequest, context in
            subRequest.upstream.search(query, context)
        } fold: { part, subRequest in
            await OffLoop.run(cost: part.sizeHint) {
                combiner.update { $0.fold(part.withNormalizedTraceIDs, from: subRequest.origin) }
            }
        }
        scope.outcomes += outcomes
        let missing = FanOutVerdict(outcomes).missing
        try settle(lost: missing, scope)
        for outcome in missing {
            guard let error = outcome.error else { continue }
            scope.mark.note(.partial, "traces may be missing from \(outcome.subRequest.label): \(error.shortReason)")
        }
    }

    /// Which tenants were asked for their matches beside the window alone.
    struct BesideAsked {
        private(set) var before: Set<PartOrigin> = []
        private(set) var after: Set<PartOrigin> = []

        /// What is still to be asked.
        mutating func next(
            _ combiner: SearchCombiner, _ question: SearchQuestion, plan: QueryPlan, largestLimit: UInt32
        ) -> [(SubRequest, CompletionRequest)] {
            let untold = combiner.untoldBeside(isNewestFirst: question.order.isNewestFirst)
            var requests: [(SubRequest, CompletionRequest)] = []
            for subRequest in plan.subRequests {
                let (origin, upstream) = (subRequest.origin, subRequest.upstream)
                if untold.before.contains(origin), before.insert(origin).inserted,
                    let query = question.queryBefore(at: upstream, largestLimit: largestLimit)
                {
                    requests.append((subRequest, CompletionRequest(kind: nil, query: query)))
                }
                if untold.after.contains(origin), after.insert(origin).inserted,
                    let query = question.queryAfter(at: upstream, largestLimit: largestLimit)
                {
                    requests.append((subRequest, CompletionRequest(kind: nil, query: query)))
                }
            }
            return requests
        }
    }

    /// A search of the newest traces that goes deeper with every round.
    struct DeeperSearch {
        var query: SearchQuery
        let largest: UInt32
        /// Tenants that failed when they were asked again keep their first answer.
        var failed: Set<PartOrigin> = []
        var isOver = false

        init(_ query: SearchQuery, largestLimit: UInt32) {
            self.query = query
            largest = largestLimit == 0 ? .max : largestLimit
        }
    }

    /// A tenant that was cut by the limit may hold newer traces than those kept: it is asked again with twice the limit.
    /// - Returns: false when nobody needs to be asked any more.
    func askDeeper(
        _ deeper: inout DeeperSearch, _ scope: inout QueryScope, plan: QueryPlan, combiner: FoldState<SearchCombiner>
    ) async throws -> Bool {
        guard !deeper.isOver else { return false }
        let asked = deeper.query.limit
        let size = scope.outcomes.reduce(0) { $0 + $1.receivedBytes }
        let cut = await OffLoop.run(cost: size) { Set(combiner.value.needsMore()) }.subtracting(deeper.failed)
        guard !cut.isEmpty else { return false }
        let (doubled, overflow) = asked.multipliedReportingOverflow(by: 2)
        deeper.query.limit = overflow ? deeper.largest : min(doubled, deeper.largest)
        guard deeper.query.limit > asked else {
            deeper.isOver = true
            scope.mark.note(
                .partial, "newer traces may be missing: a tenant holds more than \(deeper.largest) matches")
            return false
        }
        let query = deeper.query
        let outcomes = try await fanOut(
            plan.keeping { cut.contains($0.origin) },
            maxConcurrent: configuration.federation.maxConcurrentRequestsPerQuery, context: subRequestContext(scope)
        ) { subRequest, context in
            subRequest.upstream.search(query, context)
        } fold: { part, subRequest in
            await OffLoop.run(cost: part.sizeHint) {
                combiner.update {
                    $0.fold(part.withNormalizedTraceIDs, from: subRequest.origin, limitAsked: Int(query.limit))
                }
            }
        }
        scope.outcomes += outcomes
        try settle(lost: FanOutVerdict(outcomes).missing, scope)
        for outcome in outcomes {
            guard let error = outcome.error else { continue }
            deeper.failed.insert(outcome.subRequest.origin)
            scope.mark.note(
                .partial, "newer traces may be missing from \(outcome.subRequest.label): \(error.shortReason)")
        }
        return true
    }
}
