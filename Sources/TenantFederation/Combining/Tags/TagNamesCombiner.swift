package import TempoAPI

/// Unites the tag names of several parts (v1): all of them first, sorted by bytes, then cut by the limits.
package struct TagNamesCombiner: Sendable {
    private let limits: TagLimits
    private var names: Set<ExactText> = []
    private var metrics = MetadataMetrics()
    private var isPartAtLimit = false

    /// - Parameter preloadsIntrinsics: adds the intrinsic names, for parts of queriers, which do not send them. A target's answer to
    ///   `scope=intrinsic` holds them already.
    package init(limits: TagLimits = TagLimits(), preloadsIntrinsics: Bool = false) {
        self.limits = limits
        if preloadsIntrinsics { names.formUnion(IntrinsicTags.names.map(ExactText.init)) }
    }

    /// Takes one part.
    /// - Parameter isCacheHit: of a querier's part from a cache only the counter `engineBytes` counts.
    package mutating func fold(_ part: SearchTagsResponse, from origin: PartOrigin, isCacheHit: Bool = false) {
        names.formUnion(part.tagNames.map(ExactText.init))
        metrics.add(part.metrics, isCacheHit: isCacheHit)
        if limits.maxCount > 0, part.tagNames.count >= limits.maxCount { isPartAtLimit = true }
    }

    /// The united list, and why it is shorter than what was found. A part that reached the count limit was perhaps cut.
    package func finish() -> (response: SearchTagsResponse, cut: TagCut?) {
        let (list, cut) = cutList(names, limits: limits, isPartAtLimit: isPartAtLimit)
        return (SearchTagsResponse(tagNames: list.map(\.text), metrics: metrics), cut)
    }
}

/// Sorts and cuts a list of texts.
func cutList(_ texts: Set<ExactText>, limits: TagLimits, isPartAtLimit: Bool) -> ([ExactText], TagCut?) {
    var cutter = TagCutter(limits: limits)
    var list: [ExactText] = []
    for text in texts.sorted() {
        guard cutter.accepts(size: text.size, after: list.count) else { break }
        list.append(text)
    }
    return (list, cutter.cut ?? (isPartAtLimit ? .count(limit: limits.maxCount) : nil))
}
