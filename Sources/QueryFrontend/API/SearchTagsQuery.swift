import TraceQL

extension SearchParameters {
    /// More tags than this are not translated.
    static let maxTranslatedTags = 32

    /// The TraceQL search that finds the traces which a search by tags and durations means; nil for a TraceQL search, and for
    /// more than 32 tags.
    ///
    /// A trace is meant when every tag is on some span of it or on a span's resource, whichever, and its duration is within the
    /// bounds. Values are compared as texts. Some names mean more than attributes: `name`, `status.code` and `error` also the
    /// span's own fields, `root.name` and `root.service.name` the root span only.
    var tagsQuery: Query? {
        guard query == nil, tags.count <= Self.maxTranslatedTags else { return nil }
        var conditions = tags.map(Self.condition)
        let duration = FieldExpression(.attribute(Attribute(.traceDuration)))
        for (bound, comparison) in [(minDurationMs, BinaryOperator.greaterOrEqual), (maxDurationMs, .lessOrEqual)]
        where bound > 0 {
            let literal = FieldExpression(.literal(.duration(Int64(bound) * 1_000_000)))
            conditions.append(FieldExpression(.binary(comparison, duration, literal)))
        }
        if conditions.isEmpty { conditions = [FieldExpression(.literal(.boolean(true)))] }
        let filters = conditions.map { SpansetExpression(.filter(SpansetFilter($0))) }
        let all = filters.dropFirst().reduce(filters[0]) { SpansetExpression(.operation(.and, $0, $1)) }
        return Query(.spansets(Pipeline([PipelineElement(.spanset(all))])))
    }

    /// Whether some condition is one on the whole trace rather than on single spans of it.
    var hasRootTags: Bool { tags.contains { Self.rootAttribute($0.key) != nil } }

    private static func rootAttribute(_ key: String) -> Attribute? {
        switch key {
        case "root.name": Attribute(.traceRootName)
        case "root.service.name": Attribute(.traceRootService)
        default: nil
        }
    }

    private static func condition(_ tag: LogfmtPair) -> FieldExpression {
        if let root = rootAttribute(tag.key) { return test(root, .string(tag.value)) }
        var values: [Static] = [.string(tag.value)]
        if let number = Int64(tag.value) { values.append(.int(number)) }
        if let number = Double(tag.value), number.isFinite { values.append(.float(number)) }
        if tag.value == "true" || tag.value == "false" { values.append(.boolean(tag.value == "true")) }
        var tests: [FieldExpression] = []
        for value in values {
            tests.append(test(Attribute(.span, tag.key), value))
            tests.append(test(Attribute(.resource, tag.key), value))
        }
        switch tag.key {
        case "name": tests.append(test(Attribute(.name), .string(tag.value)))
        case "status.code":
            if let status = Static.Status(rawValue: tag.value) {
                tests.append(test(Attribute(.status), .status(status)))
            }
        case "error":
            if tag.value == "true" { tests.append(test(Attribute(.status), .status(.error))) }
        default: break
        }
        return tests.dropFirst().reduce(tests[0]) { FieldExpression(.logical(LogicalChain($0, isAnd: false, $1))) }
    }

    private static func test(_ attribute: Attribute, _ value: Static) -> FieldExpression {
        FieldExpression(
            .binary(.equal, FieldExpression(.attribute(attribute)), FieldExpression(.literal(value))))
    }
}
