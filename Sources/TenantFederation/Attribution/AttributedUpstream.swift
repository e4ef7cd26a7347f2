package import TempoAPI
package import TraceQL

/// An upstream whose spans seem to carry the reserved attributes that tell where they are kept.
///
/// A question that speaks of them is rewritten for the tenant that is asked, and the answer completed; one that nothing can
/// match there is not asked at all. All other questions pass.
package struct AttributedUpstream: Upstream {
    private let base: any Upstream
    private let attributes: SourceAttributes
    private let limits: ParseLimits
    private let defaultTenant: String

    /// - Parameter defaultTenant: what the tenant's attribute is where no tenant is sent.
    package init(
        _ base: any Upstream, _ attributes: SourceAttributes, limits: ParseLimits, defaultTenant: String
    ) {
        self.base = base
        self.attributes = attributes
        self.limits = limits
        self.defaultTenant = defaultTenant
    }

    package var name: String { base.name }
    package var capabilities: UpstreamCapabilities { base.capabilities }

    package func trace(_ lookup: TraceLookup, _ context: SubRequestContext) -> PartialAnswers<TraceAnswer> {
        base.trace(lookup, context)
    }

    package func search(_ query: SearchQuery, _ context: SubRequestContext) -> PartialAnswers<SearchResponse> {
        guard let index = query.conditions.firstIndex(where: { $0.name == "q" }),
            attributes.mayStand(in: query.conditions[index].value)
        else { return base.search(query, context) }
        return rewritten(query.conditions[index].value, context) { rewrite, text in
            var query = query
            query.conditions[index].value = text
            return base.search(query, context).map { rewrite.attributed($0) }
        }
    }

    package func metricsSeries(_ query: SeriesQuery, _ context: SubRequestContext) -> PartialAnswers<QueryRangeResponse>
    {
        guard attributes.mayStand(in: query.text) else { return base.metricsSeries(query, context) }
        guard let parsed = try? Query.parse(query.text, limits: limits), case .metrics(let metrics) = parsed.root,
            case .function(_, let function) = metrics.kind
        else { return base.metricsSeries(query, context) }
        return rewritten(query.text, context) { rewrite, text in
            var query = query
            query.text = text
            return base.metricsSeries(query, context).map { answer in
                var answer = answer
                answer.series = answer.series.compactMap { rewrite.labelled($0, function: function) }
                return answer
            }
        }
    }

    package func metricsPartials(
        _ query: PartialSeriesQuery, _ context: SubRequestContext
    ) -> PartialAnswers<PartialSeries> {
        guard attributes.areUsed(in: query.query), case .metrics(let metrics) = query.query.root,
            case .function(_, let function) = metrics.kind
        else { return base.metricsPartials(query, context) }
        do throws(SourceRewrite.Failure) {
            let rewrite = try SourceRewrite(query.query, attributes, at: place(context))
            guard let asked = rewrite.query else { return PartialAnswers(single: { nil }) }
            var query = query
            query.query = asked
            return base.metricsPartials(query, context).map { part in
                guard !rewrite.ofSeries.isEmpty else { return part }
                var part = part
                let series =
                    switch part.content {
                    case .state(let state): state.partialSeries()
                    case .series(let series): series
                    }
                part.content = .series(
                    series.compactMap { rewrite.labelled($0.wireSeries, function: function).map { MetricsSeries($0) } })
                return part
            }
        } catch {
            return failing(error.message, context)
        }
    }

    // MARK: Tags

    package func tagNames(_ query: TagNamesQuery, _ context: SubRequestContext) -> PartialAnswers<SearchTagsResponse> {
        let lists = attributes.areListed && query.listsResource
        return base.tagNames(query, context).map { answer in
            var answer = answer
            answer.tagNames = answer.tagNames.map(shown) + (lists ? attributes.names : [])
            return answer
        }
    }

    package func scopedTagNames(
        _ query: TagNamesQuery, _ context: SubRequestContext
    ) -> PartialAnswers<SearchTagsV2Response> {
        let lists = attributes.areListed && query.listsResource
        return base.scopedTagNames(query, context).map { answer in
            var answer = answer
            for index in answer.scopes.indices { answer.scopes[index].tags = answer.scopes[index].tags.map(shown) }
            guard lists else { return answer }
            if let resource = answer.scopes.firstIndex(where: { $0.name == "resource" }) {
                answer.scopes[resource].tags += attributes.names
            } else {
                answer.scopes.append(SearchTagsV2Scope(name: "resource", tags: attributes.names))
            }
            return answer
        }
    }

    /// What spans carry under a reserved name is listed under another.
    private func shown(_ name: String) -> String {
        attributes.names.contains(name) ? SourceAttributes.originalPrefix + name : name
    }

    package func tagValues(_ query: TagValuesQuery, _ context: SubRequestContext) -> PartialAnswers<
        SearchTagValuesResponse
    > {
        switch tag(query.tagName, context) {
        case .value(let value): return PartialAnswers(single: { SearchTagValuesResponse(tagValues: [value]) })
        case .tag(let name):
            var query = query
            query.tagName = name
            return base.tagValues(query, context)
        }
    }

    package func typedTagValues(
        _ query: TagValuesQuery, _ context: SubRequestContext
    ) -> PartialAnswers<SearchTagValuesV2Response> {
        switch tag(query.tagName, context) {
        case .value(let value):
            return PartialAnswers(single: {
                SearchTagValuesV2Response(tagValues: [TagValue(type: "string", value: value)])
            })
        case .tag(let name):
            var query = query
            query.tagName = name
            guard let index = query.parameters.firstIndex(where: { $0.name == "q" }),
                attributes.mayStand(in: query.parameters[index].value)
            else { return base.typedTagValues(query, context) }
            return rewritten(query.parameters[index].value, context) { _, text in
                var query = query
                query.parameters[index].value = text
                return base.typedTagValues(query, context)
            }
        }
    }

    private enum Tag {
        case value(String)
        case tag(String)
    }

    private func tag(_ name: String, _ context: SubRequestContext) -> Tag {
        guard attributes.mayStand(in: name) else { return .tag(name) }
        for prefix in ["resource.", ".", ""] where name.hasPrefix(prefix) {
            let bare = String(name.dropFirst(prefix.count))
            if let value = attributes.value(Attribute(.resource, bare), at: place(context)) { return .value(value) }
            if let carried = attributes.carriedName(bare) { return .tag(prefix + carried) }
        }
        return .tag(name)
    }

    // MARK: Rewriting

    /// The text that a tenant is asked instead of `text`; nil when it is not asked at all.
    package func text(for text: String, tenant: String?) -> String? {
        guard attributes.mayStand(in: text), let query = try? Query.parse(text, limits: limits) else { return text }
        let place = SourceAttributes.Place(tenant: tenant ?? defaultTenant, target: base.name)
        guard let rewrite = try? SourceRewrite(query, attributes, at: place) else { return text }
        return rewrite.query.map { $0 == query ? text : $0.description }
    }

    private func place(_ context: SubRequestContext) -> SourceAttributes.Place {
        SourceAttributes.Place(tenant: context.tenant ?? defaultTenant, target: base.name)
    }

    /// Asks with a query rewritten for the place; no part where nothing there can match, an error where it cannot be said.
    private func rewritten<Part: Sendable>(
        _ text: String, _ context: SubRequestContext,
        _ ask: (SourceRewrite, String) -> PartialAnswers<Part>
    ) -> PartialAnswers<Part> {
        do {
            let query = try Query.parse(text, limits: limits)
            let rewrite = try SourceRewrite(query, attributes, at: place(context))
            guard let asked = rewrite.query else { return PartialAnswers(single: { nil }) }
            let canonical = asked == query ? text : asked.description
            guard let read = try? Query.parse(canonical, limits: limits), read == asked else {
                throw SourceRewrite.Failure(message: "this query cannot be written for a target: \(asked)")
            }
            return ask(rewrite, canonical)
        } catch let error as SourceRewrite.Failure {
            return failing(error.message, context)
        } catch {
            return failing("invalid TraceQL query: \(error)", context)
        }
    }

    private func failing<Part: Sendable>(_ message: String, _ context: SubRequestContext) -> PartialAnswers<Part> {
        let error = UpstreamError(.status(400), message: message, target: name, tenant: context.tenant)
        return PartialAnswers(single: { throw error })
    }
}

extension TagNamesQuery {
    /// Whether names of resource attributes are asked for.
    fileprivate var listsResource: Bool {
        let scope = parameters.first { $0.name == "scope" }?.value ?? ""
        return scope.isEmpty || scope == "none" || scope == "resource"
    }
}

extension PartialAnswers {
    /// Each part changed.
    package func map<Other: Sendable>(_ change: @escaping @Sendable (Part) -> Other) -> PartialAnswers<Other> {
        PartialAnswers<Other> {
            var iterator = makeAsyncIterator()
            return PartialAnswers<Other>.AsyncIterator {
                guard let part = try await iterator.next() else { return nil }
                return change(part)
            }
        }
    }
}
