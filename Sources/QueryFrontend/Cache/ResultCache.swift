import TenantFederation
import TraceQL

/// What the caching upstreams of a process share: the answers, the salt of their keys, the texts of queries.
struct ResultCache: Sendable {
    private let answers: AnswerCache?
    private let life: AnswerLife
    private let salt = CacheKeys.randomSalt()
    private let texts: CanonicalTexts
    private let metrics: CacheMetrics
    private let clock: any WallClock

    /// nil: neither are answers kept nor is anything asked once for several.
    init?(
        _ configuration: ResultCacheConfiguration, limits: ParseLimits, metrics: FrontendMetrics, clock: any WallClock
    ) {
        guard configuration.enabled || configuration.singleFlight else { return nil }
        let cacheMetrics = CacheMetrics(metrics)
        self.metrics = cacheMetrics
        self.clock = clock
        texts = CanonicalTexts(limits: limits)
        life = configuration.enabled ? AnswerLife(configuration) : .none
        answers =
            configuration.enabled
            ? AnswerCache(
                maxBytes: configuration.maxBytes, maxEntryBytes: configuration.maxEntryBytes, metrics: cacheMetrics)
            : nil
    }

    /// `base` with its answers kept.
    /// - Parameters:
    ///   - sendsAuthorization: whether the client's Authorization goes there.
    ///   - ownAuthorization: credentials of the target's settings that may change while the process runs.
    func caching(
        _ base: any Upstream, sendsAuthorization: Bool, ownAuthorization: @escaping @Sendable () -> String? = { nil }
    ) -> any Upstream {
        CachingUpstream(
            base,
            keys: CacheKeys(
                target: base.name, sendsAuthorization: sendsAuthorization, ownAuthorization: ownAuthorization,
                salt: salt, texts: texts, life: life),
            answers: answers, life: life, metrics: metrics, clock: clock)
    }
}

extension AnswerLife {
    init(_ configuration: ResultCacheConfiguration) {
        self.init(
            closedAfter: GoDuration.nanoseconds(configuration.closedAfter),
            ofClosed: GoDuration.nanoseconds(configuration.closedTTL),
            ofLookups: GoDuration.nanoseconds(configuration.lookupTTL),
            ofTags: GoDuration.nanoseconds(configuration.tagsTTL))
    }
}
