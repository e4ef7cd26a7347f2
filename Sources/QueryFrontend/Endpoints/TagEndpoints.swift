import HTTPTransport
import TempoAPI
import TenantFederation
import TraceQL

/// The four endpoints of tag names and tag values: unions over the tenants, sorted, then cut by the limits.
extension FrontendService {
    func tagNames(_ scope: inout QueryScope) async throws -> HTTPResponse {
        let (plan, query, parameters) = try planTagNames(&scope, version: .v1)
        let (limits, owner) = tagLimits(scope, count: parameters.limit)
        return try await list(&scope, plan, TagNamesCombiner(limits: limits), owner) { subRequest, context in
            subRequest.upstream.tagNames(query, context)
        }
    }

    func scopedTagNames(_ scope: inout QueryScope) async throws -> HTTPResponse {
        let (plan, query, parameters) = try planTagNames(&scope, version: .v2)
        noteTenantLocal(filter: parameters.query, tag: nil, &scope.mark)
        let (limits, owner) = tagLimits(scope, count: parameters.limit)
        return try await list(&scope, plan, ScopedTagsCombiner(limits: limits), owner) { subRequest, context in
            subRequest.upstream.scopedTagNames(query, context)
        }
    }

    func tagValues(_ scope: inout QueryScope, tag: String) async throws -> HTTPResponse {
        let (plan, query, parameters) = try planTagValues(&scope, tag: tag, version: .v1)
        let (limits, owner) = tagLimits(scope, count: parameters.limit)
        let combiner = TagValuesCombiner(
            limits: limits, emptyMeansUnknown: IntrinsicTags.emptyMeansUnknown(tag: tag))
        return try await list(&scope, plan, combiner, owner) { subRequest, context in
            subRequest.upstream.tagValues(query, context)
        }
    }

    func typedTagValues(_ scope: inout QueryScope, tag: String) async throws -> HTTPResponse {
        let (plan, query, parameters) = try planTagValues(&scope, tag: tag, version: .v2)
        noteTenantLocal(filter: parameters.query, tag: tag, &scope.mark)
        let (limits, owner) = tagLimits(scope, count: parameters.limit)
        let combiner = TypedTagValuesCombiner(
            limits: limits, emptyMeansUnknown: IntrinsicTags.emptyMeansUnknown(tag: tag))
        return try await list(&scope, plan, combiner, owner) { subRequest, context in
            subRequest.upstream.typedTagValues(query, context)
        }
    }

    /// Asks, folds, answers; a list that was cut is still a 200 in Tempo's shape, and the header says that it was cut.
    private func list<C: ListCombiner>(
        _ scope: inout QueryScope, _ plan: QueryPlan, _ combiner: C, _ limitOwner: String,
        ask: @escaping @Sendable (SubRequest, SubRequestContext) -> PartialAnswers<C.Answer>
    ) async throws -> HTTPResponse {
        let state = FoldState(combiner)
        try await federate(&scope, plan: plan, ask: ask) { part, subRequest in
            state.update { $0.fold(part, from: subRequest.origin) }
        }
        let size = scope.outcomes.reduce(0) { $0 + $1.receivedBytes }
        let (answer, cut) = await OffLoop.run(cost: size) { state.value.finish() }
        if let cut {
            scope.mark.note(.partial, cut.reason + (cut.isByBytes ? limitOwner : ""))
            metrics.partialResponses.with(scope.operation.rawValue, "limit").increment()
        }
        scope.inspectedBytes = answer.inspectedBytes
        return try await respond(with: answer, scope)
    }

    /// Says what of a filter, or of the spans that pass it, is another matter in each tenant's part of a trace.
    private func noteTenantLocal(filter text: String?, tag: String?, _ mark: inout FederationMark) {
        // A text with too many groups was refused before.
        guard let text, let filter = try? TagFilter.parse(text, limits: parseLimits) else { return }
        let attribute = tag.flatMap { try? Identifier.parse($0, limits: parseLimits) }
        for reason in filter.federationClass(askingFor: attribute).reasons {
            mark.note(.tenantLocal, "evaluated inside each tenant: \(reason)")
        }
    }

    private func tagLimits(_ scope: QueryScope, count: UInt32) -> (TagLimits, owner: String) {
        let bytes = strictestLimit(\.maxBytesPerTagValuesQuery, scope.tenants)
        let limits = TagLimits(maxBytes: bytes?.value ?? 0, maxCount: Int(count))
        return (limits, bytes.map { scope.tenants.count > 1 ? " of tenant \($0.tenant)" : "" } ?? "")
    }
}

extension TagCut {
    fileprivate var isByBytes: Bool {
        if case .bytes = self { true } else { false }
    }
}

extension WireMessage {
    /// What the message says of the bytes that were read for it.
    fileprivate var inspectedBytes: UInt64 {
        switch self {
        case let tags as SearchTagsResponse: tags.metrics?.inspectedBytes ?? 0
        case let tags as SearchTagsV2Response: tags.metrics?.inspectedBytes ?? 0
        case let values as SearchTagValuesResponse: values.metrics?.inspectedBytes ?? 0
        case let values as SearchTagValuesV2Response: values.metrics?.inspectedBytes ?? 0
        default: 0
        }
    }
}
