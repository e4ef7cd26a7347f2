import TempoAPI
import TestSupport
import Testing
import TraceQL

@testable import TraceStore

/// The spans that a real Tempo had, pushed into a store, give the answers that it gave.
@Suite(.computeThreads) struct QueryRecordedAnswersTests {
    struct Pushes: Decodable {
        let tenant: String
        /// OTLP JSON.
        let pushes: [String]
    }

    struct Answer: Decodable, CustomStringConvertible {
        let tenant: String
        let kind: String
        /// A trace id or the name of a tag.
        let subject: String
        /// Of the URL, decoded.
        let parameters: [String: String]
        let status: Int
        let body: String

        var description: String {
            let rest = parameters.filter { $0.key != "start" && $0.key != "end" }
            return "\(tenant) \(kind) \(subject) \(rest.sorted { $0.key < $1.key }.map { "\($0)=\($1)" })"
        }

        var json: JSONValue {
            get throws { body.isEmpty ? .null : try JSONValue(parsing: Array(body.utf8)) }
        }

        var window: StoreTimeWindow {
            StoreTimeWindow(
                startSeconds: UInt32(parameters["start"] ?? "") ?? 0, endSeconds: UInt32(parameters["end"] ?? "") ?? 0)
        }
    }

    private let folder: TemporaryFolder
    private let store: TraceStore
    private let answers: [Answer]

    init() async throws {
        folder = try TemporaryFolder()
        store = try TraceStore.testing(folder, clock: TestClock(1_795_223_273_000_000_000)) {
            $0.retention = { _ in RetentionPolicy(age: 0) }
        }
        for tenant in try Corpus.load("query-recorded-pushes", in: .module, atLeast: 4, as: Pushes.self) {
            for push in tenant.pushes {
                let outcome = try await store.push(Array(push.utf8), encoding: .json, tenant: tenant.tenant)
                #expect(outcome.rejectedSpans == 0)
            }
        }
        answers = try Corpus.load("query-recorded-answers", in: .module, atLeast: 350, as: Answer.self)
    }

    private func answers(_ kinds: String...) -> [Answer] { answers.filter { kinds.contains($0.kind) } }

    // MARK: Traces

    @Test func traces() throws {
        var found = 0
        var earlier = 0
        for answer in answers("trace", "traceV2") {
            let hex = String(repeating: "0", count: 32 - answer.subject.count) + answer.subject
            let id = stride(from: 0, to: 32, by: 2).compactMap { UInt8(hex.dropFirst($0).prefix(2), radix: 16) }
            let ours = try store.trace(id, tenant: answer.tenant)
            let recorded = try answer.json
            let expected = QueryAnswerComparison.spans(recorded["trace"] ?? recorded)
            guard let ours else {
                #expect(expected.isEmpty, "\(answer)")
                #expect(answer.kind == "traceV2" || answer.status == 404)
                continue
            }
            found += 1
            let trace = try Trace.decode(protobuf: ours)
            #expect(trace.protobuf == ours)
            if QueryAnswerComparison.spans(try JSONValue(parsing: trace.json)) == expected { continue }
            // That Tempo had been given the same traces before, about 1,700 seconds earlier, and sometimes took those copies.
            earlier += 1
            let starts = expected.keys.compactMap { $0.span["startTimeUnixNano"]?.integer }
            let first = UInt64(try #require(starts.min()))
            let ourFirst = trace.resourceSpans.flatMap { $0.scopeSpans.flatMap { $0.spans.map(\.startTimeUnixNano) } }
            let offset = try #require(ourFirst.min()) - first
            #expect((1_600_000_000_000...1_900_000_000_000).contains(offset))
            let shifted = trace.shifted(by: offset)
            #expect(QueryAnswerComparison.spans(try JSONValue(parsing: shifted.json)) == expected, "\(answer)")
        }
        #expect(found >= 40 && earlier == 9)
    }

    // MARK: Search

    private func request(_ answer: Answer) throws -> StoreSearchRequest {
        let conditions: StoreSearchRequest.Conditions
        if let text = answer.parameters["q"] {
            conditions = .query(try Query.parse(text))
        } else {
            var tags: [String: String] = [:]
            for pair in (answer.parameters["tags"] ?? "").split(separator: " ") {
                let parts = pair.split(separator: "=")
                tags[String(parts[0])] = String(parts[1])
            }
            let least = UInt32((answer.parameters["minDuration"] ?? "0ms").dropLast(2)) ?? 0
            conditions = .tags(StoreTagConditions(tags: tags, minDurationMs: least))
        }
        return StoreSearchRequest(
            conditions, window: answer.window, limit: Int(answer.parameters["limit"] ?? "") ?? 20,
            spansPerSpanSet: Int(answer.parameters["spss"] ?? "") ?? 3)
    }

    /// Where an answer differs from the recording on purpose.
    struct Departure: Decodable {
        let query: String
        /// Of the page of differences.
        let row: Int
        /// The member of a trace that Tempo leaves out and that is there here.
        let member: String
        let difference: String
    }

    @Test func searches() throws {
        let departures = try Corpus.load("query-departures", in: .module, atLeast: 1, as: Departure.self)
        var departed = 0
        var withTraces = 0
        var cut = 0
        for answer in answers("search") {
            let request = try request(answer)
            var response = try store.search(request, tenant: answer.tenant)
            // The frontend names what has no name.
            for index in response.traces.indices where response.traces[index].rootServiceName.isEmpty {
                response.traces[index].rootServiceName = "<root span not yet received>"
            }
            let ours = try JSONValue(parsing: response.json)
            let starts = response.traces.map(\.startTimeUnixNano)
            #expect(starts == starts.sorted(by: >), "\(answer)")
            #expect(ours["metrics"] != nil)
            let recorded = try answer.json
            if (recorded["traces"]?.elements.count ?? 0) >= request.limit {
                cut += 1
                let whole = answers.first {
                    $0.tenant == answer.tenant && $0.kind == "search" && $0.parameters["q"] == answer.parameters["q"]
                        && $0.parameters["limit"] == "100"
                }
                let fault = QueryAnswerComparison.faultOfCut(
                    ours, of: try #require(whole).json, limit: request.limit, spansPerSet: request.spansPerSpanSet)
                #expect(fault == nil, "\(answer)")
                continue
            }
            let (left, right) = (QueryAnswerComparison.traces(ours), QueryAnswerComparison.traces(recorded))
            if !right.isEmpty { withTraces += 1 }
            if let departure = departures.first(where: { $0.query == answer.parameters["q"] }) {
                departed += right.count
                try expect(departure, in: left, insteadOf: right, answer)
                continue
            }
            for id in Set(left.keys).union(right.keys) {
                #expect(
                    left[id] == right[id], "\(answer): \(left[id]?.compact ?? "-") is not \(right[id]?.compact ?? "-")")
            }
        }
        #expect(withTraces >= 90 && cut >= 3 && departed > 20)
    }

    /// Each trace has the member that the recording lacks, with the value that the same trace has in other recorded answers, and is
    /// otherwise the same.
    private func expect(
        _ departure: Departure, in ours: [String: JSONValue], insteadOf recorded: [String: JSONValue], _ answer: Answer
    ) throws {
        #expect(departure.row == 25)
        let whole = try #require(
            answers.first { $0.kind == "search" && $0.tenant == answer.tenant && $0.parameters["q"] == "{}" })
        let known = QueryAnswerComparison.traces(try whole.json)
        #expect(Set(ours.keys) == Set(recorded.keys))
        for (id, trace) in recorded {
            #expect(trace[departure.member] == nil, "\(answer): the recording does not depart from")
            #expect(ours[id]?[departure.member] == known[id]?[departure.member], "\(answer)")
            #expect(ours[id]?.removing(departure.member) == trace, "\(answer)")
        }
    }

    // MARK: Tags

    @Test func tagNames() throws {
        for answer in answers("tags", "tagsV2") {
            let scope = try #require(StoreTagsRequest.Scope(rawValue: answer.parameters["scope"] ?? "none"))
            let ours = try store.tagNames(
                StoreTagsRequest(scope: scope, filter: answer.parameters["q"] ?? "", window: answer.window),
                tenant: answer.tenant)
            let json: [UInt8]
            if answer.kind == "tagsV2" {
                json = ours.json
            } else {
                // Version 1 lists intrinsics only when asked for them, and no scopes.
                let names = ours.scopes.filter { $0.name != "intrinsic" || scope == .intrinsic }.flatMap(\.tags)
                json = SearchTagsResponse(tagNames: Array(Set(names)), metrics: ours.metrics).json
            }
            let expected = QueryAnswerComparison.tags(try answer.json)
            #expect(QueryAnswerComparison.tags(try JSONValue(parsing: json)) == expected, "\(answer)")
        }
    }

    @Test func tagValues() throws {
        var filtered = 0
        for answer in answers("values", "valuesV2") {
            let name: StoreTagValuesRequest.Name =
                answer.kind == "values"
                ? .legacy(answer.subject) : .attribute(try Identifier.parse(answer.subject))
            if answer.parameters["q"] != nil { filtered += 1 }
            let ours = try store.tagValues(
                StoreTagValuesRequest(name: name, filter: answer.parameters["q"] ?? "", window: answer.window),
                tenant: answer.tenant)
            let json =
                answer.kind == "valuesV2"
                ? ours.json
                : SearchTagValuesResponse(
                    tagValues: Array(Set(ours.tagValues.map(\.value))), metrics: ours.metrics
                ).json
            let expected = QueryAnswerComparison.tags(try answer.json)
            #expect(QueryAnswerComparison.tags(try JSONValue(parsing: json)) == expected, "\(answer)")
        }
        #expect(filtered >= 4)
    }
}

extension Trace {
    /// The trace with all times so many nanoseconds earlier.
    fileprivate func shifted(by offset: UInt64) -> Trace {
        var trace = self
        for batch in trace.resourceSpans.indices {
            for scope in trace.resourceSpans[batch].scopeSpans.indices {
                let spans = trace.resourceSpans[batch].scopeSpans[scope].spans.map { span in
                    var span = span
                    span.startTimeUnixNano -= offset
                    span.endTimeUnixNano -= offset
                    for event in span.events.indices { span.events[event].timeUnixNano -= offset }
                    return span
                }
                trace.resourceSpans[batch].scopeSpans[scope].spans = spans
            }
        }
        return trace
    }
}
