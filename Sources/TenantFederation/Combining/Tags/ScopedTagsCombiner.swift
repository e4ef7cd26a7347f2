package import TempoAPI

/// Unites the scoped tag names of several parts (v2).
///
/// Tempo's scopes come in random order. Here they have a fixed one: `span`, `resource`, `event`, `link`,
/// `instrumentation`, `trace`, then scopes that we do not know by their bytes, and `intrinsic` last.
package struct ScopedTagsCombiner: Sendable {
    private let limits: TagLimits
    private var scopes: [ExactText: Set<ExactText>] = [:]
    private var metrics = MetadataMetrics()
    private var isPartAtLimit = false

    /// - Parameter preloadsIntrinsics: adds the intrinsic names, for parts of queriers, which do not send them. A target's
    ///   answer holds them already.
    package init(limits: TagLimits = TagLimits(), preloadsIntrinsics: Bool = false) {
        self.limits = limits
        if preloadsIntrinsics {
            scopes[ExactText(IntrinsicTags.scope)] = Set(IntrinsicTags.names.map(ExactText.init))
        }
    }

    /// Takes one part.
    /// - Parameter isCacheHit: of a querier's part from a cache only the counter `engineBytes` counts.
    package mutating func fold(_ part: SearchTagsV2Response, from origin: PartOrigin, isCacheHit: Bool = false) {
        for scope in part.scopes where !scope.tags.isEmpty {
            scopes[ExactText(scope.name), default: []].formUnion(scope.tags.map(ExactText.init))
            if limits.maxCount > 0, scope.name != IntrinsicTags.scope, scope.tags.count >= limits.maxCount {
                isPartAtLimit = true
            }
        }
        metrics.add(part.metrics, isCacheHit: isCacheHit)
    }

    /// The united scopes, and why they hold less than what was found.
    ///
    /// The byte limit is one budget for all scopes, of which the intrinsic names take theirs first, as in Tempo. The count
    /// limit holds for each scope but `intrinsic`.
    package func finish() -> (response: SearchTagsV2Response, cut: TagCut?) {
        let order = scopes.keys.sorted { (Self.rank($0), $0) < (Self.rank($1), $1) }
        let intrinsic = ExactText(IntrinsicTags.scope)
        var cutter = TagCutter(limits: TagLimits(maxBytes: limits.maxBytes), mayReachByteLimit: true)
        var countCut = isPartAtLimit
        var lists: [ExactText: [String]] = [:]
        for scope in order.filter({ $0 == intrinsic }) + order.filter({ $0 != intrinsic }) {
            var list: [String] = []
            for tag in (scopes[scope] ?? []).sorted() {
                if scope != intrinsic, limits.maxCount > 0, list.count >= limits.maxCount {
                    countCut = true
                    break
                }
                guard cutter.accepts(size: tag.size, after: list.count) else { break }
                list.append(tag.text)
            }
            lists[scope] = list
        }
        let result = order.compactMap { scope -> SearchTagsV2Scope? in
            guard let tags = lists[scope], !tags.isEmpty else { return nil }
            return SearchTagsV2Scope(name: scope.text, tags: tags)
        }
        let cut = cutter.cut ?? (countCut ? .count(limit: limits.maxCount) : nil)
        return (SearchTagsV2Response(scopes: result, metrics: metrics), cut)
    }

    private static func rank(_ scope: ExactText) -> Int {
        switch scope.text {
        case "span": 0
        case "resource": 1
        case "event": 2
        case "link": 3
        case "instrumentation": 4
        case "trace": 5
        case IntrinsicTags.scope: 7
        default: 6
        }
    }
}
