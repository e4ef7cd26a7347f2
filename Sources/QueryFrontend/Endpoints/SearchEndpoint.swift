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
        let question = try searchQuestion(parameters, parsed, order, scope.tenants, now: scope.nowUnixNanoseconds)
        if let crossTenant = crossTenantSearch(question, isSingle: plan.isSingle) {
            var answer = try await run(crossTenant, &scope, plan: plan)
            if !parameters.hasQuery { answer.dropSpans() }
            scope.inspectedBytes = answer.metrics?.inspectedBytes ?? 0
            return try await respond(with: answer, scope)
        }
        let isSingle = plan.isSingle
        let combiner = FoldState(
            SearchCombiner(
                options: SearchCombiner.Options(
                    limit: Int(parameters.limit), spansPerSpanSet: Int(parameters.spansPerSpanSet),
                    padTraceIDs: anyLimit(\.leftPadTraceIDs, scope.tenants), window: question.window)))
        try await federate(&scope, plan: plan) { subRequest, context in
            let upstream = subRequest.upstream
            return upstream.search(isSingle ? question.query : question.firstQuery(of: upstream), context)
        } fold: { part, subRequest in
            await OffLoop.run(cost: isSingle ? 0 : part.sizeHint) {
                combiner.update {
                    guard !isSingle else { return $0.fold(part, from: subRequest.origin) }
                    let asked = question.firstQuery(of: subRequest.upstream).window
                    $0.fold(part.withNormalizedTraceIDs, from: subRequest.origin, askedIn: asked)
                }
            }
        }
        if !isSingle { try await complete(question, &scope, plan: plan, combiner: combiner) }

        let size = scope.outcomes.reduce(0) { $0 + $1.receivedBytes }
        let answer = await OffLoop.run(cost: size) { combiner.value.finish() }
        let inspected = (answer.metrics?.inspectedBytes ?? 0)
            .addingReportingOverflow(combiner.value.completionBytes)
        scope.inspectedBytes = inspected.overflow ? .max : inspected.partialValue
        if !isSingle, !question.isSeparable { noteTenantLocal(question, &scope.mark) }
        return try await respond(with: answer, scope)
    }

    /// - Parameters:
    ///   - tenants: of the query; their limits bound the window in which parts of traces are looked for.
    ///   - now: Unix nanoseconds.
    func searchQuestion(
        _ parameters: SearchParameters, _ parsed: Query?, _ order: SearchOrder, _ tenants: [String], now: Int64
    ) throws(APIError) -> SearchQuestion {
        let query = SearchQuery(
            conditions: order.conditions, limit: parameters.limit, spansPerSpanSet: parameters.spansPerSpanSet,
            start: try parameters.range.uint32("start", parameters.range.start),
            end: try parameters.range.uint32("end", parameters.range.end))
        return SearchQuestion(
            parameters: parameters, parsed: parsed, order: order, query: query,
            partWindow: PartWindow(
                start: query.start, end: query.end, margin: configuration.federation.partWindowMargin,
                longest: searchDurationLimit(tenants).value),
            newest: now / 1_000_000_000 - searchLimits.queryEndCutoff.components.seconds)
    }

    /// Says which part of the query relates spans that several tenants may hold.
    private func noteTenantLocal(_ question: SearchQuestion, _ mark: inout FederationMark) {
        if question.parameters.relatesSpans {
            mark.note(.tenantLocal, "evaluated inside each tenant: the conditions of a search by tags")
        }
        for reason in question.parsed?.federationClass.reasons ?? [] {
            let place = "at bytes \(reason.range.lowerBound)..<\(reason.range.upperBound)"
            mark.note(.tenantLocal, "evaluated inside each tenant: \(reason) \(place)")
        }
    }
}

extension SearchResponse {
    /// A search by tags tells of traces only.
    fileprivate mutating func dropSpans() {
        for index in traces.indices {
            traces[index].spanSets = []
            traces[index].spanSet = nil
            traces[index].serviceStats = [:]
        }
    }
}
