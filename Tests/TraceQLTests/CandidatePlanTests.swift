import TestSupport
import Testing
import TraceQL

/// Which filters find the traces that a query may match, and how they decide.
@Suite(.computeThreads) struct CandidatePlanTests {
    /// The rule as text: filters by their canonical text.
    private static func text(_ query: String) throws -> String {
        let plan = try Query.parse(query).candidatePlan
        func text(_ rule: CandidatePlan.Rule) -> String {
            switch rule {
            case .filter(let index): "{ \(plan.filters[index].expression) }"
            case .all(let rules): "(" + rules.map(text).joined(separator: " and ") + ")"
            case .any(let rules): "(" + rules.map(text).joined(separator: " or ") + ")"
            case .never: "never"
            }
        }
        return text(plan.rule)
    }

    @Test(
        arguments: [
            ("{ .a = 1 } && { .b = 2 }", "({ .a = 1 } and { .b = 2 })"),
            ("{ .a = 1 } >> { .b = 2 }", "({ .a = 1 } and { .b = 2 })"),
            ("{ .a = 1 } &~ { .b = 2 }", "({ .a = 1 } and { .b = 2 })"),
            ("{ .a = 1 } !>> { .b = 2 }", "{ .b = 2 }"),
            ("{ .a = 1 } || { .b = 2 }", "{ (.a = 1) || (.b = 2) }"),
            ("({ .a = 1 } && { .b = 2 }) || { .c = 3 }", "(({ .a = 1 } and { .b = 2 }) or { .c = 3 })"),
            ("({ .a = 1 } || { .b = 2 }) > { .c = 3 }", "({ (.a = 1) || (.b = 2) } and { .c = 3 })"),
            ("{ .a = 1 } | count() > 2", "{ .a = 1 }"), ("{ .a = 1 } | count() < 2", "{ .a = 1 }"),
            ("{ .a = 1 } | avg(duration) > 1s", "{ .a = 1 }"), ("{ .a = 1 } | { .b = 2 }", "{ (.a = 1) && (.b = 2) }"),
            ("{ .a = 1 && traceDuration > 1s }", "{ .a = 1 }"), ("{ traceDuration > 1s }", "{ true }"),
            ("{ .a = 1 || traceDuration > 1s }", "{ true }"), ("{ span:childCount > 1 } && { .a = 1 }", "{ .a = 1 }"),
            ("{ parent.a = 1 }", "{ true }"), ("{ !(.a = 1) } > { .b = 2 }", "{ .b = 2 }"), ("{} > {}", "{ true }"),
            ("{ false } && { .a = 1 }", "never"), ("{ false }", "never"), ("{ .a = 1 } !> { false }", "never"),
            ("{ .a = 1 || .a = 2 } && { .b = 2 }", "({ (.a = 1) || (.a = 2) } and { .b = 2 })"),
            ("{ .a = 1 } && { .a = 1 }", "{ .a = 1 }"),
            ("{ event.a = 1 && event.b = 2 } && { .c = 2 }", "({ event.a = 1 } and { .c = 2 })"),
            // The event's answers for the unscoped name too.
            ("{ event.a = 1 } && { .a = 2 }", "{ event.a = 1 }"),
            // Numbers of the other kind are seen where something else of the query wants them.
            ("{ .a = 1 } && { .b = 2.5 }", "({ (.a = 1) || (.a = 1.0) } and { .b = 2.5 })"),
            ("{ span.a > 1.5 } && { span.b != nil }", "({ (span.a > 1.5) || (span.a >= 1) } and { span.b != nil })"),
            ("{ .a != 1 } && { .b = `x` }", "({ .a != nil } and { .b = `x` })"),
            // Who has the root has a span of its name.
            ("{ rootName = `a` }", "{ name = `a` }"),
            ("{ rootServiceName =~ `a|b` && .b = 1 }", "({ .b = 1 } and { resource.service.name =~ `a|b` })"),
            ("{ rootName = `a` || .b = 1 }", "{ (name = `a`) || (.b = 1) }"),
            // A trace without a root passes these.
            ("{ rootName != `a` }", "{ true }"), ("{ rootName = `` }", "{ true }"),
            ("{ rootName =~ `a*` }", "{ true }"),
            ("{ rootName < `a` }", "{ true }"), ("{ rootName = nil }", "{ true }"),
            ("{ rootName = `a` || traceDuration > 1s }", "{ true }"),
        ] as [(String, String)])
    func `operands become filters`(_ query: String, _ expected: String) throws {
        #expect(try Self.text(query) == expected)
    }

    @Test(
        arguments: [
            ("{ traceDuration > 1s }", 1_000_000_001, Int64.max), ("{ traceDuration >= 1s }", 1_000_000_000, Int64.max),
            ("{ .a = 1 && traceDuration < 1s }", Int64.min, 999_999_999),
            ("{ 1s <= trace:duration }", 1_000_000_000, .max),
            ("{ traceDuration > 1s } >> { traceDuration <= 2s }", 1_000_000_001, 2_000_000_000),
            ("{ traceDuration = 1s || traceDuration = 3s }", 1_000_000_000, 3_000_000_000),
            ("{ traceDuration = 1s || .a = 1 }", Int64.min, Int64.max),
            ("{ traceDuration != 1s }", Int64.min, Int64.max),
            ("{ traceDuration > 1s } || { .a = 1 }", Int64.min, Int64.max),
            ("{ traceDuration > 1s } !>> { .a = 1 }", Int64.min, Int64.max),
            ("{ !(traceDuration > 1s) }", Int64.min, Int64.max), ("{ duration > 1s } && {}", Int64.min, Int64.max),
            ("{ traceDuration > 2s && traceDuration < 1s }", 2_000_000_001, 999_999_999),
        ] as [(String, Int64, Int64)])
    func `durations that a matching trace can have`(_ query: String, _ least: Int64, _ greatest: Int64) throws {
        let durations = try Query.parse(query).candidatePlan.durations
        #expect(durations == TraceDurations(least: least, greatest: greatest))
    }

    @Test func `many operands are not asked for one by one`() throws {
        let operands = (0..<40).map { "{ .a\($0) = 1 }" }
        let all = try Query.parse(operands.joined(separator: " && ")).candidatePlan
        #expect(all.filters.count == 1 && all.rule == .filter(0))
        let pairs = (0..<40).map { "({ .a\($0) = 1 } && { .b = 1 })" }
        let any = try Query.parse(pairs.joined(separator: " || ")).candidatePlan
        #expect(any.filters.count == 1 && any.rule == .filter(0))
    }
}
