import HTTPTransport
import TenantFederation

/// What every federated endpoint does: tenants, plan, fan-out, and what failures mean.
extension FrontendService {
    /// Fields of the client's request that travel on to targets: credentials, trace context, what a target that federates itself
    /// is to do without its members, and what is allowed.
    static func forwardedNames(_ configuration: QueryFrontendConfiguration) -> [String] {
        // The tenant and the form of an answer are ours to ask for, the framing and codings the client's.
        var seen: Set<String> = [
            "x-scope-orgid", "accept", "accept-encoding", "user-agent", "host", "content-length", "content-encoding",
            "transfer-encoding", "connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "expect",
            "range", "if-range",
        ]
        let always = [
            "Authorization", "traceparent", "tracestate", "baggage", "uber-trace-id", PartialPolicy.fieldName,
        ]
        return (always + configuration.allowedHeaders).filter { seen.insert($0.lowercased()).inserted }
    }

    /// The second half of the tenant checks, then the plan: one sub-request for each distinct (target, tenant).
    @discardableResult
    func planQuery(_ scope: inout QueryScope) throws -> QueryPlan {
        let header = scope.request.fields.bytes("X-Scope-OrgID")
        scope.tenants = try checkedTenants(header)
        let plan = plan(scope.tenants, areSent: resolver.namesTenants(headerValues: header))
        scope.plan = plan
        tenantsPerQuery.observe(Double(scope.tenants.count))
        return plan
    }

    /// The tenants of a header, if each of them allows so many.
    func checkedTenants(_ headerValues: [[UInt8]]) throws -> [String] {
        let tenants = try resolver.resolve(headerValues: headerValues).map(\.description)
        if let limit = overrides.strictest(\TenantLimits.maxTenantsPerQuery, tenants: tenants),
            tenants.count > limit.value
        {
            throw APIError(
                status: 400,
                message: "query spans \(tenants.count) tenants, which exceeds the maximum of \(limit.value) "
                    + "(max_tenants_per_query of tenant \(limit.tenant))")
        }
        return tenants
    }

    /// - Parameter areSent: false where the request names no tenant.
    func plan(_ tenants: [String], areSent: Bool = true) -> QueryPlan {
        QueryPlan(tenants: configuration.multitenancyEnabled && areSent ? tenants : [], targets: targets)
    }

    func subRequestContext(_ scope: QueryScope) -> SubRequestContext {
        var forwarded: [ForwardedField] = []
        for name in forwardedNames {
            if let value = scope.request.fields[name] { forwarded.append(ForwardedField(name: name, value: value)) }
        }
        return SubRequestContext(
            tenant: nil, deadline: scope.deadline, forwardedFields: forwarded, budget: scope.budget,
            cacheDirective: CacheDirective(scope.request.fields))
    }

    /// Asks all sub-requests of the plan and settles what their failures mean for the query.
    func federate<Part: Sendable>(
        _ scope: inout QueryScope, plan: QueryPlan,
        ask: @escaping @Sendable (SubRequest, SubRequestContext) -> PartialAnswers<Part>,
        fold: @escaping @Sendable (Part, SubRequest) async throws -> Void
    ) async throws {
        let outcomes = try await fanOut(
            plan, maxConcurrent: configuration.federation.maxConcurrentRequestsPerQuery,
            context: subRequestContext(scope), ask: ask, fold: fold)
        let hadAnswer = scope.outcomes.contains { $0.error == nil }
        scope.outcomes += outcomes
        try settle(outcomes, hadAnswer: hadAnswer, &scope)
    }

    /// One failed sub-request fails the query, unless somebody answered and partial answers are allowed or the target merely
    /// does not know the endpoint. A required target is never done without.
    /// - Parameter hadAnswer: somebody answered an earlier question of the same query.
    func settle(_ outcomes: [SubRequestOutcome], hadAnswer: Bool, _ scope: inout QueryScope) throws {
        let verdict = FanOutVerdict(outcomes)
        guard !verdict.missing.isEmpty else { return }
        let hasAnswer = verdict.hasAnswer || hadAnswer
        let fatal = verdict.missing.filter { outcome in
            !hasAnswer || isIndispensable(outcome, scope)
                || !(scope.partialPolicy.isAllowed || outcome.error?.isOfEndpoint ?? false)
        }
        if let failure = FanOutVerdict.failure(of: fatal) { throw queryFailure(for: failure, scope) }
        for outcome in verdict.missing {
            guard let error = outcome.error else { continue }
            scope.mark.note(
                .partial,
                error.isOfEndpoint ? error.message : "missing \(outcome.subRequest.label): \(error.shortReason)")
        }
        metrics.partialResponses.with(scope.operation.rawValue, "upstream").increment()
    }

    /// What it means that these failed after the first questions of a query were answered: as there, it fails the query, unless
    /// partial answers are allowed or the target merely does not know the endpoint. The answer's marks are the caller's to set.
    func settle(lost: [SubRequestOutcome], _ scope: QueryScope) throws {
        if let failure = failure(ofLost: lost, scope) { throw queryFailure(for: failure, scope) }
    }

    /// The error with which a query fails that lost these; nil when it goes on without them.
    func failure(ofLost lost: [SubRequestOutcome], _ scope: QueryScope) -> UpstreamError? {
        let fatal = lost.filter { outcome in
            isIndispensable(outcome, scope)
                || !(scope.partialPolicy.isAllowed || outcome.error?.isOfEndpoint ?? false)
        }
        // Whoever failed first is named by chance: ties go by tenant, then target.
        let rank = { (outcome: SubRequestOutcome) in
            (outcome.subRequest.origin.tenantRank, outcome.subRequest.origin.targetRank)
        }
        return FanOutVerdict.failure(of: fatal.sorted { rank($0) < rank($1) })
    }

    /// The last look at an answer: what upstreams said of theirs, and whether a member was lost on the way that nobody wants to
    /// be without.
    func settleAnswer(_ scope: inout QueryScope) throws {
        let lost = FanOutVerdict(scope.outcomes).missing.filter { isIndispensable($0, scope) }
        if let failure = FanOutVerdict.failure(of: lost) { throw queryFailure(for: failure, scope) }
        for note in scope.outcomes.flatMap(\.notes) {
            scope.mark.note(note.level == .partial ? .partial : .approximate, note.text)
        }
    }

    /// Whether the query fails without this member, whatever is allowed.
    private func isIndispensable(_ outcome: SubRequestOutcome, _ scope: QueryScope) -> Bool {
        scope.partialPolicy.isStrict || requiredTargets.contains(outcome.subRequest.origin.targetRank)
    }

    /// Ranks of the targets that are `required`.
    private var requiredTargets: [Int] {
        configuration.federation.proxyTargets.indices.filter { configuration.federation.proxyTargets[$0].required }
    }

    func queryFailure(for failure: UpstreamError, _ scope: QueryScope) -> QueryFailure {
        if failure.code == .timeout, ContinuousClock.now >= scope.deadline, hasAPITimeout(scope) {
            return QueryFailure(
                error: APIError(status: 503, message: "unable to process request in the configured timeout"))
        }
        let context = subRequestContext(scope)
        let sent =
            exchanges.first { $0.target.name == failure.target }?
            .sendsCallersAuthorization(context.forwardedFields) ?? false
        let error = StatusTranslation.response(
            for: failure, targetCount: targets.count, sentCallersAuthorization: sent)
        var fields: [(String, String)] = []
        if let retryAfter = failure.retryAfter, error.status == 429 || error.status == 503 {
            fields.append(("Retry-After", retryAfter))
        }
        return QueryFailure(error: error, fields: fields)
    }

    func hasAPITimeout(_ scope: QueryScope) -> Bool {
        configuration.queryFrontend.apiTimeout > .zero
            && scope.deadline == scope.started + configuration.queryFrontend.apiTimeout
    }

    /// The suffix of a refusal that names whose limit it was; a single tenant gets Tempo's text alone.
    func limitOwner(_ key: String, tenant: String, _ scope: QueryScope) -> String {
        scope.tenants.count > 1 ? " (\(key) of tenant \(tenant))" : ""
    }
}

extension UpstreamError {
    /// Few words for a header or a log line, without the upstream's own text.
    var shortReason: String {
        switch code {
        case .status(let status): "status \(status)"
        case .transport: "unreachable"
        case .circuitOpen: "circuit open"
        case .timeout: "timeout"
        case .malformedAnswer: "unreadable answer"
        case .answerTooLarge: "answer too large"
        case .misrouted, .notServed: "path not served"
        }
    }

    /// Whether the upstream only lacks the endpoint that was asked for.
    var isOfEndpoint: Bool {
        if case .notServed = code { true } else { false }
    }
}
