import HTTPTransport
import TempoAPI
import TenantFederation
import TraceQL

/// `GET /api/metrics/query_range` and `GET /api/metrics/query`: every tenant and target is asked what merges exactly, and the
/// series are finished here.
extension FrontendService {
    func metricsQuery(_ scope: inout QueryScope, isInstant: Bool) async throws -> HTTPResponse {
        let parameters = try metricsParameters(scope, isInstant: isInstant)
        if !denyList.isEmpty {
            try denyList.check(parameters.rewrittenURL(prefix: routes.pathPrefix + routes.apiPrefix))
        }
        let plan = try planQuery(&scope)
        try parameters.checkAfterTenants()
        // One Tempo answers best by itself, in its own words.
        if plan.isSingle, let only = plan.subRequests.first, !sourceAttributes.areUsed(in: parameters.query),
            exchanges.contains(where: { $0.target.name == only.upstream.name })
        {
            return try await forward(&scope, only)
        }
        var federation = try metricsPlan(parameters, plan, tenants: scope.tenants)
        try checkExact(federation)
        let answer = FoldState(
            try SeriesCombiner(
                parameters.query, federation.rewrite, range: federation.range,
                options: .init(maxSeries: Int(parameters.maxSeries), exemplars: Int(parameters.exemplars))))
        if let crossTenant = federation.crossTenant {
            let left = try await count(crossTenant, of: federation, &scope, plan: plan, into: answer)
            federation.leave(left, because: "the candidate traces exceed a bound of \(Self.evaluationKey)")
            try checkExact(federation)
        }
        try await askMetrics(&scope, federation, into: answer)
        let size = scope.outcomes.reduce(0) { $0 + $1.receivedBytes }
        if isInstant {
            let response = await OffLoop.run(cost: size) { answer.value.finishInstant() }
            scope.inspectedBytes = response.metrics?.inspectedBytes ?? 0
            noteMetrics(response.status, response.message, answer.value, federation, &scope)
            return try await respondJSON(response)
        }
        let response = await OffLoop.run(cost: size) { answer.value.finish() }
        scope.inspectedBytes = response.metrics?.inspectedBytes ?? 0
        noteMetrics(response.status, response.message, answer.value, federation, &scope)
        return try await respondJSON(response)
    }

    private func checkExact(_ federation: MetricsFederation) throws(APIError) {
        guard configuration.federation.requireExact, let reason = federation.inexactReason else { return }
        throw APIError(status: 422, message: Self.inexactText(reason))
    }

    static func inexactText(_ reason: String) -> String {
        "this query cannot be answered exactly: \(reason) (federation.require_exact)"
    }

    /// The parameters, checked as far as it goes before the tenants; their limits count where the header names any.
    func metricsParameters(_ scope: QueryScope, isInstant: Bool) throws(APIError) -> MetricsParameters {
        let tenants = (try? checkedTenants(scope.request.fields.bytes("X-Scope-OrgID"))) ?? []
        return try MetricsParameters(
            scope.query, isInstant: isInstant, limits: metricsLimits(tenants), parseLimits: parseLimits,
            now: scope.nowUnixNanoseconds)
    }

    func metricsLimits(_ tenants: [String]) -> MetricsRequestLimits {
        MetricsRequestLimits(
            configuration.queryFrontend, search: searchLimits,
            overrides: tenants.map { ($0, overrides.limits(for: $0).maxMetricsDuration) })
    }

    /// Asks every job of every sub-request; of targets that hold the same spans the first that answers.
    private func askMetrics(
        _ scope: inout QueryScope, _ federation: MetricsFederation, into combiner: FoldState<SeriesCombiner>
    ) async throws {
        var outcomes: [SubRequestOutcome] = []
        var round = federation.firstRound
        while !round.subRequests.isEmpty {
            let asked = try await fanOut(
                round, maxConcurrent: configuration.federation.maxConcurrentRequestsPerQuery,
                context: subRequestContext(scope)
            ) { subRequest, context in
                federation.ask(subRequest, context)
            } fold: { part, subRequest in
                await OffLoop.run(cost: part.sizeHint) {
                    combiner.update { federation.fold(part, of: subRequest, into: &$0) }
                }
            }
            outcomes += asked
            round = federation.nextRound(after: outcomes)
        }
        let hadAnswer = scope.outcomes.contains { $0.error == nil }
        scope.outcomes += outcomes
        try settle(outcomes, hadAnswer: hadAnswer, &scope)
        let size = outcomes.reduce(0) { $0 + $1.receivedBytes }
        await OffLoop.run(cost: size) { combiner.update { $0.pairHalves() } }
    }

    private func noteMetrics(
        _ status: PartialStatus, _ message: String, _ combiner: SeriesCombiner, _ federation: MetricsFederation,
        _ scope: inout QueryScope
    ) {
        for reason in federation.approximations { scope.mark.note(.approximate, reason) }
        for reason in federation.relations { scope.mark.note(.tenantLocal, reason) }
        if combiner.isComparisonCut {
            scope.mark.note(.approximate, "an attribute has more than \(MetricsRewrite.largestComparison) values")
        }
        if !combiner.isComplete { scope.mark.note(.approximate, "averages without the number of their spans") }
        if status != .complete { scope.mark.note(.partial, message.isEmpty ? "a target gave a part only" : message) }
    }

    /// Metrics are answered in JSON whatever is accepted.
    private func respondJSON<Message: WireMessage>(_ message: Message) async throws -> HTTPResponse {
        let bytes = await OffLoop.run(cost: message.protobufSize) { message.json }
        return HTTPResponse(query: .bytes(bytes), contentType: "application/json")
    }
}

extension MetricsFederation.Part {
    /// About as many bytes as it came in.
    fileprivate var sizeHint: Int {
        switch self {
        case .series(let answer):
            answer.series.reduce(0) { $0 + 200 + 40 * $1.samples.count + 200 * $1.exemplars.count }
        case .partials(let gathered):
            switch gathered.content {
            case .state(let state): state.seriesCount * (100 + 8 * state.range.count)
            case .series(let series):
                series.reduce(0) { $0 + 200 + 40 * $1.samples.count + 200 * $1.exemplars.count }
            }
        }
    }
}
