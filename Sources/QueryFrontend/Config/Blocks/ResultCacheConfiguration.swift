/// `federation.result_cache`: answers of targets that are kept in memory, and sub-requests that are asked once for several queries.
public struct ResultCacheConfiguration: Sendable, Equatable {
    /// `enabled`: keep answers; then what is asked at the same time is asked once, too.
    public var enabled = false
    /// `single_flight`: ask once what several queries ask at the same time, and keep nothing.
    public var singleFlight = false
    /// `max_bytes`: memory of all kept answers with their keys.
    public var maxBytes = 134_217_728
    /// `max_entry_bytes`: a larger answer is not kept.
    public var maxEntryBytes = 8_388_608
    /// `closed_after`: what ended so long ago is not expected to change; must cover the delay with which spans arrive.
    public var closedAfter: Duration = .seconds(900)
    /// `closed_ttl`: how long answers about closed windows are kept: metrics and searches; 0: not at all.
    public var closedTTL: Duration = .seconds(3600)
    /// `lookup_ttl`: how long found traces are kept that ended before `closed_after`; 0: not at all.
    public var lookupTTL: Duration = .seconds(600)
    /// `tags_ttl`: how long tag names and values are kept; 0: not at all.
    public var tagsTTL: Duration = .seconds(60)

    /// The defaults: nothing is kept.
    public init() {}

    static var fields: [ConfigurationField<ResultCacheConfiguration>] {
        [
            .bool("enabled", \.enabled), .bool("single_flight", \.singleFlight), .bytes("max_bytes", \.maxBytes),
            .bytes("max_entry_bytes", \.maxEntryBytes), .duration("closed_after", \.closedAfter),
            .duration("closed_ttl", \.closedTTL), .duration("lookup_ttl", \.lookupTTL),
            .duration("tags_ttl", \.tagsTTL),
        ]
    }

    /// - Parameters:
    ///   - queryEndCutoff: the newest time that metrics leave out, which is not settled.
    ///   - usesStore: the embedded store answers, and no target.
    func check(_ checks: inout FrontendConfiguration.Checks, queryEndCutoff: Duration, usesStore: Bool) {
        let block = "federation.result_cache."
        checks.positive(block + "max_bytes", maxBytes)
        checks.positive(block + "max_entry_bytes", maxEntryBytes)
        checks.notNegative(block + "closed_after", closedAfter)
        checks.notNegative(block + "closed_ttl", closedTTL)
        checks.notNegative(block + "lookup_ttl", lookupTTL)
        checks.notNegative(block + "tags_ttl", tagsTTL)
        if usesStore, enabled || singleFlight {
            checks.warnings.append(
                ConfigurationWarning(
                    "federation.result_cache is set", "it has no effect: answers of the embedded store are not kept"))
        }
        guard enabled else { return }
        if maxEntryBytes > maxBytes {
            checks.problems.append(
                block + "max_entry_bytes: must not exceed max_bytes (\(maxBytes)), is \(maxEntryBytes)")
        }
        if closedAfter < queryEndCutoff {
            checks.problems.append(
                block + "closed_after: must be at least query_frontend.query_end_cutoff "
                    + "(\(GoDuration.format(queryEndCutoff))), is \(GoDuration.format(closedAfter))")
        }
    }
}
