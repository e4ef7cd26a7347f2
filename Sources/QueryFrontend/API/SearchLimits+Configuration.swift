import TraceQL

extension SearchLimits {
    /// The limits of a configuration. A number that the wire cannot hold becomes the nearest that it can.
    init(_ configuration: QueryFrontendConfiguration) {
        let search = configuration.search
        self.init(
            defaultResultLimit: UInt32(clamping: search.defaultResultLimit),
            maxResultLimit: UInt32(clamping: search.maxResultLimit),
            defaultSpansPerSpanSet: UInt32(clamping: search.defaultSpansPerSpanSet),
            maxSpansPerSpanSet: UInt32(clamping: search.maxSpansPerSpanSet),
            maxDuration: search.maxDuration,
            queryBackendAfter: search.queryBackendAfter,
            queryEndCutoff: configuration.queryEndCutoff,
            maxQueryExpressionBytes: configuration.maxQueryExpressionSizeBytes)
    }
}

extension RouteTable {
    /// The routes under the prefixes of a configuration.
    init(_ configuration: FrontendConfiguration) {
        self.init(pathPrefix: configuration.server.httpPathPrefix, apiPrefix: configuration.httpAPIPrefix)
    }
}

extension ParseLimits {
    /// The size of a query has a limit and a text of its own; switched off, the URL's limit remains.
    init(_ configuration: FrontendConfiguration) {
        let queryBytes = configuration.queryFrontend.maxQueryExpressionSizeBytes
        self.init(maxTextBytes: queryBytes > 0 ? queryBytes : configuration.server.httpServerMaxURLBytes)
    }
}
