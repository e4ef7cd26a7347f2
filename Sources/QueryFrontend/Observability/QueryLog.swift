import HTTPTransport
import TenantFederation

/// The line and the counters of a finished query.
extension FrontendService {
    /// One logfmt line a query: who was asked, what came, how it ended. Credentials never stand in it.
    func record(_ scope: QueryScope, _ response: HTTPResponse) {
        let elapsed = ContinuousClock.now - scope.started
        let operation = scope.operation.rawValue
        let tenants = scope.tenants.isEmpty ? namedTenants(scope) : scope.tenants
        let tenant = tenants.joined(separator: "|")
        let result = response.status == 499 ? "canceled" : "completed"
        metrics.queries.with(tenant, operation, result).increment()
        if keepsPromise(scope, response.status, elapsed) {
            metrics.queriesWithinSLO.with(tenant, operation, result).increment()
        }
        if scope.inspectedBytes > 0 {
            metrics.bytesInspected.with(tenant, operation).increment(by: Int(clamping: scope.inspectedBytes))
        }
        if response.status == 429 { metrics.discardedRequests.with(tenant).increment() }
        if scope.tenants.count > 1 {
            for outcome in scope.outcomes {
                let name = outcome.subRequest.tenant ?? ""
                if let error = outcome.error {
                    metrics.multitenantFailures.with(name, error.statusLabel).increment()
                } else {
                    metrics.multitenantSuccess.with(name).increment()
                }
            }
        }
        guard logger.isOn(.info) else { return }
        let failed = scope.outcomes.filter { $0.error != nil }
        var fields: [(String, LogValue)] = [
            ("tenant", .string(tenant)), ("tenants", .int(tenants.count)),
            ("method", .string(scope.request.method)), ("url", .string(scope.request.target)),
            ("duration", .duration(elapsed)), ("status", .int(response.status)),
            ("targets", .int(scope.plan?.targetCount ?? 0)), ("sub_requests", .int(scope.outcomes.count)),
            ("attempts", .int(scope.outcomes.reduce(0) { $0 + $1.attempts })),
            ("upstream_bytes", .int(scope.outcomes.bytesOfTargets)),
            ("inspected_bytes", .uint(scope.inspectedBytes)),
        ]
        if let size = response.body.knownLength { fields.append(("response_size", .int(size))) }
        if scope.outcomes.contains(where: { $0.cacheUse != nil }) {
            fields.append(("cached", .int(scope.outcomes.sparedCount)))
        }
        if scope.headerSubRequests > 0 { fields.append(("header_sub_requests", .int(scope.headerSubRequests))) }
        if scope.crossTenant.isUsed {
            fields.append(("candidates", .int(scope.crossTenant.candidates)))
            fields.append(("evaluated", .int(scope.crossTenant.evaluated)))
            fields.append(("matches", .int(scope.crossTenant.matches)))
            fields.append(("fetched_bytes", .int(scope.crossTenant.fetchedBytes)))
        }
        if scope.duplicateSpans > 0 { fields.append(("duplicate_spans", .int(scope.duplicateSpans))) }
        if let clockSkew = scope.clockSkew { fields.append(("clock_skew", .string(clockSkew))) }
        let (retried, hedged) = scope.outcomes.reduce((0, 0)) { ($0.0 + $1.retries, $0.1 + $1.hedges) }
        if retried > 0 { fields.append(("retried", .int(retried))) }
        if hedged > 0 { fields.append(("hedged", .int(hedged))) }
        // A lookup that found nothing is an answer too, which may lack a member.
        if let plan = scope.plan, !plan.isSingle, response.fields["X-Tempo-Federation"] != nil {
            fields.append(("federation", .string(scope.mark.level.text)))
            if let reason = scope.mark.reasonText { fields.append(("reason", .string(reason))) }
        }
        if !failed.isEmpty {
            let names = failed.prefix(20).map { "\($0.subRequest.label)=\($0.error?.shortReason ?? "")" }
            fields.append(("failed", .string(names.joined(separator: ","))))
            fields.append(("err", .string(String((failed.first?.error?.message ?? "").prefix(256)))))
        }
        for name in configuration.queryFrontend.logQueryRequestHeaders {
            if let value = scope.request.fields[name], !Self.isCredentialField(name) {
                fields.append(("header_\(name)", .string(value)))
            }
        }
        logger.log(.info, "query stats", fields: fields)
    }

    /// The tenants of a query that was refused before they were settled; none when the header itself is at fault.
    private func namedTenants(_ scope: QueryScope) -> [String] {
        let named = try? resolver.resolve(headerValues: scope.request.fields.bytes("X-Scope-OrgID"))
        return named?.map(\.description) ?? []
    }

    /// Tempo's rule: errors of the caller and cancelled queries count as kept; else fast enough, or enough bytes a second.
    private func keepsPromise(_ scope: QueryScope, _ status: Int, _ elapsed: Duration) -> Bool {
        if status >= 500 { return false }
        if status >= 400 { return true }
        let frontend = configuration.queryFrontend
        let slo =
            switch scope.operation {
            case .traces: frontend.traceByID.slo
            case .search: frontend.search.slo
            case .metadata: frontend.search.metadataSLO
            case .metrics: frontend.metrics.slo
            }
        if slo.duration == .zero, slo.throughputBytes == 0 { return true }
        if slo.duration > .zero, elapsed <= slo.duration { return true }
        guard slo.throughputBytes > 0, elapsed > .zero else { return false }
        return Double(scope.inspectedBytes) / (elapsed / .seconds(1)) >= slo.throughputBytes
    }

    /// Names whose values are never logged, whatever the configuration lists.
    static func isCredentialField(_ name: String) -> Bool {
        let name = name.lowercased()
        let exact = ["cookie", "set-cookie", "x-csrf-token", "authorization", "proxy-authorization", "x-grafana-id"]
        return exact.contains(name) || name.hasSuffix("-token") || name.hasSuffix("-secret")
            || name.hasSuffix("api-key")
    }
}

extension UpstreamError {
    var statusLabel: String {
        if case .status(let status) = code { return "\(status)" }
        return shortReason
    }
}

extension FrontendService {
    /// Says how long the query took and each of its members.
    func addTiming(of scope: QueryScope, to response: inout HTTPResponse) async {
        let outcomes = scope.outcomes
        let total = ContinuousClock.now - scope.started
        // Searches on whole traces have thousands of sub-requests.
        let field = await OffLoop.run(cost: outcomes.count * 128) { ServerTiming.field(outcomes, total: total) }
        if let field { response.fields.append("Server-Timing", field) }
    }
}

extension HTTPResponseBody {
    var knownLength: Int? {
        switch self {
        case .bytes(let bytes): bytes.count
        case .stream(let length, _): length
        }
    }
}
