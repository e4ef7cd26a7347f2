import TestSupport
import TraceQL

/// Makes trees as the parser would: nothing in them folds.
struct TreeGenerator {
    var random: SplitMix

    init(seed: UInt64) { random = SplitMix(seed) }

    mutating func pick<T>(_ values: [T]) -> T { values[Int.random(in: 0..<values.count, using: &random)] }
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    mutating func count(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    // MARK: - Leaves

    mutating func name() -> String {
        pick([
            "a", "b", "http.url", "two words", "", "1st", "q\"uote", "back\\slash", "é日", "x=y", "span.x", "a//b",
            "nil",
        ])
    }

    mutating func attribute() -> Attribute {
        if chance(25) {
            return Attribute(
                pick(Intrinsic.allCases.filter { !$0.text.hasPrefix("<") && $0 != .spanStartTime && $0 != .traceID }))
        }
        if chance(5) { return Attribute(pick([.none, .span, .resource]), name(), isOfParent: true) }
        return Attribute(pick(AttributeScope.allCases), name())
    }

    mutating func string() -> [UInt8] {
        pick([
            [], Array("text".utf8), Array("`tick`".utf8), Array("cr\r\n\t\"".utf8), [0xFF, 0x00, 0x61], Array("日".utf8),
        ])
    }

    mutating func literal() -> Static {
        switch count(0...7) {
        case 0: return .int(pick([0, 1, -7, .max, .min]))
        case 1:
            return .float(
                pick([0.5, -0.0, 1e21, 1e-7, 100_000, .infinity, -.infinity, .nan, 1 / 3, .leastNonzeroMagnitude]))
        case 2: return .boolean(chance(50))
        case 3: return .duration(pick([0, 1, 1_500_000_000, -90_000_000_000, 3_600_000_000_001, .max]))
        case 4: return .status(pick(Static.Status.allCases))
        case 5: return .kind(pick(Static.Kind.allCases))
        default: return .string(string())
        }
    }

    // MARK: - Expressions

    /// An expression with an attribute in it.
    mutating func field(_ depth: Int) -> FieldExpression {
        guard depth > 0, chance(80) else { return FieldExpression(.attribute(attribute())) }
        switch count(0...5) {
        case 0: return FieldExpression(.unary(pick(UnaryOperator.allCases), field(depth - 1)))
        case 1: return FieldExpression(.nilTest(pick([.exists, .isNil]), field(depth - 1)))
        case 2, 3:
            var chain = LogicalChain(field(depth - 1), isAnd: chance(50), operand(depth - 1))
            for _ in 0..<count(0...3) { chain.append(isAnd: chance(50), operand(depth - 1)) }
            return FieldExpression(.logical(chain))
        default:
            let operators = BinaryOperator.allCases.filter { !$0.isRewritten && $0 != .and && $0 != .or }
            let sides = chance(50) ? (field(depth - 1), operand(depth - 1)) : (operand(depth - 1), field(depth - 1))
            return FieldExpression(.binary(pick(operators), sides.0, sides.1))
        }
    }

    /// An expression or a literal.
    mutating func operand(_ depth: Int) -> FieldExpression {
        chance(40) ? FieldExpression(.literal(literal())) : field(depth)
    }

    mutating func filter(_ depth: Int) -> SpansetFilter {
        if chance(10) { return SpansetFilter(FieldExpression(.literal(.boolean(true)))) }
        return SpansetFilter(field(depth))
    }

    mutating func spanset(_ depth: Int) -> SpansetExpression {
        guard depth > 0, chance(40) else { return SpansetExpression(.filter(filter(3))) }
        return SpansetExpression(.operation(pick(SpansetOperator.allCases), spanset(depth - 1), spanset(depth - 1)))
    }

    mutating func constant() -> Static {
        pick([.int(0), .int(-3), .int(.min), .float(2.5), .float(.infinity), .duration(1_000_000)])
    }

    mutating func scalar(_ depth: Int) -> ScalarExpression {
        guard depth > 0, chance(30) else {
            let function = pick(Aggregate.Function.allCases)
            return ScalarExpression(.aggregate(Aggregate(function, function == .count ? nil : field(2))))
        }
        let constant = ScalarExpression(.constant(constant()))
        let op = pick([BinaryOperator.add, .subtract, .multiply, .divide, .modulo, .power])
        let other = chance(50) ? constant : scalar(depth - 1)
        return ScalarExpression(.operation(op, scalar(depth - 1), other))
    }

    mutating func element(isFirst: Bool) -> PipelineElement {
        switch count(0...7) {
        case 0: return PipelineElement(.group(operand(3)))
        case 1: return PipelineElement(.select((0..<count(1...3)).map { _ in attribute() }))
        case 2 where !isFirst: return PipelineElement(.coalesce)
        case 3:
            let comparison = pick([BinaryOperator.equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual])
            let right = chance(60) ? ScalarExpression(.constant(constant())) : scalar(1)
            return PipelineElement(.scalarFilter(ScalarFilter(comparison, scalar(2), right)))
        default: return PipelineElement(.spanset(spanset(2)))
        }
    }

    mutating func pipeline() -> Pipeline {
        Pipeline((0..<count(1...3)).map { element(isFirst: $0 == 0) })
    }

    /// A pipeline that must stand in parentheses to be an operand of its kind.
    mutating func wrapped(_ depth: Int, isFirst: Bool) -> SpansetExpression {
        if depth > 0 && chance(30) {
            return SpansetExpression(
                .operation(
                    pick(SpansetOperator.allCases), wrapped(depth - 1, isFirst: true),
                    wrapped(depth - 1, isFirst: false)))
        }
        var pipeline = pipeline()
        if isFirst && pipeline.elements.count == 1 { pipeline.elements.append(PipelineElement(.coalesce)) }
        return SpansetExpression(.wrapped(pipeline))
    }

    mutating func secondStages() -> [MetricsSecondStage] {
        (0..<count(0...2)).map { _ in
            switch count(0...2) {
            case 0: MetricsSecondStage(.topK(Int64(count(0...9))))
            case 1: MetricsSecondStage(.bottomK(Int64(count(0...9))))
            default: MetricsSecondStage(.filter(pick([.equal, .greater, .lessOrEqual]), number()))
            }
        }
    }

    mutating func number() -> Double {
        pick([0, 1, -2, 0.1, 1e21, -.infinity, .nan, -0.0, 123_456_789.25, 0x1p63, -0x1p63])
    }

    mutating func metricsFunction() -> MetricsFunction {
        let kind: MetricsFunction.Kind
        switch count(0...8) {
        case 0: kind = .countOverTime
        case 1: kind = .minOverTime(attribute())
        case 2: kind = .maxOverTime(attribute())
        case 3: kind = .sumOverTime(attribute())
        case 4: kind = .avgOverTime(attribute())
        case 5: kind = .histogramOverTime(attribute())
        case 6: kind = .quantileOverTime(attribute(), [pick([0.5, 0.123456789]), 1])
        case 7:
            let times = chance(50)
            return MetricsFunction(
                .compare(filter(2), topN: pick([10, 5]), startUnixNano: times ? 1 : 0, endUnixNano: times ? 2 : 0))
        default: kind = .rate
        }
        return MetricsFunction(kind, group: (0..<count(0...2)).map { _ in attribute() })
    }

    mutating func metrics(_ depth: Int) -> MetricsExpression {
        let op = pick([BinaryOperator.add, .subtract, .multiply, .divide])
        guard depth > 0, chance(50) else {
            return MetricsExpression(.function(pipeline(), metricsFunction()), secondStages: secondStages())
        }
        switch count(0...2) {
        case 0: return MetricsExpression(.scalarOnLeft(op, number(), metrics(depth - 1)))
        case 1: return MetricsExpression(.scalarOnRight(op, metrics(depth - 1), number()))
        default: return MetricsExpression(.operation(op, metrics(depth - 1), metrics(depth - 1)))
        }
    }

    mutating func query() -> Query {
        let root: Query.Root
        switch count(0...3) {
        case 0:
            var metrics = metrics(2)
            metrics.secondStages = secondStages()
            root = .metrics(metrics)
        case 1:
            let expression = SpansetExpression(
                .operation(pick(SpansetOperator.allCases), wrapped(1, isFirst: true), wrapped(1, isFirst: false)))
            root = .spansets(Pipeline([PipelineElement(.spanset(expression))]))
        default: root = .spansets(pipeline())
        }
        let hints = (0..<(chance(30) ? count(1...2) : 0)).map { _ in
            Hint(
                pick(["most_recent", "é", "_x1"]), pick([.boolean(true), .int(.max), .string(string()), .duration(5)]))
        }
        return Query(root, hints: hints)
    }
}
