import TempoAPI
import TenantFederation
import TraceQL

/// A search whose meaning relates spans of several tenants or targets: every tenant names the traces that its spans make
/// candidates, these are fetched whole from all of them, and the query is evaluated here.
extension FrontendService {
    /// How such a search is done; nil when it is left to the tenants: the feature is off, the query is one of metrics, or
    /// nothing relates.
    func crossTenantSearch(_ question: SearchQuestion, isSingle: Bool) -> CrossTenantSearch? {
        let settings = configuration.federation.crossTenantEvaluation
        guard settings.enabled, !isSingle, !question.isSeparable, let query = question.evaluated, !query.isMetricsQuery
        else { return nil }
        return CrossTenantSearch(
            question, query: query, settings, maxResultLimit: searchLimits.maxResultLimit,
            maxTextBytes: TraceIDQuestions(searchLimits).maxBytes)
    }

    /// Lists, fetches, evaluates.
    /// - Throws: what a failed sub-request of the lists or of a lookup means for the query, as in any search. A trace that cannot
    ///   be had whole is left out, and the answer marked, where partial answers are allowed or a bound was reached.
    func run(_ search: CrossTenantSearch, _ scope: inout QueryScope, plan: QueryPlan) async throws -> SearchResponse {
        let (sets, metrics) = try await candidates(search, &scope, plan: plan)
        let listed = scope.outcomes.reduce(0) { $0 + $1.receivedBytes }
        var result = await OffLoop.run(cost: listed) { sets.result() }
        scope.crossTenant.isUsed = true
        scope.crossTenant.candidates = result.candidates.count
        let failed = Set(scope.outcomes.filter { $0.error != nil }.map(\.subRequest.origin))
        let answering = plan.keeping { !failed.contains($0.origin) }
        result.candidates = try await lasting(result.candidates, search, &scope, plan: answering)
        var cutReasons: [String] = []
        if !result.isComplete {
            cutReasons.append(
                "there are more than \(search.listLimit) candidate traces (\(Self.evaluationKey).max_candidate_traces)")
        }
        if result.candidates.count > search.maxCandidates {
            result.horizon = max(result.horizon, result.candidates[search.maxCandidates].latestStart)
            result.candidates.removeLast(result.candidates.count - search.maxCandidates)
            cutReasons = [
                "there are more than \(search.maxCandidates) candidate traces (\(Self.evaluationKey).max_candidate_traces)"
            ]
        }
        var found = CrossTenantMatches(limit: search.limit, isNewestFirst: search.isNewestFirst)
        try await evaluate(result.candidates, search, plan: answering, &found, &scope)
        if !cutReasons.isEmpty, !found.isSettled(allNewerThan: result.horizon) {
            for reason in cutReasons { scope.mark.note(.partial, "traces may be missing: \(reason)") }
        }
        if scope.mark.level == .partial {
            self.metrics.partialResponses.with(scope.operation.rawValue, "evaluation").increment()
        }
        scope.crossTenant.matches = found.count
        var answer = SearchResponse(traces: found.traces, metrics: metrics)
        if anyLimit(\.leftPadTraceIDs, scope.tenants) {
            for i in answer.traces.indices {
                answer.traces[i].traceID = TraceIDQuestions.padded(answer.traces[i].traceID)
            }
        }
        answer.metrics?.inspectedTraces = UInt32(clamping: scope.crossTenant.evaluated)
        return answer
    }

    static let evaluationKey = "federation.cross_tenant_evaluation"

    // MARK: Candidates

    private func candidates(
        _ search: CrossTenantSearch, _ scope: inout QueryScope, plan: QueryPlan
    ) async throws -> (CandidateSets, SearchMetrics?) {
        let sets = FoldState(CandidateSets(search.plan))
        let counts = FoldState(SearchCombiner(options: SearchCombiner.Options(limit: 0)))
        var questions: [(SubRequest, Int)] = []
        for filter in search.filters.indices { questions += plan.subRequests.map { ($0, filter) } }
        guard !questions.isEmpty else { return (sets.value, SearchMetrics()) }
        let queries = search.filters
        let limit = Int(search.listLimit)
        let outcomes = try await fanOut(
            questions, maxConcurrent: configuration.federation.maxConcurrentRequestsPerQuery,
            context: subRequestContext(scope)
        ) { subRequest, filter, context in
            subRequest.upstream.search(queries[filter], context)
        } fold: { part, subRequest, filter in
            await OffLoop.run(cost: part.sizeHint) {
                sets.update { $0.fold(part.withNormalizedTraceIDs, filter: filter, limit: limit) }
                counts.update { $0.fold(SearchResponse(metrics: part.metrics), from: subRequest.origin) }
            }
        }
        scope.outcomes += outcomes
        // Each filter is a question of its own: of replicas one answer is enough.
        for filter in search.filters.indices {
            let own = outcomes.indices.filter { questions[$0].1 == filter }.map { outcomes[$0] }
            try settle(own, hadAnswer: outcomes.contains { $0.error == nil }, &scope)
            if !FanOutVerdict(own).missing.isEmpty { sets.update { $0.noteMissing(filter: filter) } }
        }
        return (sets.value, counts.value.finish().metrics)
    }

    /// Most candidates that one round of questions for headers is about.
    private static let headerRound = 1000

    /// The candidates without those that do not last as long as the query wants: the headers of their parts tell, and nothing
    /// else of them needs to be fetched. Newest first, until there are as many as may be fetched.
    private func lasting(
        _ candidates: [CandidateSets.Candidate], _ search: CrossTenantSearch, _ scope: inout QueryScope, plan: QueryPlan
    ) async throws -> [CandidateSets.Candidate] {
        let durations = search.plan.durations
        guard durations != .any, !plan.subRequests.isEmpty else { return candidates }
        var kept: [CandidateSets.Candidate] = []
        var rest = candidates[...]
        while !rest.isEmpty, kept.count <= search.maxCandidates {
            let round = rest.prefix(Self.headerRound)
            rest = rest.dropFirst(round.count)
            guard let times = try await times(round, search, &scope, plan: plan) else { return kept + round + rest }
            kept += round.filter { times.mayLast($0, durations) }
        }
        return kept + rest
    }

    /// What the headers of some candidates tell of their times; nil when somebody did not answer.
    private func times(
        _ candidates: ArraySlice<CandidateSets.Candidate>, _ search: CrossTenantSearch, _ scope: inout QueryScope,
        plan: QueryPlan
    ) async throws -> CandidateTimes? {
        let ids = candidates.map(\.traceID).filter { TraceIDQuestions.normalized($0) != nil }
        let queries = TraceIDQuestions(searchLimits).headers(ids).map { search.headerQuery($0) }
        var questions: [(SubRequest, SearchQuery)] = []
        for query in queries { questions += plan.subRequests.map { ($0, query) } }
        guard !questions.isEmpty else { return nil }
        let times = FoldState(CandidateTimes())
        let outcomes = try await fanOut(
            questions, maxConcurrent: configuration.federation.maxConcurrentRequestsPerQuery,
            context: subRequestContext(scope)
        ) { subRequest, query, context in
            subRequest.upstream.search(query, context)
        } fold: { part, _, _ in
            await OffLoop.run(cost: part.sizeHint) { times.update { $0.fold(part.withNormalizedTraceIDs) } }
        }
        scope.headerSubRequests += outcomes.count
        let answered = outcomes.filter { $0.error == nil }
        scope.outcomes += answered
        return answered.count == outcomes.count ? times.value : nil
    }

    // MARK: Whole traces

    /// Fetches candidates, newest first, a few at a time, and evaluates one after the other until there is enough.
    private func evaluate(
        _ candidates: [CandidateSets.Candidate], _ search: CrossTenantSearch, plan: QueryPlan,
        _ found: inout CrossTenantMatches, _ scope: inout QueryScope
    ) async throws {
        guard !candidates.isEmpty, !plan.subRequests.isEmpty else { return }
        let evaluator: TraceEvaluator
        let total = ByteBudget(limit: search.maxBytes)
        do {
            evaluator = try TraceEvaluator(
                search.query, spansPerSpanSet: search.spansPerSpanSet, window: search.window,
                memory: TableMemory(from: evaluationBudget, countedBy: total))
        } catch {
            throw APIError.badRequest("invalid TraceQL query: \(error)")
        }
        // The answer still has to be written.
        let end = scope.deadline - .milliseconds(500)
        let fetcher = wholeTraces(search.query, search.partWindow, plan, total, scope, until: end)
        var figures = CrossTenantFigures()
        var notes: [String] = []
        var outcomes: [SubRequestOutcome] = []
        var lost: [SubRequestOutcome] = []
        do {
            try await withThrowingTaskGroup(of: WholeTrace.self) { group in
                var next = 0
                var running = 0
                // Other searches may hold all that the process allows.
                var isRefused = false
                // The query fails: nothing more is asked.
                var isLost = false
                let width = fetcher.width
                func isEnough() -> Bool {
                    guard next < candidates.count else { return true }
                    if found.isSettled(allNewerThan: candidates[next].latestStart) { return true }
                    if total.isExhausted || isRefused || isLost { return true }
                    return ContinuousClock.now >= end
                }
                func start() {
                    while running < width, !isEnough() {
                        let candidate = candidates[next]
                        group.addTask { try await fetcher.fetch(candidate) }
                        next += 1
                        running += 1
                    }
                }
                start()
                while running > 0, var fetched = try await group.next() {
                    running -= 1
                    outcomes += fetched.outcomes
                    isRefused = isRefused || fetched.isRefused
                    figures.fetchedBytes += fetched.outcomes.reduce(0) { $0 + $1.receivedBytes }
                    switch fetched.trace {
                    case .nothing: break
                    case .failed(let reason, _):
                        notes.append(reason)
                        lost += fetched.lost(until: end)
                        isLost = isLost || failure(ofLost: lost, scope) != nil
                    case .trace(let merged):
                        figures.evaluated += 1
                        switch await evaluate(merged, fetched.candidate, evaluator, until: end) {
                        case .success(let match?): found.insert(match)
                        case .success(nil): break
                        case .failure(.unreadable): notes.append("a trace cannot be read")
                        case .failure(.query(let text)): throw APIError.badRequest(text)
                        case .failure(.stopped):
                            try Task.checkCancellation()
                            notes.append("the query's time was over within a trace")
                        case .failure(.tooLarge):
                            isRefused = true
                            notes.append("max_bytes was reached within a trace")
                        }
                        if merged.isPartial { notes.append("a target gave a part of a trace only") }
                    }
                    fetched.lease = nil
                    start()
                }
                if next < candidates.count, !found.isSettled(allNewerThan: candidates[next].latestStart) {
                    let bound = ContinuousClock.now >= end ? "the query's time was over" : "max_bytes was reached"
                    notes.insert("\(bound) after \(figures.evaluated) of \(candidates.count) candidates", at: 0)
                }
            }
        }
        scope.outcomes += outcomes
        scope.crossTenant.evaluated = figures.evaluated
        scope.crossTenant.fetchedBytes = figures.fetchedBytes
        try settle(lost: lost, scope)
        for note in notes { scope.mark.note(.partial, "traces may be missing: \(note)") }
    }

    private func evaluate(
        _ merged: MergedTrace, _ candidate: CandidateSets.Candidate, _ evaluator: TraceEvaluator,
        until end: ContinuousClock.Instant
    ) async -> Result<TraceSearchMetadata?, TraceEvaluator.Failure> {
        let id = HexDigits.traceID(candidate.traceID) ?? []
        // The copy is short-lived: it counts for the process alone.
        let copy = ByteLease(from: evaluationBudget, countedBy: ByteBudget())
        defer { withExtendedLifetime(copy) {} }
        guard copy.budget.take(merged.protobufSize) else { return .failure(.tooLarge) }
        return await OffLoop.run(cost: merged.protobufSize * 4) {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(merged.protobufSize)
            for chunk in merged.protobufTrace() { bytes += chunk }
            return evaluator.evaluate(bytes, traceID: id) { Task.isCancelled || ContinuousClock.now >= end }
        }
    }
}
