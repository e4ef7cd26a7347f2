import HTTPTransport
import Synchronization
import TempoAPI
import TenantFederation

/// A target of `federation.proxy_targets`: a Tempo, or anything that speaks its query API, behind HTTP.
final class HTTPUpstream: Upstream {
    let name: String
    let capabilities = UpstreamCapabilities(hasMetricPartials: false)
    let exchange: TargetExchange

    /// Set while the target is known to lack `/api/v2/traces`. Until the instant it is asked on v1 only; then tried again.
    private let firstVersionUntil = Mutex<ContinuousClock.Instant?>(nil)
    private static let firstVersionMemory = Duration.seconds(600)

    init(exchange: TargetExchange) {
        name = exchange.target.name
        self.exchange = exchange
    }

    func trace(_ lookup: TraceLookup, _ context: SubRequestContext) -> PartialAnswers<TraceAnswer> {
        PartialAnswers(single: { try await self.lookUp(lookup, context) })
    }

    func search(_ query: SearchQuery, _ context: SubRequestContext) -> PartialAnswers<SearchResponse> {
        message(path: "/api/search", parameters: Self.parameters(of: query), operation: .search, context)
    }

    static func parameters(of query: SearchQuery) -> [QueryParameter] {
        query.conditions + rangeParameters(query.start, query.end) + [
            QueryParameter("limit", String(query.limit)), QueryParameter("spss", String(query.spansPerSpanSet)),
        ]
    }

    func tagNames(_ query: TagNamesQuery, _ context: SubRequestContext) -> PartialAnswers<SearchTagsResponse> {
        message(path: "/api/search/tags", parameters: query.withRange, operation: .metadata, context)
    }

    func scopedTagNames(_ query: TagNamesQuery, _ context: SubRequestContext) -> PartialAnswers<SearchTagsV2Response> {
        message(path: "/api/v2/search/tags", parameters: query.withRange, operation: .metadata, context)
    }

    func tagValues(_ query: TagValuesQuery, _ context: SubRequestContext) -> PartialAnswers<SearchTagValuesResponse> {
        let path = "/api/search/tag/" + PathSegment.escape(query.tagName) + "/values"
        return message(path: path, parameters: query.withRange, operation: .metadata, context)
    }

    func typedTagValues(
        _ query: TagValuesQuery, _ context: SubRequestContext
    ) -> PartialAnswers<SearchTagValuesV2Response> {
        let path = "/api/v2/search/tag/" + PathSegment.escape(query.tagName) + "/values"
        return message(path: path, parameters: query.withRange, operation: .metadata, context)
    }

    func metricsSeries(_ query: SeriesQuery, _ context: SubRequestContext) -> PartialAnswers<QueryRangeResponse> {
        guard query.isInstant else {
            return message(
                path: query.path, parameters: query.urlParameters, operation: .metrics,
                accept: "application/json", context)
        }
        return PartialAnswers(single: {
            let result = try await self.exchange.send(
                path: query.path, parameters: query.urlParameters, accept: "application/json", operation: .metrics,
                context)
            guard result.status == 200 else { throw self.exchange.error(for: result, context) }
            let answer = try await self.exchange.decode(QueryInstantResponse.self, from: result, context)
            return QueryRangeResponse(answer, timestampMs: query.end / 1_000_000)
        })
    }

    // MARK: Lookup

    /// Asks `/api/v2/traces`, which says when a trace was cut; a target without that path is asked on `/api/traces`.
    private func lookUp(_ lookup: TraceLookup, _ context: SubRequestContext) async throws -> TraceAnswer {
        let knowsFirstOnly = isFirstVersionOnly
        if !knowsFirstOnly {
            let result = try await exchange.send(
                path: "/api/v2/traces/" + lookup.traceID, parameters: lookup.parameters, operation: .traces, context)
            switch result.status {
            case 200: return .response(try exchange.protobufBody(of: result, context))
            case 404 where result.body.isEmpty: return .notFound
            case 404 where result.saysPageNotFound: break
            default: throw exchange.error(for: result, context)
            }
        }
        let result = try await exchange.send(
            path: "/api/traces/" + lookup.traceID, parameters: lookup.parameters, operation: .traces, context)
        // Only a target that serves the old path is an old one; a gateway that serves neither may be mended any moment.
        switch result.status {
        case 200:
            if !knowsFirstOnly { rememberFirstVersion() }
            return .trace(try exchange.protobufBody(of: result, context))
        case 404 where result.body.isEmpty:
            if !knowsFirstOnly { rememberFirstVersion() }
            return .notFound
        default: throw exchange.error(for: result, context)
        }
    }

    private var isFirstVersionOnly: Bool {
        firstVersionUntil.withLock { until in
            guard let instant = until else { return false }
            if ContinuousClock.now < instant { return true }
            until = nil
            return false
        }
    }

    private func rememberFirstVersion() {
        firstVersionUntil.withLock { $0 = .now + Self.firstVersionMemory }
    }

    // MARK: Messages

    private func message<Message: WireMessage>(
        path: String, parameters: [QueryParameter], operation: Operation, accept: String = "application/protobuf",
        _ context: SubRequestContext
    ) -> PartialAnswers<Message> {
        PartialAnswers(single: {
            let result = try await self.exchange.send(
                path: path, parameters: parameters, accept: accept, operation: operation, context)
            guard result.status == 200 else { throw self.exchange.error(for: result, context) }
            return try await self.exchange.decode(Message.self, from: result, context)
        })
    }
}

extension TagNamesQuery {
    fileprivate var withRange: [QueryParameter] { parameters + rangeParameters(start, end) }
}

extension TagValuesQuery {
    fileprivate var withRange: [QueryParameter] { parameters + rangeParameters(start, end) }
}

private func rangeParameters(_ start: UInt32, _ end: UInt32) -> [QueryParameter] {
    [QueryParameter("start", String(start)), QueryParameter("end", String(end))]
}
