package import TempoAPI

/// Unites the typed values of a tag of several parts (v2): all of them first, sorted by type, then value, by their bytes,
/// then cut by the limits.
package struct TypedTagValuesCombiner: Sendable {
    private struct Value: Hashable, Comparable {
        var type: ExactText
        var value: ExactText

        static func < (a: Value, b: Value) -> Bool { (a.type, a.value) < (b.type, b.value) }
    }

    private let limits: TagLimits
    private var values: Set<Value> = []
    private var empties = UnknownValues<Value>()
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
    package mutating func fold(_ part: SearchTagValuesV2Response, from origin: PartOrigin, isCacheHit: Bool = false) {
        let typed = part.tagValues.map { Value(type: ExactText($0.type), value: ExactText($0.value)) }
        empties.note(
            empty: typed.filter { $0.value.size == 0 }, known: typed.contains { $0.value.size > 0 }, from: origin)
        values.formUnion(typed)
        metrics.add(part.metrics, isCacheHit: isCacheHit)
        if limits.maxCount > 0, typed.count >= limits.maxCount { isPartAtLimit = true }
    }

    /// The united list, and why it is shorter than what was found. A part that reached the count limit was perhaps cut.
    package func finish() -> (response: SearchTagValuesV2Response, cut: TagCut?) {
        var cutter = TagCutter(limits: limits)
        var list: [TagValue] = []
        for value in values.subtracting(empties.superseded).sorted() {
            guard cutter.accepts(size: value.type.size + value.value.size, after: list.count) else { break }
            list.append(TagValue(type: value.type.text, value: value.value.text))
        }
        let cut = cutter.cut ?? (isPartAtLimit ? .count(limit: limits.maxCount) : nil)
        return (SearchTagValuesV2Response(tagValues: list, metrics: metrics), cut)
    }
}
