import TestSupport

/// The messages of Tempo's answers, as far as these tests read them; numbers and names are those of `tempo.proto`.
enum TempoSchemas {
    private static let anyValue = ProtobufSchema([
        1: ("stringValue", .string), 2: ("boolValue", .bool), 3: ("intValue", .number64), 4: ("doubleValue", .double),
    ])
    private static let keyValue = ProtobufSchema([1: ("key", .string), 2: ("value", .message(anyValue))])
    private static let span = ProtobufSchema([
        1: ("spanID", .string), 2: ("name", .string), 3: ("startTimeUnixNano", .number64),
        4: ("durationNanos", .number64), 5: ("attributes", .repeated(.message(keyValue))),
    ])
    private static let spanSet = ProtobufSchema([
        1: ("spans", .repeated(.message(span))), 2: ("matched", .number),
        3: ("attributes", .repeated(.message(keyValue))),
    ])
    private static let stats = ProtobufSchema([1: ("spanCount", .number), 2: ("errorCount", .number)])
    private static let trace = ProtobufSchema([
        1: ("traceID", .string), 2: ("rootServiceName", .string), 3: ("rootTraceName", .string),
        4: ("startTimeUnixNano", .number64), 5: ("durationMs", .number), 6: ("spanSet", .message(spanSet)),
        7: ("spanSets", .repeated(.message(spanSet))), 8: ("serviceStats", .map(stats)),
    ])
    private static let searchMetrics = ProtobufSchema([
        1: ("inspectedTraces", .number), 2: ("inspectedBytes", .number64), 3: ("totalBlocks", .number),
        4: ("completedJobs", .number), 5: ("totalJobs", .number), 6: ("totalBlockBytes", .number64),
        7: ("inspectedSpans", .number64), 8: ("backendReads", .number64), 9: ("backendBytes", .number64),
    ])
    private static let metadataMetrics = ProtobufSchema([
        1: ("inspectedBytes", .number64), 2: ("totalJobs", .number), 3: ("completedJobs", .number),
        4: ("totalBlocks", .number), 5: ("totalBlockBytes", .number64), 6: ("backendReads", .number64),
        7: ("backendBytes", .number64),
    ])

    static let search = ProtobufSchema([
        1: ("traces", .repeated(.message(trace))), 2: ("metrics", .message(searchMetrics)),
    ])
    static let tags = ProtobufSchema([
        1: ("tagNames", .repeated(.string)), 2: ("metrics", .message(metadataMetrics)),
    ])
    static let tagsV2 = ProtobufSchema([
        1: ("scopes", .repeated(.message(ProtobufSchema([1: ("name", .string), 2: ("tags", .repeated(.string))])))),
        2: ("metrics", .message(metadataMetrics)),
    ])
    static let values = ProtobufSchema([
        1: ("tagValues", .repeated(.string)), 2: ("metrics", .message(metadataMetrics)),
    ])
    static let valuesV2 = ProtobufSchema([
        1: ("tagValues", .repeated(.message(ProtobufSchema([1: ("type", .string), 2: ("value", .string)])))),
        2: ("metrics", .message(metadataMetrics)),
    ])

    /// The spans of a protobuf Trace with the resource and scope that each stands under, byte for byte.
    static func spans(ofTrace bytes: [UInt8]) throws -> [PlacedSpan] {
        try ProtobufField.all(of: bytes).flatMap { batch in
            let fields = try ProtobufField.all(of: batch.content)
            let resource = fields.first { $0.number == 1 }?.content ?? []
            return try fields.filter { $0.number == 2 }.flatMap { scopeSpans in
                let fields = try ProtobufField.all(of: scopeSpans.content)
                let scope = fields.first { $0.number == 1 }?.content ?? []
                return fields.filter { $0.number == 2 }.map {
                    PlacedSpan(resource: resource, scope: scope, span: $0.content)
                }
            }
        }
    }

    /// The same of a TraceByIDResponse.
    static func spans(ofTraceByIDResponse bytes: [UInt8]) throws -> [PlacedSpan] {
        try ProtobufField.all(of: bytes).first { $0.number == 1 }.map { try spans(ofTrace: $0.content) } ?? []
    }

    struct PlacedSpan: Hashable {
        let resource: [UInt8]
        let scope: [UInt8]
        let span: [UInt8]
    }
}
