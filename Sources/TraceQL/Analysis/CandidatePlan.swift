/// How to find the traces that a query may match when the spans of a trace are spread over several stores.
///
/// Each filter finds spans by what they say themselves, so every store can be asked for it alone. A trace may match only if
/// the traces found, united over the stores for each filter, meet the rule: a trace that no filter finds where the rule wants
/// one cannot match. The other way round nothing is promised; what remains has to be evaluated on whole traces.
public struct CandidatePlan: Sendable, Hashable {
    /// What must be found of a trace.
    public indirect enum Rule: Sendable, Hashable {
        /// The filter with this index finds a span of it.
        case filter(Int)
        /// All of these.
        case all([Rule])
        /// At least one of these.
        case any([Rule])
        /// No trace can match.
        case never
    }

    /// Distinct filters: attributes, operators and literals, joined by `&&` and `||`, without unary `!` and without what a part
    /// of a trace cannot tell.
    public private(set) var filters: [SpansetFilter] = []
    /// How they decide.
    public private(set) var rule = Rule.never
    /// The filter that every span of an answer passes, where it is one of ``filters``.
    public private(set) var answerFilter: Int?
    /// The durations that a trace which matches can have: those of the whole trace, which no part of it tells alone, but the
    /// starts and ends of all parts together do.
    public fileprivate(set) var durations = TraceDurations.any

    /// More filters than this are not asked for: of those of which all must hold some are left out, alternatives become one.
    public static let maxFilters = 8

    /// The filter that every span passes.
    public static let everything = SpansetFilter(FieldExpression(.literal(.boolean(true))))

    init(_ condition: TraceCondition) {
        rule = add(condition)
        guard filters.count > Self.maxFilters else { return }
        // Weaker, and one question.
        filters = []
        rule = add(.span(condition.weakened))
    }

    /// Whether every trace is a candidate.
    public var isUnselective: Bool { filters == [Self.everything] }

    private mutating func add(_ condition: TraceCondition) -> Rule {
        switch condition {
        case .never, .span(.never): return .never
        case .always: return filter(Self.everything)
        case .span(let span): return filter(span.candidateFilter)
        case .any(let parts):
            var spans: [SpanCondition] = []
            var rules: [Rule] = []
            for part in parts {
                if case .span(let span) = part { spans.append(span) } else { rules.append(add(part)) }
            }
            if !spans.isEmpty { rules.append(add(.span(.disjunction(spans)))) }
            rules.removeAll { $0 == .never }
            if rules.contains(where: { isEverything($0) }) { return filter(Self.everything) }
            return rules.isEmpty ? .never : rules.count == 1 ? rules[0] : .any(rules)
        case .all(let parts):
            var rules: [Rule] = []
            for part in Self.withoutImplied(parts) {
                let rule = add(part)
                if rule == .never { return .never }
                if !rules.contains(rule) { rules.append(rule) }
            }
            // A filter that every span passes says nothing beside others.
            if let all = rules.firstIndex(where: { isEverything($0) }), rules.count > 1 { rules.remove(at: all) }
            return rules.count == 1 ? rules[0] : .all(rules)
        }
    }

    private mutating func filter(_ filter: SpansetFilter) -> Rule {
        if case .literal(.boolean(false)) = filter.expression.kind { return .never }
        if let index = filters.firstIndex(of: filter) { return .filter(index) }
        filters.append(filter)
        return .filter(filters.count - 1)
    }

    private func isEverything(_ rule: Rule) -> Bool {
        if case .filter(let index) = rule { filters[index] == Self.everything } else { false }
    }

    /// Without the span conditions that another part implies: of `{a}`, `{b}` and `{a || b}` the third.
    private static func withoutImplied(_ parts: [TraceCondition]) -> [TraceCondition] {
        guard parts.count <= 64 else { return parts }
        return parts.enumerated().filter { index, part in
            guard case .span(let span) = part else { return true }
            return !parts.enumerated().contains { other, stronger in
                other != index && stronger != part && stronger.implies(span)
            }
        }.map(\.element)
    }
}

extension Query {
    /// How to find the traces that the query may match.
    public var candidatePlan: CandidatePlan {
        let visible = VisibleNumbers(self)
        let conditions = necessaryConditions
        var plan = CandidatePlan(
            conditions.trace.withRootsAsSpans().mapSpans { condition in condition.mapTests { $0.askedAlone(visible) } })
        plan.durations = conditions.trace.durations
        plan.removeUnusedFilters()
        plan.noteAnswerFilter(conditions.span.mapTests { $0.askedAlone(visible) })
        return plan
    }
}

extension CandidatePlan {
    fileprivate mutating func noteAnswerFilter(_ condition: SpanCondition) {
        answerFilter = filters.firstIndex(of: condition.candidateFilter)
    }

    /// Filters that a simplification left without use.
    fileprivate mutating func removeUnusedFilters() {
        var used: [Int] = []
        rule.collect(&used)
        let kept = Set(used).sorted()
        guard kept.count < filters.count else { return }
        let places = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
        filters = kept.map { filters[$0] }
        rule = rule.renumbered(places)
    }
}

extension CandidatePlan.Rule {
    fileprivate func collect(_ indexes: inout [Int]) {
        switch self {
        case .filter(let index): indexes.append(index)
        case .all(let rules), .any(let rules): for rule in rules { rule.collect(&indexes) }
        case .never: break
        }
    }

    fileprivate func renumbered(_ places: [Int: Int]) -> CandidatePlan.Rule {
        switch self {
        case .filter(let index): places[index].map { .filter($0) } ?? .never
        case .all(let rules): .all(rules.map { $0.renumbered(places) })
        case .any(let rules): .any(rules.map { $0.renumbered(places) })
        case .never: .never
        }
    }
}

extension SpanCondition {
    /// Whether every span that passes this obviously passes the other too. Only the shapes that analysis makes are seen.
    fileprivate func implies(_ other: SpanCondition) -> Bool {
        if self == other || other == .always { return true }
        switch (self, other) {
        case (.any(let mine), .any(let theirs)):
            return mine.count <= 64 && theirs.count <= 64 && mine.allSatisfy { theirs.contains($0) }
        case (_, .any(let theirs)): return theirs.count <= 64 && theirs.contains(self)
        case (.all(let mine), .all(let theirs)):
            return mine.count <= 64 && theirs.count <= 64 && theirs.allSatisfy { mine.contains($0) }
        case (.all(let mine), _): return mine.count <= 64 && mine.contains(other)
        default: return false
        }
    }
}

extension TraceCondition {
    /// Whether every trace that passes obviously has a span that passes the condition.
    fileprivate func implies(_ condition: SpanCondition) -> Bool {
        switch self {
        case .always: return condition == .always
        case .never: return true
        case .span(let span): return span.implies(condition)
        case .any(let parts): return parts.count <= 64 && parts.allSatisfy { $0.implies(condition) }
        case .all(let parts): return parts.count <= 64 && parts.contains { $0.implies(condition) }
        }
    }

    /// A condition on one span that some span of every trace passes which passes this.
    fileprivate var weakened: SpanCondition {
        switch self {
        case .always: return .always
        case .never: return .never
        case .span(let span): return span
        case .any(let parts): return .disjunction(parts.map(\.weakened))
        case .all(let parts):
            let spans = parts.map(\.weakened)
            if spans.contains(.never) { return .never }
            // The one of fewest alternatives that a store can tell.
            return spans.filter { $0.candidateFilter != CandidatePlan.everything }.min { $0.breadth < $1.breadth }
                ?? .always
        }
    }
}

extension SpanCondition {
    fileprivate var breadth: Int {
        if case .any(let parts) = self { parts.count } else { 1 }
    }
}
