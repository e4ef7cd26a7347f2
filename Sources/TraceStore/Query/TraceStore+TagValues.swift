package import TempoAPI
import TraceQL

extension TraceStore {
    /// The values of an attribute or intrinsic that a tenant's spans have, sorted by their bytes and cut there. Status and kind have
    /// their fixed values; numbers of the tree, times and ids have none, as in Tempo.
    /// - Throws: ``StoreQueryError``; `CancellationError`.
    package func tagValues(
        _ request: StoreTagValuesRequest, tenant: String
    ) throws -> SearchTagValuesV2Response {
        var response = SearchTagValuesV2Response(metrics: MetadataMetrics())
        var values = TagValueCollector(maxCount: request.maxValues, maxBytes: request.maxBytes)
        let source = TagValueSource(request.name)
        if case .fixed(let texts) = source { for text in texts { values.insert("keyword", text) } }
        if !source.levels.isEmpty || source.wantsRoots, let snapshot = snapshot(tenant: tenant) {
            let usage = try FilteredUsage(
                snapshot, source.levels, filter: request.filter, window: request.window, wantsRoots: source.wantsRoots)
            response.metrics?.inspectedBytes = usage.inspectedBytes
            for (view, used) in zip(snapshot.views, usage.views) {
                try Task.checkCancellation()
                source.collect(used, view.columns, &values)
            }
            switch source {
            case .rootName: for name in usage.rootNames { values.insert(name) }
            case .rootServiceName: for name in usage.rootServiceNames { values.insert(name) }
            default: break
            }
        }
        response.tagValues = values.sorted()
        return response
    }
}

/// Where the values of a tag come from.
private enum TagValueSource {
    case attribute(AttributeScope, [UInt8])
    case fixed([String])
    case name, statusMessage, eventName, scopeName, scopeVersion, rootName, rootServiceName
    case nothing

    init(_ name: StoreTagValuesRequest.Name) {
        switch name {
        case .legacy("name"): self = .name
        case .legacy("rootName"), .legacy("root.name"): self = .rootName
        case .legacy("rootServiceName"), .legacy("root.service.name"): self = .rootServiceName
        case .legacy(let key): self = .attribute(.none, Array(key.utf8))
        case .attribute(let attribute):
            guard let intrinsic = attribute.intrinsic else {
                self = attribute.isOfParent ? .nothing : .attribute(attribute.scope, attribute.nameBytes)
                return
            }
            switch intrinsic {
            case .status: self = .fixed(Static.Status.allCases.map(\.rawValue))
            case .kind: self = .fixed(Static.Kind.allCases.map(\.rawValue))
            case .name: self = .name
            case .statusMessage: self = .statusMessage
            case .eventName: self = .eventName
            case .instrumentationName: self = .scopeName
            case .instrumentationVersion: self = .scopeVersion
            case .traceRootName: self = .rootName
            case .traceRootService: self = .rootServiceName
            case .duration, .spanID, .spanParentID, .spanChildCount, .traceDuration, .traceID, .eventTimeSinceStart,
                .linkTraceID, .linkSpanID, .nestedSetLeft, .nestedSetRight, .nestedSetParent, .parent, .spanStartTime,
                .structuralDescendant, .structuralChild, .structuralSibling:
                self = .nothing
            }
        }
    }

    var wantsRoots: Bool {
        switch self {
        case .rootName, .rootServiceName: true
        default: false
        }
    }

    var levels: ViewUsage.Levels {
        switch self {
        case .attribute(.none, _): [.span, .resource]
        case .attribute(.span, _): .span
        case .attribute(.resource, _): .resource
        case .attribute(.instrumentation, _), .scopeName, .scopeVersion: .scope
        case .attribute(.event, _): .event
        case .attribute(.link, _): .link
        case .name, .statusMessage: .spanTexts
        case .eventName: .eventName
        case .fixed, .rootName, .rootServiceName, .nothing: []
        }
    }

    /// Adds what a view's spans have.
    func collect(_ used: ViewUsage, _ columns: SegmentColumns, _ values: inout TagValueCollector) {
        switch self {
        case .attribute(let scope, let key):
            switch scope {
            case .none:
                values.insert(pairs: used.spanPairs, key: key, columns)
                values.insert(pairs: used.resourcePairs, key: key, columns)
            case .span: values.insert(pairs: used.spanPairs, key: key, columns)
            case .resource: values.insert(pairs: used.resourcePairs, key: key, columns)
            case .instrumentation: values.insert(pairs: used.scopePairs, key: key, columns)
            case .event: values.insert(pairs: used.eventPairs, key: key, columns)
            case .link: values.insert(pairs: used.linkPairs, key: key, columns)
            }
        case .name: values.insert(strings: used.names, columns)
        case .eventName: values.insert(strings: used.eventNames, columns)
        case .statusMessage:
            used.details.forEach { values.insert(columns.bytes(columns.detailStatusMessage[$0])) }
        case .scopeName: used.scopes.forEach { values.insert(columns.bytes(columns.scopeName[$0])) }
        case .scopeVersion: used.scopes.forEach { values.insert(columns.bytes(columns.scopeVersion[$0])) }
        case .fixed, .rootName, .rootServiceName, .nothing: break
        }
    }
}
