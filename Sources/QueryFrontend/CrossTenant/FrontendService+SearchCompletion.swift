import TempoAPI
import TenantFederation
import TraceQL

/// The second half of a search over several tenants or targets: the traces that were found are made whole.
extension FrontendService {
    /// Most rounds of questions about the traces of one answer. A round makes starts earlier, which may bring other traces into
    /// the answer, about which the next one asks.
    private static let maxCompletionRounds = 16

    /// Asks until the newest traces are known, where they are wanted, and every trace of the answer is whole. What fails leaves
    /// the answer without a part and marked.
    func complete(
        _ question: SearchQuestion, _ scope: inout QueryScope, plan: QueryPlan, combiner: FoldState<SearchCombiner>
    ) async throws {
        let separable = question.isSeparable ? question.parsed : nil
        // Who could not answer the search is missing anyhow, and not asked for more.
        let failed = Set(scope.outcomes.filter { $0.error != nil }.map(\.subRequest.origin))
        var completion = SearchCompletion(
            origins: plan.subRequests.map(\.origin).filter { !failed.contains($0) },
            asksForMatches: separable?.restricted(toTraces: ["f"]) != nil)
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
            guard !questions.isEmpty else { return }
            rounds += 1
            guard rounds <= Self.maxCompletionRounds else {
                return scope.mark.note(
                    .partial, "some traces are not whole: asking for their parts took too many rounds")
            }
            try await ask(questions, of: question, &completion, &scope, plan: plan, combiner: combiner)
        }
    }

    /// One sub-request to one origin about a batch of traces.
    private struct CompletionRequest: Sendable {
        var kind: SearchCompletion.Kind
        var query: SearchQuery
    }

    private func ask(
        _ questions: [SearchCompletion.Question], of question: SearchQuestion, _ completion: inout SearchCompletion,
        _ scope: inout QueryScope, plan: QueryPlan, combiner: FoldState<SearchCombiner>
    ) async throws {
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
            case .headers:
                let batches = texts.headers(traceIDs)
                if batches.isEmpty, !traceIDs.isEmpty {
                    scope.mark.note(
                        .partial,
                        "some traces are not whole: max_query_expression_size_bytes leaves no room for their ids")
                }
                for batch in batches {
                    let query = question.headerQuery(batch)
                    requests.append((subRequest, CompletionRequest(kind: .headers, query: query)))
                }
            case .matches:
                let batches = question.parsed.flatMap { texts.matches(of: $0, traceIDs) }
                if batches == nil {
                    scope.mark.note(
                        .partial, "\(subRequest.label) was cut by the limit and may hold more of these traces")
                }
                for batch in batches ?? [] {
                    let query = question.matchQuery(batch)
                    requests.append((subRequest, CompletionRequest(kind: .matches, query: query)))
                }
            }
        }
        guard !requests.isEmpty else { return }
        let outcomes = try await fanOut(
            requests, maxConcurrent: configuration.federation.maxConcurrentRequestsPerQuery,
            context: subRequestContext(scope)
        ) { subRequest, request, context in
            subRequest.upstream.search(request.query, context)
        } fold: { part, subRequest, request in
            await OffLoop.run(cost: part.sizeHint) {
                combiner.update {
                    $0.fold(part.withNormalizedTraceIDs, from: subRequest.origin, role: request.kind.role)
                }
            }
        }
        scope.outcomes += outcomes
        scope.headerSubRequests += outcomes.count
        var isPartial = false
        for (index, outcome) in outcomes.enumerated() {
            guard let error = outcome.error else { continue }
            completion.noteFailure(requests[index].1.kind, of: outcome.subRequest.origin)
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
            isPartial = true
            scope.mark.note(
                .partial, "parts of these traces may be missing from \(outcome.subRequest.label): \(error.shortReason)")
        }
        if isPartial { metrics.partialResponses.with(scope.operation.rawValue, "upstream").increment() }
    }

    /// A search of the newest traces that goes deeper with every round.
    private struct DeeperSearch {
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
    private func askDeeper(
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
        for outcome in outcomes {
            guard let error = outcome.error else { continue }
            deeper.failed.insert(outcome.subRequest.origin)
            scope.mark.note(
                .partial, "newer traces may be missing from \(outcome.subRequest.label): \(error.shortReason)")
        }
        return true
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
