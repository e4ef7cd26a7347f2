import TempoAPI
import TestSupport
import Testing

@Suite(.computeThreads) struct ProtobufCodecTests {
    @Test func keysOfMapsAreToldApartByTheirBytes() throws {
        let stats: TextMap<ServiceStats> = [
            "caf\u{e9}": ServiceStats(spanCount: 1), "cafe\u{301}": ServiceStats(spanCount: 2),
        ]
        #expect(stats.count == 2)
        #expect(stats.keys.map { $0.utf8.count } == [6, 5])
        let message = TraceSearchMetadata(serviceStats: stats)
        #expect(try TraceSearchMetadata.decode(protobuf: message.protobuf).serviceStats == stats)
        #expect(try TraceSearchMetadata.decode(json: message.json).serviceStats == stats)
        #expect(message.protobuf.count == message.protobufSize)
        var changed = stats
        changed["caf\u{e9}"] = nil
        #expect(changed != stats && changed.keys == ["cafe\u{301}"])
        changed.merge(stats) { old, new in ServiceStats(spanCount: old.spanCount + new.spanCount) }
        #expect(changed["cafe\u{301}"]?.spanCount == 4 && changed["caf\u{e9}"]?.spanCount == 1)
    }

    @Test(arguments: 0..<60)
    func randomMessagesSurviveEveryEncoding(seed: Int) throws {
        for (index, (name, type)) in AnyMessage.all.enumerated() {
            var source = RandomSource(seed: UInt64(seed * 1000 + index))
            func check<M: WireMessage>(_: M.Type) throws {
                let message = source.message(of: M.self)
                let protobuf = message.protobuf
                #expect(message.protobufSize == protobuf.count)
                #expect(try M.decode(protobuf: protobuf) == message, "\(name) \(seed)")
                #expect(try M.decode(json: message.json) == message, "\(name) \(seed)")
                #expect(try M.decode(protobuf: protobuf).protobuf == protobuf)
            }
            try check(type)
        }
    }

    @Test func unknownFieldsOfTracesAreWrittenBack() throws {
        var extra = ProtobufWriter()
        extra.field(99, string: "new")
        extra.field(100, varint: 1)
        extra.field(101, fixed32: 2)
        extra.field(102, fixed64: 3)
        for type in [
            Trace.self, ResourceSpans.self, ScopeSpans.self, Resource.self, EntityRef.self, InstrumentationScope.self,
            TraceSpan.self, SpanEvent.self, SpanLink.self, SpanStatus.self, KeyValue.self, AnyValue.self,
            ArrayValue.self,
            KeyValueList.self,
        ] as [any WireMessage.Type] {
            let message = try type.decode(protobuf: extra.bytes)
            #expect(message.protobuf == extra.bytes, "\(type)")
            #expect(message.json == Array("{}".utf8), "\(type)")
        }
        var span = ProtobufWriter(extra.bytes)
        span.field(5, string: "name")
        let decoded = try TraceSpan.decode(protobuf: span.bytes)
        #expect(decoded.name == "name" && decoded.unknownFields == extra.bytes)
    }

    @Test func unknownFieldsOfOtherMessagesArePassedOver() throws {
        var bytes = ProtobufWriter()
        bytes.field(1, string: "x")
        bytes.field(99, string: "new")
        bytes.field(2, bytes: [])
        let tags = try SearchTagsResponse.decode(protobuf: bytes.bytes)
        #expect(tags == SearchTagsResponse(tagNames: ["x"], metrics: MetadataMetrics()))
    }

    @Test func repeatedFieldsFollowTheRulesOfProto3() throws {
        var status = ProtobufWriter()
        status.field(2, string: "m")
        var code = ProtobufWriter()
        code.field(3, varint: 2)
        var span = ProtobufWriter()
        span.field(15, bytes: status.bytes)
        span.field(5, string: "first")
        span.field(15, bytes: code.bytes)
        span.field(5, string: "last")
        let decoded = try TraceSpan.decode(protobuf: span.bytes)
        #expect(decoded.name == "last")
        #expect(decoded.status == SpanStatus(message: "m", code: .error))

        var value = ProtobufWriter()
        value.field(1, string: "text")
        value.field(3, varint: UInt64(bitPattern: -7))
        #expect(try AnyValue.decode(protobuf: value.bytes) == .int(-7))

        var entry = ProtobufWriter()
        entry.field(2, varint: 1)
        entry.field(1, string: "k")
        entry.field(2, varint: 2)
        var metrics = ProtobufWriter()
        metrics.field(4, bytes: entry.bytes)
        metrics.field(4, bytes: [])
        #expect(try TraceByIDMetrics.decode(protobuf: metrics.bytes).additionalMetrics == ["k": 2, "": 0])
    }

    @Test func theRequestOfAGoClientIsRead() throws {
        let bytes: [UInt8] = [
            0x42, 0x01, 0x71, 0x52, 0x0b, 0x08, 0x80, 0x92, 0xb8, 0xc3, 0x98, 0xfe, 0xff, 0xff, 0xff, 0x01,
        ]
        let request = try SearchRequest.decode(protobuf: bytes)
        #expect(request == SearchRequest(query: "q", rf1After: .zero))
        #expect(request.protobuf == bytes)
    }

    @Test func emptyMessagesTakeNoBytesExceptInsideOthers() {
        #expect(SearchResponse().protobuf.isEmpty)
        #expect(TimeSeries(samples: [Sample()]).protobuf == [0x12, 0x00])
        #expect(TraceByIDResponse(trace: Trace()).protobuf == [0x0a, 0x00])
    }

    @Test func appendingKeepsWhatIsThere() {
        var bytes: [UInt8] = [1, 2, 3]
        TagValue(type: "a").appendProtobuf(to: &bytes)
        TagValue(type: "a").appendJSON(to: &bytes)
        #expect(bytes == [1, 2, 3, 0x0a, 1, 0x61] + Array(#"{"type":"a"}"#.utf8))
    }
}
