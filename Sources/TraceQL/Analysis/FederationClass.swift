/// Whether a query may be answered from parts of a trace.
///
/// When the spans of a trace are spread over tenants and each part is evaluated alone, the union of the span sets is the
/// answer over the whole trace only if the fate of every span depends on that span alone.
public struct FederationClass: Sendable, Hashable {
    /// Why the parts do not add up; empty when they do.
    public var reasons: [Reason]

    /// Whether evaluating each tenant's part of a trace alone and merging gives the right answer.
    public var isSeparable: Bool { reasons.isEmpty }

    /// One place in the query that needs the whole trace.
    public struct Reason: Sendable, Hashable, CustomStringConvertible {
        /// What it is.
        public var kind: Kind
        /// Where it stands.
        public var range: SourceRange

        /// The kind in words, for logs and headers; ASCII.
        public var description: String { kind.description }
    }

    /// What needs the whole trace.
    public enum Kind: Sendable, Hashable, CustomStringConvertible {
        /// `{A} && {B}`: both must meet in one trace.
        case spansetConjunction
        /// `>`, `>>`, `<`, `<<`, `~` and their `&` forms.
        case structuralOperator(SpansetOperator)
        /// `!>`, `!>>`, `!<`, `!<<`, `!~`: a relative elsewhere is not seen.
        case negatedStructuralOperator(SpansetOperator)
        /// A scalar filter that a part may fail and the whole trace pass, or the reverse.
        case aggregate
        /// Counts or relations inside the groups of `by()`, which are split over the parts.
        case afterGroup
        /// Duration, root name or root service of the trace.
        case traceIntrinsic(Intrinsic)
        /// `span:childCount`: children may lie elsewhere.
        case childCount
        /// Nested set numbers, which every part numbers anew; the test for a root span is excepted.
        case nestedSet(Intrinsic)
        /// `parent.` attributes and the `parent` intrinsic.
        case parent

        /// The kind in words.
        public var description: String {
            switch self {
            case .spansetConjunction: "relation between spansets (&&)"
            case .structuralOperator(let op): "structural operator \(op.text)"
            case .negatedStructuralOperator(let op): "negated structural operator \(op.text)"
            case .aggregate: "aggregate over a spanset"
            case .afterGroup: "relation or aggregate after by()"
            case .traceIntrinsic(let intrinsic): "trace-level intrinsic \(intrinsic.text)"
            case .childCount: "child count"
            case .nestedSet(let intrinsic): "nested set number \(intrinsic.text)"
            case .parent: "parent attribute"
            }
        }
    }
}

extension Query {
    /// Whether the query may be answered from parts of a trace, and what stands in the way.
    ///
    /// For a metrics query this is about the spans that its functions see; whether the series of parts can be merged
    /// depends on the function too and is another question. Hints do not matter.
    public var federationClass: FederationClass {
        var inspector = SeparabilityInspector()
        switch root {
        case .spansets(let pipeline):
            inspector.visit(pipeline)
            inspector.checkRootTests(pipeline)
        case .metrics(let metrics):
            for subquery in metrics.subqueries {
                guard case .function(let pipeline, let function) = subquery.kind else { continue }
                inspector.visit(pipeline)
                inspector.visit(function)
            }
        }
        return FederationClass(reasons: inspector.reasons)
    }
}

/// Collects what depends on more than one span.
private struct SeparabilityInspector {
    var reasons: [FederationClass.Reason] = []
    private var rootTests: [SourceRange] = []

    mutating func note(_ kind: FederationClass.Kind, _ range: SourceRange) {
        reasons.append(FederationClass.Reason(kind: kind, range: range))
    }

    mutating func visit(_ pipeline: Pipeline) {
        var isGrouped = false
        for (index, element) in pipeline.elements.enumerated() {
            switch element.kind {
            case .spanset(let spanset):
                if isGrouped, case .operation = spanset.kind { note(.afterGroup, element.range) }
                visit(spanset)
            case .scalarFilter(let filter):
                if isGrouped {
                    note(.afterGroup, element.range)
                } else if !filter.holdsForEverySpanset || pipeline.narrows(after: index) {
                    note(.aggregate, element.range)
                }
                visit(filter.lhs)
                visit(filter.rhs)
            case .group(let expression):
                visit(expression)
                isGrouped = true
            case .coalesce: break
            case .select(let attributes): for attribute in attributes { visit(attribute, element.range) }
            case .aggregate(let aggregate):
                note(isGrouped ? .afterGroup : .aggregate, element.range)
                if let argument = aggregate.argument { visit(argument) }
            }
        }
    }

    mutating func visit(_ spanset: SpansetExpression) {
        switch spanset.kind {
        case .filter(let filter): visit(filter.expression)
        case .operation(let op, let lhs, let rhs):
            if op == .and {
                note(.spansetConjunction, spanset.range)
            } else if op != .or {
                note(op.isNegated ? .negatedStructuralOperator(op) : .structuralOperator(op), spanset.range)
            }
            visit(lhs)
            visit(rhs)
        case .wrapped(let pipeline): visit(pipeline)
        }
    }

    mutating func visit(_ scalar: ScalarExpression) {
        switch scalar.kind {
        case .aggregate(let aggregate): if let argument = aggregate.argument { visit(argument) }
        case .constant: break
        case .operation(_, let lhs, let rhs):
            visit(lhs)
            visit(rhs)
        case .wrapped(let pipeline): visit(pipeline)
        }
    }

    mutating func visit(_ expression: FieldExpression) {
        switch expression.kind {
        case .literal: break
        case .attribute(let attribute): visit(attribute, expression.range)
        case .unary(_, let operand), .nilTest(_, let operand): visit(operand)
        case .binary(let op, let lhs, let rhs):
            if isRootTest(op, lhs, rhs) { return rootTests.append(expression.range) }
            visit(lhs)
            visit(rhs)
        case .logical(let chain): for operand in chain.operands { visit(operand) }
        }
    }

    /// An answer tells the number of the parent of every span that matches, tested or not. Only roots have the same in every part.
    mutating func checkRootTests(_ pipeline: Pipeline) {
        guard !rootTests.isEmpty, !pipeline.necessaryConditions.span.holdsForRootsOnly else { return }
        for range in rootTests { note(.nestedSet(.nestedSetParent), range) }
    }

    /// A span without a parent has the number -1 in every part; nothing else is negative.
    private func isRootTest(_ op: BinaryOperator, _ lhs: FieldExpression, _ rhs: FieldExpression) -> Bool {
        let isOnLeft = lhs.attribute?.intrinsic == .nestedSetParent
        guard isOnLeft || rhs.attribute?.intrinsic == .nestedSetParent,
            let literal = isOnLeft ? rhs.literal : lhs.literal,
            let value = literal.asDouble, let op = isOnLeft ? op : op.mirrored
        else { return false }
        switch op {
        case .equal: return value == -1
        case .less: return value > -1 && value <= 0
        case .lessOrEqual: return value >= -1 && value < 0
        default: return false
        }
    }

    mutating func visit(_ attribute: Attribute, _ range: SourceRange) {
        if attribute.isOfParent { return note(.parent, range) }
        guard let intrinsic = attribute.intrinsic else { return }
        switch intrinsic {
        case .traceDuration, .traceRootName, .traceRootService: note(.traceIntrinsic(intrinsic), range)
        case .spanChildCount: note(.childCount, range)
        case .nestedSetLeft, .nestedSetRight, .nestedSetParent: note(.nestedSet(intrinsic), range)
        case .parent: note(.parent, range)
        case .structuralChild, .structuralDescendant, .structuralSibling: note(.nestedSet(intrinsic), range)
        case .duration, .name, .status, .statusMessage, .kind, .spanID, .spanParentID, .traceID, .eventName,
            .eventTimeSinceStart, .linkTraceID, .linkSpanID, .instrumentationName, .instrumentationVersion,
            .spanStartTime:
            break
        }
    }

    mutating func visit(_ function: MetricsFunction) {
        for attribute in function.group { visit(attribute, function.range) }
        switch function.kind {
        case .rate, .countOverTime: break
        case .minOverTime(let attribute), .maxOverTime(let attribute), .sumOverTime(let attribute),
            .avgOverTime(let attribute), .histogramOverTime(let attribute), .quantileOverTime(let attribute, _):
            visit(attribute, function.range)
        case .compare(let filter, _, _, _): visit(filter.expression)
        }
    }
}

extension Pipeline {
    /// Whether what follows an element may drop spans or split spansets, whose count the answer tells.
    fileprivate func narrows(after index: Int) -> Bool {
        elements[(index + 1)...].contains { element in
            switch element.kind {
            case .spanset, .group, .coalesce: true
            case .scalarFilter, .select, .aggregate: false
            }
        }
    }
}

extension SpanCondition {
    /// Whether no span but a root can pass; false where it is not obvious.
    public var holdsForRootsOnly: Bool {
        switch self {
        case .never: return true
        case .always, .exists, .isNil: return false
        case .test(let attribute, let op, let value):
            guard attribute.intrinsic == .nestedSetParent, let number = value.asDouble else { return false }
            switch op {
            case .equal: return number == -1
            case .less: return number <= 0
            case .lessOrEqual: return number < 0
            default: return false
            }
        case .all(let parts): return parts.contains(where: \.holdsForRootsOnly)
        case .any(let parts): return parts.allSatisfy(\.holdsForRootsOnly)
        }
    }
}

extension ScalarFilter {
    /// Whether no spanset with a span in it can fail: `count() > 0` and its like.
    fileprivate var holdsForEverySpanset: Bool {
        guard case .aggregate(let aggregate) = lhs.kind, aggregate.function == .count,
            case .constant(let constant) = rhs.kind, let bound = constant.asDouble
        else { return false }
        switch comparison {
        case .greater: return bound < 1
        case .greaterOrEqual: return bound <= 1
        case .notEqual: return bound < 1 || bound != bound.rounded()
        default: return false
        }
    }
}
