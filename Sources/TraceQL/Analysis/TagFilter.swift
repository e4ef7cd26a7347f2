/// The conditions by which the `q` of a tag query narrows tag names and values down.
///
/// The text may be half typed: people are offered names and values while they type. A text that cannot be made sense of
/// filters nothing; it is never an error. Only a query whose first element is a bare filter filters at all, and of the
/// elements only that one does. Comparisons of an attribute with a literal and nil tests of attributes are conditions;
/// all else, such as a bare attribute, arithmetic or a negated comparison, asks for nothing.
public struct TagFilter: Sendable, Hashable {
    /// What a span satisfies whose tags are wanted; neither `.always` nor `.never`. Alternatives are not multiplied out:
    /// this is no larger than the query.
    public let condition: SpanCondition

    /// How many groups of conditions joined by `&&` there are when `||` is multiplied out; `Int.max` when that overflows.
    /// Alternatives on one attribute, which are rewritten to a list, count once.
    public let groupCount: Int

    /// The condition as a filter, for those who evaluate queries.
    public var spansetFilter: SpansetFilter { SpansetFilter(condition.expression) }

    /// Whether the parts of a trace that tenants hold may be filtered apart, and what stands in the way. The ranges are of
    /// no text: the filter was read leniently.
    /// - Parameter tag: what is asked for of the spans that pass; nil for names of tags.
    public func federationClass(askingFor tag: Attribute? = nil) -> FederationClass {
        var elements = [PipelineElement(.spanset(SpansetExpression(.filter(spansetFilter))))]
        if let tag { elements.append(PipelineElement(.select([tag]))) }
        return Query(.spansets(Pipeline(elements))).federationClass
    }

    /// A query has more groups of conditions than are allowed.
    public struct TooManyGroups: Error, Sendable, Hashable, CustomStringConvertible {
        /// How many are allowed.
        public let limit: Int

        /// Tempo's text.
        public var description: String {
            "maximum condition groups reached (limit: \(limit)). Reduce the number of OR conditions in the query"
        }
    }

    /// Reads the `q` of a tag query. Takes time linear in the text, however many groups there are.
    /// - Parameter maxGroups: how many groups are allowed, 100 by default in Tempo; zero or less: any number.
    /// - Returns: nil when nothing is filtered, so that the tags of every span are wanted.
    /// - Throws: `TooManyGroups`, also for a query of which some group has no condition and nothing is filtered.
    public static func parse(
        _ text: String, limits: ParseLimits = .default, maxGroups: Int = 0
    ) throws(TooManyGroups) -> TagFilter? {
        guard let query = lenientQuery(Array(text.utf8), limits),
            case .spansets(let pipeline) = query.orToIn().query.root, let first = pipeline.elements.first,
            case .spanset(let spanset) = first.kind, case .filter(let filter) = spanset.kind
        else { return nil }
        let count = filter.expression.conditionGroupCount
        if maxGroups > 0 && count > maxGroups { throw TooManyGroups(limit: maxGroups) }
        let condition = filter.expression.tagCondition
        return condition == .always ? nil : TagFilter(condition: condition, groupCount: count)
    }

    /// The text as a valid query, with what is half typed filled in; nil when that does not help.
    private static func lenientQuery(_ text: [UInt8], _ limits: ParseLimits) -> Query? {
        guard text.count <= limits.maxTextBytes else { return nil }
        var query = try? Query.parse(utf8: text, limits: limits)
        if query == nil, let repaired = HalfTypedFilter.repaired(text) {
            // What was put in makes the text longer by a bounded factor, which is not held against it.
            var roomy = limits
            roomy.maxTextBytes = max(limits.maxTextBytes, repaired.count)
            query = try? Query.parse(utf8: repaired, limits: roomy)
        }
        guard let query, (try? query.validate()) != nil else { return nil }
        return query
    }
}

/// Fills in what is missing in a filter that somebody is typing.
private enum HalfTypedFilter {
    /// The part before the first `|` with `true` for every attribute and comparison operator that no value follows, and
    /// with its open braces closed. Nil when the text cannot be cut into tokens.
    static func repaired(_ text: [UInt8]) -> [UInt8]? {
        var lexer = Lexer(text)
        var result: [UInt8] = []
        /// Where the text goes on that was not yet copied.
        var copied = 0
        /// The attribute that ended with the token before, and the operator after it.
        var attributeStart: Int?
        var comparison: (start: Int, end: Int)?
        /// Where the scope token of an attribute that is not yet complete begins.
        var scopeStart: Int?
        var openBraces = 0
        while true {
            let token = lexer.next()
            if token.kind == .invalid { return nil }
            if let pending = comparison, token.kind.endsOperand {
                result += text[copied..<pending.start]
                result += Array("true".utf8)
                copied = pending.end
            }
            comparison = nil
            switch token.kind {
            case .end, .pipe:
                result += text[copied..<token.start]
                // A comment up to the end would swallow the braces.
                if openBraces > 0 { result += [0x0A] + [UInt8](repeating: UInt8(ascii: "}"), count: openBraces) }
                return result
            case .openBrace: openBraces += 1
            case .closeBrace: openBraces -= 1
            default: break
            }
            if token.kind.isScope {
                scopeStart = scopeStart ?? token.start
                attributeStart = nil
            } else if let start = scopeStart {
                attributeStart = start
                scopeStart = nil
            } else if token.kind.isBareIntrinsic {
                attributeStart = token.start
            } else {
                if let start = attributeStart, token.kind.isComparison { comparison = (start, token.end) }
                attributeStart = nil
            }
        }
    }
}

extension TokenKind {
    /// Whether the token can stand right after a complete operand, or nothing follows it.
    fileprivate var endsOperand: Bool {
        switch self {
        case .end, .pipe, .closeBrace, .closeParen, .and, .or: true
        default: false
        }
    }

    /// `span.`, `trace:` and the like.
    fileprivate var isScope: Bool {
        (TokenKind.dot.rawValue...TokenKind.instrumentationColon.rawValue).contains(rawValue)
    }

    fileprivate var isBareIntrinsic: Bool {
        switch self {
        case .duration, .name, .status, .statusMessage, .kind, .rootName, .rootServiceName, .traceDuration,
            .nestedSetLeft, .nestedSetRight, .nestedSetParent, .parent:
            true
        default: false
        }
    }

    fileprivate var isComparison: Bool {
        switch self {
        case .equal, .notEqual, .regex, .notRegex, .less, .lessOrEqual, .greater, .greaterOrEqual: true
        default: false
        }
    }
}

extension FieldExpression {
    /// Sums and products instead of the expansion itself, which grows exponentially.
    fileprivate var conditionGroupCount: Int {
        guard case .logical(let chain) = kind else { return 1 }
        var groups = chain.first.conditionGroupCount
        for step in chain.rest {
            let right = step.operand.conditionGroupCount
            let (result, overflow) =
                step.isAnd ? groups.multipliedReportingOverflow(by: right) : groups.addingReportingOverflow(right)
            groups = overflow ? .max : result
        }
        return groups
    }

    /// The condition as a tag query takes it.
    fileprivate var tagCondition: SpanCondition {
        switch kind {
        case .literal, .attribute: return .always
        case .unary(.not, let operand):
            guard case .nilTest(let test, let tested) = operand.kind, let attribute = tested.attribute else {
                return .always
            }
            return test == .exists ? .isNil(attribute) : .exists(attribute)
        case .unary: return .always
        case .nilTest: return necessaryCondition
        case .binary(let op, let lhs, let rhs):
            let comparesValue = lhs.attribute != nil && rhs.literal != nil || lhs.literal != nil && rhs.attribute != nil
            return comparesValue && !op.isArithmetic ? necessaryCondition : .always
        case .logical(let chain): return chain.condition { $0.tagCondition }
        }
    }
}
