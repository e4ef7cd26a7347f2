import TempoAPI
import TenantFederation
import TraceQL
import TraceStore

/// The embedded store as what answers for one tenant at a time.
///
/// Questions are blocking work: they are answered on the store's own threads, as many at once as the machine has cores.
final class StoreUpstream: Upstream {
    let name = EmbeddedStore.name
    let capabilities = UpstreamCapabilities(hasMetricPartials: true, answersNewest: true)
    let state = TargetState()
    private let store: EmbeddedStore
    private let overrides: OverridesStore
    private let parseLimits: ParseLimits
    private let clock: any WallClock
    private let metrics: TargetMetrics

    init(
        _ store: EmbeddedStore, overrides: OverridesStore, parseLimits: ParseLimits, clock: any WallClock,
        metrics: FrontendMetrics
    ) {
        self.store = store
        self.overrides = overrides
        self.parseLimits = parseLimits
        self.clock = clock
        self.metrics = TargetMetrics(name: EmbeddedStore.name, metrics: metrics)
    }

    func trace(_ lookup: TraceLookup, _ context: SubRequestContext) -> PartialAnswers<TraceAnswer> {
        // So that nothing is put together that the budget refuses afterwards.
        let maxBytes = context.budget.limit > 0 ? context.budget.limit : Int.max
        return answer(.traces, context, size: \.byteCount) { store, tenant in
            let found = try store.trace(
                lookup.idBytes, tenant: tenant, start: lookup.nanoseconds("start"), end: lookup.nanoseconds("end"),
                maxBytes: maxBytes)
            return found.map { .trace($0) } ?? .notFound
        }
    }

    func search(_ query: SearchQuery, _ context: SubRequestContext) -> PartialAnswers<SearchResponse> {
        let limits = parseLimits
        return answer(.search, context, size: \.protobufSize) { store, tenant in
            try store.search(StoreSearchRequest(query, limits: limits), tenant: tenant)
        }
    }

    func tagNames(_ query: TagNamesQuery, _ context: SubRequestContext) -> PartialAnswers<SearchTagsResponse> {
        let maxBytes = maxTagBytes(context)
        return answer(.metadata, context, size: \.protobufSize) { store, tenant in
            let request = StoreTagsRequest(query, hasFilter: false, maxBytes: maxBytes)
            return SearchTagsResponse(try store.tagNames(request, tenant: tenant), scope: request.scope)
        }
    }

    func scopedTagNames(_ query: TagNamesQuery, _ context: SubRequestContext) -> PartialAnswers<SearchTagsV2Response> {
        let maxBytes = maxTagBytes(context)
        return answer(.metadata, context, size: \.protobufSize) { store, tenant in
            try store.tagNames(StoreTagsRequest(query, hasFilter: true, maxBytes: maxBytes), tenant: tenant)
        }
    }

    func tagValues(_ query: TagValuesQuery, _ context: SubRequestContext) -> PartialAnswers<SearchTagValuesResponse> {
        let maxBytes = maxTagBytes(context)
        return answer(.metadata, context, size: \.protobufSize) { store, tenant in
            let request = StoreTagValuesRequest(
                query, name: .legacy(query.tagName), hasFilter: false, maxBytes: maxBytes)
            return SearchTagValuesResponse(try store.tagValues(request, tenant: tenant))
        }
    }

    func typedTagValues(
        _ query: TagValuesQuery, _ context: SubRequestContext
    ) -> PartialAnswers<SearchTagValuesV2Response> {
        let maxBytes = maxTagBytes(context)
        let limits = parseLimits
        return answer(.metadata, context, size: \.protobufSize) { store, tenant in
            let attribute = try Identifier.parse(query.tagName, limits: limits)
            let request = StoreTagValuesRequest(
                query, name: .attribute(attribute), hasFilter: true, maxBytes: maxBytes)
            return try store.tagValues(request, tenant: tenant)
        }
    }

    func metricsPartials(
        _ query: PartialSeriesQuery, _ context: SubRequestContext
    ) -> PartialAnswers<PartialSeries> {
        answer(.metrics, context, size: \.byteCount) { store, tenant in
            let metrics = try MetricsQuery(query.query, range: query.range, exemplarLimit: Int(query.exemplars))
            let gathered = try store.metrics(metrics, tenant: tenant)
            let state = gathered.partials.leaves.first
            return PartialSeries(
                state.map { .state($0) } ?? .series([]), isCut: gathered.partials.isCut, metrics: gathered.metrics)
        }
    }

    // MARK: Answering

    /// Twice what an answer may have: the combiner cuts, and sees that something was cut.
    private func maxTagBytes(_ context: SubRequestContext) -> Int {
        let limit = overrides.limits(for: Self.tenant(context)).maxBytesPerTagValuesQuery
        return limit > 0 ? limit.multipliedReportingOverflow(by: 2).partialValue : 0
    }

    private static func tenant(_ context: SubRequestContext) -> String {
        context.tenant ?? TenantID.singleTenant.name
    }

    /// - Parameter size: bytes of an answer, which count against the query's budget.
    private func answer<Part: Sendable>(
        _ operation: Operation, _ context: SubRequestContext, size: @escaping @Sendable (Part) -> Int,
        _ ask: @escaping @Sendable (TraceStore, String) throws -> Part
    ) -> PartialAnswers<Part> {
        PartialAnswers(single: { try await self.answerNow(operation, context, size: size, ask) })
    }

    private func answerNow<Part: Sendable>(
        _ operation: Operation, _ context: SubRequestContext, size: @escaping @Sendable (Part) -> Int,
        _ ask: @escaping @Sendable (TraceStore, String) throws -> Part
    ) async throws -> Part {
        context.account.addAttempt()
        let started = ContinuousClock.now
        state.began()
        metrics.began()
        do {
            guard let open = store.store else { throw failure(.status(503), "the store is starting", context) }
            let tenant = Self.tenant(context)
            let (part, bytes) = try await store.workers.run(until: context.deadline) {
                let part = try ask(open, tenant)
                return (part, size(part))
            }
            guard context.budget.take(bytes) else { throw answerTooLarge(context) }
            context.account.addReceivedBytes(bytes)
            finish(started, operation, status: "200", error: nil)
            return part
        } catch {
            if error is CancellationError || Task.isCancelled {
                finish(started, operation, status: "canceled", error: nil)
                throw CancellationError()
            }
            let failure = upstreamError(for: error, context)
            finish(started, operation, status: failure.statusLabel, error: failure)
            throw failure
        }
    }

    private func answerTooLarge(_ context: SubRequestContext) -> UpstreamError {
        failure(
            .answerTooLarge,
            "the answers of this query are larger than \(context.budget.limit) bytes "
                + "(federation.query_max_response_bytes)", context)
    }

    private func failure(
        _ code: UpstreamError.Code, _ message: String, _ context: SubRequestContext
    ) -> UpstreamError {
        UpstreamError(code, message: message, target: name, tenant: context.tenant)
    }

    private func upstreamError(for error: any Error, _ context: SubRequestContext) -> UpstreamError {
        switch error {
        case let error as UpstreamError: error
        case is TraceTooLarge: answerTooLarge(context)
        case is DeadlinePassed: failure(.timeout, "the store did not answer in time", context)
        case is WorkGate.Full: failure(.status(429), "too many questions wait for the store", context)
        case let error as StoreQueryError:
            failure(.status(error.kind == .badRequest ? 400 : 500), error.description, context)
        case is MetricsQuery.NotMetrics, is ParseError, is Identifier.Failure, is GrammarError:
            failure(.status(400), "\(error)", context)
        default: failure(.status(500), "\(error)", context)
        }
    }

    private func finish(
        _ started: ContinuousClock.Instant, _ operation: Operation, status: String, error: UpstreamError?
    ) {
        let elapsed = ContinuousClock.now - started
        let isFault = error.map { $0.code != .status(400) } ?? false
        state.ended(
            elapsed: elapsed, error: isFault ? error?.shortReason : nil, kind: error?.shortReason,
            isReachable: status == "200" ? true : nil,
            unixSeconds: clock.unixNanoseconds / 1_000_000_000)
        metrics.ended(operation, status: status, elapsed: elapsed, retries: 0)
    }
}

extension PartialSeries {
    /// About what it holds: numbers of 8 bytes, and labels.
    fileprivate var byteCount: Int {
        switch content {
        case .state(let state): state.seriesCount * (100 + 8 * state.range.count)
        case .series(let series): series.count * 100
        }
    }
}
