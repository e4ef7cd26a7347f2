import Foundation
import TestSupport
import Testing
import TraceQL
import TraceQLTestSupport

/// What the analysis of queries promises about their answers, tried on random traces and queries.
@Suite(.computeThreads) struct QueryPromiseTests {
    /// The answer as sets of span ids by group.
    private func answer(_ query: Query, _ trace: TraceModel) -> [[String: Static]: Set<[UInt8]>] {
        let order = trace.storedOrder
        var result: [[String: Static]: Set<[UInt8]>] = [:]
        for spanset in ReferenceEvaluator(query, trace).spansets() {
            let group = spanset.attributes.filter { spanset.groupKeys.contains($0.key) }
            result[group, default: []].formUnion(spanset.spans.map { order[$0].id })
        }
        return result
    }

    static func rounds(_ count: Int) -> Int { Int(ProcessInfo.processInfo.environment["QUERY_ROUNDS"] ?? "") ?? count }

    /// If a query is separable, the union of the answers of the parts of a trace is the answer of the whole.
    @Test(arguments: 0..<4)
    func separableQueriesAddUp(_ seed: Int) throws {
        // Spans are told apart by their ids here.
        var traces = TraceGenerator(seed: UInt64(seed), oddities: [.brokenTrees, .mixedValues, .backwardTimes])
        var queries = QueryTextGenerator(seed: 100 + UInt64(seed))
        var separable = 0
        var matched = 0
        for round in 0..<Self.rounds(150) {
            let text = round % 3 == 0 ? queries.search() : queries.separableSearch()
            let query = try Query.parse(text)
            guard (try? query.validate()) != nil else { continue }
            guard query.federationClass.isSeparable else { continue }
            separable += 1
            for _ in 0..<4 {
                let trace = traces.trace()
                let parts = traces.split(trace, into: 2 + round % 4)
                let whole = answer(query, trace)
                var united: [[String: Static]: Set<[UInt8]>] = [:]
                for part in parts.values { united.merge(answer(query, part)) { $0.union($1) } }
                #expect(united == whole, "\(text) over \(trace) in \(parts.count) parts")
                if !whole.isEmpty { matched += 1 }
            }
        }
        #expect(separable > 40 && matched > 40)
    }

    /// Every span in an answer satisfies the necessary condition of its query, and every trace that of traces.
    @Test(arguments: 0..<4)
    func necessaryConditionsLoseNoMatch(_ seed: Int) throws {
        var traces = TraceGenerator(seed: 200 + UInt64(seed))
        var queries = QueryTextGenerator(seed: 300 + UInt64(seed))
        var matched = 0
        for _ in 0..<Self.rounds(150) {
            let text = queries.search()
            let query = try Query.parse(text)
            guard (try? query.validate()) != nil else { continue }
            let conditions = query.necessaryConditions
            for _ in 0..<4 {
                let trace = traces.trace()
                let order = trace.storedOrder
                let found = Set(ReferenceEvaluator(query, trace).spansets().flatMap(\.spans))
                guard !found.isEmpty else { continue }
                matched += 1
                let check = ConditionCheck(trace)
                for span in found {
                    #expect(
                        check.mayHold(conditions.span, span),
                        "\(text): \(conditions.span.expression) is not met by \(order[span])")
                }
                #expect(check.mayHold(conditions.trace), "\(text): \(conditions.trace)")
            }
        }
        #expect(matched > 40)
    }
}

extension QueryPromiseTests {
    /// The filters of a candidate plan, asked of every part of a trace alone, find every trace that matches whole.
    @Test(arguments: 0..<4)
    func candidatePlansLoseNoTrace(_ seed: Int) throws {
        var traces = TraceGenerator(seed: 400 + UInt64(seed), oddities: [.brokenTrees, .mixedValues, .backwardTimes])
        var queries = QueryTextGenerator(seed: 500 + UInt64(seed))
        var matched = 0
        for round in 0..<Self.rounds(150) {
            let text = queries.search()
            let query = try Query.parse(text)
            guard (try? query.validate()) != nil else { continue }
            let plan = query.candidatePlan
            let filters = plan.filters.map { filter in
                Query(.spansets(Pipeline([PipelineElement(.spanset(SpansetExpression(.filter(filter))))])))
            }
            for _ in 0..<4 {
                let trace = traces.trace()
                guard !ReferenceEvaluator(query, trace).spansets().isEmpty else { continue }
                matched += 1
                let start = trace.spans.map(\.startUnixNano).min() ?? 0
                let end = trace.spans.map { $0.startUnixNano &+ $0.durationNanos }.max() ?? 0
                #expect(plan.durations.contains(Int64(bitPattern: end &- start)), "\(text): \(plan.durations)")
                let parts = traces.split(trace, into: 2 + round % 4).values
                let found = filters.map { filter in
                    parts.contains { !ReferenceEvaluator(filter, $0).spansets().isEmpty }
                }
                func holds(_ rule: CandidatePlan.Rule) -> Bool {
                    switch rule {
                    case .never: false
                    case .filter(let index): found[index]
                    case .all(let rules): rules.allSatisfy(holds)
                    case .any(let rules): rules.contains(where: holds)
                    }
                }
                #expect(holds(plan.rule), "\(text): \(filters) do not find \(trace)")
            }
        }
        #expect(matched > 40)
    }
}

/// Whether a span may satisfy a condition, values of any type and any place taken into account: what a store may prune by.
struct ConditionCheck {
    private let trace: TraceModel
    private let order: [SpanModel]

    init(_ trace: TraceModel) {
        self.trace = trace
        order = trace.storedOrder
    }

    func mayHold(_ condition: TraceCondition) -> Bool {
        switch condition {
        case .always: true
        case .never: false
        case .span(let condition): order.indices.contains { mayHold(condition, $0) }
        case .all(let parts): parts.allSatisfy { mayHold($0) }
        case .any(let parts): parts.contains { mayHold($0) }
        }
    }

    func mayHold(_ condition: SpanCondition, _ index: Int) -> Bool {
        switch condition {
        case .always: return true
        case .never: return false
        case .all(let parts): return parts.allSatisfy { mayHold($0, index) }
        case .any(let parts): return parts.contains { mayHold($0, index) }
        case .exists(let attribute):
            guard attribute.intrinsic == nil else { return true }
            return values(attribute, index).contains { $0 != .null }
        case .isNil(let attribute):
            guard attribute.intrinsic == nil else { return true }
            // A key without a usable value is there; a row without the key is enough.
            return rows(attribute, index).allSatisfy { places in
                places.isEmpty || places.contains { row in !row.contains { Array($0.key.utf8) == attribute.nameBytes } }
            }
        case .test(let attribute, let op, let literal):
            guard attribute.intrinsic == nil else { return mayHold(attribute, op, literal, index) }
            return values(attribute, index).contains { value in
                value != .null
                    && value.elements.contains { (try? ReferenceValues.binary(op, $0, literal)) == .boolean(true) }
            }
        }
    }

    /// Intrinsics that are columns of the span; the others may always hold.
    private func mayHold(_ attribute: Attribute, _ op: BinaryOperator, _ literal: Static, _ index: Int) -> Bool {
        let span = order[index]
        let value: Static
        switch attribute.intrinsic {
        case .name: value = .string(Array(span.name.utf8))
        case .duration: value = .duration(Int64(bitPattern: span.durationNanos))
        case .status: value = .status([.unset, .ok, .error][span.status])
        case .kind: value = .kind([.unspecified, .internal, .server, .client, .producer, .consumer][span.kind])
        case .statusMessage: value = .string(Array(span.statusMessage.utf8))
        default: return true
        }
        return (try? ReferenceValues.binary(op, value, literal)) == .boolean(true)
    }

    /// The rows in which an attribute is looked for, place by place.
    private func rows(_ attribute: Attribute, _ index: Int) -> [[[AttributeModel]]] {
        let span = order[index]
        switch attribute.scope {
        case .none: return [[span.attributes], [span.resource]]
        case .span: return [[span.attributes]]
        case .resource: return [[span.resource]]
        case .instrumentation: return [[span.scope?.attributes ?? []]]
        case .event: return [span.events.map(\.attributes)]
        case .link: return [span.links.map(\.attributes)]
        }
    }

    private func values(_ attribute: Attribute, _ index: Int) -> [Static] {
        let span = order[index]
        var result = rows(attribute, index).joined().joined().filter { Array($0.key.utf8) == attribute.nameBytes }
            .map { ReferenceValues.value($0.value) }
        if attribute.name == "service.name" { result.append(.string(Array(span.serviceName.utf8))) }
        return result
    }
}
