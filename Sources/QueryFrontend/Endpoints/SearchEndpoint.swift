import HTTPTransport
import TempoAPI
import TenantFederation
import TraceQL

/// `GET /api/search`: every tenant is heard, the parts of a trace become one entry, the newest start comes first.
extension FrontendService {
    func search(_ scope: inout QueryScope) async throws -> HTTPResponse {
        let limits = searchLimits
        let parameters = try SearchParameters.parse(
            query: scope.query, limits: limits, now: scope.nowUnixNanoseconds, checks: checks(scope))
        let plan = try planQuery(&scope)
        try parameters.checkAfterTenants(limits: limits, maxSearchDuration: searchDurationLimit(scope.tenants))

        let parsed = parameters.query.flatMap { try? Query.parse($0, limits: parseLimits) }
        let order = SearchOrder(parameters, parsed: parsed, newestFirst: configuration.federation.newestFirst)
        let query = try searchQuery(parameters, order)
        let combiner = FoldState(
            SearchCombiner(
                options: SearchCombiner.Options(
                    limit: Int(parameters.limit), spansPerSpanSet: Int(parameters.spansPerSpanSet),
                    padTraceIDs: anyLimit(\.leftPadTraceIDs, scope.tenants))))
        try await federate(&scope, plan: plan) { subRequest, context in
            subRequest.upstream.search(query, context)
        } fold: { part, subRequest in
            combiner.update { $0.fold(part, from: subRequest.origin) }
        }
        if order.isNewestFirst, !plan.isSingle {
            try await askAgainForNewest(&scope, plan: plan, query: query, combiner: combiner)
        }

        let size = scope.outcomes.reduce(0) { $0 + $1.receivedBytes }
        let answer = await OffLoop.run(cost: size) { combiner.value.finish() }
        scope.inspectedBytes = answer.metrics?.inspectedBytes ?? 0
        if !plan.isSingle {
            scope.mark.note(
                .tenantLocal,
                "headers of traces: root name, start, duration and service stats come from the parts that matched")
            for origin in combiner.value.cutParts {
                guard let cut = plan.subRequests.first(where: { $0.origin == origin }) else { continue }
                scope.mark.note(.tenantLocal, "\(cut.label) was cut by the limit and may hold more of these traces")
            }
            if parameters.relatesSpans {
                scope.mark.note(.tenantLocal, "evaluated inside each tenant: the conditions of a search by tags")
            }
            for reason in parsed?.federationClass.reasons ?? [] {
                let place = "at bytes \(reason.range.lowerBound)..<\(reason.range.upperBound)"
                scope.mark.note(.tenantLocal, "evaluated inside each tenant: \(reason) \(place)")
            }
        }
        return try await respond(with: answer, scope)
    }

    /// What every tenant is asked first.
    func searchQuery(_ parameters: SearchParameters, _ order: SearchOrder) throws(APIError) -> SearchQuery {
        SearchQuery(
            conditions: order.conditions, limit: parameters.limit, spansPerSpanSet: parameters.spansPerSpanSet,
            start: try parameters.range.uint32("start", parameters.range.start),
            end: try parameters.range.uint32("end", parameters.range.end))
    }

    /// A tenant that was cut by the limit may hold newer traces than those kept: it is asked again with twice the limit
    /// until that cannot be. One that fails then keeps its first answer, and the answer says that it may lack something.
    private func askAgainForNewest(
        _ scope: inout QueryScope, plan: QueryPlan, query: SearchQuery, combiner: FoldState<SearchCombiner>
    ) async throws {
        let largest = UInt32(clamping: searchLimits.maxResultLimit == 0 ? .max : searchLimits.maxResultLimit)
        var query = query
        var failed: Set<PartOrigin> = []
        while true {
            let asked = query.limit
            let size = scope.outcomes.reduce(0) { $0 + $1.receivedBytes }
            let cut = await OffLoop.run(cost: size) { Set(combiner.value.needsMore()) }.subtracting(failed)
            guard !cut.isEmpty else { return }
            let (doubled, overflow) = asked.multipliedReportingOverflow(by: 2)
            query.limit = overflow ? largest : min(doubled, largest)
            guard query.limit > asked else {
                scope.mark.note(.partial, "newer traces may be missing: a tenant holds more than \(largest) matches")
                return
            }
            let again = plan.keeping { cut.contains($0.origin) }
            let deeper = query
            let outcomes = try await fanOut(
                again, maxConcurrent: configuration.federation.maxConcurrentRequestsPerQuery,
                context: subRequestContext(scope)
            ) { subRequest, context in
                subRequest.upstream.search(deeper, context)
            } fold: { part, subRequest in
                combiner.update { $0.fold(part, from: subRequest.origin, limitAsked: Int(deeper.limit)) }
            }
            scope.outcomes += outcomes
            for outcome in outcomes {
                guard let error = outcome.error else { continue }
                failed.insert(outcome.subRequest.origin)
                scope.mark.note(
                    .partial, "newer traces may be missing from \(outcome.subRequest.label): \(error.shortReason)")
            }
        }
    }
}

extension SearchParameters {
    /// A search by tags takes a trace when its spans meet all conditions together, be it different ones; the durations are
    /// those of the trace.
    fileprivate var relatesSpans: Bool {
        query == nil && (tags.count > 1 || minDurationMs > 0 || maxDurationMs > 0)
    }
}
