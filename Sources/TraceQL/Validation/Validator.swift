extension Query {
    /// Checks what the grammar cannot: types, regular expressions, limits of arguments, and what Tempo does not support yet.
    ///
    /// The order of the checks is Tempo's, so the first failure is the one that Tempo reports: pipelines, then metrics
    /// functions, then second stages and arithmetic. Sub-queries of a metrics query are taken from the left
    /// (Tempo takes them in no fixed order).
    /// - Throws: `ValidationError` with Tempo's text.
    public func validate() throws(ValidationError) {
        for pipeline in pipelines { try Validator.check(pipeline) }
        guard case .metrics(let metrics) = root else { return }
        let subqueries = metrics.subqueries
        for subquery in subqueries {
            if case .function(_, let function) = subquery.kind { try Validator.check(function) }
        }
        try Validator.checkStages(metrics)
        let compares = subqueries.compactMap { subquery -> MetricsFunction? in
            guard case .function(_, let function) = subquery.kind, case .compare = function.kind else { return nil }
            return function
        }
        if let compare = compares.first {
            guard case .function = metrics.kind, metrics.secondStages.isEmpty else {
                throw ValidationError(
                    message: "`compare()` cannot be used with second stage functions", range: compare.range)
            }
        }
    }
}

extension FieldExpression {
    /// Checks the expression alone, as `Query.validate()` does for those inside a query.
    public func validate() throws(ValidationError) { try Validator.check(self) }
}

private enum Validator {
    static func fail(_ message: String, _ range: SourceRange) -> ValidationError {
        ValidationError(message: message, range: range)
    }

    // MARK: - Pipelines

    static func check(_ pipeline: Pipeline) throws(ValidationError) {
        for element in pipeline.elements {
            switch element.kind {
            case .spanset(let spanset): try check(spanset)
            case .scalarFilter(let filter): try check(filter, element.range)
            case .group(let expression):
                guard expression.refersToSpan else {
                    throw fail(
                        "grouping field expressions must reference the span: by(\(expression.tempoText))", element.range
                    )
                }
                try check(expression)
            case .coalesce: break
            case .select(let attributes):
                for attribute in attributes { try check(attribute, element.range) }
            case .aggregate(let aggregate): try check(aggregate, element.range)
            }
        }
    }

    static func check(_ spanset: SpansetExpression) throws(ValidationError) {
        switch spanset.kind {
        case .filter(let filter): try check(filter)
        case .operation(_, let lhs, let rhs):
            try check(lhs)
            try check(rhs)
        case .wrapped(let pipeline): try check(pipeline)
        }
    }

    static func check(_ filter: SpansetFilter) throws(ValidationError) {
        try check(filter.expression)
        let type = filter.expression.staticType
        guard type == .boolean || type == .any else {
            throw fail(
                "span filter field expressions must resolve to a boolean: { \(filter.expression.tempoText) }",
                filter.range)
        }
    }

    // MARK: - Scalars

    static func check(_ filter: ScalarFilter, _ range: SourceRange) throws(ValidationError) {
        try check(filter.lhs)
        try check(filter.rhs)
        let (left, right) = (filter.lhs.staticType, filter.rhs.staticType)
        guard TypeRules.areCompatible(left, right) else {
            throw fail("binary operations must operate on the same type: \(filter.tempoText)", range)
        }
        guard TypeRules.isDefined(filter.comparison, for: left), TypeRules.isDefined(filter.comparison, for: right)
        else { throw fail("illegal operation for the given types: \(filter.tempoText)", range) }
        guard case .aggregate = filter.lhs.kind else {
            throw fail("scalar filter lhs of type (%v) not yet supported", filter.lhs.range)
        }
        guard case .constant = filter.rhs.kind else {
            throw fail("scalar filter rhs of type (%v) not yet supported", filter.rhs.range)
        }
    }

    static func check(_ scalar: ScalarExpression) throws(ValidationError) {
        switch scalar.kind {
        case .aggregate(let aggregate): try check(aggregate, scalar.range)
        case .constant: break
        case .operation(let op, let lhs, let rhs):
            try check(lhs)
            try check(rhs)
            let (left, right) = (lhs.staticType, rhs.staticType)
            guard TypeRules.areCompatible(left, right) else {
                throw fail("binary operations must operate on the same type: \(scalar.tempoText)", scalar.range)
            }
            guard TypeRules.isDefined(op, for: left), TypeRules.isDefined(op, for: right) else {
                throw fail("illegal operation for the given types: \(scalar.tempoText)", scalar.range)
            }
        case .wrapped(let pipeline): try check(pipeline)
        }
    }

    static func check(_ aggregate: Aggregate, _ range: SourceRange) throws(ValidationError) {
        guard let argument = aggregate.argument else { return }
        try check(argument)
        let type = argument.staticType
        guard type == .any || type.isNumeric else {
            throw fail(
                "aggregate field expressions must resolve to a number type: \(aggregate.tempoText)", range)
        }
        guard argument.refersToSpan else {
            throw fail("aggregate field expressions must reference the span: \(aggregate.tempoText)", range)
        }
    }

    // MARK: - Field expressions

    static func check(_ attribute: Attribute, _ range: SourceRange) throws(ValidationError) {
        if attribute.isOfParent { throw fail("parent not yet supported", range) }
        if attribute.intrinsic == .parent { throw fail("intrinsic (parent) not yet supported", range) }
    }

    static func check(_ expression: FieldExpression) throws(ValidationError) {
        switch expression.kind {
        case .literal: break
        case .attribute(let attribute): try check(attribute, expression.range)
        case .unary(let op, let operand):
            try check(operand)
            guard TypeRules.isDefined(op, for: operand.staticType) else {
                throw fail("illegal operation for the given type: \(expression.tempoText)", expression.range)
            }
        case .binary(let op, let lhs, let rhs):
            try check(lhs)
            try check(rhs)
            try checkOperation(op, lhs, rhs, node: expression)
        case .logical(let chain):
            try check(chain.first)
            var left = chain.first.staticType
            for (index, step) in chain.rest.enumerated() {
                try check(step.operand)
                let right = step.operand.staticType
                if !TypeRules.areCompatible(left, right)
                    || !TypeRules.isDefined(step.binaryOperator, for: left)
                    || !TypeRules.isDefined(step.binaryOperator, for: right)
                {
                    try checkOperation(
                        step.binaryOperator, FieldExpression(.literal(.null)), FieldExpression(.literal(.null)),
                        types: (left, right), node: chain.prefix(index + 1))
                }
                left = .boolean
            }
        case .nilTest(let test, let operand):
            try check(operand)
            guard test == .isNil, let attribute = operand.attribute else { return }
            if let intrinsic = attribute.intrinsic {
                throw fail("\(intrinsic.text)=nil is not valid because intrinsics cannot be nil", expression.range)
            }
            if attribute.isServiceName {
                throw fail(
                    "resource.service.name=nil is not valid because resource.service.name cannot be nil",
                    expression.range)
            }
        }
    }

    private static func checkOperation(
        _ op: BinaryOperator, _ lhs: FieldExpression, _ rhs: FieldExpression, types: (StaticType, StaticType)? = nil,
        node: @autoclosure () -> FieldExpression
    ) throws(ValidationError) {
        let (left, right) = types ?? (lhs.staticType, rhs.staticType)
        guard TypeRules.areCompatible(left, right) else {
            let node = node()
            throw fail("binary operations must operate on the same type: \(node.tempoText)", node.range)
        }
        guard TypeRules.isDefined(op, for: left), TypeRules.isDefined(op, for: right) else {
            let node = node()
            throw fail("illegal operation for the given types: \(node.tempoText)", node.range)
        }
        guard op == .regex || op == .notRegex else { return }
        guard case .literal(.string(let pattern)) = rhs.kind else {
            throw fail("invalid type for =~ or !~: \(rhs.tempoText)", rhs.range)
        }
        do {
            _ = try RegularExpression.check(utf8: pattern)
        } catch {
            // What we cannot match but Tempo can is a failure of ours, and says so.
            let reason = error.isUnsupported ? " (\(error))" : ""
            throw fail("invalid regex: \(rhs.tempoText)\(reason)", rhs.range)
        }
    }

    // MARK: - Metrics

    static func check(_ function: MetricsFunction) throws(ValidationError) {
        let most: Int
        switch function.kind {
        case .rate, .countOverTime, .minOverTime, .maxOverTime, .sumOverTime: most = 5
        case .avgOverTime, .histogramOverTime, .quantileOverTime: most = 4
        case .compare(let filter, let topN, let start, let end):
            try check(filter)
            guard (1...1000).contains(topN) else {
                throw fail(
                    "compare() top number of values must be an integer between 1 and 1000", function.range)
            }
            guard start != 0 || end != 0 else { return }
            guard start > 0, end > 0 else {
                throw fail("compare() timestamps must be positive integer unix nanoseconds", function.range)
            }
            guard end > start else {
                throw fail("compare() end timestamp must be greater than start timestamp", function.range)
            }
            return
        }
        guard function.group.count <= most else {
            throw fail("metrics group by \(function.group.count) values not yet supported", function.range)
        }
        if case .quantileOverTime(_, let quantiles) = function.kind {
            for quantile in quantiles where !(0...1).contains(quantile) {
                throw fail(
                    "quantile must be between 0 and 1: \(CanonicalText.metricsNumber(quantile, style: .tempo))",
                    function.range)
            }
        }
    }

    static func checkStages(_ metrics: MetricsExpression) throws(ValidationError) {
        switch metrics.kind {
        case .function: break
        case .operation(_, let lhs, let rhs):
            try checkStages(lhs)
            try checkStages(rhs)
        case .scalarOnRight(_, let operand, _), .scalarOnLeft(_, _, let operand): try checkStages(operand)
        }
        for stage in metrics.secondStages {
            switch stage.kind {
            case .topK(let limit), .bottomK(let limit):
                guard limit > 0 else { throw fail("limit must be greater than 0", stage.range) }
            case .filter: break
            }
        }
    }
}
