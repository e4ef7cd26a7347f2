import TestSupport
import Testing
import TraceQL

/// Trees made by a generator.
@Suite(.computeThreads) struct GrammarPropertyTests {
    @Test(arguments: 0..<8)
    func aPrintedTreeIsReadBackAsItself(_ seed: Int) throws {
        var generator = TreeGenerator(seed: UInt64(seed))
        for _ in 0..<500 {
            let query = generator.query()
            let text = query.description
            do {
                let again = try Query.parse(text)
                #expect(again == query, "\(text) became \(again)")
                #expect(again.description == text)
                try? again.validate()
                _ = again.storageConditions
                _ = again.federationClass
                _ = again.necessaryConditions
            } catch {
                Issue.record("\(text): \(error)")
            }
        }
    }

    @Test func everyNodeLiesInsideItsParent() throws {
        var checker = RangeChecker()
        for recorded in try RecordedQuery.all() where recorded.ok {
            let query = try Query.parse(recorded.q)
            checker.text = recorded.q
            checker.outer = SourceRange(0, recorded.q.utf8.count)
            _ = checker.rewrite(query)
        }
        #expect(checker.failures.isEmpty, "\(checker.failures.prefix(5))")
        #expect(checker.count > 8_000)
    }

    @Test func rewritingAttributesReachesEveryPlace() throws {
        struct Renaming: QueryRewriter {
            mutating func rewrite(_ attribute: Attribute) -> Attribute {
                attribute == Attribute(.span, "a") ? Attribute(.span, "b") : attribute
            }
        }
        var renaming = Renaming()
        let text = """
            ({ span.a = 1 && !(span.a + 2 > 3) || span.a = nil } >> { span.a } | by(span.a) | select(span.a) \
            | max(span.a) > 2 | quantile_over_time(span.a, .5) by(span.a)) + ({} | compare({ span.a }))
            """
        let renamed = renaming.rewrite(try Query.parse(text))
        #expect(renamed == (try Query.parse(text.replacing("span.a", with: "span.b"))))
    }
}

/// Checks that ranges nest.
private struct RangeChecker: QueryRewriter {
    var text = ""
    var outer = SourceRange.none
    var failures: [String] = []
    var count = 0

    private mutating func inside<T>(_ range: SourceRange, _ body: (inout RangeChecker) -> T) -> T {
        let saved = outer
        defer { outer = saved }
        count += 1
        if range.lowerBound < outer.lowerBound || range.upperBound > outer.upperBound
            || range.lowerBound >= range.upperBound
        {
            failures.append("\(text): \(range) in \(outer)")
        }
        outer = range
        return body(&self)
    }

    mutating func rewrite(_ pipeline: Pipeline) -> Pipeline { inside(pipeline.range) { $0.rewriteChildren(pipeline) } }
    mutating func rewrite(_ element: PipelineElement) -> PipelineElement {
        inside(element.range) { $0.rewriteChildren(element) }
    }
    mutating func rewrite(_ spanset: SpansetExpression) -> SpansetExpression {
        inside(spanset.range) { $0.rewriteChildren(spanset) }
    }
    mutating func rewrite(_ scalar: ScalarExpression) -> ScalarExpression {
        inside(scalar.range) { $0.rewriteChildren(scalar) }
    }
    mutating func rewrite(_ expression: FieldExpression) -> FieldExpression {
        inside(expression.range) { $0.rewriteChildren(expression) }
    }
    mutating func rewrite(_ metrics: MetricsExpression) -> MetricsExpression {
        inside(metrics.range) { $0.rewriteChildren(metrics) }
    }
}
