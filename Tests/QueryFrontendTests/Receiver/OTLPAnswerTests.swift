import TempoAPI
import Testing
import TraceStore

@testable import QueryFrontend

struct OTLPAnswerTests {
    @Test(
        arguments: [
            ("application/json", OTLPEncoding.json), ("application/x-protobuf", .protobuf),
            (" Application/JSON ; charset=utf-8", .json), ("application/x-protobuf;x", .protobuf),
            ("application/protobuf", nil), ("text/plain", nil), ("", nil), (nil, nil), ("application/jsonp", nil),
        ] as [(String?, OTLPEncoding?)])
    func `the encoding is that of the media type`(_ type: String?, _ encoding: OTLPEncoding?) {
        #expect(OTLPEncoding(contentType: type) == encoding)
    }

    @Test func `answers have the bytes of the specification`() {
        let partial = ExportTraceServiceResponse(
            partialSuccess: ExportTracePartialSuccess(rejectedSpans: 3, errorMessage: "no"))
        #expect(
            String(decoding: partial.json, as: UTF8.self)
                == #"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"no"}}"#)
        #expect(partial.protobuf == [0x0A, 6, 0x08, 3, 0x12, 2, 0x6E, 0x6F])
        #expect(String(decoding: ExportTraceServiceResponse().json, as: UTF8.self) == "{}")
        #expect(ExportTraceServiceResponse().protobuf == [])
        let status = RPCStatus(code: 8, message: "slow")
        #expect(String(decoding: status.json, as: UTF8.self) == #"{"code":8,"message":"slow"}"#)
        #expect(status.protobuf == [0x08, 8, 0x12, 4] + Array("slow".utf8))
    }

    @Test func `spans of a refused export are counted without decoding it`() {
        var export = Trace()
        for count in [0, 1, 5] {
            export.resourceSpans.append(
                ResourceSpans(
                    scopeSpans: [
                        ScopeSpans(spans: Array(repeating: TraceSpan(name: "x", startTimeUnixNano: 1), count: count))
                    ]))
        }
        let bytes = export.protobuf
        #expect(SpanCount.of(bytes, .protobuf) == 6)
        for length in bytes.indices { #expect((0...6).contains(SpanCount.of(Array(bytes[..<length]), .protobuf))) }
        #expect(SpanCount.of(Array(#"{"startTimeUnixNano":"1"},{"startTimeUnixNano":2}"#.utf8), .json) == 2)
        #expect(SpanCount.of([0xFF], .protobuf) == 0)
        #expect(SpanCount.of([], .json) == 0)
    }
}
