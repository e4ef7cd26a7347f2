/// Which kinds of numbers a query lets its comparisons see, level by level.
///
/// Tempo reads only values that pass some test of the query at their level, and a test is for values of its literal's type:
/// `span.a > 1` alone sees no floating-point numbers. Beside a test for those, or anything that loads values of all types, it
/// does. A condition that is asked alone, as candidates are, has to make up for that.
struct VisibleNumbers {
    private var integers: Set<AttributeScope> = []
    private var floats: Set<AttributeScope> = []

    init(_ query: Query) {
        for request in query.storageConditions {
            for condition in request.conditions + request.secondPass where condition.attribute.intrinsic == nil {
                for scope in Self.levels(condition.attribute) { add(condition.test, scope) }
            }
        }
    }

    private mutating func add(_ test: StorageConditions.Test, _ scope: AttributeScope) {
        switch test {
        case .isNil: break
        case .load, .exists:
            integers.insert(scope)
            floats.insert(scope)
        case .compare(_, let literal):
            if literal.type.element == .int { integers.insert(scope) }
            if literal.type.element == .float { floats.insert(scope) }
        }
    }

    /// Where values of an attribute are read from.
    private static func levels(_ attribute: Attribute) -> [AttributeScope] {
        attribute.scope == .none ? [.span, .resource] : [attribute.scope]
    }

    func seesIntegers(_ attribute: Attribute) -> Bool { Self.levels(attribute).contains { integers.contains($0) } }
    func seesFloats(_ attribute: Attribute) -> Bool { Self.levels(attribute).contains { floats.contains($0) } }
}

extension SpanCondition {
    /// A test in a form that finds, without the rest of its query, every span for which it holds within it.
    func askedAlone(_ visible: VisibleNumbers) -> SpanCondition {
        guard case .test(let attribute, let op, let literal) = self, attribute.intrinsic == nil else { return self }
        // Of a list only some elements may be read, by which the rest of the query decides.
        if (op == .notEqual || op == .notRegex) && !attribute.isServiceName { return .exists(attribute) }
        var tests = [self]
        switch literal {
        case .int(let number), .duration(let number):
            if visible.seesFloats(attribute) { tests.append(.test(attribute, op, .float(Double(number)))) }
            if case .duration = literal, visible.seesIntegers(attribute) {
                tests.append(.test(attribute, op, .int(number)))
            }
        case .float(let number):
            guard visible.seesIntegers(attribute) else { break }
            guard number.magnitude < 9e18 else { return .exists(attribute) }
            // The nearest whole number that lets no less pass.
            let down = Int64(number.rounded(.down))
            let up = Int64(number.rounded(.up))
            switch op {
            case .greater, .greaterOrEqual: tests.append(.test(attribute, .greaterOrEqual, .int(down)))
            case .less, .lessOrEqual: tests.append(.test(attribute, .lessOrEqual, .int(up)))
            default: if down == up { tests.append(.test(attribute, op, .int(down))) }
            }
        default: break
        }
        return .disjunction(tests)
    }
}
