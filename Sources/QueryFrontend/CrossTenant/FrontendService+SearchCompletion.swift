import TempoAPI
import TenantFederation
import TraceQL

/// The second half of a search over several tenants or targets: the traces that were found are made whole.
extension FrontendService {
    /// Most rounds of questions about the traces of one answer. A round makes starts earlier, which may bring other traces into
    /// the answer, about which the next one asks.
    private static let maxCompletionRounds = 16

    /// Asks until the newest traces are known, where they are wanted, and every trace of the answer is whole.
    /// - Throws: what a failed sub-request means for the query. Where partial answers are allowed it leaves the answer without a
    ///   part and marked.
    func complete(
        _ question: SearchQuestion, _ scope: inout QueryScope, plan: QueryPlan, combiner: FoldState<SearchCombiner>
    ) async throws {
        let separable = question.isSeparable ? question.parsed : nil
        // Who could not answer the search is missing anyhow, and not asked for more.
        let failed = Set(scope.outcomes.filter { $0.error != nil }.map(\.subRequest.origin))
        var completion = SearchCompletion(
            origins: plan.subRequests.map(\.origin).filter { !failed.contains($0) },
            asksForMatches: separable?.restricted(toTraces: ["f"]) != nil,
            isNewestFirst: question.order.isNewestFirst)
        let whole = plan.subRequests.filter { !failed.union(combiner.value.cutWide).contains($0.origin) }
        completion.noteTold(.before, by: whole.filter { question.asksBefore($0.upstream) }.map(\.origin))
        completion.noteTold(.after, by: whole.filter { question.asksAfter($0.upstream) }.map(\.origin))
        try await askNarrower(question.query, &scope, plan: plan, combiner: combiner)
        var besideAsked = BesideAsked()
        var deeper = DeeperSearch(question.query, largestLimit: searchLimits.maxResultLimit)
        var rounds = 0
        while true {
            if question.order.isNewestFirst {
                while try await askDeeper(&deeper, &scope, plan: plan, combiner: combiner) {}
            }
            let size = scope.outcomes.reduce(0) { $0 + $1.receivedBytes }
            let before = completion
            let (after, questions) = await OffLoop.run(cost: size) {
                var completion = before
                let questions = completion.next(combiner.value)
                return (completion, questions)
            }
            completion = after
            var requests = requests(for: questions, of: question, &scope, plan: plan)
            requests += besideAsked.next(
                combiner.value, question, plan: plan, largestLimit: searchLimits.maxResultLimit)
            guard !requests.isEmpty else {
                return noteUnsettled(completion, combiner.value, question, &scope.mark)
            }
            rounds += 1
            guard rounds <= Self.maxCompletionRounds else {
                return scope.mark.note(
                    .partial, "some traces are not whole: asking for their parts took too many rounds")
            }
            try await ask(requests, &completion, &scope, combiner: combiner)
            completion.noteTold(.before, by: besideAsked.before.subtracting(combiner.value.cutBeside))
            completion.noteTold(.after, by: besideAsked.after.subtracting(combiner.value.cutBeside))
        }
    }

    /// Says what could not be found out.
    private func noteUnsettled(
        _ completion: SearchCompletion, _ combiner: SearchCombiner, _ question: SearchQuestion,
        _ mark: inout FederationMark
    ) {
        if combiner.hasUndatedRoots {
            mark.note(.approximate, "a trace has roots in several parts, of which some did not tell when they started")
        }
        guard !combiner.cutBeside.isEmpty || completion.isUndecidedCut,
            question.order.isNewestFirst || !combiner.isFull
        else { return }
        mark.note(
            .partial, "traces may be missing that match before or after the window only: not all of these are known")
    }

    /// One sub-request to one origin: about a batch of traces, or about matches beside the window.
    struct CompletionRequest: Sendable {
        /// nil: matches beside the window.
        var kind: SearchCompletion.Kind?
        var query: SearchQuery

        var role: SearchCombiner.Role { kind?.role ?? .beside }
    }

    private func requests(
        for questions: [SearchCompletion.Question], of question: SearchQuestion, _ scope: inout QueryScope,
        plan: QueryPlan
    ) -> [(SubRequest, CompletionRequest)] {
        let texts = TraceIDQuestions(searchLimits)
        var requests: [(SubRequest, CompletionRequest)] = []
        for item in questions {
            guard let subRequest = plan.subRequests.first(where: { $0.origin == item.origin }) else { continue }
            // An id goes into a query, so it must be one.
            let traceIDs = item.traceIDs.filter { TraceIDQuestions.normalized($0) != nil }
            if traceIDs.count < item.traceIDs.count {
                scope.mark.note(.partial, "some traces are not whole: their ids are no trace ids")
            }
            switch item.kind {
            case .headers, .roots:
                let batches = item.kind == .roots ? texts.roots(traceIDs) : texts.headers(traceIDs)
                if batches.isEmpty, !traceIDs.isEmpty {
                    scope.mark.note(
                        .partial,
                        "some traces are not whole: max_query_expression_size_bytes leaves no room for their ids")
                }
                for batch in batches {
                    let query =
                        item.kind == .roots
                        ? question.rootQuery(batch, largest: searchLimits.maxSpansPerSpanSet)
                        : question.headerQuery(batch)
                    requests.append((subRequest, CompletionRequest(kind: item.kind, query: query)))
                }
            case .matches, .allMatches:
                let batches = question.parsed.flatMap { texts.matches(of: $0, traceIDs) }
                if batches == nil {
                    scope.mark.note(
                        .partial, "\(subRequest.label) was cut by the limit and may hold more of these traces")
                }
                for batch in batches ?? [] {
                    let query =
                        item.kind == .allMatches
                        ? question.allMatchesQuery(batch, largest: searchLimits.maxSpansPerSpanSet)
                        : question.matchQuery(batch)
                    requests.append((subRequest, CompletionRequest(kind: item.kind, query: query)))
                }
            }
        }
        return requests
    }

    private func ask(
        _ requests: [(SubRequest, CompletionRequest)], _ completion: inout SearchCompletion, _ scope: inout QueryScope,
        combiner: FoldState<SearchCombiner>
    ) async throws {
        let outcomes = try await fanOut(
            requests, maxConcurrent: configuration.federation.maxConcurrentRequestsPerQuery,
            context: subRequestContext(scope)
        ) { subRequest, request, context in
            subRequest.upstream.search(request.query, context)
        } fold: { part, subRequest, request in
            await OffLoop.run(cost: part.sizeHint) {
                combiner.update {
                    $0.fold(
                        part.withNormalizedTraceIDs, from: subRequest.origin, role: request.role,
                        limitAsked: Int(request.query.limit))
                }
            }
        }
        scope.outcomes += outcomes
        scope.headerSubRequests += outcomes.count
        var lost: [SubRequestOutcome] = []
        for (index, outcome) in outcomes.enumerated() {
            guard let error = outcome.error else { continue }
            if let kind = requests[index].1.kind {
                completion.noteFailure(kind, of: outcome.subRequest.origin)
            } else {
                combiner.update { $0.noteCutBeside(outcome.subRequest.origin) }
            }
            let group = outcome.subRequest.origin.replicaGroup
            let isReplaced =
                group != nil
                && outcomes.indices.contains { other in
                    outcomes[other].error == nil
                        && outcomes[other].subRequest.origin.replicaGroup == group
                        && outcomes[other].subRequest.origin.tenantRank == outcome.subRequest.origin.tenantRank
                        && requests[other].1.query == requests[index].1.query
                }
            guard !isReplaced else { continue }
            lost.append(outcome)
            let what = requests[index].1.kind == nil ? "traces that reach into the window" : "parts of these traces"
            scope.mark.note(.partial, "\(what) may be missing from \(outcome.subRequest.label): \(error.shortReason)")
        }
        try settle(lost: lost, scope)
        if !lost.isEmpty { metrics.partialResponses.with(scope.operation.rawValue, "upstream").increment() }
    }
}

extension SearchResponse {
    /// Trace ids as Tempo prints them by default: a target may fill them with zeros, another not, and they are the same trace.
    var withNormalizedTraceIDs: SearchResponse {
        var response = self
        for i in response.traces.indices {
            let id = response.traces[i].traceID
            guard Self.needsNormalizing(id), let normal = TraceIDQuestions.normalized(id) else { continue }
            response.traces[i].traceID = normal
        }
        return response
    }

    private static func needsNormalizing(_ id: String) -> Bool {
        id.utf8.first == UInt8(ascii: "0") || id.utf8.contains { (0x41...0x46).contains($0) }
    }

    /// About as many bytes as it came in: a cheap guess at what folding it costs.
    var sizeHint: Int { traces.reduce(0) { $0 + 200 + 100 * ($1.spanSet?.spans.count ?? 0) } }
}
