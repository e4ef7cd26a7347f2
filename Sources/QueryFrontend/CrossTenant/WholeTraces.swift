import TempoAPI
import TenantFederation
import TraceQL

/// A candidate with all its parts.
struct WholeTrace: Sendable {
    enum Content: Sendable {
        case trace(MergedTrace)
        /// Nobody has it.
        case nothing
        /// In few words; the failure of the sub-request where one failed.
        case failed(String, UpstreamError?)
    }

    var candidate: CandidateSets.Candidate
    var trace: Content
    var outcomes: [SubRequestOutcome]
    /// The bytes of the parts, held until the trace has been looked at.
    var lease: ByteLease?
    /// A budget had no room for a part.
    var isRefused = false

    /// Sub-requests whose part is missing because they failed, not because a bound of the query cut them.
    /// - Parameter end: no lookup went on past this instant.
    func lost(until end: ContinuousClock.Instant) -> [SubRequestOutcome] {
        let isOver = ContinuousClock.now >= end
        return FanOutVerdict(outcomes).missing.filter { outcome in
            switch outcome.error?.code {
            case .timeout: !isOver
            case .answerTooLarge: !isRefused
            default: true
            }
        }
    }
}

/// Fetches traces by their ids from every tenant and target, each whole.
struct WholeTraces: Sendable {
    let plan: QueryPlan
    let maxConcurrent: Int
    let window: PartWindow
    /// Puts the reserved attributes on the parts; nil where the query does not speak of them.
    let reserved: SourceMarks?
    let context: SubRequestContext
    /// Counts the bytes of the query.
    let total: ByteBudget
    /// The bytes that all queries may hold at once.
    let process: ByteBudget

    /// How many traces may be fetched at once.
    var width: Int { max(1, maxConcurrent / max(1, plan.subRequests.count)) }

    func fetch(_ candidate: CandidateSets.Candidate) async throws -> WholeTrace {
        let lease = ByteLease(from: process, countedBy: total)
        defer { withExtendedLifetime(lease) {} }
        var context = context
        context.budget = lease.budget
        var fetched = try await fetch(candidate, context)
        fetched.lease = lease
        fetched.isRefused = lease.budget.isExhausted
        return fetched
    }

    private func fetch(
        _ candidate: CandidateSets.Candidate, _ context: SubRequestContext
    ) async throws -> WholeTrace {
        guard TraceIDQuestions.normalized(candidate.traceID) != nil else {
            return WholeTrace(candidate: candidate, trace: .failed("an id is no trace id", nil), outcomes: [])
        }
        var parameters: [QueryParameter] = []
        if window.start > 0 || window.end > 0 {
            parameters = [
                QueryParameter("start", String(window.start)), QueryParameter("end", String(window.end)),
            ]
        }
        let lookup = TraceLookup(traceID: TraceIDQuestions.padded(candidate.traceID), parameters: parameters)
        let combiner = FoldState(TraceCombiner(options: TraceCombiner.Options(keepsStoredForm: true)))
        let reserved = reserved
        let outcomes = try await fanOut(plan, maxConcurrent: maxConcurrent, context: context) { subRequest, context in
            subRequest.upstream.trace(lookup, context)
        } fold: { answer, subRequest in
            guard let reserved else { return try await FrontendService.fold(answer, from: subRequest, into: combiner) }
            // Decoding and writing cost more than the bytes tell.
            let marked = await OffLoop.run(cost: 4 * answer.byteCount) { reserved.mark(answer, of: subRequest) }
            try await FrontendService.fold(marked, from: subRequest, into: combiner)
        }
        if let missing = FanOutVerdict(outcomes).missing.first {
            let reason = "\(missing.subRequest.label): \(missing.error?.shortReason ?? "failed")"
            return WholeTrace(
                candidate: candidate, trace: .failed(reason, FanOutVerdict(outcomes).failure), outcomes: outcomes)
        }
        let size = outcomes.reduce(0) { $0 + $1.receivedBytes }
        let merged = await OffLoop.run(cost: size) {
            var whole = combiner.take(TraceCombiner())
            return whole.finish()
        }
        return WholeTrace(
            candidate: candidate, trace: merged.isFound ? .trace(merged) : .nothing, outcomes: outcomes)
    }
}

extension FrontendService {
    /// Fetches whole traces for a query that is evaluated here.
    /// - Parameters:
    ///   - total: counts the bytes of the query.
    ///   - end: no lookup goes on past this instant.
    func wholeTraces(
        _ query: Query, _ window: PartWindow, _ plan: QueryPlan, _ total: ByteBudget, _ scope: QueryScope,
        until end: ContinuousClock.Instant
    ) -> WholeTraces {
        var context = subRequestContext(scope)
        context.deadline = end
        return WholeTraces(
            plan: plan,
            maxConcurrent: max(1, configuration.federation.crossTenantEvaluation.maxConcurrentFetches),
            window: window,
            reserved: sourceAttributes.areUsed(in: query) ? SourceMarks(sourceAttributes, for: query) : nil,
            context: context, total: total, process: evaluationBudget)
    }
}
