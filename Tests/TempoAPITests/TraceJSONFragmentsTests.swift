import Foundation
import TempoAPI
import TestSupport
import Testing

/// The parts of a trace that are written straight from their protobuf bytes.
enum TraceFragment {
    case resource, scope, span

    /// What the bytes are wrapped in to be a trace: numbers of fields, from the inside.
    private var path: [Int] {
        switch self {
        case .resource: [1, 1]
        case .scope: [1, 2, 1]
        case .span: [2, 2, 1]
        }
    }

    /// The JSON, or nil when the check of a trace that holds these bytes refuses them. What it accepts has to be written.
    func json(_ bytes: [UInt8]) throws -> [UInt8]? {
        var trace = bytes
        for number in path {
            var writer = ProtobufWriter()
            writer.field(number, bytes: trace)
            trace = writer.bytes
        }
        guard trace.withUnsafeBytes({ (try? TraceProtobuf.check($0)) != nil }) else { return nil }
        var json: [UInt8] = []
        try bytes.withUnsafeBytes { memory in
            switch self {
            case .resource: try TraceJSONFragments.appendResource(memory, to: &json)
            case .scope: try TraceJSONFragments.appendScope(memory, to: &json)
            case .span: try TraceJSONFragments.appendSpan(memory, to: &json)
            }
        }
        return json
    }
}

@Suite(.computeThreads) struct TraceJSONFragmentsTests {
    @Test func partsOfRecordedTracesEqualTheTreeWriter() throws {
        let answers = try Corpus.load(
            "recorded-answers", in: .module, atLeast: 300, as: RecordedAnswersTests.Answer.self)
        var seen = 0
        for answer in answers where answer.message == "trace" {
            for batch in try Trace.decode(protobuf: [UInt8](answer.protobuf)).resourceSpans {
                if let resource = batch.resource {
                    #expect(try TraceFragment.resource.json(resource.protobuf) == resource.json)
                }
                for scope in batch.scopeSpans {
                    if let scope = scope.scope {
                        #expect(try TraceFragment.scope.json(scope.protobuf) == scope.json)
                    }
                    for span in scope.spans {
                        #expect(try TraceFragment.span.json(span.protobuf) == span.json)
                        seen += 1
                    }
                }
            }
        }
        #expect(seen >= 50)
    }

    @Test(arguments: 0..<150)
    func randomPartsEqualTheTreeWriterHoweverTheyAreEncoded(seed: Int) throws {
        var source = RandomSource(seed: UInt64(seed))
        let resource = source.message(of: Resource.self).protobuf
        let scope = source.message(of: InstrumentationScope.self).protobuf
        let span = source.message(of: TraceSpan.self).protobuf
        var scrambler = Scrambler(generator: SeededGenerator(seed: UInt64(seed) + 1000))
        for round in 0..<4 {
            let odd = try round == 0 ? resource : scrambler.scramble(resource, .resource)
            #expect(try TraceFragment.resource.json(odd) == Resource.decode(protobuf: odd).json)
            let oddScope = try round == 0 ? scope : scrambler.scramble(scope, .scope)
            #expect(try TraceFragment.scope.json(oddScope) == InstrumentationScope.decode(protobuf: oddScope).json)
            let oddSpan = try round == 0 ? span : scrambler.scramble(span, .span)
            #expect(try TraceFragment.span.json(oddSpan) == TraceSpan.decode(protobuf: oddSpan).json)
        }
    }

    @Test func fragmentsAreAppended() throws {
        var json: [UInt8] = Array("x".utf8)
        let span = TraceSpan(name: "n")
        try span.protobuf.withUnsafeBytes { try TraceJSONFragments.appendSpan($0, to: &json) }
        #expect(json == Array("x".utf8) + span.json)
    }

    @Test func invalidUTF8ReadsTheSameOnBothWays() throws {
        for text: [UInt8] in [
            [0xff], [0x61, 0xe2, 0x82], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xef, 0xbf, 0xbd],
            [0xe2, 0x80, 0xa8], [0xf0, 0x9f, 0x8c, 0x8d], Array(repeating: 0x80, count: 20),
        ] {
            var span = ProtobufWriter()
            span.field(5, bytes: text)
            #expect(try TraceFragment.span.json(span.bytes) == TraceSpan.decode(protobuf: span.bytes).json)
        }
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
            let envelope = response.jsonEnvelope
            let json = envelope.prefix + (response.trace?.json ?? []) + envelope.suffix
            #expect(String(decoding: json, as: UTF8.self) == String(decoding: response.json, as: UTF8.self))
        }
    }

    @Test func malformedAttributesAreRefusedBeforeTheFirstByte() throws {
        var value = ProtobufWriter()
        value.field(1, varint: 1)  // a string member with the wire type of a number
        var attribute = ProtobufWriter()
        attribute.field(2, bytes: value.bytes)
        var span = ProtobufWriter()
        span.field(9, bytes: attribute.bytes)
        #expect(try TraceFragment.span.json(span.bytes) == nil)
        #expect(throws: WireError.self) { try TraceSpan.decode(protobuf: span.bytes) }
    }
}
