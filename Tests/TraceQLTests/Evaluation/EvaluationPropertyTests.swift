import TestSupport
import Testing
import TraceQL
import TraceQLTestSupport

/// The evaluator on random traces and queries.
@Suite(.computeThreads) struct EvaluationPropertyTests {
    /// A spanset in words that do not depend on order.
    private struct Found: Hashable, CustomStringConvertible {
        var spans: [Int]
        var attributes: [String]

        init(_ spans: [Int], _ attributes: [(String, Static)]) {
            self.spans = spans.sorted()
            self.attributes = attributes.map { "\($0)=\($1.text(.tempo))" }.sorted()
        }

        var description: String { "\(spans) \(attributes)" }
    }

    private static func found(_ sets: [EvaluatedSpanset]) -> Set<Found> {
        Set(sets.map { Found($0.spans.map { Int($0) }, $0.attributes.map { ($0.key, $0.value) }) })
    }

    /// What a filter or an operation finds in each of some traces, as spans of the traces.
    private func spans(_ text: String, _ traces: [TraceModel]) throws -> [Set<Int>] {
        let evaluator = try SearchEvaluator(try Query.parse(text))
        let strings = StringInterner()
        var table = SpanTable(evaluator.projection, dictionary: strings)
        var state = EvaluationState()
        return try traces.map { trace in
            trace.fill(&table, strings)
            return Set(try evaluator.evaluate(table, &state).flatMap { $0.spans.map { Int($0) } })
        }
    }

    /// Filters that see the same whatever stands beside them: one attribute, one type.
    private static let filters = [
        #"{ span.x = 1 }"#, #"{ span.x > 0 }"#, #"{ kind = server }"#, #"{ duration > 10ms }"#, #"{ name = "a" }"#,
        #"{ resource.service.name = "db" }"#, #"{ status = error }"#, #"{ name != "b" }"#, #"{ true }"#,
        #"{ name = "nobody" }"#,
    ]

    @Test(arguments: 0..<4)
    func operatorsObeyTheirLaws(_ seed: Int) throws {
        var traces = TraceGenerator(seed: 5000 + UInt64(seed))
        var random = SplitMix(UInt64(seed))
        let sample = (0..<12).map { _ in traces.trace() }
        for _ in 0..<30 {
            let a = random.pick(Self.filters)
            let b = random.pick(Self.filters)
            let left = try spans(a, sample)
            let right = try spans(b, sample)
            let pairs = Array(zip(left, right))
            #expect(try spans("\(a) || \(b)", sample) == pairs.map { $0.union($1) })
            #expect(
                try spans("\(a) && \(b)", sample) == pairs.map { $0.isEmpty || $1.isEmpty ? [] : $0.union($1) })
            #expect(try spans("\(a) || \(b)", sample) == spans("\(b) || \(a)", sample))
            for (op, converse) in [(">", "<"), (">>", "<<"), ("~", "~")] {
                let found = try spans("\(a) \(op) \(b)", sample)
                let reversed = try spans("\(b) \(converse) \(a)", sample)
                // What stands in the relation, what does not, and both sides of it.
                #expect(
                    try spans("\(a) !\(op) \(b)", sample) == zip(right, found).map { $0.subtracting($1) },
                    "\(a) !\(op) \(b)")
                #expect(
                    try spans("\(a) &\(op) \(b)", sample) == zip(found, reversed).map { $0.union($1) },
                    "\(a) &\(op) \(b)")
                // Whoever has a relative is the relative of that one.
                #expect(found.map(\.isEmpty) == reversed.map(\.isEmpty))
            }
            let children = try spans("\(a) > \(b)", sample)
            #expect(zip(children, try spans("\(a) >> \(b)", sample)).allSatisfy { $0.isSubset(of: $1) })
        }
    }

    /// Numbers of strings that repeat, skip and differ from trace to trace change nothing.
    @Test(arguments: 0..<4)
    func numbersOfStringsDoNotMatter(_ seed: Int) throws {
        var traces = TraceGenerator(seed: 6000 + UInt64(seed))
        var queries = QueryTextGenerator(seed: 7000 + UInt64(seed))
        for _ in 0..<QueryPromiseTests.rounds(50) {
            let text = queries.search()
            let query = try Query.parse(text)
            guard (try? query.validate()) != nil, let evaluator = try? SearchEvaluator(query) else { continue }
            let needed = evaluator.projection
            // The copy below has resources and spans.
            guard !needed.needsEvents, !needed.needsLinks, !needed.needsScopeNames, needed.scope.isEmpty else {
                continue
            }
            let strings = StringInterner()
            let aliases = AliasingDictionary(strings, seed: UInt64(seed))
            var plain = SpanTable(evaluator.projection, dictionary: strings)
            var aliased = SpanTable(evaluator.projection, dictionary: aliases)
            var plainState = EvaluationState()
            var aliasedState = EvaluationState()
            for _ in 0..<3 {
                traces.trace().fill(&plain, strings)
                aliases.copy(plain, to: &aliased)
                let expected = try? evaluator.evaluate(plain, &plainState)
                let found = try? evaluator.evaluate(aliased, &aliasedState)
                #expect(found.map(Self.found) == expected.map(Self.found), "\(text)")
                for span in expected?.flatMap(\.spans) ?? [] {
                    #expect(
                        evaluator.reportedAttributes(ofSpan: Int(span), in: aliased, &aliasedState)
                            == evaluator.reportedAttributes(ofSpan: Int(span), in: plain, &plainState), "\(text)")
                }
                if seed % 2 == 0 { aliases.renumber() }
            }
        }
    }
}

/// Gives a string another number nearly every time it is asked for.
private final class AliasingDictionary: StringDictionary {
    private let original: StringInterner
    private var numbers: [StringRef] = []
    private var random: SplitMix
    private(set) var generation: UInt64 = 0

    init(_ original: StringInterner, seed: UInt64) {
        self.original = original
        random = SplitMix(seed)
    }

    var count: Int { numbers.count }

    func withBytes<Result>(of ref: StringRef, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        guard Int(ref.id) < numbers.count else { return body(UnsafeBufferPointer(start: nil, count: 0)) }
        return original.withBytes(of: numbers[Int(ref.id)], body)
    }

    func renumber() {
        numbers.removeAll()
        generation += 1
    }

    private func alias(_ ref: StringRef) -> StringRef {
        if !numbers.isEmpty, random.chance(30) {
            let known = random.count(0...(numbers.count - 1))
            if numbers[known] == ref { return StringRef(UInt32(known)) }
        }
        for _ in 0..<random.count(1...3) { numbers.append(ref) }
        return StringRef(UInt32(numbers.count - 1))
    }

    private func alias(_ value: ColumnValue, _ from: SpanTable, _ to: inout SpanTable) -> ColumnValue {
        switch value {
        case .string(let ref): return .string(alias(ref))
        case .array(let array):
            var elements: [ColumnValue] = []
            for element in from.elements(of: array) { elements.append(alias(element, from, &to)) }
            return to.array(elements)
        default: return value
        }
    }

    /// Copies resources and spans; events, links and scopes are left out.
    func copy(_ from: SpanTable, to: inout SpanTable) {
        to.removeAll()
        to.traceID = from.traceID
        for resource in 0..<from.resourceCount {
            _ = to.appendResource()
            for slot in from.projection.resource.indices {
                to.setResourceAttribute(slot, alias(from.resourceAttribute(slot, ofResource: resource), from, &to))
            }
        }
        for (index, span) in from.spans.enumerated() {
            var span = span
            span.name = alias(span.name)
            span.statusMessage = span.statusMessage.map(alias)
            to.appendSpan(span)
            for slot in from.projection.span.indices {
                to.setSpanAttribute(slot, alias(from.spanAttribute(slot, ofSpan: index), from, &to))
            }
        }
    }
}
