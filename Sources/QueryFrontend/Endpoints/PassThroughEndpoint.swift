import HTTPTransport
import TenantFederation

/// What is not federated yet: with one tenant and one target the request passes to the target unchanged, so that nobody
/// loses anything by this program standing in front of one Tempo; with several it is refused by name.
extension FrontendService {
    func passThrough(_ scope: inout QueryScope) async throws -> HTTPResponse {
        try searchLimits.checkQuerySize(scope.query)
        try checkURL(scope)
        let plan = try planQuery(&scope)
        guard plan.isSingle else {
            throw APIError(
                status: 501,
                message: Self.unfederatedText(unfederatedName(scope)),
                shape: .line)
        }
        return try await forward(&scope, plan.subRequests[0])
    }

    /// `/api/metrics/summary` is single-tenant by contract.
    func metricsSummary(_ scope: inout QueryScope) async throws -> HTTPResponse {
        try searchLimits.checkQuerySize(scope.query)
        try checkURL(scope)
        if let text = scope.query.text("q") { try textChecks.semantics(text) }
        let tenants = try resolver.resolve(headerValues: scope.request.fields.bytes("X-Scope-OrgID"))
        guard tenants.count <= 1 else { throw APIError(status: 400, message: "multi-tenant query unsupported") }
        return try await passThrough(&scope)
    }

    /// `/api/overrides` speaks of one tenant's own settings.
    func userOverrides(_ scope: inout QueryScope) async throws -> HTTPResponse {
        let tenants = try resolver.resolve(headerValues: scope.request.fields.bytes("X-Scope-OrgID"))
        guard tenants.count <= 1 else {
            throw APIError(status: 400, message: "multiple org IDs present", shape: .line)
        }
        return try await passThrough(&scope)
    }

    static func unfederatedText(_ name: String) -> String {
        "\(name) is not federated over several tenants or targets yet; ask for one tenant of one target"
    }

    /// What only a Tempo behind this program can answer.
    static func unservedText(_ name: String) -> String { "\(name) is not served by the embedded store" }

    private func unfederatedName(_ scope: QueryScope) -> String {
        switch scope.route {
        case .traceByIDV2: "/api/v2/traces with q or span pruning"
        default: scope.target.path
        }
    }

    /// Hop-by-hop fields and what the own client or server writes itself.
    private static let droppedFields: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
        "content-length", "date", "server",
    ]

    /// Fields of the request that a passed-through endpoint needs besides those of every sub-request.
    private static let passedRequestFields = [
        "Content-Type", "If-Match", "If-None-Match", "Mcp-Session-Id", "Mcp-Protocol-Version",
    ]

    func forward(_ scope: inout QueryScope, _ subRequest: SubRequest) async throws -> HTTPResponse {
        // An answer is collected before it is passed on, and an event stream has no end.
        if scope.route == .mcp, scope.request.method == "GET" {
            throw APIError(status: 501, message: "GET /api/mcp (an event stream) is not passed through", shape: .line)
        }
        guard let exchange = exchanges.first(where: { $0.target.name == subRequest.upstream.name }) else {
            throw APIError(status: 501, message: Self.unservedText(unfederatedName(scope)), shape: .line)
        }
        let body: [UInt8]
        do {
            body = try await scope.request.body.collect(upTo: configuration.server.httpServerMaxBodyBytes)
        } catch let error as HTTPBodyError {
            throw APIError(status: error.status, message: error.message, shape: .line)
        }
        var context = subRequestContext(scope)
        context.tenant = subRequest.tenant
        var extra: [(String, String)] = []
        for name in Self.passedRequestFields {
            if let value = scope.request.fields[name] { extra.append((name, value)) }
        }
        let started = ContinuousClock.now
        let result: HTTPClientResult
        do {
            result = try await exchange.send(
                method: scope.request.method, path: routes.targetPath(scope.target),
                rawQuery: scope.target.rawQuery ?? "",
                accept: scope.request.fields["Accept"] ?? "", extraFields: extra, body: body,
                operation: scope.operation, context)
        } catch let error as UpstreamError {
            scope.outcomes.append(outcome(subRequest, error, started, context))
            throw queryFailure(for: error, scope)
        }
        scope.outcomes.append(outcome(subRequest, nil, started, context))
        // What a target says of our credentials is not meant for the client.
        if result.status == 401 || result.status == 403,
            !exchange.sendsCallersAuthorization(context.forwardedFields), exchange.hasOwnAuthorization
        {
            throw queryFailure(for: exchange.error(for: result, context), scope)
        }
        var fields = HTTPFields()
        for (name, value) in result.fields where !Self.droppedFields.contains(name.lowercased()) {
            fields.append(name, value)
        }
        return HTTPResponse(
            status: result.status, fields: fields,
            body: scope.request.method == "HEAD" ? Self.unsentBody(result) : .bytes(result.body),
            compressible: result.fields["Content-Encoding"] == nil)
    }

    /// The body of an answer to HEAD: nothing of it is ever written, but it is as long as the target says.
    private static func unsentBody(_ result: HTTPClientResult) -> HTTPResponseBody {
        .stream(length: result.fields["Content-Length"].flatMap { Int($0) }.map { max(0, $0) }) { _ in }
    }

    private func outcome(
        _ subRequest: SubRequest, _ error: UpstreamError?, _ started: ContinuousClock.Instant,
        _ context: SubRequestContext
    ) -> SubRequestOutcome {
        SubRequestOutcome(
            subRequest: subRequest, error: error, started: started, elapsed: .now - started, account: context.account)
    }
}
