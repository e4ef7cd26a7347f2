import TempoAPI
import TraceQL

/// The legacy search: a trace matches when every tag is on some of its spans or on their resources, whichever, and its duration is
/// within bounds. Values are compared as texts. Some names mean more than attributes of that name, as in Tempo:
/// `name` the spans' names, `status.code` and `error` their status, `root.name` and `root.service.name` the root span.
struct TagSearch {
    private let conditions: StoreTagConditions
    private let request: StoreSearchRequest
    private let snapshot: TenantSnapshot
    private let tags: [(key: String, value: String)]
    private static let rootName = "root.name"
    private static let rootServiceName = "root.service.name"

    /// - Throws: ``StoreQueryError`` for more tags than can be told apart.
    init(_ conditions: StoreTagConditions, _ request: StoreSearchRequest, _ snapshot: TenantSnapshot) throws {
        self.conditions = conditions
        self.request = request
        self.snapshot = snapshot
        tags = conditions.tags.filter { $0.key != Self.rootName && $0.key != Self.rootServiceName }
            .sorted { $0.key < $1.key }
        guard tags.count <= CandidateTree.maxLeaves else {
            throw StoreQueryError(.badRequest, "invalid tags: at most \(CandidateTree.maxLeaves) tags are searched for")
        }
    }

    /// - Throws: ``StoreQueryError``; `CancellationError`.
    func run() throws -> SearchResponse {
        try Task.checkCancellation()
        let strings = try ViewStrings(snapshot.views)
        let evaluator = try SearchEvaluator(Self.everything)
        let answer = SearchAnswer(evaluator: evaluator, strings: strings, spansPerSpanSet: 0)
        var candidates = CandidateTraces(
            snapshot.views, window: request.window,
            tree: tags.isEmpty ? .always : .all(tags.indices.map { .leaf($0) }),
            leaves: tags.map { tag in { Self.node(tag.key, tag.value, $0) } })
        var filler = SpanTableFiller(snapshot.views, Projection(), strings)
        var newest = NewestTraces(limit: request.limit)
        var metrics = SearchMetrics()
        while let id = try candidates.next(exactly: true, unless: { newest.refuses(start: $0) }) {
            metrics.inspectedTraces &+= 1
            guard isDurationInBounds(candidates.gatherer) else { continue }
            try filler.fill(id, try candidates.collect())
            let trace = answer.header(TraceSummary(filler.table), id, withServices: false)
            if let name = conditions.tags[Self.rootName], name != trace.rootTraceName { continue }
            if let name = conditions.tags[Self.rootServiceName], name != trace.rootServiceName { continue }
            newest.insert(trace, id)
        }
        metrics.inspectedSpans = UInt64(candidates.finder.inspectedSpans)
        metrics.inspectedBytes = UInt64(candidates.finder.inspectedBytes)
        return SearchResponse(traces: newest.sorted(), metrics: metrics)
    }

    /// `{ }`
    private static let everything = Query(
        .spansets(
            Pipeline([
                PipelineElement(
                    .spanset(SpansetExpression(.filter(SpansetFilter(FieldExpression(.literal(.boolean(true))))))))
            ])))

    private func isDurationInBounds(_ trace: SpanGatherer) -> Bool {
        // All ends may lie before all starts.
        let nanoseconds = max(trace.start, trace.end) - trace.start
        let (least, greatest) = (UInt64(conditions.minDurationMs), UInt64(conditions.maxDurationMs))
        return nanoseconds >= least * 1_000_000 && (greatest == 0 || nanoseconds <= greatest * 1_000_000)
    }

    private static func node(_ key: String, _ value: String, _ compiler: ScanCompiler) -> ScanNode {
        var nodes: [ScanNode] = []
        let pairs = compiler.pairs(key: Array(key.utf8), text: value)
        if !pairs.isEmpty { nodes = [compiler.holding(pairs, .span), compiler.holding(pairs, .resource)] }
        switch key {
        case "name":
            nodes.append(compiler.compile(.test(Attribute(.name), .equal, .string(value))))
        case "status.code":
            if let status = Static.Status(rawValue: value) { nodes.append(compiler.status(status)) }
        case "error":
            if value == "true" { nodes.append(compiler.status(.error)) }
        default: break
        }
        return .disjunction(nodes)
    }
}

extension ScanCompiler {
    /// The pairs with a key whose values print as a text.
    fileprivate func pairs(key: [UInt8], text: String) -> BitSet {
        let bytes = Array(text.utf8)
        let (integer, number) = (Int64(text), Double(text))
        return pairs(key: key) { pair, columns in
            let payload = columns.pairPayload[pair]
            switch ValueType(rawValue: columns.pairType[pair]) {
            case .string: return columns.bytes(UInt32(truncatingIfNeeded: payload)).elementsEqual(bytes)
            case .bool: return text == (payload != 0 ? "true" : "false")
            case .int: return integer == Int64(bitPattern: payload)
            case .double: return number == Double(bitPattern: payload)
            case nil, .absent, .empty, .bytes, .array, .keyValueList: return false
            }
        }
    }

    /// The spans with a status, exactly.
    fileprivate func status(_ status: Static.Status) -> ScanNode {
        var bits = BitSet(capacity: 256)
        bits.insert(Int(SpanNumbers.number(status)))
        return .statusCode(bits)
    }
}
