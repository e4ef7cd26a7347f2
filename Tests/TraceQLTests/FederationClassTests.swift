import TestSupport
import Testing
import TraceQL

/// Which queries may be answered from parts of a trace.
@Suite(.computeThreads) struct FederationClassTests {
    @Test(arguments: [
        "{}", "{ span.a = 1 && resource.b = 2 || .c }", "{ .a = 1 } | { .b = 2 } | select(.c, name)",
        "{ name = `x` } || { status = error }", "({ .a } | { .b }) || ({ .c } | select(.d))",
        "{ .a } | by(.b)", "{ .a } | by(.b) | { .c } | coalesce()", "{} | count() > 0", "{} | count() >= 1",
        "{} | count() != 0", "{} | count() > -3 | select(.a)", "{ nestedSetParent < 0 }",
        "{ nestedSetParent = -1 && .a }",
        "{ -1 = nestedSetParent }", "{ trace:id = `ab` }", "{ event:name = `x` && link:spanID = `1` }",
        "{ .a } | rate() by (.b, name)", "{ .a } | quantile_over_time(duration, .9)",
        "({} | rate()) / ({ .a } | rate())",
        "{ .a = nil && .b != nil && !(.c = 1) }", "{ .a } with(most_recent=true)",
    ])
    func separable(_ text: String) throws {
        let federation = try Query.parse(text).federationClass
        #expect(federation.isSeparable, "\(federation.reasons)")
    }

    @Test(arguments: [
        ("{ .a } && { .b }", "relation between spansets (&&)", "{ .a } && { .b }"),
        ("{ .a } >> { .b }", "structural operator >>", "{ .a } >> { .b }"),
        ("{} | { .a } ~ { .b }", "structural operator ~", "{ .a } ~ { .b }"),
        ("{ .a } !> { .b }", "negated structural operator !>", "{ .a } !> { .b }"),
        ("{ .a } &<< { .b }", "structural operator &<<", "{ .a } &<< { .b }"),
        ("{ .a } || ({ .b } && { .c })", "relation between spansets (&&)", "{ .b } && { .c }"),
        ("{} | count() > 1", "aggregate over a spanset", "count() > 1"),
        ("{} | count() < 3", "aggregate over a spanset", "count() < 3"),
        ("{} | count() >= 1.5", "aggregate over a spanset", "count() >= 1.5"),
        ("{} | avg(duration) > 0", "aggregate over a spanset", "avg(duration) > 0"),
        // The answer tells a count of spans that later elements drop, in whichever part they lie.
        ("{} | count() > -3 | { .a }", "aggregate over a spanset", "count() > -3"),
        ("{ .a || nestedSetParent < 0 }", "nested set number nestedSetParent", "nestedSetParent < 0"),
        ("{ !(nestedSetParent < 0) }", "nested set number nestedSetParent", "(nestedSetParent < 0)"),
        ("{} | by(.a) | count() > 0", "relation or aggregate after by()", "count() > 0"),
        ("{} | by(.a) | { .b } || { .c }", "relation or aggregate after by()", "{ .b } || { .c }"),
        ("{ traceDuration > 1s }", "trace-level intrinsic traceDuration", "traceDuration"),
        ("{ .a && trace:rootName = `x` }", "trace-level intrinsic rootName", "trace:rootName"),
        ("{} | by(rootServiceName)", "trace-level intrinsic rootServiceName", "rootServiceName"),
        ("{ span:childCount > 1 }", "child count", "span:childCount"),
        ("{ nestedSetLeft > 1 }", "nested set number nestedSetLeft", "nestedSetLeft"),
        ("{ nestedSetParent > 1 }", "nested set number nestedSetParent", "nestedSetParent"),
        ("{ nestedSetParent < 1 }", "nested set number nestedSetParent", "nestedSetParent"),
        ("{} | select(traceDuration)", "trace-level intrinsic traceDuration", "select(traceDuration)"),
        ("{} | rate() by(rootName)", "trace-level intrinsic rootName", "rate() by(rootName)"),
    ])
    func notSeparable(_ text: String, _ reason: String, _ place: String) throws {
        let reasons = try Query.parse(text).federationClass.reasons
        let first = try #require(reasons.first)
        #expect(first.description == reason)
        #expect(
            String(decoding: Array(text.utf8)[first.range.lowerBound..<first.range.upperBound], as: UTF8.self) == place)
        #expect(reasons.count == 1)
    }
}
