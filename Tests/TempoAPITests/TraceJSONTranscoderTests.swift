import Foundation
import TempoAPI
import TestSupport
import Testing

struct TraceJSONTranscoderTests {
    private func tree(_ bytes: [UInt8], _ name: TraceListName) throws -> String {
        var json: [UInt8] = []
        try Trace.decode(protobuf: bytes).appendJSON(to: &json, listName: name)
        return String(decoding: json, as: UTF8.self)
    }

    private func transcoded(_ bytes: [UInt8], _ name: TraceListName, stepSize: Int = 64 << 10) throws -> String {
        var transcoder = try TraceJSONTranscoder(trace: bytes, listName: name, stepSize: stepSize)
        var json: [UInt8] = []
        var piece: [UInt8] = []
        while true {
            piece.removeAll()
            let more = try transcoder.step(into: &piece)
            json += piece
            if !more { break }
        }
        return String(decoding: json, as: UTF8.self)
    }

    @Test func recordedTracesEqualTheTreeWriter() throws {
        let answers = try Corpus.load(
            "recorded-answers", in: .module, atLeast: 300, as: RecordedAnswersTests.Answer.self)
        var seen = 0
        for answer in answers where answer.message == "trace" {
            let bytes = [UInt8](answer.protobuf)
            for stepSize in [1, 700, 64 << 10] {
                #expect(try transcoded(bytes, .batches, stepSize: stepSize) == tree(bytes, .batches))
            }
            seen += 1
        }
        #expect(seen >= 20)
    }

    @Test(arguments: 0..<150)
    func randomTracesEqualTheTreeWriter(seed: Int) throws {
        var source = RandomSource(seed: UInt64(seed))
        let bytes = source.message(of: Trace.self).protobuf
        #expect(try transcoded(bytes, .resourceSpans, stepSize: 1) == tree(bytes, .resourceSpans))
        var scrambler = Scrambler(generator: SeededGenerator(seed: UInt64(seed) + 1000))
        for _ in 0..<3 {
            let odd = try scrambler.scramble(bytes, .trace)
            #expect(try transcoded(odd, .batches) == tree(odd, .batches))
        }
    }

    @Test func invalidUTF8ReadsTheSameOnBothWays() throws {
        for text: [UInt8] in [
            [0xff], [0x61, 0xe2, 0x82], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xef, 0xbf, 0xbd],
            [0xe2, 0x80, 0xa8], [0xf0, 0x9f, 0x8c, 0x8d], Array(repeating: 0x80, count: 20),
        ] {
            var span = ProtobufWriter()
            span.field(5, bytes: text)
            var scope = ProtobufWriter()
            scope.field(2, bytes: span.bytes)
            var batch = ProtobufWriter()
            batch.field(2, bytes: scope.bytes)
            var trace = ProtobufWriter()
            trace.field(1, bytes: batch.bytes)
            #expect(try transcoded(trace.bytes, .batches) == tree(trace.bytes, .batches))
        }
    }

    @Test func stepsAreBoundedAndCoverEverything() throws {
        let spans = (0..<400).map { TraceSpan(spanID: [1, 2, 3, 4, 5, 6, 7, UInt8($0 & 255)], name: "span \($0)") }
        let trace = Trace(resourceSpans: [ResourceSpans(scopeSpans: [ScopeSpans(spans: spans)])])
        var transcoder = try TraceJSONTranscoder(trace: trace.protobuf, listName: .batches, stepSize: 1000)
        var sizes: [Int] = []
        var more = true
        while more {
            var piece: [UInt8] = []
            more = try transcoder.step(into: &piece)
            sizes.append(piece.count)
        }
        #expect(sizes.dropLast().allSatisfy { 1000...1100 ~= $0 })
        #expect(sizes.count > 10)
        var after: [UInt8] = []
        #expect(try !transcoder.step(into: &after) && after.isEmpty)
    }

    @Test func envelopeOfVersionTwoCarriesMetricsStatusAndMessage() throws {
        let trace = Trace(resourceSpans: [ResourceSpans(schemaUrl: "s")])
        for response in [
            TraceByIDResponse(trace: trace),
            TraceByIDResponse(trace: trace, metrics: TraceByIDMetrics()),
            TraceByIDResponse(
                trace: trace, metrics: TraceByIDMetrics(inspectedBytes: 7), status: .partial, message: "cut"),
            TraceByIDResponse(trace: Trace(), metrics: TraceByIDMetrics()),
        ] {
            var transcoder = try TraceJSONTranscoder(trace: response.trace?.protobuf ?? [], in: response)
            var json: [UInt8] = []
            try transcoder.appendAll(to: &json)
            #expect(String(decoding: json, as: UTF8.self) == String(decoding: response.json, as: UTF8.self))
        }
    }

    @Test func fragmentsEqualTheTreeWriter() throws {
        for seed in 0..<50 {
            var source = RandomSource(seed: UInt64(seed))
            let resource = source.message(of: Resource.self)
            let scope = source.message(of: InstrumentationScope.self)
            var span = source.message(of: TraceSpan.self)
            var json: [UInt8] = Array("x".utf8)
            try resource.protobuf.withUnsafeBytes { try TraceJSONFragments.appendResource($0, to: &json) }
            #expect(json == Array("x".utf8) + resource.json)
            json = []
            try scope.protobuf.withUnsafeBytes { try TraceJSONFragments.appendScope($0, to: &json) }
            #expect(json == scope.json)
            json = []
            let bytes = span.protobuf
            try bytes.withUnsafeBytes {
                try TraceJSONFragments.appendSpan($0, spanID: [0, 0, 0, 0, 0, 0, 0, 1], parentSpanID: [], to: &json)
            }
            span.spanID = [0, 0, 0, 0, 0, 0, 0, 1]
            span.parentSpanID = []
            #expect(json == span.json)
        }
    }

    @Test func malformedAttributesAreRefusedBeforeTheFirstByte() throws {
        var value = ProtobufWriter()
        value.field(1, varint: 1)  // a string member with the wire type of a number
        var attribute = ProtobufWriter()
        attribute.field(2, bytes: value.bytes)
        var span = ProtobufWriter()
        span.field(9, bytes: attribute.bytes)
        var scope = ProtobufWriter()
        scope.field(2, bytes: span.bytes)
        var batch = ProtobufWriter()
        batch.field(2, bytes: scope.bytes)
        var trace = ProtobufWriter()
        trace.field(1, bytes: batch.bytes)
        #expect(throws: WireError.self) { try TraceJSONTranscoder(trace: trace.bytes, listName: .batches) }
        #expect(throws: WireError.self) { try Trace.decode(protobuf: trace.bytes) }
    }
}
