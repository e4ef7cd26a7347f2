import TempoAPI
import TestSupport
import Testing
import TraceQL

@testable import TraceStore

/// Random spans of random tenants and random questions: what the store answers is what evaluating every trace on its own gives, however
/// the spans lie in it.
@Suite(.computeThreads, .timeLimit(.minutes(20))) struct QueryPropertyTests {
    /// How spans come to lie in a store.
    enum Layout: String, CaseIterable, CustomTestStringConvertible {
        /// All in memory.
        case head
        /// All in one segment.
        case sealed
        /// Every push in a segment of its own.
        case segments
        /// Segments merged, others not, and the rest in memory.
        case mixed

        var testDescription: String { rawValue }
    }

    struct Filled {
        let folder: TemporaryFolder
        let store: TraceStore
        /// What each tenant has: spans in order of arrival.
        let traces: [String: [TraceModel]]
    }

    static let tenants = ["ruby", "jade"]

    /// Three pushes a tenant; the spans of most traces are spread over them.
    static func filled(seed: UInt64, _ layout: Layout) async throws -> Filled {
        let folder = try TemporaryFolder()
        let clock = TestClock()
        let store = try TraceStore.testing(folder, clock: clock) {
            $0.retention = { _ in RetentionPolicy(age: 0) }
            $0.mergeSegments = layout == .mixed ? 2 : 1000
        }
        var kept: [String: [TraceModel]] = [:]
        for (number, tenant) in tenants.enumerated() {
            var generator = TraceGenerator(seed: seed &* 31 &+ UInt64(number))
            let traces = (0..<25).map { _ in generator.trace() }
            var pushes: [[TraceModel]] = [[], [], []]
            var arrived: [TraceModel] = []
            for trace in traces {
                let parts =
                    generator.random.chance(60)
                    ? generator.split(trace, into: 3) : [generator.random.count(0...2): trace]
                var spans: [SpanModel] = []
                for (push, part) in parts.sorted(by: { $0.key < $1.key }) {
                    pushes[push].append(part)
                    spans += part.spans
                }
                arrived.append(TraceModel(id: trace.id, spans: spans))
            }
            kept[tenant] = arrived
            for (index, push) in pushes.enumerated() {
                let outcome = try await store.push(try TraceModel.otlpJSON(push), encoding: .json, tenant: tenant)
                #expect(outcome.rejectedSpans == 0)
                if layout == .segments || layout == .sealed && index == 2 || layout == .mixed && index < 2 {
                    clock.advance(seconds: 4000)
                    await store.maintenance.perform()
                }
            }
            let views = try #require(store.snapshot(tenant: tenant)?.views)
            switch layout {
            case .head: #expect(views.map(\.isSealed) == [false])
            case .sealed: #expect(views.map(\.isSealed) == [true])
            case .segments: #expect(views.map(\.isSealed) == [true, true, true])
            case .mixed: #expect(views.first?.isSealed == false && views.count >= 2)
            }
        }
        return Filled(folder: folder, store: store, traces: kept)
    }

    /// What is compared of a matching trace.
    struct Match: Hashable {
        var rootName: String
        var rootService: String
        var start: UInt64
        var durationMs: UInt32
        var services: [String: [Int]]
        var spanSets: Set<MatchedSet>
    }

    struct MatchedSet: Hashable {
        var matched: Int
        var attributes: Set<String>
        var spans: Set<MatchedSpan>
    }

    struct MatchedSpan: Hashable {
        var id: String
        var name: String
        var start: UInt64
        var duration: UInt64
        var attributes: [String]
    }

    private static func text(_ attribute: KeyValue) -> String {
        attribute.key + "=" + String(decoding: attribute.value?.json ?? [], as: UTF8.self)
    }

    static func match(_ trace: TraceSearchMetadata) -> Match {
        Match(
            rootName: trace.rootTraceName, rootService: trace.rootServiceName, start: trace.startTimeUnixNano,
            durationMs: trace.durationMs,
            services: Dictionary(
                uniqueKeysWithValues: trace.serviceStats.sorted.map {
                    ($0.key, [Int($0.value.spanCount), Int($0.value.errorCount)])
                }),
            spanSets: Set(
                trace.spanSets.map { set in
                    MatchedSet(
                        matched: Int(set.matched), attributes: Set(set.attributes.map(text)),
                        spans: Set(
                            set.spans.map {
                                MatchedSpan(
                                    id: $0.spanID, name: $0.name, start: $0.startTimeUnixNano,
                                    duration: $0.durationNanos,
                                    attributes: $0.attributes.map(text).sorted())
                            }))
                }))
    }

    /// Every trace evaluated on its own.
    static func expected(
        _ evaluator: SearchEvaluator, _ traces: [TraceModel], _ window: StoreTimeWindow
    ) throws -> [String: Match] {
        var model = QueryModelTable(evaluator.projection)
        var state = EvaluationState()
        var result: [String: Match] = [:]
        for trace in traces {
            model.fill(trace)
            let summary = TraceSummary(model.table)
            guard window.overlaps(start: summary.startUnixNano, end: summary.endUnixNano) else { continue }
            let sets = try evaluator.evaluate(model.table, &state)
            if sets.isEmpty { continue }
            var services: [String: [Int]] = [:]
            for span in model.spans {
                services[span.serviceName, default: [0, 0]][0] += 1
                if span.status == 2 { services[span.serviceName, default: [0, 0]][1] += 1 }
            }
            var kept: [[String]: MatchedSet] = [:]
            for set in sets {
                let spans = set.spans.map { index in
                    let span = model.spans[Int(index)]
                    let reported = evaluator.reportedAttributes(ofSpan: Int(index), in: model.table, &state)
                    return MatchedSpan(
                        id: span.hexID,
                        name: model.text(evaluator.reportedName(ofSpan: Int(index), in: model.table, state)),
                        start: span.startUnixNano,
                        duration: span.durationNanos,
                        attributes: reported.map {
                            text(KeyValue(key: String(decoding: $0.key, as: UTF8.self), value: $0.value.searchValue))
                        }.sorted())
                }
                let printed = { (attribute: SpansetAttribute) in
                    text(KeyValue(key: attribute.key, value: attribute.value.searchValue))
                }
                let matched = MatchedSet(
                    matched: set.matched, attributes: Set(set.attributes.map(printed)), spans: Set(spans))
                let key = set.groupAttributes.map(printed)
                if matched.matched > kept[key]?.matched ?? 0 { kept[key] = matched }
            }
            let id = HexText.stripped(try #require(TraceID(trace.id)))
            result[id] = Match(
                rootName: model.text(summary.rootName), rootService: model.text(summary.rootServiceName),
                start: summary.startUnixNano, durationMs: UInt32(truncatingIfNeeded: summary.durationNanos / 1_000_000),
                services: services, spanSets: Set(kept.values))
        }
        return result
    }

    @Test(arguments: [1, 2] as [UInt64], Layout.allCases)
    func searchesEqualEvaluatingEveryTrace(seed: UInt64, layout: Layout) async throws {
        let filled = try await Self.filled(seed: seed, layout)
        var generator = QueryTextGenerator(seed: seed)
        var matching = 0
        var asked = 0
        while asked < 100 {
            let text = generator.search()
            guard let query = try? Query.parse(text), (try? query.validate()) != nil else { continue }
            asked += 1
            let evaluator = try SearchEvaluator(query)
            // Traces last less than two seconds and start within a minute.
            var window = StoreTimeWindow.always
            if generator.random.chance(30) {
                let start = 1_700_000_000_000_000_000 + UInt64(generator.random.count(0...55_000)) * 1_000_000
                window = StoreTimeWindow(
                    start: start, end: start + UInt64(generator.random.count(2...20)) * 1_000_000_000)
            }
            for tenant in Self.tenants {
                // A trace that fails the search may be one that the store need not evaluate.
                guard let expected = try? Self.expected(evaluator, filled.traces[tenant] ?? [], window) else {
                    continue
                }
                let response = try filled.store.search(
                    StoreSearchRequest(.query(query), window: window, limit: 0, spansPerSpanSet: 0), tenant: tenant)
                let ours = Dictionary(uniqueKeysWithValues: response.traces.map { ($0.traceID, Self.match($0)) })
                if !expected.isEmpty { matching += 1 }
                for id in Set(ours.keys).union(expected.keys) {
                    #expect(ours[id] == expected[id], "\(text) in \(id) of \(tenant)")
                }
            }
        }
        #expect(matching > 50)
    }

    @Test(arguments: [4] as [UInt64], Layout.allCases)
    func limitsKeepTheNewest(seed: UInt64, layout: Layout) async throws {
        let filled = try await Self.filled(seed: seed, layout)
        var generator = QueryTextGenerator(seed: seed)
        var cut = 0
        var asked = 0
        while asked < 60 {
            let text = generator.search()
            guard let query = try? Query.parse(text), (try? query.validate()) != nil else { continue }
            asked += 1
            for tenant in Self.tenants {
                func search(_ limit: Int) throws -> [TraceSearchMetadata] {
                    try filled.store.search(
                        StoreSearchRequest(.query(query), limit: limit, spansPerSpanSet: 2), tenant: tenant
                    ).traces
                }
                guard let all = try? search(0) else { continue }
                for set in all.flatMap(\.spanSets) { #expect(set.spans.count == min(2, Int(set.matched))) }
                for limit in [1, 3, 10] where all.count > limit {
                    cut += 1
                    // As bytes: a value that is no number is not equal to itself.
                    #expect(try search(limit).map(\.protobuf) == all.prefix(limit).map(\.protobuf), "\(text)")
                }
                let keys = all.map { [String(UInt64.max - $0.startTimeUnixNano), $0.traceID.leftPadded] }
                let sorted = keys.sorted { $0.lexicographicallyPrecedes($1) }
                #expect(keys == sorted)
            }
        }
        #expect(cut > 30)
    }
}

extension String {
    /// A trace id with its leading zeros.
    fileprivate var leftPadded: String { String(repeating: "0", count: 32 - utf8.count) + self }
}
