import HTTPTransport
import TempoAPI
import TenantFederation
import TraceQL

/// `GET /api/traces/{id}` and `/api/v2/traces/{id}`: the spans of all tenants, merged by copying byte ranges.
extension FrontendService {
    func trace(_ scope: inout QueryScope, id: String, version: APIVersion) async throws -> HTTPResponse {
        let parameters = try TraceByIDParameters.parse(
            version: version, id: id, query: scope.query, limits: searchLimits, checks: textChecks)
        try checkURL(scope)
        // Pruning is not done here; one target of one tenant can do it by itself.
        if cutsSpans(scope, version: version) { return try await passThrough(&scope) }
        let cut = try cut(parameters)
        let plan = try planQuery(&scope)
        // One Tempo filters by itself, and sends less.
        let showsMetadata = version == .v2 && parameters.federationMetadata
        if cut != nil, plan.isSingle, !showsMetadata, isProxyTarget(plan.subRequests[0]) {
            return try await forward(&scope, plan.subRequests[0])
        }

        let limit = strictestLimit(\.maxBytesPerTrace, scope.tenants)
        let options = TraceCombiner.Options(
            maxBytes: limit?.value ?? 0, clockSkew: configuration.federation.clockSkewCorrection.options)
        let combiner = FoldState(TraceCombiner(options: options))
        let lookup = TraceLookup(
            traceID: parameters.id.hex,
            parameters: parameters.original.items.compactMap { item in
                let name = String(decoding: item.name, as: UTF8.self)
                guard Self.lookupParameters.contains(name) else { return nil }
                return QueryParameter(name, String(decoding: item.value, as: UTF8.self))
            })
        let holders = FoldState(Set<Int>())
        try await federate(&scope, plan: plan) { subRequest, context in
            subRequest.upstream.trace(lookup, context)
        } fold: { answer, subRequest in
            if try await Self.foldPart(answer, from: subRequest, into: combiner) {
                holders.update { _ = $0.insert(subRequest.origin.targetRank) }
            }
        }
        scope.traceHolders = holders.value

        let size = scope.outcomes.reduce(0) { $0 + $1.receivedBytes }
        var merged = await OffLoop.run(cost: size) {
            var whole = combiner.take(TraceCombiner())
            return whole.finish()
        }
        scope.inspectedBytes = merged.metrics.inspectedBytes
        scope.duplicateSpans = merged.duplicateSpans
        // A tenant that failed is missing from the trace, and the message of v2 has a place to say so.
        for reason in scope.mark.reasons { merged.markPartial(reason) }
        noteClocks(merged.clockSkew, &scope)
        let owner = limit.map { limitOwner("max_bytes_per_trace", tenant: $0.tenant, scope) } ?? ""
        if let text = merged.tooLargeText {
            if version == .v1 { throw APIError(status: 422, message: text + owner) }
            scope.mark.note(.partial, "trace exceeds its maximum size\(owner)")
        }
        for part in merged.partialReasons {
            guard let subRequest = plan.subRequests.first(where: { $0.origin == part.origin }) else { continue }
            scope.mark.note(.partial, "\(subRequest.label) gave a part: \(part.message.prefix(128))")
        }
        if version == .v1, !merged.isFound {
            return HTTPResponse(APIError(status: 404, message: "", shape: .empty), isQuery: true)
        }
        if let cut { merged = try await Self.apply(cut, to: merged) }
        scope.totalSpans = merged.spanCount
        return try await response(merged, version: version, scope, metadata: showsMetadata)
    }

    private func isProxyTarget(_ subRequest: SubRequest) -> Bool {
        exchanges.contains { $0.target.name == subRequest.upstream.name }
    }

    /// What the filter of a v2 lookup leaves of the trace. Compiled before anything is asked.
    private func cut(_ parameters: TraceByIDParameters) throws -> TraceCut? {
        guard let filter = parameters.filter else { return nil }
        do throws(TraceFilter.Failure) {
            return try TraceCut(filter, traceID: parameters.id.bytes, limits: parseLimits)
        } catch {
            throw APIError(status: 400, message: "invalid TraceQL filter: \(error)")
        }
    }

    private static func apply(_ cut: TraceCut, to merged: MergedTrace) async throws -> MergedTrace {
        switch await OffLoop.run(cost: merged.protobufSize, { cut.apply(to: merged) }) {
        case .success(let merged): return merged
        case .failure(let error):
            throw APIError(status: 502, message: "a target gave a trace that cannot be read: \(error.message)")
        }
    }

    /// Most protobuf bytes of a trace that is decoded whole for the simplified form.
    private static let maxSimplifiedTraceBytes = 16 * 1024 * 1024

    private static let lookupParameters: Set<String> = ["mode", "start", "end", "blockStart", "blockEnd"]

    /// Span pruning changes the trace and is the target's to do. Without the key the parameters are not even read.
    private func cutsSpans(_ scope: QueryScope, version: APIVersion) -> Bool {
        version == .v2 && configuration.queryFrontend.traceByID.spanPruningEnabled
            && scope.query.value("span_pruning") != nil
    }

    /// Scanning a part costs with its size, so a large one leaves the event loop.
    static func fold(
        _ answer: TraceAnswer, from subRequest: SubRequest, into combiner: FoldState<TraceCombiner>
    ) async throws {
        _ = try await foldPart(answer, from: subRequest, into: combiner)
    }

    /// The same.
    /// - Returns: whether the part holds anything of the trace.
    private static func foldPart(
        _ answer: TraceAnswer, from subRequest: SubRequest, into combiner: FoldState<TraceCombiner>
    ) async throws -> Bool {
        let bytes: [UInt8]
        let shape: TraceCombiner.PartShape
        switch answer {
        case .notFound: return false
        case .response(let body): (bytes, shape) = (body, .response)
        case .trace(let body): (bytes, shape) = (body, .trace)
        }
        let origin = subRequest.origin
        return try await OffLoop.run(cost: bytes.count) { () throws(UpstreamError) -> Bool in
            do throws(TracePartError) {
                // The scan, which takes long, is done before the combiner is touched.
                let part = try TraceCombiner.scan(bytes, shape: shape, from: origin)
                try combiner.update { state throws(TracePartError) in try state.fold(part) }
                return part.holdsSpans
            } catch {
                throw UpstreamError(
                    .malformedAnswer, message: error.message, target: subRequest.upstream.name,
                    tenant: subRequest.tenant)
            }
        }
    }

    private func response(
        _ merged: MergedTrace, version: APIVersion, _ scope: QueryScope, metadata: Bool
    ) async throws -> HTTPResponse {
        let members = metadata ? Array(scope.instances.metricsMembers.utf8) : []
        let end = answerEnd(scope)
        switch (version, scope.format) {
        case (.v1, .protobuf): return stream(merged.protobufTrace(), "application/protobuf", end)
        case (.v2, .protobuf): return stream(merged.protobufResponse(), "application/protobuf", end)
        case (.v2, .llm): return try await simplified(merged)
        case (_, .json): return stream(try await json(merged, version, members), "application/json", end)
        case (.v1, .llm): return stream(try await json(merged, version, members), "application/vnd.grafana.llm", end)
        }
    }

    /// The server's write timeout bounds a whole answer, however small the steps in which a client takes it.
    private func answerEnd(_ scope: QueryScope) -> ContinuousClock.Instant {
        let timeout = configuration.server.httpServerWriteTimeout
        return scope.started + (timeout > .zero ? timeout : .seconds(86_400))
    }

    /// The form for language models is small by nature and made from the decoded trace.
    private func simplified(_ merged: MergedTrace) async throws -> HTTPResponse {
        let limit = Self.maxSimplifiedTraceBytes
        guard merged.protobufSize <= limit else {
            throw APIError(
                status: 422, message: "the trace is larger than \(limit) bytes, the most of the simplified form")
        }
        let body = await OffLoop.run(cost: merged.protobufSize) { Self.simplifiedBody(merged) }
        guard let body else {
            throw APIError(status: 502, message: "a target gave a trace that cannot be read")
        }
        return HTTPResponse(query: .bytes(body), contentType: "application/vnd.grafana.llm+json")
    }

    /// nil: a part is malformed below what merging looks at.
    private static func simplifiedBody(_ merged: MergedTrace) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(merged.protobufSize)
        for chunk in merged.protobufResponse() { bytes += chunk }
        guard let response = try? TraceByIDResponse.decode(protobuf: bytes) else { return nil }
        var output: [UInt8] = []
        response.appendLLMJSON(to: &output)
        return output
    }

    /// A part that is malformed below what merging looks at shows before the first byte is sent.
    private func json(
        _ merged: MergedTrace, _ version: APIVersion, _ members: [UInt8]
    ) async throws -> TraceJSONChunks {
        let chunks = await OffLoop.run(cost: merged.protobufSize) { Self.jsonChunks(merged, version, members) }
        switch chunks {
        case .success(let chunks): return chunks
        case .failure(let error):
            let target = targets[error.origin.targetRank].upstream.name
            throw QueryFailure(
                error: StatusTranslation.response(
                    for: UpstreamError(.malformedAnswer, message: error.message, target: target),
                    targetCount: targets.count, sentCallersAuthorization: false))
        }
    }

    private static func jsonChunks(
        _ merged: MergedTrace, _ version: APIVersion, _ members: [UInt8]
    ) -> Result<TraceJSONChunks, TracePartError> {
        do throws(TracePartError) {
            return .success(version == .v1 ? try merged.jsonTrace() : try merged.jsonResponse(addingToMetrics: members))
        } catch {
            return .failure(error)
        }
    }

    /// Writes chunk after chunk, each made only when the client has taken the one before.
    private func stream(
        _ chunks: TraceChunks, _ contentType: String, _ end: ContinuousClock.Instant
    ) -> HTTPResponse {
        HTTPResponse(
            query: .stream(length: chunks.byteCount) { writer in
                var chunks = chunks
                while let chunk = chunks.next() {
                    try AnswerTooSlow.check(end)
                    try await writer.write(chunk)
                }
            }, contentType: contentType)
    }

    private func stream(
        _ chunks: TraceJSONChunks, _ contentType: String, _ end: ContinuousClock.Instant
    ) -> HTTPResponse {
        HTTPResponse(
            query: .stream(length: nil) { writer in
                var chunks = chunks
                while let chunk = try chunks.next() {
                    try AnswerTooSlow.check(end)
                    try await writer.write(chunk)
                }
            }, contentType: contentType)
    }
}

/// The client takes its answer so slowly that the write timeout has passed; the connection is cut off.
private struct AnswerTooSlow: Error {
    static func check(_ end: ContinuousClock.Instant) throws {
        if ContinuousClock.now > end { throw AnswerTooSlow() }
    }
}
