package import TempoAPI

extension TraceStore {
    /// The names of attributes that a tenant's spans have: scopes in a fixed order, names sorted by their bytes and cut there. A scope
    /// without names is left out; `intrinsic` comes last and is there for the scopes `none` and `intrinsic`.
    /// - Throws: ``StoreQueryError``; `CancellationError`.
    package func tagNames(_ request: StoreTagsRequest, tenant: String) throws -> SearchTagsV2Response {
        var response = SearchTagsV2Response(metrics: MetadataMetrics())
        var budget = request.maxBytes > 0 ? request.maxBytes : .max
        if request.scope == .none || request.scope == .intrinsic {
            let names = Self.fitting(IntrinsicTagNames.sorted, &budget)
            if !names.isEmpty { response.scopes.append(SearchTagsV2Scope(name: "intrinsic", tags: names)) }
        }
        var levels: ViewUsage.Levels = []
        for (scope, level, _) in Self.attributeScopes where request.scope == scope || request.scope == .none {
            levels.insert(level)
        }
        guard !levels.isEmpty, let snapshot = snapshot(tenant: tenant) else { return response }
        let usage = try FilteredUsage(snapshot, levels, filter: request.filter, window: request.window)
        response.metrics?.inspectedBytes = usage.inspectedBytes
        var scopes: [SearchTagsV2Scope] = []
        for (scope, level, pairs) in Self.attributeScopes where levels.contains(level) {
            var names: Set<[UInt8]> = []
            for (view, used) in zip(snapshot.views, usage.views) {
                try Task.checkCancellation()
                var keys = BitSet(capacity: view.columns.strings.count)
                pairs(used).forEach { keys.insert(Int(view.columns.pairKey[$0])) }
                keys.forEach { names.insert(Array(view.columns.bytes(UInt32(truncatingIfNeeded: $0)))) }
            }
            var sorted = names.sorted { $0.lexicographicallyPrecedes($1) }
            if request.maxNamesPerScope > 0 { sorted = Array(sorted.prefix(request.maxNamesPerScope)) }
            let fitting = Self.fitting(sorted.map { String(decoding: $0, as: UTF8.self) }, &budget)
            if !fitting.isEmpty { scopes.append(SearchTagsV2Scope(name: scope.rawValue, tags: fitting)) }
        }
        response.scopes = scopes + response.scopes
        return response
    }

    private static let attributeScopes:
        [(scope: StoreTagsRequest.Scope, level: ViewUsage.Levels, pairs: @Sendable (ViewUsage) -> BitSet)] = [
            (.span, .span, { $0.spanPairs }), (.resource, .resource, { $0.resourcePairs }),
            (.event, .event, { $0.eventPairs }), (.link, .link, { $0.linkPairs }),
            (.instrumentation, .scope, { $0.scopePairs }),
        ]

    /// The names until the budget is used up.
    private static func fitting(_ names: [String], _ budget: inout Int) -> [String] {
        var kept: [String] = []
        for name in names {
            guard name.utf8.count <= budget else {
                budget = 0
                break
            }
            budget -= name.utf8.count
            kept.append(name)
        }
        return kept
    }
}
