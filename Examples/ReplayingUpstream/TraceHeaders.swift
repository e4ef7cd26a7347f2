import TempoAPI

/// Searches for traces by their ids, which a frontend over several tenants asks: `{ trace:id = "..." || ... }`, alone or with
/// `| by(trace:duration)`. There are too many of them to record, but the recorded answer to `{}` has all that they tell.
struct TraceHeaders {
    /// As they stand in answers: without leading zeros.
    let traceIDs: Set<String>
    let tellsDuration: Bool

    /// The question to which every trace is an answer.
    static let everything = Question(path: "/api/search", parameters: ["q": "{}"])

    /// nil for any other question.
    init?(_ question: Question) {
        guard question.path == "/api/search", question.parameters.count == 1, var text = question.parameters["q"],
            text.hasPrefix("{")
        else { return nil }
        text.removeFirst()
        let duration = "}|by(trace:duration)"
        tellsDuration = text.hasSuffix(duration)
        text.removeLast(tellsDuration ? duration.count : 1)
        var ids: Set<String> = []
        for part in text.split(separator: "||", omittingEmptySubsequences: false) {
            guard part.hasPrefix("trace:id=\""), part.hasSuffix("\""), part.utf8.count > 11 else { return nil }
            let id = part.dropFirst(10).dropLast()
            guard id.utf8.count <= 32, id.allSatisfy(\.isHexDigit) else { return nil }
            ids.insert(String(id.drop { $0 == "0" }))
        }
        traceIDs = ids
    }

    /// - Parameter everything: the recorded answer to `{}`, in which no span set is cut.
    func answer(from everything: Recording) throws -> Recording {
        let isProtobuf = everything.contentType == "application/protobuf"
        var response =
            try isProtobuf
            ? SearchResponse.decode(protobuf: everything.body) : SearchResponse.decode(json: everything.body)
        response.traces = response.traces.filter { traceIDs.contains($0.traceID) }
        if tellsDuration {
            for index in response.traces.indices { addDuration(to: &response.traces[index]) }
        }
        return Recording(
            status: 200, contentType: everything.contentType, body: isProtobuf ? response.protobuf : response.json)
    }

    private func addDuration(to trace: inout TraceSearchMetadata) {
        guard let set = trace.spanSets.first else { return }
        // Tempo leaves the milliseconds out of an answer that groups by the duration.
        trace.durationMs = 0
        let start = set.spans.map(\.startTimeUnixNano).min() ?? 0
        let end = set.spans.map { $0.startTimeUnixNano + UInt64($0.durationNanos) }.max() ?? 0
        let attribute = KeyValue(key: "by(traceDuration)", value: AnyValue(.string(Self.text(end - start))))
        trace.spanSets[0].attributes.append(attribute)
        trace.spanSet = trace.spanSets[0]
    }

    /// As Go prints durations below a minute.
    static func text(_ nanoseconds: UInt64) -> String {
        guard nanoseconds > 0 else { return "0s" }
        let (unit, name): (UInt64, String) =
            switch nanoseconds {
            case ..<1_000: (1, "ns")
            case ..<1_000_000: (1_000, "µs")
            case ..<1_000_000_000: (1_000_000, "ms")
            default: (1_000_000_000, "s")
            }
        var text = "\(nanoseconds / unit)"
        let rest = String(nanoseconds % unit + unit).dropFirst()
        let digits = rest.reversed().drop { $0 == "0" }.reversed()
        if !digits.isEmpty { text += "." + String(digits) }
        return text + name
    }
}
