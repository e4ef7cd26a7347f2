import Foundation
import HTTPTransport

/// `/status/upstreams` and `/api/status/instances`: how the targets fare.
extension FrontendService {
    /// - Parameter isInstances: the list as a federated querier gives it, JSON unless something else is asked for.
    func upstreamsPage(_ request: HTTPServerRequest, _ query: QueryItems, isInstances: Bool) -> HTTPResponse {
        let format: StatusPageFormat
        do throws(APIError) {
            format = try StatusPageFormat(
                name: query.text("format"), accept: request.fields["Accept"], usual: isInstances ? .json : .text)
        } catch {
            return HTTPResponse(error, isQuery: false)
        }
        let statuses = upstreamStatuses
        var response: HTTPResponse
        switch format {
        case .text: response = HTTPResponse(text: Self.text(statuses), contentType: "text/plain")
        case .html:
            response = HTTPResponse(text: UpstreamsHTML.page(statuses), contentType: "text/html; charset=utf-8")
            response.fields.append("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        case .json:
            let body = isInstances ? Self.json(Instances(statuses)) : Self.json(Upstreams(upstreams: statuses))
            response = HTTPResponse(text: body + "\n", contentType: "application/json")
        }
        response.fields.append("Vary", "Accept")
        response.fields.append("Cache-Control", "no-store")
        response.fields.append("X-Content-Type-Options", "nosniff")
        return response
    }

    /// Targets in the order of the configuration, or the store.
    var upstreamStatuses: [UpstreamStatus] {
        exchanges.map { UpstreamStatus($0) }
            + (storeUpstream.map { [UpstreamStatus(name: $0.name, url: configuration.storage.path, $0.state.snapshot)] }
                ?? [])
    }

    var upstreamsText: String { Self.text(upstreamStatuses) }

    private static func text(_ statuses: [UpstreamStatus]) -> String {
        TextTable.render(
            header: [
                "name", "url", "reachable", "in flight", "requests", "failures", "mean latency", "last answer",
                "last error", "circuit", "p50 ms", "p95 ms", "p99 ms", "version", "clock skew ms",
            ],
            rows: statuses.map { status in
                let reachable = ["reachable": "yes", "unreachable": "no"][status.state] ?? "not asked yet"
                let latency = status.latency
                return [
                    status.name, status.url, reachable, "\(status.inFlight)", "\(status.requests)",
                    "\(status.failures)", status.meanLatency, status.lastAnswer ?? "-",
                    status.lastError.map { "\($0.at) \($0.text)" } ?? "-", status.circuit,
                    latency.map { "\($0.p50)" } ?? "-", latency.map { "\($0.p95)" } ?? "-",
                    latency.map { "\($0.p99)" } ?? "-", status.version ?? "-",
                    status.clockSkewMs.map { "\($0)" } ?? "-",
                ]
            })
    }

    private struct Upstreams: Encodable {
        var upstreams: [UpstreamStatus]
    }

    /// The targets under the names that the configuration of a federated querier has for them: `org_id`, `endpoint`.
    private struct Instances: Encodable {
        struct Instance: Encodable {
            var name: String
            var endpoint: String
            var orgId: String
            var timeout: String
            var healthy: Bool
            var state: String
            var circuit: String
            var version: String?
            var lastError: String?
            var lastAnswer: String?
        }

        var instances: [Instance]
        var total: Int
        var healthy: Int

        init(_ statuses: [UpstreamStatus]) {
            instances = statuses.map { status in
                Instance(
                    name: status.name, endpoint: status.url, orgId: status.tenant, timeout: status.timeout,
                    healthy: status.state != "unreachable" && status.circuit == CircuitBreaker.State.closed.rawValue,
                    state: status.state, circuit: status.circuit, version: status.version,
                    lastError: status.lastError?.text, lastAnswer: status.lastAnswer)
            }
            total = instances.count
            healthy = instances.count { $0.healthy }
        }
    }

    private static func json<Value: Encodable>(_ value: Value) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        // Texts and finite numbers: there is nothing that could not be encoded.
        guard let bytes = try? encoder.encode(value) else { return "{}" }
        return String(decoding: bytes, as: UTF8.self)
    }
}
