import TempoAPI
import TenantFederation
import TraceQL

/// A metrics query whose sub-queries relate spans of several tenants or targets: every tenant lists the traces that may count,
/// these are fetched whole from all of them and counted here. A sum over a cut is never given: past a bound the query is
/// refused by name, or, where parts of traces nearly always give the same, left to the tenants.
extension FrontendService {
    /// How many times windows whose lists were cut are asked for again, in smaller parts.
    private static let maxListingRounds = 5
    private static let partsOfWindow = 4
    /// Questions of one query for candidates.
    private static let maxListingQuestions = 2048
    /// A filter that lists more than so many times the candidates does not tell any.
    private static let listedForCandidate = 16

    /// How the relating sub-queries are counted here; nil when the feature is off or nothing relates.
    func crossTenantMetrics(
        _ rewrite: MetricsRewrite, range: MetricsRange, tenants: [String], isSingle: Bool
    ) -> CrossTenantMetrics? {
        let settings = configuration.federation.crossTenantEvaluation
        guard settings.enabled, !isSingle else { return nil }
        return CrossTenantMetrics(
            rewrite, range: range,
            CrossTenantMetrics.Bounds(
                settings: settings, margin: configuration.federation.partWindowMargin,
                longestWindow: searchDurationLimit(tenants).value, maxResultLimit: searchLimits.maxResultLimit,
                maxTextBytes: TraceIDQuestions(searchLimits).maxBytes))
    }

    /// Lists, fetches and counts, and puts what was counted into the combiner.
    /// - Returns: the sub-queries that are left to the tenants.
    /// - Throws: a refusal that names the bound; what a failed sub-request means for the query.
    func count(
        _ metrics: CrossTenantMetrics, of federation: MetricsFederation, _ scope: inout QueryScope, plan: QueryPlan,
        into combiner: FoldState<SeriesCombiner>
    ) async throws -> Set<Int> {
        scope.crossTenant.isUsed = true
        let listing = try await list(metrics, &scope, plan: plan)
        let candidates = try self.candidates(metrics, listing.lists)
        scope.crossTenant.candidates = candidates.traces.count
        let running = metrics.subQueries.filter { !candidates.leftOut.contains($0.fragment) }
        guard !running.isEmpty else { return candidates.leftOut }
        let counter: MetricsTraceCounter
        do {
            counter = try MetricsTraceCounter(
                running.map(\.expression), hints: federation.hints, range: federation.range,
                exemplars: Int(federation.exemplars))
        } catch {
            throw APIError.badRequest("\(error)")
        }
        let failed = Set(scope.outcomes.filter { $0.error != nil }.map(\.subRequest.origin))
        let left = plan.keeping { !failed.contains($0.origin) }
        let mayFallBack = running.allSatisfy(\.mayFallBack)
        let whole: Bool
        switch try await count(candidates.traces, metrics, counter, plan: left, mayFallBack: mayFallBack, &scope) {
        case .whole: whole = true
        case .partial: whole = false
        case .tooLarge: return candidates.leftOut.union(running.map(\.fragment))
        }
        let counted = await OffLoop.run(cost: scope.crossTenant.fetchedBytes) { counter.counted }
        scope.crossTenant.matches = counted.map(\.matchedTraces).max() ?? 0
        var metricsOfLists = listing.metrics ?? SearchMetrics()
        metricsOfLists.inspectedTraces = UInt32(clamping: scope.crossTenant.evaluated)
        for (subQuery, one) in zip(running, counted) where !one.matchesNothing {
            let isEmpty = one.matchedTraces == 0
            let hasZeros = isEmpty && one.partial.seriesCount > 0
            if hasZeros, try await !hasSpans(federation, &scope, plan: left) { continue }
            var part = PartialSeries(.state(one.partial), isCut: one.partial.isCut, metrics: metricsOfLists)
            if !whole {
                part.isCut = true
                part.message = "Traces could not be read whole and are missing, a partial response is returned."
            }
            let gathered = part
            combiner.update { $0.fold(gathered, fragment: subQuery.fragment) }
            metricsOfLists = SearchMetrics()
        }
        return candidates.leftOut
    }

    // MARK: Candidates

    private struct Listing {
        var lists: CandidateLists
        var metrics: SearchMetrics?
    }

    /// Asks every tenant for the traces of every filter until the candidates are known, or certainly too many.
    private func list(
        _ metrics: CrossTenantMetrics, _ scope: inout QueryScope, plan: QueryPlan
    ) async throws -> Listing {
        let most = metrics.maxCandidates.multipliedReportingOverflow(by: Self.listedForCandidate)
        let lists = FoldState(
            CandidateLists(filters: metrics.filters.count, maxTraces: most.overflow ? .max : most.partialValue))
        let counts = FoldState(SearchCombiner(options: SearchCombiner.Options(limit: 0)))
        var questions = metrics.firstQuestions(places: plan.subRequests.count)
        var asked = 0
        let limit = Int(metrics.listLimit)
        for _ in 0..<Self.maxListingRounds where !questions.isEmpty {
            asked += questions.count
            let hadAnswer = scope.outcomes.contains { $0.error == nil }
            let outcomes = try await fanOut(
                subRequests(questions, plan), maxConcurrent: configuration.federation.maxConcurrentRequestsPerQuery,
                context: subRequestContext(scope)
            ) { subRequest, question, context in
                subRequest.upstream.search(metrics.question(question), context)
            } fold: { part, subRequest, question in
                await OffLoop.run(cost: part.sizeHint) {
                    lists.update { $0.fold(part.withNormalizedTraceIDs, of: question, limit: limit) }
                    counts.update { $0.fold(SearchResponse(metrics: part.metrics), from: subRequest.origin) }
                }
            }
            scope.outcomes += outcomes
            try settle(outcomes, hadAnswer: hadAnswer, &scope)
            let known = lists.value
            let open = metrics.subQueries.filter { metrics.isOpen($0, known) }
            guard !open.isEmpty else { break }
            let room = Self.maxListingQuestions - asked
            questions = lists.update {
                $0.nextQuestions(of: Set(open.flatMap(\.filters)), parts: Self.partsOfWindow, room: room)
            }
        }
        return Listing(lists: lists.value, metrics: counts.value.finish().metrics)
    }

    /// Of replicas one answer is enough, for each filter and window.
    private func subRequests(
        _ questions: [CandidateLists.Question], _ plan: QueryPlan
    ) -> [(SubRequest, CandidateLists.Question)] {
        var numbers: [CandidateLists.Question: Int] = [:]
        return questions.map { question in
            var subRequest = plan.subRequests[question.place]
            var common = question
            common.place = 0
            subRequest.question = numbers[common] ?? numbers.count
            numbers[common] = subRequest.question
            return (subRequest, question)
        }
    }

    private struct Candidates {
        /// Trace ids in order, each with the sub-queries for which it may count: their numbers among those that are not left out.
        var traces: [(id: String, subQueries: [Int])] = []
        /// Sub-queries that have too many, by fragment.
        var leftOut: Set<Int> = []
    }

    /// - Throws: the refusal of a query with too many.
    private func candidates(
        _ metrics: CrossTenantMetrics, _ lists: CandidateLists
    ) throws(APIError) -> Candidates {
        var result = Candidates()
        var possible: [Set<ExactText>] = []
        for subQuery in metrics.subQueries {
            let bounds = lists.bounds(of: subQuery.rule, filters: subQuery.filters)
            if let traces = bounds.possible, traces.count <= metrics.maxCandidates {
                possible.append(traces)
            } else if subQuery.mayFallBack {
                result.leftOut.insert(subQuery.fragment)
            } else if bounds.possible != nil || bounds.known.count > metrics.maxCandidates {
                throw Self.tooManyCandidates(metrics)
            } else {
                throw APIError(
                    status: 422,
                    message: "the candidate traces of this query, which relates spans of several tenants, cannot be "
                        + "listed whole: its filters find too many traces (\(Self.evaluationKey).max_candidate_traces)",
                    shape: .plain)
            }
        }
        var subQueriesOf: [ExactText: [Int]] = [:]
        for (number, traces) in possible.enumerated() {
            for id in traces { subQueriesOf[id, default: []].append(number) }
        }
        guard subQueriesOf.count <= metrics.maxCandidates else { throw Self.tooManyCandidates(metrics) }
        result.traces = subQueriesOf.sorted { $0.key < $1.key }.map { ($0.key.text, $0.value) }
        return result
    }

    private static func tooManyCandidates(_ metrics: CrossTenantMetrics) -> APIError {
        APIError(
            status: 422,
            message: "this query relates spans of several tenants and has more than \(metrics.maxCandidates) candidate "
                + "traces (\(evaluationKey).max_candidate_traces); narrow its filters or its time",
            shape: .plain)
    }

    // MARK: Whole traces

    private enum Outcome {
        case whole
        /// Traces are missing, and the scope says so.
        case partial
        /// A bound was reached that leaves the query to the tenants.
        case tooLarge
    }

    /// Why counting stopped.
    private enum Stop: Error {
        case failed([SubRequestOutcome])
        case unreadable(String)
        case query(String)
        case tooManyBytes
        case noBytesLeft
        case noTimeLeft(counted: Int)
    }

    private func count(
        _ candidates: [(id: String, subQueries: [Int])], _ metrics: CrossTenantMetrics, _ counter: MetricsTraceCounter,
        plan: QueryPlan, mayFallBack: Bool, _ scope: inout QueryScope
    ) async throws -> Outcome {
        guard !candidates.isEmpty, !plan.subRequests.isEmpty else { return .whole }
        let total = ByteBudget(limit: metrics.maxBytes)
        // The answer still has to be written, or the tenants still have to be asked.
        let now = ContinuousClock.now
        let end = mayFallBack ? now + (scope.deadline - now) / 2 : scope.deadline - .milliseconds(500)
        let marked = metrics.subQueries.map(\.expression).first { sourceAttributes.areUsed(in: Query(.metrics($0))) }
        let fetcher = wholeTraces(
            Query(.metrics(marked ?? metrics.subQueries[0].expression)), metrics.partWindow, plan, total, scope,
            until: end)
        let subQueriesOf = Dictionary(
            candidates.map { ($0.id, $0.subQueries) }, uniquingKeysWith: { first, _ in first })
        let allowsPartial = scope.partialPolicy.isAllowed
        var figures = CrossTenantFigures()
        var outcomes: [SubRequestOutcome] = []
        var missing: [SubRequestOutcome] = []
        var notes: [String] = []
        defer {
            scope.outcomes += outcomes
            scope.crossTenant.evaluated = figures.evaluated
            scope.crossTenant.fetchedBytes = figures.fetchedBytes
        }
        do {
            try await withThrowingTaskGroup(of: WholeTrace.self) { group in
                var next = 0
                func start() {
                    guard next < candidates.count else { return }
                    let candidate = CandidateSets.Candidate(traceID: candidates[next].id, latestStart: .max)
                    group.addTask { try await fetcher.fetch(candidate) }
                    next += 1
                }
                for _ in 0..<fetcher.width { start() }
                while var fetched = try await group.next() {
                    outcomes += fetched.outcomes
                    figures.fetchedBytes += fetched.outcomes.reduce(0) { $0 + $1.receivedBytes }
                    if total.isTooSmall || fetched.lease?.budget.isTooSmall == true { throw Stop.tooManyBytes }
                    if fetched.isRefused { throw Stop.noBytesLeft }
                    if ContinuousClock.now >= end { throw Stop.noTimeLeft(counted: figures.evaluated) }
                    switch fetched.trace {
                    case .nothing: notes.append("a listed trace was not found")
                    case .failed(let reason, let error):
                        guard allowsPartial else {
                            throw error == nil ? Stop.unreadable(reason) : Stop.failed(fetched.outcomes)
                        }
                        if error != nil { missing += fetched.outcomes }
                        notes.append(reason)
                    case .trace(let merged):
                        let id = fetched.candidate.traceID
                        switch await Self.count(merged, id, subQueriesOf[id] ?? [], counter) {
                        case .success: figures.evaluated += 1
                        case .failure(.query(let text)): throw Stop.query(text)
                        case .failure(.stopped): throw Stop.noTimeLeft(counted: figures.evaluated)
                        case .failure(.tooLarge): throw Stop.noBytesLeft
                        case .failure(.unreadable):
                            guard allowsPartial else { throw Stop.unreadable("a trace cannot be read") }
                            notes.append("a trace cannot be read")
                        }
                        if merged.isPartial { notes.append("a target gave a part of a trace only") }
                    }
                    fetched.lease = nil
                    start()
                }
            }
        } catch let stop as Stop {
            switch stop {
            case .tooManyBytes, .noTimeLeft, .noBytesLeft: if mayFallBack { return .tooLarge }
            case .failed, .unreadable, .query: break
            }
            throw refusal(stop, candidates.count, metrics, scope)
        }
        guard !notes.isEmpty else { return .whole }
        for note in notes { scope.mark.note(.partial, "traces are missing: \(note)") }
        self.metrics.partialResponses.with(scope.operation.rawValue, "evaluation").increment()
        return .partial
    }

    private func refusal(
        _ stop: Stop, _ candidates: Int, _ metrics: CrossTenantMetrics, _ scope: QueryScope
    ) -> any Error {
        switch stop {
        case .failed(let outcomes):
            if let failure = FanOutVerdict(outcomes).failure { return queryFailure(for: failure, scope) }
            return APIError(status: 502, message: "a trace could not be fetched", shape: .plain)
        case .unreadable(let reason): return APIError(status: 502, message: reason, shape: .plain)
        case .query(let text): return APIError.badRequest(text)
        case .tooManyBytes:
            return APIError(
                status: 422,
                message:
                    "the \(candidates) candidate traces of this query, which relates spans of several tenants, are "
                    + "larger than \(metrics.maxBytes) bytes (\(Self.evaluationKey).max_bytes)", shape: .plain)
        case .noBytesLeft:
            return APIError(
                status: 429,
                message: "other queries hold the bytes of traces that may be held at once "
                    + "(\(Self.evaluationKey).max_bytes)", shape: .plain)
        case .noTimeLeft(let counted):
            let key = hasAPITimeout(scope) ? "query_frontend.api_timeout" : "server.http_server_write_timeout"
            return APIError(
                status: 422,
                message: "the query's time was over after \(counted) of \(candidates) candidate traces (\(key))",
                shape: .plain)
        }
    }

    private static func count(
        _ merged: MergedTrace, _ id: String, _ subQueries: [Int], _ counter: MetricsTraceCounter
    ) async -> Result<Void, TraceEvaluator.Failure> {
        let traceID = HexDigits.traceID(id) ?? []
        return await OffLoop.run(cost: merged.protobufSize * 4) {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(merged.protobufSize)
            for chunk in merged.protobufTrace() { bytes += chunk }
            return counter.count(bytes, traceID: traceID, for: subQueries)
        }
    }

    // MARK: Zeros

    /// Whether some tenant has spans in the range at all, by which one tenant with everything would give zeros or no series.
    ///
    /// Every place is asked for a count that is zero; whoever has nothing to look at gives no series.
    private func hasSpans(
        _ federation: MetricsFederation, _ scope: inout QueryScope, plan: QueryPlan
    ) async throws -> Bool {
        let found = FoldState(false)
        let hadAnswer = scope.outcomes.contains { $0.error == nil }
        let outcomes = try await fanOut(
            plan, maxConcurrent: configuration.federation.maxConcurrentRequestsPerQuery,
            context: subRequestContext(scope)
        ) { subRequest, context in
            federation.askForSpans(subRequest, context)
        } fold: { hasSpans, _ in
            if hasSpans { found.update { $0 = true } }
        }
        scope.outcomes += outcomes
        try settle(outcomes, hadAnswer: hadAnswer, &scope)
        return found.value
    }
}

extension CrossTenantMetrics {
    /// Whether more lists may tell the candidates of a sub-query: they are not known whole, or are too many so far.
    fileprivate func isOpen(_ subQuery: SubQuery, _ lists: CandidateLists) -> Bool {
        let bounds = lists.bounds(of: subQuery.rule, filters: subQuery.filters)
        if bounds.known.count > maxCandidates { return false }
        return bounds.possible.map { $0.count > maxCandidates } ?? true
    }
}
