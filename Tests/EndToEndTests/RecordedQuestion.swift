import Foundation
import TestSupport
import Testing

/// A question that was asked of a real Tempo, and by which rule our answer for `onyx|jade|ruby|jade` is compared with its answer for
/// `union`, the tenant that holds all spans.
struct RecordedQuestion: Decodable, CustomTestStringConvertible {
    enum Kind: String, Decodable {
        case trace, traceV2, search, searchCut, tags, tagsV2, values, valuesV2
        /// Refused with a 4xx, status and text alike.
        case refused
    }

    let target: String
    let kind: Kind
    /// Why the question is left out: its meaning relates spans of different tenants.
    let leftOut: String?

    /// The same question where nothing is left out.
    var askedOfOneTenant: RecordedQuestion {
        RecordedQuestion(target: target, kind: kind, leftOut: nil)
    }

    var testDescription: String { target.removingPercentEncoding ?? target }
}

/// How an answer differs from the oracle's; empty when it does not.
struct AnswerComparison {
    let question: RecordedQuestion
    private(set) var differences: [String] = []

    init(_ question: RecordedQuestion) { self.question = question }

    mutating func compareJSON(_ ours: RawResponse, _ oracle: RawResponse) throws {
        guard compareHead(ours, oracle), ours.status == 200 else { return }
        try compare(JSONValue(parsing: ours.body), JSONValue(parsing: oracle.body))
    }

    mutating func compareProtobuf(_ ours: RawResponse, _ oracle: RawResponse) throws {
        guard compareHead(ours, oracle), ours.status == 200 else { return }
        let schema: ProtobufSchema
        switch question.kind {
        case .trace:
            return try compareSpans(
                TempoSchemas.spans(ofTrace: ours.body), TempoSchemas.spans(ofTrace: oracle.body))
        case .traceV2:
            return try compareSpans(
                TempoSchemas.spans(ofTraceByIDResponse: ours.body),
                TempoSchemas.spans(ofTraceByIDResponse: oracle.body))
        case .search, .searchCut: schema = TempoSchemas.search
        case .tags: schema = TempoSchemas.tags
        case .tagsV2: schema = TempoSchemas.tagsV2
        case .values: schema = TempoSchemas.values
        case .valuesV2: schema = TempoSchemas.valuesV2
        case .refused: return
        }
        try compare(schema.decode(ours.body), schema.decode(oracle.body))
    }

    private mutating func compareHead(_ ours: RawResponse, _ oracle: RawResponse) -> Bool {
        equal("status", ours.status, oracle.status)
        if oracle.status != 200 { equal("body", ours.text, oracle.text) }
        if oracle.status == 200 || !oracle.body.isEmpty {
            equal("content type", ours["Content-Type"], oracle["Content-Type"])
        }
        return differences.isEmpty
    }

    private mutating func compareSpans(_ ours: [TempoSchemas.PlacedSpan], _ oracle: [TempoSchemas.PlacedSpan]) {
        equal("number of spans", ours.count, oracle.count)
        equalSets("spans", Set(ours), Set(oracle))
    }

    private mutating func equal<Value: Equatable>(_ what: String, _ ours: Value, _ oracle: Value) {
        if ours != oracle { differences.append("\(what): \(ours), oracle: \(oracle)") }
    }

    /// Shows what only one of the two holds.
    private mutating func equalSets<Element: Hashable>(_ what: String, _ ours: Set<Element>, _ oracle: Set<Element>) {
        guard ours != oracle else { return }
        differences.append(
            "\(what): only ours: \(ours.subtracting(oracle)), only the oracle's: \(oracle.subtracting(ours))")
    }

    private mutating func compare(_ ours: JSONValue, _ oracle: JSONValue) throws {
        switch question.kind {
        case .trace: compareTraces(ours, oracle, batches: "batches")
        case .traceV2:
            equal("members", Set(ours.members.keys), Set(oracle.members.keys))
            compareTraces(ours["trace"] ?? .null, oracle["trace"] ?? .null, batches: "resourceSpans")
        case .search, .searchCut:
            equal("metrics present", ours["metrics"] != nil, oracle["metrics"] != nil)
            compareFoundTraces(ours["traces"]?.elements ?? [], oracle["traces"]?.elements ?? [])
        case .tags: compareLists(ours["tagNames"], oracle["tagNames"])
        case .tagsV2:
            let scopes = { (answer: JSONValue) in
                Dictionary(
                    (answer["scopes"]?.elements ?? []).map { ($0["name"] ?? .null, Set($0["tags"]?.elements ?? [])) },
                    uniquingKeysWith: { $0.union($1) })
            }
            equal("number of scopes", ours["scopes"]?.elements.count, oracle["scopes"]?.elements.count)
            equal("scopes", scopes(ours), scopes(oracle))
        case .values, .valuesV2: compareLists(ours["tagValues"], oracle["tagValues"])
        case .refused: break
        }
    }

    private mutating func compareLists(_ ours: JSONValue?, _ oracle: JSONValue?) {
        equal("number of elements", ours?.elements.count, oracle?.elements.count)
        equalSets("elements", Set(ours?.elements ?? []), Set(oracle?.elements ?? []))
    }

    private mutating func compareTraces(_ ours: JSONValue, _ oracle: JSONValue, batches: String) {
        let spans = { (trace: JSONValue) -> [JSONValue] in
            (trace[batches]?.elements ?? []).flatMap { batch in
                (batch["scopeSpans"]?.elements ?? []).flatMap { scopeSpans in
                    (scopeSpans["spans"]?.elements ?? []).map {
                        .array([batch["resource"] ?? .null, scopeSpans["scope"] ?? .null, $0])
                    }
                }
            }
        }
        equal("members of the trace", Set(ours.members.keys), Set(oracle.members.keys))
        equal("number of spans", spans(ours).count, spans(oracle).count)
        equalSets("spans", Set(spans(ours)), Set(spans(oracle)))
    }

    private mutating func compareFoundTraces(_ ours: [JSONValue], _ oracle: [JSONValue]) {
        let starts = ours.map { $0["startTimeUnixNano"]?.integer ?? 0 }
        equal("order of traces", starts, starts.sorted(by: >))
        if question.kind == .searchCut {
            // Which traces a cut answer holds is free; only their number is not.
            equal("number of traces", ours.count, oracle.count)
            return
        }
        equal("number of traces", ours.count, oracle.count)
        let byID = Dictionary(oracle.map { ($0["traceID"]?.text ?? "", $0) }, uniquingKeysWith: { first, _ in first })
        for trace in ours {
            let id = trace["traceID"]?.text ?? ""
            guard let other = byID[id] else {
                differences.append("trace \(id) is not in the oracle's answer")
                continue
            }
            equal("span sets of \(id)", spanSets(trace["spanSets"]), spanSets(other["spanSets"]))
            equal("spanSet of \(id)", trace["spanSet"], trace["spanSets"]?.elements.first)
            compareSummary(trace, other, id)
        }
    }

    /// Span sets by their attributes: the spans and how many matched.
    private func spanSets(_ sets: JSONValue?) -> [Set<JSONValue>: [JSONValue]] {
        Dictionary(
            (sets?.elements ?? []).map { set in
                let spans = (set["spans"]?.elements ?? []).map { span -> JSONValue in
                    // Attributes are unordered.
                    let attributes = (span["attributes"]?.elements ?? []).sorted { "\($0)" < "\($1)" }
                    return .array([span.removing("attributes"), .array(attributes)])
                }
                return (
                    Set(set["attributes"]?.elements ?? []),
                    [set["matched"] ?? .null] + spans.sorted { "\($0)" < "\($1)" }
                )
            },
            uniquingKeysWith: { $0 + $1 })
    }

    private mutating func compareSummary(_ ours: JSONValue, _ oracle: JSONValue, _ id: String) {
        for (name, member) in [
            ("root service", "rootServiceName"), ("root name", "rootTraceName"), ("start", "startTimeUnixNano"),
            ("duration", "durationMs"), ("service stats", "serviceStats"),
        ] {
            equal("\(name) of \(id)", ours[member], oracle[member])
        }
    }
}
