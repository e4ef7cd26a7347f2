package import TempoAPI
import TraceQL

extension TraceStore {
    /// The traces of a tenant that match: the newest `limit` of them, newest first, ties by trace id. A trace is in the window when it
    /// starts no later than its end and ends no earlier than its start; its spans in head and segments count as one trace. (One that was
    /// sent in pieces of which some end before a window and the others begin after it is not found in that window.) The name of an
    /// unknown root is empty.
    /// - Throws: ``StoreQueryError``; `CancellationError`.
    package func search(_ request: StoreSearchRequest, tenant: String) throws -> SearchResponse {
        guard let snapshot = snapshot(tenant: tenant) else { return SearchResponse(metrics: SearchMetrics()) }
        switch request.conditions {
        case .query(let query): return try search(query, request, snapshot)
        case .tags(let tags): return try TagSearch(tags, request, snapshot).run()
        }
    }

    private func search(
        _ query: Query, _ request: StoreSearchRequest, _ snapshot: TenantSnapshot
    ) throws -> SearchResponse {
        let evaluation = try TraceEvaluation(query, snapshot, window: request.window)
        let answer = SearchAnswer(
            evaluator: evaluation.evaluator, strings: evaluation.strings, spansPerSpanSet: request.spansPerSpanSet)
        var newest = NewestTraces(limit: request.limit)
        let metrics = try evaluation.run(unless: { newest.refuses(start: $0) }) { id, table, _, spansets, state in
            var trace = answer.header(TraceSummary(table), id, withServices: true)
            if newest.refuses(start: trace.startTimeUnixNano) { return }
            trace.spanSets = answer.spanSets(spansets, table, &state)
            trace.spanSet = trace.spanSets.first
            newest.insert(trace, id)
        }
        return SearchResponse(traces: newest.sorted(), metrics: metrics)
    }
}
