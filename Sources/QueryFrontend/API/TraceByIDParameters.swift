/// The parameters of `/api/traces/{id}` and `/api/v2/traces/{id}`. All checks come before the tenant header is read.
struct TraceByIDParameters: Sendable, Equatable {
    /// Which stores a Tempo shall ask; passed on.
    enum Mode: String, Sendable, Hashable {
        case all, ingesters, blocks, external
    }

    let version: APIVersion
    let id: TraceIdentifier
    let mode: Mode
    /// Unix seconds; only narrows which blocks are looked at.
    let start: Int64?
    /// Unix seconds.
    let end: Int64?
    /// The filter of v2; nil when there is none.
    let filter: TraceFilterParameters?
    /// `federation_metadata` (ours, v2 only): the JSON answer tells how many targets had a part in it.
    let federationMetadata: Bool
    /// The client's pairs, for a sub-request that passes them on.
    let original: QueryItems

    /// Whether a TraceQL filter cuts the trace.
    var hasQuery: Bool { filter != nil }

    static func parse(
        version: APIVersion, id: String, query items: QueryItems, limits: SearchLimits, checks: QueryTextChecks = .none
    ) throws(APIError) -> TraceByIDParameters {
        let identifier: TraceIdentifier
        do {
            identifier = try TraceIdentifier(parsing: id)
        } catch {
            throw .badRequest(error.message)
        }
        let modeText = items.text("mode") ?? Mode.all.rawValue
        guard let mode = Mode(rawValue: modeText) else { throw .badRequest("invalid value for mode \(modeText)") }
        var start: Int64?
        var end: Int64?
        if mode != .ingesters {
            _ = try items.parsed("blockStart", label: "invalid value for blockstart") { text throws(GrammarError) in
                try BlockIdentifier(parsing: text)
            }
            _ = try items.parsed("blockEnd", label: "invalid value for blockEnd") { text throws(GrammarError) in
                try BlockIdentifier(parsing: text)
            }
            start = try seconds(items, "start")
            end = try seconds(items, "end")
            if let start, let end, end <= start { throw .startNotBeforeEnd(start: start, end: end) }
        }
        var filter: TraceFilterParameters?
        var federationMetadata = false
        if version == .v2 {
            federationMetadata =
                try items.parsed("federation_metadata") { text throws(GrammarError) in try GoNumber.parseBool(text) }
                ?? false
            try limits.checkQuerySize(items)
            filter = try TraceFilterParameters.parse(items)
            if let filter { try checks.spansetFilter(filter.query) }
        }
        return TraceByIDParameters(
            version: version, id: identifier, mode: mode, start: start, end: end, filter: filter,
            federationMetadata: federationMetadata, original: items)
    }

    private static func seconds(_ items: QueryItems, _ name: String) throws(APIError) -> Int64? {
        try items.parsed(name) { text throws(GrammarError) in try GoNumber.parseInt(text, bits: 64) }
    }
}

/// What part of a trace v2 lookup keeps: the spans that match a filter and some of their kin.
struct TraceFilterParameters: Sendable, Equatable {
    /// The TraceQL text as sent.
    let query: String
    let keepHierarchy: Bool
    /// Generations of descendants kept; -1 is all.
    let matchDepth: Int
    /// Generations of ancestors kept; -1 is all. Only read with `keepHierarchy`.
    let ancestorDepth: Int

    /// nil without a filter: the other parameters are then not even read.
    static func parse(_ items: QueryItems) throws(APIError) -> TraceFilterParameters? {
        guard let query = items.text("q"), query.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
            return nil
        }
        let label = "invalid value for keep_hierarchy"
        let keepHierarchy =
            try items.parsed("keep_hierarchy", label: label) { text throws(GrammarError) in
                try GoNumber.parseBool(text)
            } ?? false
        let matchDepth = try depth(items, "match_depth") ?? 0
        let ancestorDepth = keepHierarchy ? try depth(items, "ancestor_depth") ?? -1 : -1
        return TraceFilterParameters(
            query: query, keepHierarchy: keepHierarchy, matchDepth: matchDepth, ancestorDepth: ancestorDepth)
    }

    private static func depth(_ items: QueryItems, _ name: String) throws(APIError) -> Int? {
        try items.parsed(name, label: "invalid value for \(name)") { text throws(GrammarError) in
            let depth = try GoNumber.atoi(text)
            guard depth >= -1 else { throw GrammarError(message: "must be >= -1") }
            return depth
        }
    }
}
