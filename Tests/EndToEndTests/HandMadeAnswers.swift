import TestSupport

/// Answers of a small upstream, made by hand: one trace with a span per tenant.
enum HandMadeAnswers {
    static let traceID = "0102030405060708090a0b0c0d0e0f10"
    private static let traceIDBytes = (1...16).map { UInt8($0) }

    /// A `Trace` whose single span's id and service are made from the tenant.
    static func trace(_ tenant: String) -> [UInt8] {
        typealias Field = ProtobufField
        let value = { (text: String) in Field.encode(1, Array(text.utf8)) }
        let attribute = Field.encode(1, Array("service.name".utf8)) + Field.encode(2, value(tenant))
        let id = Array((tenant + "--------").utf8.prefix(8))
        let span =
            Field.encode(1, traceIDBytes) + Field.encode(2, id) + Field.encode(5, Array("work of \(tenant)".utf8))
            + Field.encode(6, varint: 2) + Field.encode(7, fixed64: 1_000_000_000)
            + Field.encode(8, fixed64: 2_000_000_000)
        let scopeSpans = Field.encode(1, Field.encode(1, Array("hand".utf8))) + Field.encode(2, span)
        return Field.encode(1, Field.encode(1, Field.encode(1, attribute)) + Field.encode(2, scopeSpans))
    }

    static func traceByID(_ tenant: String) -> ScriptedAnswer {
        .protobuf(ProtobufField.encode(1, trace(tenant)) + ProtobufField.encode(2, []))
    }

    /// A proper answer for each endpoint, as JSON where JSON is allowed.
    static func good(_ request: ScriptedRequest) -> ScriptedAnswer {
        let tenant = request.tenant
        switch request.path {
        case "/api/v2/traces/\(traceID)": return traceByID(tenant)
        case "/api/traces/\(traceID)": return .protobuf(trace(tenant))
        case "/api/search":
            return .json(
                """
                {"traces":[{"traceID":"\(tenant.utf8.reduce(0) { $0 &* 31 &+ Int($1) } & 0xffff)","rootServiceName":"\(tenant)",\
                "rootTraceName":"work","startTimeUnixNano":"1000000000","durationMs":1000,\
                "spanSet":{"spans":[{"spanID":"0102030405060708","startTimeUnixNano":"1000000000",\
                "durationNanos":"1000000000"}],"matched":1},\
                "spanSets":[{"spans":[{"spanID":"0102030405060708","startTimeUnixNano":"1000000000",\
                "durationNanos":"1000000000"}],"matched":1}]}],"metrics":{"completedJobs":1,"totalJobs":1}}
                """)
        case "/api/search/tags": return .json(#"{"tagNames":["tag-\#(tenant)"],"metrics":{}}"#)
        case "/api/v2/search/tags":
            return .json(#"{"scopes":[{"name":"span","tags":["tag-\#(tenant)"]}],"metrics":{}}"#)
        case let path where path.hasPrefix("/api/v2/search/tag/"):
            return .json(#"{"tagValues":[{"type":"string","value":"\#(tenant)"}],"metrics":{}}"#)
        case let path where path.hasPrefix("/api/search/tag/"):
            return .json(#"{"tagValues":["\#(tenant)"],"metrics":{}}"#)
        default: return .pageNotFound
        }
    }
}

extension ScriptedRequest {
    /// True for a question for the headers of traces that other tenants found.
    var completesTraces: Bool { target.contains("trace%3Aduration") }
}
