/// What Tempo asks its storage for before it evaluates a query, quirks included.
///
/// These are *not* safe to filter by: Tempo pushes down the inside of a negation unnegated and does not mirror an operator
/// whose literal stands on the left, so that spans which the query matches are never fetched. They tell what a Tempo will
/// do. To filter by, use `Query.necessaryConditions`.
public struct StorageConditions: Sendable, Hashable {
    /// What is asked about one attribute.
    public struct Condition: Sendable, Hashable {
        /// The attribute or intrinsic; for spanset operators one of the structural markers.
        public var attribute: Attribute
        /// The test.
        public var test: Test

        /// A condition.
        public init(_ attribute: Attribute, _ test: Test) {
            self.attribute = attribute
            self.test = test
        }
    }

    /// What is asked of a value.
    public enum Test: Sendable, Hashable {
        /// Nothing: bring the value.
        case load
        /// That there is a value.
        case exists
        /// That there is none.
        case isNil
        /// That it compares to a literal, or to a list of them.
        case compare(BinaryOperator, Static)
    }

    /// What the spans are fetched by, in Tempo's order.
    public var conditions: [Condition] = []
    /// Whether a span must satisfy all of `conditions`; otherwise one is enough, and groups of them are.
    public var allConditions = true
    /// What is brought for the spans that matched.
    public var secondPass: [Condition] = []
    /// Whether the second pass brings everything, which `compare()` needs.
    public var secondPassSelectsAll = false
    /// The canonical text of the sub-query that the conditions are for, in Tempo's style.
    public var fragment = ""
}

extension Query {
    /// What Tempo asks its storage for: one entry for a search, one for every different sub-query of a metrics query.
    ///
    /// The query is rewritten first (`orToIn()`), as Tempo does. What a search adds to fill in its answer (root name, start
    /// and so on) is not included.
    public var storageConditions: [StorageConditions] {
        let query = orToIn().query
        switch query.root {
        case .spansets(let pipeline):
            var result = StorageConditions()
            result.add(pipeline)
            var text = CanonicalText(.tempo)
            text.append(pipeline)
            result.fragment = text.string
            return [result]
        case .metrics(let metrics):
            var results: [StorageConditions] = []
            for subquery in metrics.subqueries {
                guard case .function(let pipeline, let function) = subquery.kind else { continue }
                var text = CanonicalText(.tempo)
                text.append(MetricsExpression(.function(pipeline, function)))
                guard !results.contains(where: { $0.fragment == text.string }) else { continue }
                var result = StorageConditions()
                result.fragment = text.string
                result.add(pipeline)
                result.add(function)
                results.append(result)
            }
            return results
        }
    }
}

extension StorageConditions {
    // MARK: - Pipelines

    fileprivate mutating func add(_ pipeline: Pipeline) {
        guard let select = pipeline.elements.firstIndex(where: { if case .select = $0.kind { true } else { false } })
        else { return pipeline.elements.forEach { add($0) } }
        for element in pipeline.elements[..<select] { add(element) }
        // From the first select() on everything belongs to the second pass, except what is there already.
        let loads = conditions.filter { $0.test == .load }
        let loaded = Set(loads.map(\.attribute))
        for element in pipeline.elements[select...] {
            var later = StorageConditions()
            later.conditions = loads
            later.add(element)
            secondPass += later.secondPass
            secondPass += later.conditions[loads.count...].filter { !loaded.contains($0.attribute) }
        }
    }

    private mutating func add(_ element: PipelineElement) {
        switch element.kind {
        case .spanset(let spanset): add(spanset)
        case .scalarFilter(let filter):
            add(filter.lhs)
            add(filter.rhs)
        case .group(let expression):
            add(expression)
            allConditions = false
        case .coalesce: break
        case .select(let attributes): secondPass += attributes.map { Condition($0, .load) }
        case .aggregate(let aggregate): add(aggregate)
        }
    }

    private mutating func add(_ spanset: SpansetExpression) {
        switch spanset.kind {
        case .filter(let filter):
            if let literal = filter.expression.literal {
                // `{ true }` wants every span; anything that is always there brings them.
                let isLoaded = conditions.contains { $0.attribute.intrinsic != nil && $0.test == .load }
                if literal == .boolean(true) && !isLoaded { load(Attribute(.spanStartTime)) }
                return
            }
            add(filter.expression)
        case .operation(let op, let lhs, let rhs):
            switch op.relation {
            case .descendant: load(Attribute(.structuralDescendant))
            case .child: load(Attribute(.structuralChild))
            case .sibling: load(Attribute(.structuralSibling))
            case nil: break
            }
            add(lhs)
            add(rhs)
            allConditions = false
        case .wrapped(let pipeline): add(pipeline)
        }
    }

    private mutating func add(_ scalar: ScalarExpression) {
        switch scalar.kind {
        case .aggregate(let aggregate): add(aggregate)
        case .constant: break
        case .operation(_, let lhs, let rhs):
            add(lhs)
            add(rhs)
        case .wrapped(let pipeline): add(pipeline)
        }
    }

    private mutating func add(_ aggregate: Aggregate) {
        if let argument = aggregate.argument { add(argument) }
        allConditions = false
    }

    // MARK: - Field expressions

    private mutating func load(_ attribute: Attribute) { conditions.append(Condition(attribute, .load)) }

    private mutating func add(_ expression: FieldExpression) {
        switch expression.kind {
        case .literal: break
        case .attribute(let attribute): load(attribute)
        case .unary(_, let operand): add(operand)
        case .nilTest(let test, let operand):
            if let attribute = operand.attribute {
                conditions.append(Condition(attribute, test == .exists ? .exists : .isNil))
            } else {
                add(operand)
            }
        case .binary(let op, let lhs, let rhs): add(op, lhs, rhs)
        case .logical(let chain):
            for (index, step) in chain.rest.enumerated() {
                if index == 0 {
                    add(step.binaryOperator, chain.first, step.operand)
                } else {
                    // The left side is an expression here.
                    add(step.operand)
                    if !step.isAnd { allConditions = false }
                }
            }
        }
    }

    private mutating func add(_ op: BinaryOperator, _ lhs: FieldExpression, _ rhs: FieldExpression) {
        switch (lhs.kind, rhs.kind) {
        case (.attribute(let attribute), .literal(let value)), (.literal(let value), .attribute(let attribute)):
            let isTest = !op.isArithmetic && op != .and && op != .or
            conditions.append(Condition(attribute, isTest ? .compare(op, value) : .load))
        case (.attribute(let left), .attribute(let right)):
            load(left)
            load(right)
        case (.attribute(let attribute), _):
            load(attribute)
            add(rhs)
        case (.literal, _): add(rhs)
        default:
            add(lhs)
            add(rhs)
            if op == .or { allConditions = false }
        }
    }

    // MARK: - Metrics

    fileprivate mutating func add(_ function: MetricsFunction) {
        switch function.kind {
        case .rate, .countOverTime: break
        case .minOverTime(let attribute), .maxOverTime(let attribute), .sumOverTime(let attribute),
            .avgOverTime(let attribute), .histogramOverTime(let attribute), .quantileOverTime(let attribute, _):
            if !isPresent(attribute, in: conditions) && !isPresent(attribute, in: secondPass) {
                secondPass.append(Condition(attribute, .load))
            }
        case .compare:
            secondPassSelectsAll = true
            let start = Attribute(.spanStartTime)
            if !isPresent(start, in: conditions) { secondPass.append(Condition(start, .load)) }
        }
        var looksEverywhere = allConditions
        if case .avgOverTime = function.kind { looksEverywhere = true }
        for attribute in function.group
        where !isPresent(attribute, in: secondPass) && !(looksEverywhere && isPresent(attribute, in: conditions)) {
            secondPass.append(Condition(attribute, .load))
        }
    }

    /// Whether some condition brings the attribute; an unscoped one brings that of the span and of the resource.
    private func isPresent(_ attribute: Attribute, in conditions: [Condition]) -> Bool {
        var unscoped = attribute
        if attribute.scope == .span || attribute.scope == .resource { unscoped.scope = .none }
        return conditions.contains { $0.attribute == attribute || $0.attribute == unscoped }
    }
}
