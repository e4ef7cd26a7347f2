/// Asks every sub-request of `plan`, at most `maxConcurrent` at a time, and hands each part to `fold` as it arrives.
///
/// A failed sub-request becomes an outcome, never a throw. `fold` may run for several sub-requests at once; an error it
/// throws counts as that sub-request's failure.
/// - Returns: one outcome a sub-request, in the order of the plan.
/// - Throws: `CancellationError` only, when the caller is cancelled; the children are cancelled and awaited first.
package func fanOut<Part: Sendable>(
    _ plan: QueryPlan,
    maxConcurrent: Int,
    context: SubRequestContext,
    ask: @escaping @Sendable (SubRequest, SubRequestContext) -> PartialAnswers<Part>,
    fold: @escaping @Sendable (Part, SubRequest) async throws -> Void
) async throws -> [SubRequestOutcome] {
    try await fanOut(
        plan.subRequests.map { ($0, ()) }, maxConcurrent: maxConcurrent, context: context,
        ask: { subRequest, _, context in ask(subRequest, context) },
        fold: { part, subRequest, _ in try await fold(part, subRequest) })
}

/// The same for questions that differ from one sub-request to the next; one target may be asked several of them.
package func fanOut<Question: Sendable, Part: Sendable>(
    _ questions: [(SubRequest, Question)],
    maxConcurrent: Int,
    context: SubRequestContext,
    ask: @escaping @Sendable (SubRequest, Question, SubRequestContext) -> PartialAnswers<Part>,
    fold: @escaping @Sendable (Part, SubRequest, Question) async throws -> Void
) async throws -> [SubRequestOutcome] {
    @Sendable func run(_ index: Int) async throws -> (Int, SubRequestOutcome) {
        let (subRequest, question) = questions[index]
        var context = context
        context.tenant = subRequest.tenant
        context.account = SubRequestAccount()
        let started = ContinuousClock.now
        var failure: UpstreamError?
        do {
            for try await part in ask(subRequest, question, context) {
                try await fold(part, subRequest, question)
            }
        } catch {
            try Task.checkCancellation()
            failure = UpstreamError(error, subRequest: subRequest)
        }
        return (
            index,
            SubRequestOutcome(
                subRequest: subRequest, error: failure, started: started, elapsed: .now - started,
                account: context.account)
        )
    }

    // One sub-request needs no child task: it is the most frequent query there is.
    if questions.count == 1 { return [try await run(0).1] }

    var outcomes: [SubRequestOutcome?] = Array(repeating: nil, count: questions.count)
    try await withThrowingTaskGroup(of: (Int, SubRequestOutcome).self) { group in
        var next = 0
        while next < min(max(maxConcurrent, 1), questions.count) {
            let index = next
            group.addTask { try await run(index) }
            next += 1
        }
        while let (index, outcome) = try await group.next() {
            outcomes[index] = outcome
            if next < questions.count {
                let index = next
                group.addTask { try await run(index) }
                next += 1
            }
        }
    }
    return outcomes.compactMap { $0 }
}

extension UpstreamError {
    fileprivate init(_ error: any Error, subRequest: SubRequest) {
        if var error = error as? UpstreamError {
            error.tenant = error.tenant ?? subRequest.tenant
            self = error
        } else if error is CancellationError {
            // The upstream gave up by itself although nobody cancelled the query.
            self.init(
                .transport, message: "the request was cancelled", target: subRequest.upstream.name,
                tenant: subRequest.tenant)
        } else {
            self.init(
                .malformedAnswer, message: "\(error)", target: subRequest.upstream.name, tenant: subRequest.tenant)
        }
    }
}
