import TempoAPI
import TestSupport
import Testing

@Suite(.computeThreads) struct HostileInputTests {
    private func error(_ type: any WireMessage.Type, _ bytes: [UInt8], _ limits: WireLimits = .default) -> WireError? {
        do throws(WireError) {
            _ = try type.decode(protobuf: bytes, limits: limits)
            return nil
        } catch {
            return error
        }
    }

    @Test func everyTruncationIsReadOrRefused() throws {
        for (index, (name, type)) in AnyMessage.all.enumerated() {
            for seed in 0..<4 {
                var source = RandomSource(seed: UInt64(index * 10 + seed))
                func check<M: WireMessage>(_: M.Type) throws {
                    let message = source.message(of: M.self)
                    let bytes = message.protobuf
                    for length in 0..<min(bytes.count, 400) {
                        // A cut between two fields leaves a sound message; any other is "unexpected EOF".
                        if let failure = error(M.self, Array(bytes[..<length])) {
                            #expect(failure.code == .truncated, "\(name) cut at \(length)")
                        }
                    }
                    let json = message.json
                    for length in 0..<min(json.count, 400) {
                        #expect(throws: WireError.self, "\(name) cut at \(length)") {
                            try M.decode(json: Array(json[..<length]))
                        }
                    }
                }
                try check(type)
            }
        }
    }

    @Test func malformedFramingIsRefusedByName() {
        let cases: [(bytes: [UInt8], message: String)] = [
            ([0x0a], "unexpected EOF"),
            ([0x0a, 0x05, 0x61], "unexpected EOF"),
            ([0x80], "unexpected EOF"),
            ([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], "unexpected EOF"),
            (
                [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
                "proto: negative length found during unmarshaling"
            ),
            ([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], "proto: integer overflow"),
            ([0x00], "proto: illegal tag 0 (wire type 0)"),
            ([0x80, 0x80, 0x80, 0x80, 0x10, 0x00], "proto: illegal tag 536870912 (wire type 0)"),
            ([0x0b, 0x0c], "proto: illegal wireType 3"),
            ([0x0c], "proto: illegal wireType 4"),
            ([0x0e], "proto: illegal wireType 6"),
            ([0x0f], "proto: illegal wireType 7"),
            ([0x08, 0x01], "proto: wrong wireType = 0 for field 1"),
            ([0x9d, 0x06, 0x01], "unexpected EOF"),
            ([0x99, 0x06, 0x01], "unexpected EOF"),
        ]
        for (bytes, message) in cases {
            #expect(error(SearchTagsResponse.self, bytes)?.message == message, "\(bytes)")
        }
    }

    @Test func tenByteVarintsAreRead() throws {
        let bytes: [UInt8] = [0x20, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]
        #expect(try TraceSearchMetadata.decode(protobuf: bytes).startTimeUnixNano == .max)
        let wide: [UInt8] = [0x28, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]
        #expect(try TraceSearchMetadata.decode(protobuf: wide).durationMs == .max)
    }

    /// A value of `depth` messages: list in value in list.
    private func nested(_ depth: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for level in 1..<max(depth, 1) {
            var writer = ProtobufWriter()
            writer.field(level % 2 == depth % 2 ? 1 : 5, bytes: bytes)
            bytes = writer.bytes
        }
        return bytes
    }

    @Test func depthIsBounded() throws {
        // Odd depths start and end with a value.
        #expect(error(AnyValue.self, nested(99)) == nil)
        #expect(error(AnyValue.self, nested(101))?.code == .limitExceeded)
        #expect(error(AnyValue.self, nested(20_001))?.code == .limitExceeded)
        #expect(error(AnyValue.self, nested(9), WireLimits(maxDepth: 8))?.code == .limitExceeded)
        let json = Array((String(repeating: #"{"arrayValue":{"values":["#, count: 50_000)).utf8)
        #expect(throws: WireError(.limitExceeded, "exceeded max depth")) { try AnyValue.decode(json: json) }
        let brackets = Array(String(repeating: "[", count: 100_000).utf8)
        #expect(throws: WireError(.limitExceeded, "exceeded max depth")) { try AnyValue.decode(json: brackets) }
    }

    @Test func traceCheckBoundsDepthLikeTheDecoder() throws {
        for depth in [89, 91, 93, 95, 97, 99] {
            var bytes = nested(depth)
            for number in [2, 9, 2, 2, 1] {
                var writer = ProtobufWriter()
                writer.field(number, bytes: bytes)
                bytes = writer.bytes
            }
            let refused = error(Trace.self, bytes) != nil
            #expect(refused == (depth > 95))
            let isSound = bytes.withUnsafeBytes { (try? TraceProtobuf.check($0)) != nil }
            #expect(isSound != refused)
            // The span alone is written to the same depth.
            var span = nested(depth)
            for number in [2, 9] {
                var writer = ProtobufWriter()
                writer.field(number, bytes: span)
                span = writer.bytes
            }
            var json: [UInt8] = []
            let isWritten = span.withUnsafeBytes { (try? TraceJSONFragments.appendSpan($0, to: &json)) != nil }
            #expect(isWritten != refused)
            if isWritten { #expect(try json == TraceSpan.decode(protobuf: span).json) }
        }
    }

    @Test func elementsAndBytesAreBounded() {
        // 10,000 empty sub-messages in 20,000 bytes.
        let many = Array(repeatElement([0x0a, 0x00] as [UInt8], count: 10_000).joined())
        let limits = WireLimits(maxElements: 1000)
        for type in [Trace.self, SearchResponse.self, SearchTagsResponse.self, ArrayValue.self]
            as [any WireMessage.Type]
        {
            #expect(error(type, many, limits)?.code == .limitExceeded, "\(type)")
            #expect(error(type, many) == nil, "\(type)")
        }
        #expect(throws: WireError.self) { try many.withUnsafeBytes { try TraceProtobuf.check($0, limits: limits) } }
        #expect(error(Trace.self, many, WireLimits(maxBytes: 19_999))?.code == .limitExceeded)
        let json = Array((#"{"tagNames":["# + String(repeating: #""","#, count: 5000) + #"""]}"#).utf8)
        #expect(throws: WireError.self) { try SearchTagsResponse.decode(json: json, limits: limits) }
        #expect(throws: WireError.self) { try SearchTagsResponse.decode(json: json, limits: WireLimits(maxBytes: 10)) }
    }

    @Test func theMemoryOfElementsIsBoundedByTheSizeOfTheInput() throws {
        // Two bytes an element: 2 MB of input that would take tens of megabytes.
        let many = Array(repeatElement([0x0a, 0x00] as [UInt8], count: 1_000_000).joined())
        for type in [Trace.self, SearchResponse.self, SearchTagsV2Response.self, SearchTagValuesV2Response.self]
            as [any WireMessage.Type]
        {
            #expect(error(type, many)?.code == .limitExceeded, "\(type)")
        }
        func json(_ list: String, _ element: String) -> [UInt8] {
            Array(#"{"\#(list)":["#.utf8) + Array(repeatElement(Array((element + ",").utf8), count: 500_000).joined())
                + Array((element + "]}").utf8)
        }
        #expect(throws: WireError(.limitExceeded, "message holds too many elements")) {
            try SearchResponse.decode(json: json("traces", "{}"))
        }
        #expect(throws: WireError(.limitExceeded, "message holds too many elements")) {
            try SearchResponse.decode(json: json("traces", "null"))
        }
        // Lists of lists of empty things.
        let inner = Array(repeatElement([0x0a, 0x00] as [UInt8], count: 50_000).joined())
        var trace = ProtobufWriter()
        for _ in 0..<20 { trace.field(1, bytes: inner.map { $0 == 0x0a ? 0x12 : $0 }) }
        #expect(error(Trace.self, trace.bytes)?.code == .limitExceeded)
        // Empty keys of a map.
        var metrics = ProtobufWriter()
        var stats = ProtobufWriter()
        for _ in 0..<500_000 { stats.field(8, bytes: []) }
        metrics.field(1, bytes: stats.bytes)
        #expect(error(SearchResponse.self, metrics.bytes)?.code == .limitExceeded)
        // The factor is what refuses them.
        #expect(error(SearchResponse.self, many, WireLimits(maxExpansion: 200)) == nil)
        #expect(error(SearchResponse.self, many, WireLimits(maxExpansion: .max)) == nil)
    }

    @Test func manySmallElementsOfRealAnswersAreRead() throws {
        // The shortest that a Tempo may well write: short values, spans with an id and a start, counts of a service.
        let values = (0..<300_000).map { "\($0 % 10)" }
        #expect(
            try SearchTagsResponse.decode(protobuf: SearchTagsResponse(tagNames: values).protobuf).tagNames == values)
        let typed = SearchTagValuesV2Response(tagValues: values.map { TagValue(type: "int", value: $0) })
        #expect(try SearchTagValuesV2Response.decode(protobuf: typed.protobuf) == typed)
        #expect(try SearchTagValuesV2Response.decode(json: typed.json) == typed)
        let spans = (0..<100_000).map { _ in
            SearchSpan(
                spanID: "0123456789abcdef", startTimeUnixNano: 1,
                attributes: [KeyValue(key: "k", value: AnyValue(.bool(true)))])
        }
        let search = SearchResponse(traces: [
            TraceSearchMetadata(traceID: "1", spanSets: [SpanSet(spans: spans, matched: 100_000)])
        ])
        #expect(try SearchResponse.decode(protobuf: search.protobuf) == search)
        let traces = SearchResponse(
            traces: (0..<20_000).map { _ in
                TraceSearchMetadata(
                    traceID: "1", rootServiceName: "a", startTimeUnixNano: 1_700_000_000_000_000_000,
                    serviceStats: ["a": ServiceStats(), "b": ServiceStats()])
            })
        #expect(try SearchResponse.decode(protobuf: traces.protobuf) == traces)
    }

    @Test func readersStayWithinTheirRange() throws {
        let bytes: [UInt8] = [0x0a, 0x02, 0x08, 0x01, 0xff]
        try bytes.withUnsafeBytes { buffer in
            var outer = ProtobufReader(buffer, range: 0..<4)
            let field = try #require(try outer.next())
            #expect(field.range == 0..<4 && field.payload == 2..<4)
            #expect(try outer.next() == nil && outer.isAtEnd)
            var beyond = ProtobufReader(buffer, range: 4..<4000)
            #expect(beyond.end == 5)
            #expect(throws: WireError.truncated()) { try beyond.next() }
            var inner = ProtobufReader(buffer, range: 2..<3)
            #expect(throws: WireError.truncated()) { try inner.next() }
            #expect(outer.slice(-5..<99).count == 5)
        }
    }
}
