import TempoAPI
import TestSupport
import Testing

@Suite(.computeThreads) struct LLMFormatTests {
    private func text(_ response: TraceByIDResponse) -> String {
        var json: [UInt8] = []
        response.appendLLMJSON(to: &json)
        return String(decoding: json, as: UTF8.self)
    }

    @Test func tagValuesAreGroupedByType() {
        var json: [UInt8] = []
        SearchTagValuesV2Response(
            tagValues: [
                TagValue(type: "string", value: "b"), TagValue(type: "int", value: "1"),
                TagValue(type: "string", value: "<a>"),
            ], metrics: MetadataMetrics(inspectedBytes: 37, additionalMetrics: ["x": -1])
        ).appendLLMJSON(to: &json)
        SearchTagValuesV2Response(metrics: MetadataMetrics()).appendLLMJSON(to: &json)
        #expect(
            String(decoding: json, as: UTF8.self)
                == #"{"tagValues":{"int":["1"],"string":["b","\u003ca\u003e"]},"metrics":{"inspectedBytes":37,"#
                + #""additionalMetrics":{"x":-1}}}{"tagValues":{}}"#)
    }

    @Test func aTraceNotFoundIsAnEmptyObject() {
        #expect(text(TraceByIDResponse(metrics: TraceByIDMetrics(inspectedBytes: 4))) == "{}")
        #expect(text(TraceByIDResponse(trace: Trace(resourceSpans: [ResourceSpans()]))) == "{}")
    }

    @Test func minimalSpans() {
        let span = TraceSpan(
            traceID: [0x7c, 0x1d], spanID: [0, 0, 0, 0, 0, 0, 0, 0x11], parentSpanID: [0, 0, 0, 0, 0, 0, 0, 0x10],
            name: "render",
            kind: .internal, startTimeUnixNano: 1500, endTimeUnixNano: 2500)
        let batch = ResourceSpans(
            resource: Resource(attributes: [KeyValue(key: "service.name", value: .string("web"))]),
            scopeSpans: [ScopeSpans(scope: InstrumentationScope(name: "http"), spans: [span])])
        let response = TraceByIDResponse(
            trace: Trace(resourceSpans: [batch]), metrics: TraceByIDMetrics(inspectedBytes: 100))
        #expect(
            text(response)
                == #"{"trace":{"traceId":"7c1d","services":[{"serviceName":"web","scopes":[{"name":"http","spans":["#
                + #"{"spanId":"0000000000000011","name":"render","parentSpanId":"0000000000000010","#
                + #""kind":"SPAN_KIND_INTERNAL","startTimeUnixNano":"1500","endTimeUnixNano":"2500","durationMs":0.001,"#
                + #""status":{"code":"STATUS_CODE_UNSET","message":""}}]}]}]},"metrics":{"inspectedBytes":100},"#
                + #""status":"COMPLETE"}"#)
    }

    @Test func attributesAreNativeValues() {
        let values: [KeyValue] = [
            KeyValue(key: "s", value: .string("x")), KeyValue(key: "b", value: .bool(true)),
            KeyValue(key: "i", value: .int(-5)), KeyValue(key: "d", value: .double(1.5)), KeyValue(key: "n"),
            KeyValue(key: "y", value: AnyValue(.bytes([1, 255]))),
            KeyValue(key: "a", value: AnyValue(.array(ArrayValue(values: [.int(1), .string("z"), AnyValue()])))),
            KeyValue(
                key: "k",
                value: AnyValue(.keyValueList(KeyValueList(values: [KeyValue(key: "in", value: .bool(false))])))),
        ]
        let span = TraceSpan(
            attributes: values, events: [SpanEvent(timeUnixNano: 7, name: "e", attributes: [values[0]])],
            links: [SpanLink(traceID: [1], spanID: [2], attributes: [values[1]])],
            status: SpanStatus(message: "bad", code: .error))
        let batch = ResourceSpans(
            resource: Resource(attributes: [values[2]]),
            scopeSpans: [ScopeSpans(scope: InstrumentationScope(version: "1"), spans: [span])])
        let response = TraceByIDResponse(trace: Trace(resourceSpans: [batch]), status: .partial, message: "cut")
        #expect(
            text(response)
                == #"{"trace":{"traceId":"","services":[{"resource":{"i":-5},"scopes":[{"version":"1","spans":["#
                + #"{"startTimeUnixNano":"0","endTimeUnixNano":"0","durationMs":0,"#
                + #""attributes":{"a":[1,"z",null],"b":true,"d":1.5,"i":-5,"k":{"in":false},"n":null,"s":"x","y":"01ff"},"#
                + #""events":[{"name":"e","timeUnixNano":"7","attributes":{"s":"x"}}],"#
                + #""links":[{"traceId":"01","spanId":"02","attributes":{"b":true}}],"#
                + #""status":{"code":"STATUS_CODE_ERROR","message":"bad"}}]}]}]},"status":"PARTIAL","message":"cut"}"#)
    }
}
