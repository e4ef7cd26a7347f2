import HTTPTransport
import TempoAPI
import TenantFederation

/// A target of `federation.proxy_targets`: a Tempo, or anything that speaks its query API, behind HTTP.
final class HTTPUpstream: Upstream {
    let name: String
    let capabilities = UpstreamCapabilities(hasMetricPartials: false)
    let exchange: TargetExchange
    let learned: TargetCapabilities
    /// No other target could answer in its place.
    let isAlone: Bool

    /// - Parameters:
    ///   - isAlone: it is the only target.
    ///   - learned: what is known of the target, shared with nobody.
    init(exchange: TargetExchange, isAlone: Bool, learned: TargetCapabilities) {
        name = exchange.target.name
        self.exchange = exchange
        self.learned = learned
        self.isAlone = isAlone
    }

    func trace(_ lookup: TraceLookup, _ context: SubRequestContext) -> PartialAnswers<TraceAnswer> {
        PartialAnswers(single: { try await self.lookUp(lookup, context) })
    }

    func search(_ query: SearchQuery, _ context: SubRequestContext) -> PartialAnswers<SearchResponse> {
        message(.search, path: "/api/search", parameters: Self.parameters(of: query), operation: .search, context)
    }

    static func parameters(of query: SearchQuery) -> [QueryParameter] {
        query.conditions + rangeParameters(query.start, query.end) + [
            QueryParameter("limit", String(query.limit)), QueryParameter("spss", String(query.spansPerSpanSet)),
        ]
    }

    func tagNames(_ query: TagNamesQuery, _ context: SubRequestContext) -> PartialAnswers<SearchTagsResponse> {
        PartialAnswers(single: { try await self.tagNamesOfFirstVersion(query, context) })
    }

    func tagNamesOfFirstVersion(
        _ query: TagNamesQuery, _ context: SubRequestContext
    ) async throws -> SearchTagsResponse {
        try await one(
            .tags, path: "/api/search/tags", parameters: query.withRange, operation: .metadata, context)
    }

    func scopedTagNames(_ query: TagNamesQuery, _ context: SubRequestContext) -> PartialAnswers<SearchTagsV2Response> {
        PartialAnswers(single: {
            try await self.orOlder(.tagsV2, context) {
                try await self.one(
                    .tagsV2, path: "/api/v2/search/tags", parameters: query.withRange, operation: .metadata, context)
            } older: {
                try await self.scopedNamesOfFirstVersion(query, context)
            }
        })
    }

    func tagValues(_ query: TagValuesQuery, _ context: SubRequestContext) -> PartialAnswers<SearchTagValuesResponse> {
        PartialAnswers(single: { try await self.tagValuesOfFirstVersion(query, context) })
    }

    func tagValuesOfFirstVersion(
        _ query: TagValuesQuery, _ context: SubRequestContext
    ) async throws -> SearchTagValuesResponse {
        try await one(
            .tagValues, path: "/api/search/tag/" + PathSegment.escape(query.tagName) + "/values",
            parameters: query.withRange, operation: .metadata, context)
    }

    func typedTagValues(
        _ query: TagValuesQuery, _ context: SubRequestContext
    ) -> PartialAnswers<SearchTagValuesV2Response> {
        PartialAnswers(single: {
            try await self.orOlder(.tagValuesV2, context) {
                try await self.one(
                    .tagValuesV2, path: "/api/v2/search/tag/" + PathSegment.escape(query.tagName) + "/values",
                    parameters: query.withRange, operation: .metadata, context)
            } older: {
                try await self.typedValuesOfFirstVersion(query, context)
            }
        })
    }

    func metricsSeries(_ query: SeriesQuery, _ context: SubRequestContext) -> PartialAnswers<QueryRangeResponse> {
        guard query.isInstant else {
            return message(
                .queryRange, path: query.path, parameters: query.urlParameters, operation: .metrics,
                accept: "application/json", context)
        }
        return PartialAnswers(single: {
            let answer: QueryInstantResponse = try await self.one(
                .queryInstant, path: query.path, parameters: query.urlParameters, operation: .metrics,
                accept: "application/json", context)
            return QueryRangeResponse(answer, timestampMs: query.end / 1_000_000)
        })
    }

    // MARK: Lookup

    /// Asks `/api/v2/traces`, which says when a trace was cut; a target without that path is asked on `/api/traces`.
    private func lookUp(_ lookup: TraceLookup, _ context: SubRequestContext) async throws -> TraceAnswer {
        let knowsFirstOnly = learned.isLacking(.tracesV2)
        learned.noteUse()
        if !knowsFirstOnly {
            let result = try await exchange.send(
                path: "/api/v2/traces/" + lookup.traceID, parameters: lookup.parameters, operation: .traces, context)
            switch result.status {
            case 200:
                let body = try exchange.protobufBody(of: result, context)
                learned.noteTempo()
                noteMark(of: result, context)
                return .response(body)
            case 404 where result.saysTraceNotFound:
                noteMark(of: result, context)
                return .notFound
            case 404 where result.saysPageNotFound: break
            default: throw exchange.error(for: result, context)
            }
        }
        let result = try await exchange.send(
            path: "/api/traces/" + lookup.traceID, parameters: lookup.parameters, operation: .traces, context)
        // Only a target that serves the old path is an old one; a gateway that serves neither may be mended any moment.
        switch result.status {
        case 200:
            if !knowsFirstOnly { learned.noteLacking(.tracesV2) }
            noteMark(of: result, context)
            return .trace(try exchange.protobufBody(of: result, context))
        case 404 where result.saysTraceNotFound:
            if !knowsFirstOnly { learned.noteLacking(.tracesV2) }
            noteMark(of: result, context)
            return .notFound
        default: throw exchange.error(for: result, context)
        }
    }

    // MARK: Messages

    private func message<Message: WireMessage>(
        _ endpoint: TargetEndpoint, path: String, parameters: [QueryParameter], operation: Operation,
        accept: String = "application/protobuf", _ context: SubRequestContext
    ) -> PartialAnswers<Message> {
        PartialAnswers(single: {
            try await self.one(
                endpoint, path: path, parameters: parameters, operation: operation, accept: accept, context)
        })
    }

    private func one<Message: WireMessage>(
        _ endpoint: TargetEndpoint, path: String, parameters: [QueryParameter], operation: Operation,
        accept: String = "application/protobuf", _ context: SubRequestContext
    ) async throws -> Message {
        let result = try await ask(
            endpoint, path: path, parameters: parameters, accept: accept, operation: operation, context)
        return try await exchange.decode(Message.self, from: result, context)
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
