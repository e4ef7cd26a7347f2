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
        explanation.subRequests = try plannedRequests(question, crossTenant, plan, items)
        if let crossTenant {
            explanation.evaluation = QueryExplanation.Evaluation(
                crossTenant,
                maxConcurrentFetches: max(1, configuration.federation.crossTenantEvaluation.maxConcurrentFetches))
        } else if !query.isMetricsQuery, !plan.isSingle {
            explanation.completion = completion(of: question)
        }
        return explanation
    }

    private func completion(of question: SearchQuestion) -> QueryExplanation.Completion {
        let separable = question.isSeparable ? question.parsed : nil
        return QueryExplanation.Completion(
            headers: QueryExplanation.headers,
            matches: separable?.restricted(toTraces: ["ID"])?.query.description,
            start: question.partWindow.start, end: question.partWindow.end)
    }

    /// What is asked before anything is known: a search as its planner asks it, a metrics query as it came. Tenants of which
    /// nothing can match are not asked.
    private func plannedRequests(
        _ question: SearchQuestion, _ crossTenant: CrossTenantSearch?, _ plan: QueryPlan, _ items: QueryItems
    ) throws(APIError) -> [QueryExplanation.PlannedRequest] {
        let isMetrics = question.parsed?.isMetricsQuery == true
        var requests: [QueryExplanation.PlannedRequest] = []
        var size = 0
        // nil: the search itself, in the window that the upstream is asked in.
        var filters: [SearchQuery?] = [nil]
        if !isMetrics, let crossTenant { filters = crossTenant.filters }
        for filter in filters {
            for subRequest in plan.subRequests {
                var text = items.encoded
                if !isMetrics {
                    let first = plan.isSingle ? question.query : question.firstQuery(of: subRequest.upstream)
                    guard let asked = Self.asked(filter ?? first, of: subRequest) else { continue }
                    text = QueryItems(HTTPUpstream.parameters(of: asked).map { ($0.name, $0.value) }).encoded
                }
                size += text.utf8.count
                guard size <= Self.maxExplanationBytes else {
                    throw APIError.badRequest(
                        "the explanation would be larger than \(Self.maxExplanationBytes) bytes; ask for fewer tenants")
                }
                // The embedded store has no exchange: what it is asked is told as if it were a target.
                let exchange = exchanges.first { $0.target.name == subRequest.upstream.name }
                let path = isMetrics ? "/api/metrics/query_range" : "/api/search"
                requests.append(
                    QueryExplanation.PlannedRequest(
                        target: subRequest.upstream.name, tenant: subRequest.tenant, method: "GET",
                        path: (exchange?.target.url.pathPrefix ?? "") + path, query: text))
            }
        }
        return requests
    }

    /// The search as one tenant is asked it, with the reserved attributes replaced; nil when it is not asked.
    private static func asked(_ query: SearchQuery, of subRequest: SubRequest) -> SearchQuery? {
        guard let attributed = subRequest.upstream as? AttributedUpstream,
            let index = query.conditions.firstIndex(where: { $0.name == "q" })
        else { return query }
        guard let text = attributed.text(for: query.conditions[index].value, tenant: subRequest.tenant) else {
            return nil
        }
        var query = query
        query.conditions[index].value = text
        return query
    }

    private static func json(_ explanation: QueryExplanation) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(explanation))
    }
}
