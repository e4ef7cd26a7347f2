import TenantFederation
import TraceQL

extension FrontendService {
    /// What a metrics query over several tenants or targets would be asked as.
    func explainMetrics(
        _ explanation: inout QueryExplanation, _ items: QueryItems, _ plan: QueryPlan, now: Int64
    ) throws {
        let parameters = try MetricsParameters(
            items, isInstant: false, limits: metricsLimits(explanation.tenants ?? []), parseLimits: parseLimits,
            now: now)
        try parameters.checkAfterTenants()
        let federation = try metricsPlan(parameters, plan)
        let rewrite = federation.rewrite
        explanation.marks =
            federation.relations.map { QueryExplanation.Mark(level: FederationMark.Level.tenantLocal.text, text: $0) }
            + rewrite.approximations.map {
                QueryExplanation.Mark(level: FederationMark.Level.approximate.text, text: $0)
            }
        if configuration.federation.requireExact, let reason = federation.inexactReason {
            explanation.subRequests = []
            explanation.refusal = QueryExplanation.Refusal(status: 422, message: Self.inexactText(reason))
            return
        }
        var size = 0
        var requests: [QueryExplanation.PlannedRequest] = []
        for subRequest in federation.firstRound.subRequests {
            guard let exchange = exchanges.first(where: { $0.target.name == subRequest.upstream.name }) else {
                continue
            }
            guard var query = federation.query(federation.jobs[subRequest.question]) else { continue }
            if let attributed = subRequest.upstream as? AttributedUpstream {
                guard let text = attributed.text(for: query.text, tenant: subRequest.tenant) else { continue }
                query.text = text
            }
            let pairs = QueryItems(query.urlParameters.map { ($0.name, $0.value) }).encoded
            size += pairs.utf8.count
            guard size <= Self.maxExplanationBytes else {
                throw APIError.badRequest(
                    "the explanation would be larger than \(Self.maxExplanationBytes) bytes; ask for fewer tenants")
            }
            requests.append(
                QueryExplanation.PlannedRequest(
                    target: exchange.target.name, tenant: subRequest.tenant, method: "GET",
                    path: exchange.target.url.pathPrefix + query.path, query: pairs))
        }
        explanation.subRequests = requests
    }
}
