package import TempoAPI

/// Unites the values of a tag of several parts (v1): all of them first, sorted by bytes, then cut by the limits.
package struct TagValuesCombiner: Sendable {
    private let limits: TagLimits
    private var values: Set<ExactText> = []
    private var empties = UnknownValues<ExactText>()
    private var metrics = MetadataMetrics()
    private var isPartAtLimit = false

    /// - Parameter emptyMeansUnknown: an empty value is left out when another part knows a value
    ///   (`IntrinsicTags.emptyMeansUnknown`).
    package init(limits: TagLimits = TagLimits(), emptyMeansUnknown: Bool = false) {
        self.limits = limits
        empties.isOn = emptyMeansUnknown
    }

    /// Takes one part.
    /// - Parameter isCacheHit: of a querier's part from a cache only the counter `engineBytes` counts.
    package mutating func fold(_ part: SearchTagValuesResponse, from origin: PartOrigin, isCacheHit: Bool = false) {
        let texts = part.tagValues.map(ExactText.init)
        empties.note(empty: texts.filter { $0.size == 0 }, known: texts.contains { $0.size > 0 }, from: origin)
        values.formUnion(texts)
        metrics.add(part.metrics, isCacheHit: isCacheHit)
        if limits.maxCount > 0, texts.count >= limits.maxCount { isPartAtLimit = true }
    }

    /// The united list, and why it is shorter than what was found. A part that reached the count limit was perhaps cut.
    package func finish() -> (response: SearchTagValuesResponse, cut: TagCut?) {
        let (list, cut) = cutList(
            values.subtracting(empties.superseded), limits: limits, isPartAtLimit: isPartAtLimit)
        return (SearchTagValuesResponse(tagValues: list.map(\.text), metrics: metrics), cut)
    }
}
