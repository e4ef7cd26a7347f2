import TempoAPI
import Testing
import TraceQL

@testable import QueryFrontend

/// What the filter of a v2 lookup leaves of a trace.
struct TraceCutTests {
    private static func span(_ id: UInt8, parent: UInt8?, _ name: String, _ attributes: [KeyValue] = []) -> TraceSpan {
        var span = TraceSpan()
        span.spanID = [0, 0, 0, 0, 0, 0, 0, id]
        if let parent { span.parentSpanID = [0, 0, 0, 0, 0, 0, 0, parent] }
        span.name = name
        span.startTimeUnixNano = 1_700_000_000_000_000_000 + UInt64(id)
        span.endTimeUnixNano = span.startTimeUnixNano + 1_000_000 * UInt64(id)
        span.attributes = attributes
        return span
    }

    /// root 1 - 2 - 3 in one service, 4 below 3 and 5 below 1 in another.
    private static var response: [UInt8] {
        func batch(_ service: String, _ spans: [TraceSpan]) -> ResourceSpans {
            var batch = ResourceSpans()
            var resource = Resource()
            resource.attributes = [KeyValue(key: "service.name", value: .string(service))]
            batch.resource = resource
            var scope = ScopeSpans()
            scope.spans = spans
            batch.scopeSpans = [scope]
            return batch
        }
        var trace = Trace()
        trace.resourceSpans = [
            batch(
                "web",
                [
                    span(1, parent: nil, "root"), span(2, parent: 1, "a", [KeyValue(key: "n", value: .int(7))]),
                    span(3, parent: 2, "b"),
                ]),
            batch("db", [span(4, parent: 3, "query"), span(5, parent: 1, "query")]),
        ]
        var response = TraceByIDResponse()
        response.trace = trace
        response.metrics = TraceByIDMetrics(inspectedBytes: 42)
        return response.protobuf
    }

    private static func kept(
        _ query: String, keepHierarchy: Bool = false, matchDepth: Int = 0, ancestorDepth: Int = -1
    ) throws -> [String: [UInt8]]? {
        let parameters = TraceFilterParameters(
            query: query, keepHierarchy: keepHierarchy, matchDepth: matchDepth, ancestorDepth: ancestorDepth)
        let cut = try TraceCut(parameters, traceID: [UInt8](repeating: 1, count: 16), limits: .default)
        let bytes = try response.withUnsafeBytes { try cut.cut($0) }
        guard let bytes else { return nil }
        let decoded = try TraceByIDResponse.decode(protobuf: bytes)
        #expect(decoded.metrics?.inspectedBytes == 42)
        var result: [String: [UInt8]] = [:]
        for batch in decoded.trace?.resourceSpans ?? [] {
            let service = batch.resource?.attributes.first?.value?.value
            guard case .string(let name) = service else { continue }
            result[name] = batch.scopeSpans.flatMap(\.spans).map { $0.spanID[7] }
        }
        return result
    }

    @Test func matchingSpansStay() throws {
        #expect(try Self.kept(#"{ name = "query" }"#) == ["db": [4, 5]])
        #expect(try Self.kept("{ span.n > 6.5 }") == ["web": [2]])
        #expect(try Self.kept(#"{ .service.name = "web" && duration >= 2ms }"#) == ["web": [2, 3]])
        #expect(try Self.kept(#"{ name = "nobody" }"#) == [:])
        #expect(try Self.kept("{}") == nil)
    }

    @Test func kinStay() throws {
        #expect(
            try Self.kept(#"{ span:id = "0000000000000004" }"#, keepHierarchy: true) == ["web": [1, 2, 3], "db": [4]])
        #expect(
            try Self.kept(#"{ span:id = "0000000000000004" }"#, keepHierarchy: true, ancestorDepth: 1)
                == ["web": [3], "db": [4]])
        #expect(try Self.kept(#"{ name = "a" }"#, matchDepth: 1) == ["web": [2, 3]])
        #expect(try Self.kept(#"{ name = "a" }"#, matchDepth: -1) == ["web": [2, 3], "db": [4]])
    }

    @Test func malformedBytesAreRefused() throws {
        let parameters = TraceFilterParameters(
            query: "{ span.n = 1 }", keepHierarchy: false, matchDepth: 0, ancestorDepth: -1)
        let cut = try TraceCut(parameters, traceID: [1], limits: .default)
        let whole = Self.response
        for length in 0..<whole.count {
            // Cut anywhere it is refused or read, never more.
            _ = try? Array(whole[..<length]).withUnsafeBytes { try cut.cut($0) }
        }
        #expect(throws: WireError.self) {
            try Array(whole.dropLast(3)).withUnsafeBytes { try cut.cut($0) }
        }
    }
}
