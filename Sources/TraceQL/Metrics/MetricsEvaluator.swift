/// A sub-query of a metrics query made ready to run over spans: what is read of them, and what is counted.
///
/// ```swift
/// let evaluator = try MetricsEvaluator(metrics, leaf: 0)
/// var accumulator = MetricsAccumulator(evaluator)
/// var table = SpanTable(evaluator.projection, dictionary: strings)
/// for trace in traces {           // complete traces that may have spans in `metrics.range`
///     fill(&table, trace)
///     try accumulator.observe(table)
/// }
/// gathered.leaves[0].merge(accumulator.partial())
/// ```
public struct MetricsEvaluator: Sendable {
    /// The part of the query.
    public let leaf: MetricsQuery.Leaf
    /// The intervals; spans that start outside do not count.
    public let range: MetricsRange

    /// Finds the spans.
    let spans: SearchEvaluator
    let exemplarLimit: Int
    let limits: MetricsLimits
    /// The names of the labels of `by()`, in order.
    let groupNames: [String]
    /// Where the function's attribute is among the values that `spans` loads; the values of `by()` come first.
    let valueIndex: Int?
    let measure: Measure
    /// What exemplars tell of their span: positions among the loaded values, with names.
    let exemplarLabels: [(index: Int, name: String)]
    let comparison: Comparison?

    /// How a value is made of the function's attribute.
    enum Measure: Sendable {
        /// Every span counts.
        case count
        /// A number; durations in nanoseconds, but that of the span in seconds.
        case number(isSpanDuration: Bool)
        /// The bucket of a whole number or a duration.
        case bucket
    }

    /// What `compare()` needs.
    struct Comparison: Sendable {
        /// When spans of the selection start; open on the left, nil for any time.
        var window: (start: UInt64, end: UInt64)?
        /// How many values of each attribute an answer has.
        var topN: Int
        /// The name of the group that tells the selection.
        var groupKey: String
        /// Intrinsics that are counted, at the positions of the loaded values.
        var intrinsics: [(index: Int, name: String)]
    }

    /// Compiles a sub-query.
    /// - Parameter leaf: its position in `metrics.leaves`.
    /// - Throws: `SearchEvaluator.Failure` for a pipeline that cannot be evaluated.
    public init(_ metrics: MetricsQuery, leaf index: Int) throws(SearchEvaluator.Failure) {
        leaf = metrics.leaves[index]
        range = metrics.range
        limits = metrics.limits
        let function = leaf.function
        // As in Tempo, sub-queries share what there is, and none goes without.
        exemplarLimit = metrics.exemplarLimit == 0 ? 0 : max(1, metrics.exemplarLimit / metrics.leaves.count)

        var loading = function.group
        groupNames = function.group.map(Self.name)
        switch function.kind {
        case .rate, .countOverTime, .compare:
            measure = .count
            valueIndex = nil
        case .minOverTime(let attribute), .maxOverTime(let attribute), .sumOverTime(let attribute),
            .avgOverTime(let attribute):
            measure = .number(isSpanDuration: attribute.intrinsic == .duration)
            valueIndex = loading.count
            loading.append(attribute)
        case .histogramOverTime(let attribute), .quantileOverTime(let attribute, _):
            measure = .bucket
            valueIndex = loading.count
            loading.append(attribute)
        }
        var pipeline = leaf.pipeline
        if case .compare(let filter, let topN, let start, let end) = function.kind {
            // The filter groups the spans into those it holds for and the others.
            pipeline.elements.append(PipelineElement(.group(filter.expression)))
            var intrinsics: [(Int, String)] = []
            for intrinsic in Self.comparedIntrinsics {
                intrinsics.append((loading.count, intrinsic.text))
                loading.append(Attribute(intrinsic))
            }
            comparison = Comparison(
                window: end > start && start >= 0 ? (UInt64(start), UInt64(end)) : nil,
                topN: Int(clamping: max(1, topN)), groupKey: Self.lastGroupKey(pipeline), intrinsics: intrinsics)
            exemplarLabels = []
        } else {
            comparison = nil
            exemplarLabels =
                exemplarLimit > 0 ? Self.exemplarLabels(pipeline, function, loading: &loading) : []
        }
        spans = try SearchEvaluator(pipeline, loading: loading, everything: comparison != nil)
    }

    /// What tables must bring.
    public var projection: Projection { spans.projection }

    /// Whether no span can count, so that nothing needs to be read and there is no series.
    public var matchesNothing: Bool { spans.matchesNothing }

    /// The intrinsics whose values `compare()` counts.
    private static let comparedIntrinsics: [Intrinsic] = [
        .name, .status, .statusMessage, .kind, .traceRootName, .traceRootService, .spanChildCount, .instrumentationName,
        .instrumentationVersion,
    ]

    /// The key under which spansets tell their group by the last element.
    private static func lastGroupKey(_ pipeline: Pipeline) -> String {
        let rewritten = Query(.spansets(pipeline)).orToIn().query
        guard case .group(let expression)? = rewritten.pipelines.last?.elements.last?.kind else { return "" }
        return "by(\(expression.tempoText))"
    }

    /// The canonical name of an attribute, which is that of its label.
    static func name(_ attribute: Attribute) -> String {
        var text = CanonicalText(.tempo)
        text.append(attribute)
        return text.string
    }

    /// What the query looks at: `by()`, the function's attribute, and what filters compare.
    private static func exemplarLabels(
        _ pipeline: Pipeline, _ function: MetricsFunction, loading: inout [Attribute]
    ) -> [(index: Int, name: String)] {
        let query = Query(.metrics(MetricsExpression(.function(pipeline, function))))
        for conditions in query.storageConditions {
            for condition in conditions.conditions + conditions.secondPass {
                guard !loading.contains(condition.attribute), loading.count < 64 else { continue }
                switch condition.attribute.intrinsic {
                case .structuralChild, .structuralDescendant, .structuralSibling, .spanStartTime, .traceID, .parent:
                    break
                default: loading.append(condition.attribute)
                }
            }
        }
        return loading.enumerated().map { ($0.offset, name($0.element)) }
    }
}
