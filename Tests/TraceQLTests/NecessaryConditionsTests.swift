import TestSupport
import Testing
import TraceQL

/// Conditions that are safe to filter by.
@Suite(.computeThreads) struct NecessaryConditionsTests {
    @Test(arguments: [
        ("{}", "true"), ("{ .a }", ".a = true"), ("{ .a = 1 && name =~ `x` }", "(.a = 1) && (name =~ `x`)"),
        ("{ .a = 1 || .b != nil }", "(.a = 1) || (.b != nil)"), ("{ 3 < .a }", ".a > 3"), ("{ 3 = .a }", ".a = 3"),
        ("{ !(.a = 1) }", "true"), ("{ !(.a = nil) }", "true"), ("{ !.a }", ".a = false"),
        ("{ !(name = `x`) && .b = 1 }", ".b = 1"), ("{ .a || !(.b = 1) }", "true"), ("{ .a + 1 > 2 }", ".a != nil"),
        ("{ .a = .b }", "(.a != nil) && (.b != nil)"), ("{ duration * 2 > .a }", "true"),
        ("{ false }", "false"), ("{ .a = 1 } | { .b = 2 }", "(.a = 1) && (.b = 2)"),
        ("{ .a = 1 } >> { .b = 2 }", ".b = 2"), ("{ .a = 1 } && { .b = 2 }", "(.a = 1) || (.b = 2)"),
        ("{ .a = 1 } !> { .b = 2 }", ".b = 2"),
        ("{ .a = 1 } | by(.x) | count() > 1 | { .b = 2 }", "(.a = 1) && (.b = 2)"),
        ("{ .a = 1 || .b = 2 && .c = 3 }", "((.a = 1) || (.b = 2)) && (.c = 3)"),
        ("({ .a = 1 } | rate()) / ({ .b = 2 } | rate())", "(.a = 1) || (.b = 2)"),
    ])
    func ofSpans(_ text: String, _ condition: String) throws {
        #expect(try Query.parse(text).necessaryConditions.span.expression.description == condition)
    }

    @Test func operandsOfSpansetOperatorsAreWantedOneByOne() throws {
        let a = SpanCondition.test(Attribute(.none, "a"), .equal, .int(1))
        let b = SpanCondition.test(Attribute(.none, "b"), .equal, .int(2))
        func trace(_ text: String) throws -> TraceCondition { try Query.parse(text).necessaryConditions.trace }
        #expect(try trace("{ .a = 1 } >> { .b = 2 }") == .all([.span(a), .span(b)]))
        #expect(try trace("{ .a = 1 } !>> { .b = 2 }") == .span(b))
        #expect(try trace("{ .a = 1 } || { .b = 2 }") == .all([.any([.span(a), .span(b)]), .span(.any([a, b]))]))
        #expect(try trace("{ .a = 1 } && { false }") == .never)
        #expect(try trace("{} | count() > 1") == .always || trace("{} | count() > 1") == .span(.always))
    }

    @Test func aLongPipelineOfOperationsKeepsItsConditionsSmall() throws {
        for count in [4, 16, 60] {
            let elements = (0..<count).map { "{ .a\($0) = 1 } && { .b\($0) = 2 }" }
            let query = try Query.parse(elements.joined(separator: " | "))
            #expect(query.necessaryConditions.span.expression.description.utf8.count < 20_000, "\(count) elements")
        }
    }

    @Test func aPartOfATraceIsNotAskedWhatItCannotTell() throws {
        let query = try Query.parse("{ traceDuration > 1s && .a = 1 && trace:id = `ab` && span:childCount > 2 }")
        #expect(query.necessaryConditions.span.spanLocal.expression.description == "(.a = 1) && (trace:id = `ab`)")
        let either = try Query.parse("{ rootName = `x` || .a = 1 }")
        #expect(either.necessaryConditions.span.spanLocal == .always)
    }

    @Test(arguments: [
        (
            "{ event.a = 1 && event.b = 2 && .c = 3 && link.d = 4 } | count() > 1",
            "((event.a = 1) && (.c = 3)) && (link.d = 4)"
        ),
        ("{ event.a != nil && rootName = `x` }", "event.a != nil"),
        ("{ event.a = 1 || event:name = `x` }", "(event.a = 1) || (event:name = `x`)"),
    ])
    func candidatesAreAskedForWithoutCorrelation(_ text: String, _ filter: String) throws {
        #expect(try Query.parse(text).necessaryConditions.span.candidateFilter.expression.description == filter)
    }

    /// Random expressions on random spans: whenever the expression holds, so does its necessary condition.
    @Test(arguments: 0..<4)
    func noMatchIsLost(_ seed: Int) {
        var generator = TreeGenerator(seed: 1_000 + UInt64(seed))
        var matches = 0
        for _ in 0..<4_000 {
            let expression = generator.smallField(3)
            let condition = expression.necessaryCondition.expression
            for _ in 0..<6 {
                var span: [Attribute: Static] = [:]
                for name in ["a", "b", "c"] where generator.chance(70) {
                    span[Attribute(.none, name)] = generator.smallLiteral()
                }
                guard Evaluator(span: span).value(expression) == .value(.boolean(true)) else { continue }
                matches += 1
                #expect(
                    Evaluator(span: span).value(condition) == .value(.boolean(true)),
                    "\(expression) holds for \(span), \(condition) does not")
            }
        }
        #expect(matches > 1_000)
    }
}

extension TreeGenerator {
    /// Few values and few names, so that expressions often hold.
    mutating func smallLiteral() -> Static {
        pick([.int(0), .int(1), .int(2), .float(1), .boolean(true), .boolean(false), .string("x"), .string("1")])
    }

    mutating func smallField(_ depth: Int) -> FieldExpression {
        guard depth > 0, chance(85) else {
            return FieldExpression(.attribute(Attribute(.none, pick(["a", "b", "c"]))))
        }
        switch count(0...6) {
        case 0: return FieldExpression(.unary(chance(80) ? .not : .negate, smallField(depth - 1)))
        case 1: return FieldExpression(.nilTest(pick([.exists, .isNil]), smallField(depth - 1)))
        case 2, 3:
            var chain = LogicalChain(smallField(depth - 1), isAnd: chance(50), smallField(depth - 1))
            if chance(50) { chain.append(isAnd: chance(50), smallField(depth - 1)) }
            return FieldExpression(.logical(chain))
        default:
            let op = pick(BinaryOperator.allCases.filter { !$0.isRewritten && $0 != .and && $0 != .or && $0 != .power })
            let literal = FieldExpression(.literal(smallLiteral()))
            let other = chance(60) ? literal : smallField(depth - 1)
            let field = smallField(depth - 1)
            if op == .regex || op == .notRegex {
                return FieldExpression(.binary(op, field, FieldExpression(.literal(.string("x|1")))))
            }
            return chance(50) ? FieldExpression(.binary(op, field, other)) : FieldExpression(.binary(op, other, field))
        }
    }
}

/// Evaluates field expressions on single values, as the language says them.
private struct Evaluator {
    enum Outcome: Equatable {
        case value(Static)
        /// The span cannot be evaluated, and does not match.
        case failure
    }

    var span: [Attribute: Static]

    func value(_ expression: FieldExpression) -> Outcome {
        switch expression.kind {
        case .literal(let value): return .value(value)
        case .attribute(let attribute): return .value(span[attribute] ?? .null)
        case .unary(let op, let operand):
            guard case .value(let value) = self.value(operand) else { return .failure }
            switch (op, value) {
            case (.not, .boolean(let flag)): return .value(.boolean(!flag))
            case (.negate, .int(let number)): return .value(.int(-number))
            case (.negate, .float(let number)): return .value(.float(-number))
            default: return .failure
            }
        case .nilTest(let test, let operand):
            guard case .value(let value) = self.value(operand) else { return .failure }
            return .value(.boolean((value == .null) == (test == .isNil)))
        case .logical(let chain):
            var result = value(chain.first)
            for step in chain.rest {
                let right = value(step.operand)
                guard case .value(let x) = result, case .value(let y) = right else { return .failure }
                if case (.boolean(let x), .boolean(let y)) = (x, y) {
                    result = .value(.boolean(step.isAnd ? x && y : x || y))
                } else {
                    result = .value(.boolean(false))
                }
            }
            return result
        case .binary(let op, let lhs, let rhs):
            guard case .value(let x) = value(lhs), case .value(let y) = value(rhs) else { return .failure }
            return operation(op, x, y)
        }
    }

    private func number(_ value: Static) -> Double? {
        switch value {
        case .int(let number): Double(number)
        case .float(let number): number
        default: nil
        }
    }

    private func operation(_ op: BinaryOperator, _ lhs: Static, _ rhs: Static) -> Outcome {
        let no = Outcome.value(.boolean(false))
        if let x = number(lhs), let y = number(rhs) {
            switch op {
            case .add: return .value(.float(x + y))
            case .subtract: return .value(.float(x - y))
            case .multiply: return .value(.float(x * y))
            case .divide: return y == 0 ? .failure : .value(.float(x / y))
            case .modulo: return y == 0 ? .failure : .value(.float(x.truncatingRemainder(dividingBy: y)))
            case .equal: return .value(.boolean(x == y))
            case .notEqual: return .value(.boolean(x != y))
            case .less: return .value(.boolean(x < y))
            case .lessOrEqual: return .value(.boolean(x <= y))
            case .greater: return .value(.boolean(x > y))
            case .greaterOrEqual: return .value(.boolean(x >= y))
            default: return no
            }
        }
        if case (.string(let x), .string(let y)) = (lhs, rhs) {
            switch op {
            case .equal: return .value(.boolean(x == y))
            case .notEqual: return .value(.boolean(x != y))
            case .less: return .value(.boolean(x.lexicographicallyPrecedes(y)))
            case .lessOrEqual: return .value(.boolean(!y.lexicographicallyPrecedes(x)))
            case .greater: return .value(.boolean(y.lexicographicallyPrecedes(x)))
            case .greaterOrEqual: return .value(.boolean(!x.lexicographicallyPrecedes(y)))
            case .regex, .notRegex:
                guard let expression = try? RegularExpression(utf8: y) else { return .failure }
                return .value(.boolean(expression.matches(x) == (op == .regex)))
            default: return no
            }
        }
        if case (.boolean(let x), .boolean(let y)) = (lhs, rhs) {
            if op == .equal { return .value(.boolean(x == y)) }
            if op == .notEqual { return .value(.boolean(x != y)) }
        }
        return no
    }
}
