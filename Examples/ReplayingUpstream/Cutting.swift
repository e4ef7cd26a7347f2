import TempoAPI

/// Applies `limit` and `spss` to a whole recorded answer, as Tempo would have done while searching.
enum Cutting {
    /// Newest traces first, `limit` of them, each span set cut to `spansPerSpanSet` (0: whole); `matched` stays.
    static func search(_ recording: Recording, limit: Int, spansPerSpanSet: Int) throws -> Recording {
        let isProtobuf = recording.contentType == "application/protobuf"
        var response =
            try isProtobuf
            ? SearchResponse.decode(protobuf: recording.body) : SearchResponse.decode(json: recording.body)
        let needsCut =
            response.traces.count > limit
            || spansPerSpanSet > 0
                && response.traces.contains { trace in trace.spanSets.contains { $0.spans.count > spansPerSpanSet } }
        guard needsCut else { return recording }
        response.traces.sort {
            ($0.startTimeUnixNano, $1.traceID) > ($1.startTimeUnixNano, $0.traceID)
        }
        response.traces = response.traces.prefix(limit).map { trace in
            var trace = trace
            if spansPerSpanSet > 0 {
                let first = trace.spanSet?.spans.prefix(spansPerSpanSet) ?? []
                trace.spanSet?.spans = Array(first)
                for index in trace.spanSets.indices {
                    trace.spanSets[index].spans = Array(trace.spanSets[index].spans.prefix(spansPerSpanSet))
                }
            }
            return trace
        }
        return encode(response, like: recording)
    }

    /// Cuts a list of names or values; of scopes each but `intrinsic` is cut.
    static func list(_ recording: Recording, path: String, limit: Int) throws -> Recording {
        guard limit > 0, recording.status == 200 else { return recording }
        switch path {
        case "/api/search/tags":
            return try cut(recording, SearchTagsResponse.self) { $0.tagNames = Array($0.tagNames.prefix(limit)) }
        case "/api/v2/search/tags":
            return try cut(recording, SearchTagsV2Response.self) { response in
                for index in response.scopes.indices where response.scopes[index].name != "intrinsic" {
                    response.scopes[index].tags = Array(response.scopes[index].tags.prefix(limit))
                }
            }
        case let path where path.hasPrefix("/api/v2/"):
            return try cut(recording, SearchTagValuesV2Response.self) {
                $0.tagValues = Array($0.tagValues.prefix(limit))
            }
        default:
            return try cut(recording, SearchTagValuesResponse.self) { $0.tagValues = Array($0.tagValues.prefix(limit)) }
        }
    }

    private static func cut<Message: WireMessage>(
        _ recording: Recording, _ type: Message.Type, _ change: (inout Message) -> Void
    ) throws -> Recording {
        let whole =
            try recording.contentType == "application/protobuf"
            ? Message.decode(protobuf: recording.body) : Message.decode(json: recording.body)
        var message = whole
        change(&message)
        return message == whole ? recording : encode(message, like: recording)
    }

    private static func encode(_ message: some WireMessage, like recording: Recording) -> Recording {
        Recording(
            status: recording.status, contentType: recording.contentType,
            body: recording.contentType == "application/protobuf" ? message.protobuf : message.json)
    }
}
