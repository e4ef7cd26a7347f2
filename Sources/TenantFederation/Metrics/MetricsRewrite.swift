package import TraceQL

/// How a metrics query is put to upstreams that give finished series only, so that what they give adds up exactly.
///
/// Averages are asked for as sums and weights, quantiles as histograms, comparisons without their cut; what is done to
/// series after they were computed (topk, bottomk, filters, arithmetic) is left out and done to the merged series.
package struct MetricsRewrite: Sendable {
    /// What the series of a question are to the query.
    package enum Role: Sendable, Hashable {
        /// The function's own values.
        case values
        /// Sums of an average.
        case sums
        /// How many spans an average has.
        case weights
        /// Counts by bucket of a quantile.
        case buckets
    }

    /// One query to send to every tenant and target.
    package struct Question: Sendable {
        /// The sub-query it stands for: an index of ``fragments``.
        package var fragment: Int
        package var role: Role
        package var query: Query
        /// The query as text, as far as possible in the user's own words.
        package var text: String
        /// Whether its exemplars are those of the sub-query.
        package var givesExemplars: Bool
    }

    /// Why a query cannot be put to upstreams.
    package struct Failure: Error, Sendable {
        package let message: String
    }

    /// The distinct sub-queries from the left, each a pipeline with its function and nothing after it.
    package let fragments: [MetricsExpression]
    package let questions: [Question]
    /// Why the merged series need not be exact, though the spans are all seen; empty when they are.
    package let approximations: [String]
    /// What needs whole traces in each of ``fragments``; empty for one whose parts add up.
    package let relations: [[Relation]]

    /// Something in a sub-query that relates spans which several tenants may hold.
    package struct Relation: Sendable, Hashable {
        /// What it is, in words.
        package var text: String
        /// Why an answer that every tenant evaluated by itself may be wrong.
        package var localText: String
        /// Whether parts of traces nearly always give what whole ones do: what `compare()` counts beside the spans' own
        /// attributes, and names of the root on the root itself.
        package var isMild: Bool
    }

    /// The most values of an attribute that `compare()` gives.
    package static let largestComparison: Int64 = 1000

    /// The most different sub-queries of a query: each is asked of every tenant and target, and held for all times.
    package static let maxFragments = 64

    /// - Parameter query: a valid metrics query.
    package init(_ query: Query, limits: ParseLimits = .default) throws(Failure) {
        guard case .metrics(let root) = query.root else { throw Failure(message: "not a metrics query") }
        var fragments: [MetricsExpression] = []
        var seen: Set<MetricsExpression> = []
        for subquery in root.subqueries {
            let bare = MetricsExpression(subquery.kind, range: subquery.range)
            if seen.insert(bare).inserted { fragments.append(bare) }
        }
        guard fragments.count <= Self.maxFragments else {
            throw Failure(message: "this query has more than \(Self.maxFragments) different metrics in it")
        }
        var writer = QuestionWriter(query, limits: limits)
        var questions: [Question] = []
        for (index, fragment) in fragments.enumerated() {
            guard case .function(let pipeline, let function) = fragment.kind else { continue }
            for part in Self.parts(pipeline, function) {
                questions.append(try writer.question(fragment: index, part))
            }
        }
        self.fragments = fragments
        self.questions = questions
        approximations = Self.approximations(query, fragments)
        relations = fragments.map(Self.relations)
    }

    /// A pipeline with a function as it is asked for.
    struct Part {
        var role: Role
        var pipeline: Pipeline
        var function: MetricsFunction
        var givesExemplars = true
    }

    private static func parts(_ pipeline: Pipeline, _ function: MetricsFunction) -> [Part] {
        func changed(_ kind: MetricsFunction.Kind) -> MetricsFunction {
            MetricsFunction(kind, group: function.group)
        }
        switch function.kind {
        case .rate, .countOverTime, .minOverTime, .maxOverTime, .histogramOverTime:
            return [Part(role: .values, pipeline: pipeline, function: function)]
        case .sumOverTime(let attribute):
            return [Part(role: .values, pipeline: pipeline.keepingNumbers(attribute), function: function)]
        case .avgOverTime(let attribute):
            let pipeline = pipeline.keepingNumbers(attribute)
            return [
                Part(role: .sums, pipeline: pipeline, function: changed(.sumOverTime(attribute))),
                Part(role: .weights, pipeline: pipeline, function: changed(.countOverTime), givesExemplars: false),
            ]
        case .quantileOverTime(let attribute, _):
            return [Part(role: .buckets, pipeline: pipeline, function: changed(.histogramOverTime(attribute)))]
        case .compare(let filter, let topN, let start, let end):
            guard topN < largestComparison else {
                return [Part(role: .values, pipeline: pipeline, function: function)]
            }
            let whole = MetricsFunction.Kind.compare(
                filter, topN: largestComparison, startUnixNano: start, endUnixNano: end)
            return [Part(role: .values, pipeline: pipeline, function: changed(whole))]
        }
    }

    private static func relations(_ fragment: MetricsExpression) -> [Relation] {
        guard case .function(let pipeline, let function) = fragment.kind else { return [] }
        let isOfRoots = pipeline.necessaryConditions.span.holdsForRootsOnly
        var relations = Query(.metrics(fragment)).federationClass.reasons.map { reason in
            let text = "\(reason) at bytes \(reason.range.lowerBound)..<\(reason.range.upperBound)"
            let isRootName =
                reason.kind == .traceIntrinsic(.traceRootName) || reason.kind == .traceIntrinsic(.traceRootService)
            return Relation(
                text: text, localText: "evaluated inside each tenant: \(text)", isMild: isOfRoots && isRootName)
        }
        if case .compare = function.kind {
            let text = "compare() counts root names and child counts"
            relations.append(Relation(text: text, localText: text + " as each tenant sees them", isMild: true))
        }
        return relations
    }

    private static func approximations(_ query: Query, _ fragments: [MetricsExpression]) -> [String] {
        var reasons: [String] = []
        for name in ["sample", "span_sample", "trace_sample"] {
            guard let hint = query.hints.last(where: { $0.name == name }), hint.value != .boolean(false) else {
                continue
            }
            reasons.append("sampled by the hint \(name)")
        }
        let hasQuantile = fragments.contains { fragment in
            if case .function(_, let function) = fragment.kind, case .quantileOverTime = function.kind {
                true
            } else {
                false
            }
        }
        if hasQuantile, query.booleanHint("extrapolate") == true {
            reasons.append("quantiles of extrapolated counts")
        }
        return reasons
    }
}

extension Pipeline {
    /// Only the spans on which the attribute is a number: those that lack it would spoil a sum and weigh in an average.
    func keepingNumbers(_ attribute: Attribute) -> Pipeline {
        guard let condition = attribute.isNumber else { return self }
        let filter = PipelineElement(.spanset(SpansetExpression(.filter(SpansetFilter(condition)))))
        if elements.count == 1, case .spanset(let only) = elements[0].kind, case .filter(let first) = only.kind,
            first.expression.literal == .boolean(true)
        {
            return Pipeline([filter])
        }
        return Pipeline(elements + [filter])
    }
}

extension Attribute {
    /// The condition that this is a number; nil where it always is one or never. Literals match their own type only, so
    /// there is one for each.
    fileprivate var isNumber: FieldExpression? {
        func test(_ op: BinaryOperator, _ value: Static) -> FieldExpression {
            FieldExpression(.binary(op, FieldExpression(.attribute(self)), FieldExpression(.literal(value))))
        }
        switch intrinsic {
        case .duration, .traceDuration, .spanChildCount: return nil
        case .some(let intrinsic):
            switch intrinsic.staticType {
            case .duration:
                return FieldExpression(
                    .logical(
                        LogicalChain(
                            test(.greaterOrEqual, .duration(0)), isAnd: false, test(.less, .duration(0)))))
            case .int:
                return FieldExpression(
                    .logical(LogicalChain(test(.greaterOrEqual, .int(0)), isAnd: false, test(.less, .int(0)))))
            default: return nil
            }
        case nil:
            var chain = LogicalChain(test(.greaterOrEqual, .int(0)), isAnd: false, test(.less, .int(0)))
            chain.append(isAnd: false, test(.greaterOrEqual, .float(0)))
            chain.append(isAnd: false, test(.less, .float(0)))
            return FieldExpression(.logical(chain))
        }
    }
}
