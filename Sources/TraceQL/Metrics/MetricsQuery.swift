/// A metrics query made ready for one range: what is to be gathered, and how the answer comes of it.
///
/// ```swift
/// let metrics = try MetricsQuery(query, range: range)
/// var gathered = metrics.emptyPartials()
/// for part in parts { gathered.merge(part) }   // in any order
/// let answer = metrics.finish(gathered)
/// ```
public struct MetricsQuery: Sendable {
    /// A sub-query: a pipeline with its function. Equal ones are gathered once.
    public struct Leaf: Sendable {
        /// The spans.
        public let pipeline: Pipeline
        /// What is made of them.
        public let function: MetricsFunction
        /// The text that tells the sub-query's partial series on the wire. It cannot be parsed.
        public let fragment: String
    }

    /// The query is none of metrics.
    public struct NotMetrics: Error, Sendable, CustomStringConvertible {
        /// Tempo's text.
        public let description = "not a metrics query"
    }

    /// The query.
    public let query: Query
    /// The distinct sub-queries, from the left.
    public let leaves: [Leaf]
    /// The intervals.
    public let range: MetricsRange
    /// Most exemplars of a function; 0 for none.
    public let exemplarLimit: Int
    /// What bounds memory and the answer.
    public let limits: MetricsLimits

    private let expression: MetricsExpression

    /// Prepares a query.
    /// - Parameters:
    ///   - query: parsed and validated.
    ///   - exemplarLimit: most exemplars, see `exemplarLimit(of:requested:maximum:)`; an instant query has none.
    public init(
        _ query: Query, range: MetricsRange, exemplarLimit: Int = 0, limits: MetricsLimits = MetricsLimits()
    ) throws(NotMetrics) {
        guard case .metrics(let expression) = query.root else { throw NotMetrics() }
        self.query = query
        self.expression = expression
        self.range = range
        self.exemplarLimit = range.isInstant ? 0 : max(0, exemplarLimit)
        self.limits = limits
        var leaves: [Leaf] = []
        for subquery in expression.subqueries {
            guard case .function(let pipeline, let function) = subquery.kind,
                !leaves.contains(where: { $0.pipeline == pipeline && $0.function == function })
            else { continue }
            leaves.append(
                Leaf(pipeline: pipeline, function: function, fragment: Self.fragment(pipeline, function)))
        }
        self.leaves = leaves
    }

    /// How many exemplars a range query gets: the hint if there is one, else what was asked for, else the maximum, and
    /// never more than that.
    public static func exemplarLimit(of query: Query, requested: Int, maximum: Int) -> Int {
        var wanted = max(0, requested)
        if let hint = query.integerHint("exemplars") {
            wanted = Int(clamping: max(0, hint))
        } else if query.booleanHint("exemplars") == false {
            return 0
        } else if wanted == 0 {
            wanted = maximum
        }
        return min(wanted, max(0, maximum))
    }

    /// Nothing gathered yet. The sub-queries share the numbers that a query may hold.
    public func emptyPartials() -> MetricsPartials {
        var limits = limits
        limits.maxCells /= max(1, leaves.count)
        return MetricsPartials(
            leaves: leaves.map {
                MetricsPartial($0.function, range: range, exemplarLimit: exemplarLimit, limits: limits)
            }, fragments: leaves.map(\.fragment))
    }

    /// The answer.
    public func finish(_ partials: MetricsPartials) -> MetricsResult {
        let (series, isCut) = evaluate(expression, partials).series(maxSeries: limits.maxSeries)
        var message = partials.message
        if isCut {
            message = MetricsLimits.message(limits.maxSeries)
        } else if message.isEmpty && partials.isCut {
            message = partials.limitMessage
        }
        return MetricsResult(series: series, isPartial: isCut || partials.isCut, message: message)
    }

    private func evaluate(_ expression: MetricsExpression, _ partials: MetricsPartials) -> SeriesSet {
        let set: SeriesSet
        switch expression.kind {
        case .function(let pipeline, let function):
            guard let leaf = leaves.firstIndex(where: { $0.pipeline == pipeline && $0.function == function }),
                leaf < partials.leaves.count
            else { return SeriesSet(range: range) }
            set = partials.leaves[leaf].finish()
        case .operation(let op, let lhs, let rhs):
            set = SeriesMath.combine(op, evaluate(lhs, partials), evaluate(rhs, partials))
        case .scalarOnRight(let op, let operand, let number):
            set = SeriesMath.map(evaluate(operand, partials)) { SeriesMath.apply(op, $0, number) }
        case .scalarOnLeft(let op, let number, let operand):
            set = SeriesMath.map(evaluate(operand, partials)) { SeriesMath.apply(op, number, $0) }
        }
        return set.applying(expression.secondStages)
    }

    private static func fragment(_ pipeline: Pipeline, _ function: MetricsFunction) -> String {
        let query = Query(.metrics(MetricsExpression(.function(pipeline, function)))).orToIn().query
        return String(decoding: query.canonicalText(.tempo), as: UTF8.self)
    }
}

/// What was gathered for all sub-queries of a metrics query. Merging is associative and commutative, as for one.
public struct MetricsPartials: Sendable {
    /// By sub-query, as `MetricsQuery.leaves`.
    public var leaves: [MetricsPartial]
    /// Why something is missing, if a part said so.
    public private(set) var message = ""

    private let fragments: [String]
    private var isMarked = false

    init(leaves: [MetricsPartial], fragments: [String]) {
        self.leaves = leaves
        self.fragments = fragments
    }

    /// Whether something is missing.
    public var isCut: Bool { isMarked || leaves.contains { $0.isCut } }

    /// What a limit of ours has cut, in words; empty when none did.
    var limitMessage: String {
        if let full = leaves.first(where: { $0.isFull }) { return MetricsLimits.message(full.seriesCount) }
        return leaves.contains { $0.isCut } ? "A limit was reached while counting, a partial response is returned." : ""
    }

    /// Notes that a part was not whole. Of several messages the first in the order of their bytes is kept.
    public mutating func markPartial(_ message: String = "") {
        isMarked = true
        guard !message.isEmpty else { return }
        if self.message.isEmpty || UTF8Text.precedes(message, self.message) { self.message = message }
    }

    /// Takes in what was gathered elsewhere for the same query and range.
    public mutating func merge(_ other: MetricsPartials) {
        guard other.leaves.count == leaves.count else { return markPartial() }
        for index in leaves.indices { leaves[index].merge(other.leaves[index]) }
        if other.isMarked { markPartial(other.message) }
    }

    /// Takes in the series of one answer, as `MetricsPartial.fold`. With several sub-queries the label `__query_fragment`
    /// says which one a series belongs to, and series without it are ignored.
    public mutating func fold(_ series: [MetricsSeries]) {
        guard leaves.count > 1 else {
            if !leaves.isEmpty { leaves[0].fold(series) }
            return
        }
        var sorted = Array(repeating: [MetricsSeries](), count: leaves.count)
        for var one in series {
            guard let position = one.labels.firstIndex(where: { $0.name == MetricsLabel.Name.fragment }),
                case .string(let text) = one.labels[position].value,
                let leaf = fragments.firstIndex(where: { UTF8Text.areEqual($0, text) })
            else { continue }
            one.labels.remove(at: position)
            sorted[leaf].append(one)
        }
        for leaf in leaves.indices where !sorted[leaf].isEmpty { leaves[leaf].fold(sorted[leaf]) }
    }

    /// The partial series that `fold` takes, for another frontend.
    public func partialSeries() -> [MetricsSeries] {
        guard leaves.count > 1 else { return leaves.first?.partialSeries() ?? [] }
        return zip(leaves, fragments).flatMap { leaf, fragment in
            leaf.partialSeries().map { series in
                var series = series
                series.labels.append(MetricsLabel(MetricsLabel.Name.fragment, fragment))
                return series
            }
        }
    }
}
