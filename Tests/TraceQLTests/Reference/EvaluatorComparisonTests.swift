import TestSupport
import Testing
import TraceQL
import TraceQLTestSupport

/// The evaluator against the reference, on random traces and queries. `QUERY_ROUNDS` asks for more of them.
@Suite(.computeThreads) struct EvaluatorComparisonTests {
    private struct Found: Hashable, CustomStringConvertible {
        var spans: [Int]
        var attributes: [String: Static]

        var description: String { "\(spans) \(attributes.map { "\($0.key)=\($0.value)" }.sorted())" }
    }

    @Test(arguments: 0..<8)
    func evaluatorsAgree(_ seed: Int) throws {
        var traces = TraceGenerator(seed: 600 + UInt64(seed))
        var queries = QueryTextGenerator(seed: 700 + UInt64(seed))
        let strings = StringInterner()
        var matched = 0
        for round in 0..<QueryPromiseTests.rounds(150) {
            let text = round % 4 == 0 ? queries.filter() : queries.search()
            let query = try Query.parse(text)
            guard (try? query.validate()) != nil else { continue }
            let evaluator = try SearchEvaluator(query)
            var state = EvaluationState()
            // One state and one table for several traces, as a store does it.
            var table = SpanTable(evaluator.projection, dictionary: strings)
            for _ in 0..<6 {
                let trace = traces.trace()
                trace.fill(&table, strings)
                let spansets: [EvaluatedSpanset]
                do throws(SearchEvaluator.Failure) {
                    spansets = try evaluator.evaluate(table, &state)
                } catch {
                    #expect(text.contains("by(") && "\(error)".contains("multiple spansets"), "\(text): \(error)")
                    continue
                }
                let found = spansets.map { spanset in
                    Found(
                        spans: spanset.spans.map(Int.init).sorted(),
                        attributes: Dictionary(
                            spanset.attributes.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }))
                }
                let expected = ReferenceEvaluator(query, trace).spansets().map {
                    Found(spans: $0.spans.sorted(), attributes: $0.attributes)
                }
                if !expected.isEmpty { matched += 1 }
                #expect(
                    Set(found) == Set(expected) && found.count == expected.count,
                    "seed \(seed): \(text)\n    finds \(found)\n    not \(expected)\n    in \(Self.text(trace))")
            }
        }
        #expect(matched > 40)
    }

    /// A trace as short as it can be read.
    static func text(_ trace: TraceModel) -> String {
        trace.storedOrder.enumerated().map { index, span in
            func list(_ attributes: [AttributeModel]) -> String {
                attributes.map { "\($0.key)=\(Self.text($0.value))" }.joined(separator: " ")
            }
            var text =
                "\(index): \(span.hexID)<\(span.parentID.hex) \(span.name) kind \(span.kind) status \(span.status)"
            text += " +\(span.startUnixNano % 1_000_000_000_000) \(Int64(bitPattern: span.durationNanos))ns"
            text += " {\(list(span.attributes))} r{\(list(span.resource))}"
            if let scope = span.scope { text += " s\(scope.name)/\(scope.version){\(list(scope.attributes))}" }
            for event in span.events {
                text += " e\(event.name)@\(event.timeUnixNano &- span.startUnixNano){\(list(event.attributes))}"
            }
            for link in span.links { text += " l\(link.spanID.hex){\(list(link.attributes))}" }
            return text
        }.joined(separator: "\n       ")
    }

    private static func text(_ value: ValueModel) -> String {
        switch value {
        case .string(let text): "\"\(text)\""
        case .int(let number): "\(number)"
        case .double(let number): "\(number)"
        case .bool(let flag): "\(flag)"
        case .array(let values): "[" + values.map { Self.text($0) }.joined(separator: ",") + "]"
        case .bytes, .keyValues, .empty: "?"
        }
    }
}
