import Foundation
import HTTPTransport
import TenantFederation
import TraceQL

/// `GET /api/federation/explain?q=...`: what a search with these parameters means and which sub-requests it would cause for
/// the tenants of the header. No target is asked. Parameters and tenants are checked as those of `/api/search`, whose
/// `start`, `end`, `since`, `limit` and `spss` it takes too; the shape of the answer is that of ``QueryExplanation``.
extension FrontendService {
    /// The largest answer; every sub-request repeats the query.
    static let maxExplanationBytes = 4 * 1024 * 1024

    func explain(_ scope: inout QueryScope) async throws -> HTTPResponse {
        let items = scope.query
        let now = scope.nowUnixNanoseconds
        let header = scope.request.fields.bytes("X-Scope-OrgID")
        let size = scope.target.rawQuery?.utf8.count ?? 0
        // Every byte of a query comes back several times.
        let result = await OffLoop.run(cost: 8 * size) {
            Result { () throws -> (tenants: [String], json: [UInt8]) in
                let explanation = try self.explanation(of: items, now: now) { try self.checkedTenants(header) }
                return (explanation.tenants ?? [], try Self.json(explanation))
            }
        }
        let answer = try result.get()
        // The plan stays out of the scope: an answer about sub-requests is not made of any.
        scope.tenants = answer.tenants
        return HTTPResponse(query: .bytes(answer.json), contentType: "application/json")
    }

    /// - Parameters:
    ///   - items: as of a search; `q` is required.
    ///   - now: Unix nanoseconds.
    ///   - resolveTenants: asked once the parameters are known to be good, as for a query.
    func explanation(
        of items: QueryItems, now: Int64, resolveTenants: () throws -> [String]
    ) throws -> QueryExplanation {
        guard let text = items.text("q") else { throw APIError.badRequest("please provide a query as parameter q") }
        let parameters = try SearchParameters.parse(query: items, limits: searchLimits, now: now, checks: textChecks)
        let query: Query
        do throws(ParseError) {
            query = try Query.parse(text, limits: parseLimits)
        } catch {
            throw APIError.badRequest("invalid TraceQL query: \(error)")
        }
        let tenants = try resolveTenants()
        if !query.isMetricsQuery {
            try parameters.checkAfterTenants(limits: searchLimits, maxSearchDuration: searchDurationLimit(tenants))
        }
        var explanation = QueryExplanation(query)
        explanation.tenants = tenants
        let plan = plan(tenants)
        if query.isMetricsQuery, !plan.isSingle {
            try explainMetrics(&explanation, items, plan, now: now)
            return explanation
        }
        let order = SearchOrder(parameters, parsed: query, newestFirst: configuration.federation.newestFirst)
        let question = try searchQuestion(parameters, query, order, tenants, now: now)
        let crossTenant = crossTenantSearch(question, isSingle: plan.isSingle)
        func planned(_ upstream: any Upstream) -> [(path: String, query: String)] {
            requests(
                for: question, plan.isSingle ? question.query : question.firstQuery(of: upstream), crossTenant, items)
        }
        let sample = plan.subRequests.first.map { planned($0.upstream) } ?? []
        let size = sample.reduce(0) { $0 + $1.query.utf8.count }
        let (repeated, overflow) = size.multipliedReportingOverflow(by: plan.subRequests.count)
        guard !overflow, repeated <= Self.maxExplanationBytes else {
            throw APIError.badRequest(
                "the explanation would be larger than \(Self.maxExplanationBytes) bytes; ask for fewer tenants")
        }
        let all = plan.subRequests.map { ($0, planned($0.upstream)) }
        explanation.subRequests = sample.indices.flatMap { index in
            all.map { subRequest, requests in
                let exchange = exchanges.first { $0.target.name == subRequest.upstream.name }
                return QueryExplanation.PlannedRequest(
                    target: subRequest.upstream.name, tenant: subRequest.tenant, method: "GET",
                    path: (exchange?.target.url.pathPrefix ?? "") + requests[index].path, query: requests[index].query)
            }
        }
        if let crossTenant {
            explanation.evaluation = QueryExplanation.Evaluation(crossTenant)
        } else if !query.isMetricsQuery, !plan.isSingle {
            explanation.completion = completion(of: question)
        }
        return explanation
    }

    private func completion(of question: SearchQuestion) -> QueryExplanation.Completion {
        let separable = question.isSeparable ? question.parsed : nil
        return QueryExplanation.Completion(
            headers: "{ trace:id = \"ID\" || ... } | by(trace:duration)",
            matches: separable?.restricted(toTraces: ["ID"])?.query.description,
            start: question.partWindow.start, end: question.partWindow.end)
    }

    /// What every target is asked with: a search by the planner of searches, a metrics query as it came.
    private func requests(
        for question: SearchQuestion, _ first: SearchQuery, _ crossTenant: CrossTenantSearch?, _ items: QueryItems
    ) -> [(path: String, query: String)] {
        if question.parsed?.isMetricsQuery == true { return [("/api/metrics/query_range", items.encoded)] }
        return (crossTenant?.filters ?? [first]).map { query in
            let pairs = HTTPUpstream.parameters(of: query)
            return ("/api/search", QueryItems(pairs.map { ($0.name, $0.value) }).encoded)
        }
    }

    private static func json(_ explanation: QueryExplanation) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(explanation))
    }
}
