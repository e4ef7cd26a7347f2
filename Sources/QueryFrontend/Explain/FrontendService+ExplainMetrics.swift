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
        let federation = try metricsPlan(parameters, plan, tenants: explanation.tenants ?? [])
        explanation.marks =
            federation.relations.map { QueryExplanation.Mark(level: FederationMark.Level.tenantLocal.text, text: $0) }
            + federation.approximations.map {
                QueryExplanation.Mark(level: FederationMark.Level.approximate.text, text: $0)
            }
        if configuration.federation.requireExact, let reason = federation.inexactReason {
            explanation.subRequests = []
            explanation.refusal = QueryExplanation.Refusal(status: 422, message: Self.inexactText(reason))
            return
        }
        var list = PlannedRequests(exchanges)
        if let crossTenant = federation.crossTenant {
            explanation.evaluation = QueryExplanation.Evaluation(crossTenant)
            for question in crossTenant.firstQuestions(places: plan.subRequests.count) {
                let query = crossTenant.question(question)
                try list.add(
                    plan.subRequests[question.place], "/api/search", HTTPUpstream.parameters(of: query))
            }
        }
        for subRequest in federation.firstRound.subRequests {
            let query = federation.query(federation.jobs[subRequest.question])
            try list.add(subRequest, query.path, query.urlParameters)
        }
        explanation.subRequests = list.requests
    }
}

/// The sub-requests of an explanation, as many as fit.
private struct PlannedRequests {
    let exchanges: [TargetExchange]
    private(set) var requests: [QueryExplanation.PlannedRequest] = []
    private var size = 0

    init(_ exchanges: [TargetExchange]) { self.exchanges = exchanges }

    mutating func add(
        _ subRequest: SubRequest, _ path: String, _ parameters: [QueryParameter]
    ) throws(APIError) {
        var pairs = parameters.map { ($0.name, $0.value) }
        if let attributed = subRequest.upstream as? AttributedUpstream,
            let place = pairs.firstIndex(where: { $0.0 == "q" })
        {
            // A place where nothing can match is not asked.
            guard let text = attributed.text(for: pairs[place].1, tenant: subRequest.tenant) else { return }
            pairs[place].1 = text
        }
        let query = QueryItems(pairs).encoded
        size += query.utf8.count
        guard size <= FrontendService.maxExplanationBytes else {
            throw APIError.badRequest(
                "the explanation would be larger than \(FrontendService.maxExplanationBytes) bytes; ask for fewer tenants"
            )
        }
        // The embedded store is asked the same without a request.
        let exchange = exchanges.first { $0.target.name == subRequest.upstream.name }
        requests.append(
            QueryExplanation.PlannedRequest(
                target: subRequest.upstream.name, tenant: subRequest.tenant, method: "GET",
                path: (exchange?.target.url.pathPrefix ?? "") + path, query: query))
    }
}
