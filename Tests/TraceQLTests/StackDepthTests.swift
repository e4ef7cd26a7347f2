import Foundation
import TestSupport
import Testing
import TraceQL
import TraceQLTestSupport

/// Queries as deep as the limits allow are harmless on the stacks that `ParseLimits` promises.
@Suite(.computeThreads) struct StackDepthTests {
    #if DEBUG
        static let stackSize = 2 << 20
    #else
        static let stackSize = 256 << 10
    #endif

    /// Texts that nest in every way there is; `count` times.
    static func shapes(_ count: Int) -> [String] {
        [
            ("!", ".a", "", "{ ", " }"), ("-", ".a", "", "{ ", " }"), ("-(", ".a", ")", "{ ", " }"),
            ("nil = (", ".a", ")", "{ ", " }"), (".a ^ ", ".a", "", "{ ", " }"), ("(", "{}", ")", "", ""),
            (".a && (", ".a", ")", "{ ", " }"), ("!(.a && ", ".a", ")", "{ ", " }"), ("(", "{} | {}", ")", "", ""),
            ("(", "{} | rate()", ")", "", ""), ("-", "1", "", "{} | count() > ", ""),
            ("(", "1", ")", "{} | count() > ", ""), ("1 ^ ", "count()", "", "{} | ", " > 1"),
            ("1 % 1 + ", "count()", "", "{} | ", " > 1"), ("{} >> (", "{}", ")", "", ""),
            ("(({} | {}) && ", "({}))", "", "", ""), ("({} | {}) && (", "({} | {})", ")", "", ""),
            ("({} | rate()) + (", "({} | rate())", ")", "", ""), ("1 + (", "({} | rate())", ")", "", ""),
            ("(count() + ", "count()", ")", "{} | ", " > 1"), ("(", "({} | count())", ")", "", " > 1"),
            ("", "{}", " >> {}", "", ""), ("", ".a", " + .a", "{ ", " > 1 }"),
            ("", "({} | rate())", " + ({} | rate())", "", ""), ("", "count()", " + 1", "{} | ", " > 1"),
        ].map { open, inner, close, before, after in
            before + String(repeating: open, count: count) + inner + String(repeating: close, count: count) + after
        }
    }

    /// The deepest query of each shape that the limits let pass, and what is done with it.
    private static func exercise() -> Int {
        var parsed = 0
        for limit in 0..<shapes(1).count {
            // From too deep downwards.
            for count in stride(from: 3 * ParseLimits.default.maxNestingDepth, through: 1, by: -1) {
                guard let query = try? Query.parse(shapes(count)[limit]) else { continue }
                parsed += 1
                try? query.validate()
                _ = query.canonicalText(.tempo)
                _ = query.canonicalText()
                let rewritten = query.orToIn().query
                _ = rewritten == query
                _ = rewritten.hashValue
                _ = query.storageConditions
                _ = query.necessaryConditions.span.spanLocal.expression.description
                _ = query.federationClass
                if let range = try? MetricsRange.instant(start: 1, end: 2),
                    let metrics = try? MetricsQuery(query, range: range)
                {
                    _ = metrics.finish(metrics.emptyPartials())
                }
                evaluate(query)
                break
            }
        }
        return parsed
    }

    private static func evaluate(_ query: Query) {
        guard let evaluator = try? SearchEvaluator(query) else { return }
        let strings = StringInterner()
        var table = SpanTable(evaluator.projection, dictionary: strings)
        var generator = TraceGenerator(seed: 1)
        generator.trace(spans: 4...8).fill(&table, strings)
        var state = EvaluationState()
        _ = try? evaluator.evaluate(table, &state)
    }

    @Test func theDeepestQueriesFitOnASmallStack() async {
        let parsed = await withCheckedContinuation { (continuation: CheckedContinuation<Int, Never>) in
            let thread = Thread { continuation.resume(returning: Self.exercise()) }
            thread.stackSize = Self.stackSize
            thread.start()
        }
        #expect(parsed == Self.shapes(1).count)
    }
}
