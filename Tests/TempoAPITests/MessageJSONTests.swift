import TempoAPI
import TestSupport
import Testing

/// Every message pinned to its JSON byte for byte; the same table runs through both readers.
@Suite(.computeThreads) struct MessageJSONTests {
    struct Row: Sendable {
        let message: any WireMessage
        let json: String
        init(_ message: any WireMessage, _ json: String) {
            self.message = message
            self.json = json
        }
    }

    private static let trace: [Row] = [
        Row(Trace(), "{}"),
        Row(Trace(resourceSpans: [ResourceSpans()]), #"{"resourceSpans":[{}]}"#),
        Row(
            ResourceSpans(resource: Resource(), scopeSpans: [ScopeSpans(), ScopeSpans(scope: InstrumentationScope())]),
            #"{"resource":{},"scopeSpans":[{},{"scope":{}}]}"#),
        Row(ResourceSpans(schemaUrl: "https://x/1"), #"{"schemaUrl":"https://x/1"}"#),
        Row(ScopeSpans(spans: [TraceSpan()], schemaUrl: "s"), #"{"spans":[{}],"schemaUrl":"s"}"#),
        Row(
            Resource(
                attributes: [KeyValue(key: "service.name", value: .string("cart"))],
                droppedAttributesCount: 4_294_967_295,
                entityRefs: [EntityRef(schemaUrl: "u", type: "service", idKeys: ["a", ""], descriptionKeys: ["d"])]),
            #"{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}],"droppedAttributesCount":4294967295,"#
                + #""entityRefs":[{"schemaUrl":"u","type":"service","idKeys":["a",""],"descriptionKeys":["d"]}]}"#),
        Row(EntityRef(), "{}"),
        Row(
            InstrumentationScope(
                name: "n", version: "1", attributes: [KeyValue(key: "k")], droppedAttributesCount: 1),
            #"{"name":"n","version":"1","attributes":[{"key":"k"}],"droppedAttributesCount":1}"#),
        Row(TraceSpan(), "{}"),
        Row(
            TraceSpan(
                traceID: [0, 0, 0, 0, 0, 0, 0, 0, 0xab, 0xcd, 0xef, 0x12, 0x34, 0x56, 0x78, 0x90],
                spanID: [1, 2, 3, 4, 5, 6, 7, 8], traceState: "a=b", parentSpanID: [0xff, 0xfe, 0xfd], flags: 256,
                name: "GET /", kind: .server, startTimeUnixNano: 1, endTimeUnixNano: .max,
                attributes: [KeyValue()], droppedAttributesCount: 1, events: [SpanEvent()], droppedEventsCount: 2,
                links: [SpanLink()], droppedLinksCount: 3, status: SpanStatus()),
            #"{"traceId":"AAAAAAAAAACrze8SNFZ4kA==","spanId":"AQIDBAUGBwg=","traceState":"a=b","parentSpanId":"//79","#
                + #""flags":256,"name":"GET /","kind":"SPAN_KIND_SERVER","startTimeUnixNano":"1","#
                + #""endTimeUnixNano":"18446744073709551615","attributes":[{}],"droppedAttributesCount":1,"events":[{}],"#
                + #""droppedEventsCount":2,"links":[{}],"droppedLinksCount":3,"status":{}}"#),
        Row(TraceSpan(kind: SpanKind(rawValue: 9)), #"{"kind":9}"#),
        Row(TraceSpan(kind: SpanKind(rawValue: -1)), #"{"kind":-1}"#),
        Row(TraceSpan(kind: .internal), #"{"kind":"SPAN_KIND_INTERNAL"}"#),
        Row(TraceSpan(kind: .client), #"{"kind":"SPAN_KIND_CLIENT"}"#),
        Row(TraceSpan(kind: .producer), #"{"kind":"SPAN_KIND_PRODUCER"}"#),
        Row(TraceSpan(kind: .consumer), #"{"kind":"SPAN_KIND_CONSUMER"}"#),
        Row(
            SpanEvent(
                timeUnixNano: 5, name: "e", attributes: [KeyValue(key: "k", value: AnyValue())],
                droppedAttributesCount: 6),
            #"{"timeUnixNano":"5","name":"e","attributes":[{"key":"k","value":{}}],"droppedAttributesCount":6}"#),
        Row(
            SpanLink(
                traceID: [1], spanID: [2, 3], traceState: "s", attributes: [KeyValue(key: "k")],
                droppedAttributesCount: 6,
                flags: 1),
            #"{"traceId":"AQ==","spanId":"AgM=","traceState":"s","attributes":[{"key":"k"}],"droppedAttributesCount":6,"flags":1}"#
        ),
        Row(SpanStatus(message: "m", code: .error), #"{"message":"m","code":"STATUS_CODE_ERROR"}"#),
        Row(SpanStatus(code: .ok), #"{"code":"STATUS_CODE_OK"}"#),
        Row(SpanStatus(code: SpanStatusCode(rawValue: 3)), #"{"code":3}"#),
    ]

    private static let values: [Row] = [
        Row(KeyValue(key: "", value: .string("")), #"{"value":{"stringValue":""}}"#),
        Row(KeyValue(key: "k", keyStringIndex: -2), #"{"key":"k","keyStrindex":-2}"#),
        Row(AnyValue(), "{}"),
        Row(AnyValue.bool(false), #"{"boolValue":false}"#),
        Row(AnyValue.bool(true), #"{"boolValue":true}"#),
        Row(AnyValue.int(0), #"{"intValue":"0"}"#),
        Row(AnyValue.int(.min), #"{"intValue":"-9223372036854775808"}"#),
        Row(AnyValue.double(0), #"{"doubleValue":0}"#),
        Row(AnyValue.double(-0.0), #"{"doubleValue":-0}"#),
        Row(AnyValue.double(.nan), #"{"doubleValue":"NaN"}"#),
        Row(AnyValue.double(.infinity), #"{"doubleValue":"Infinity"}"#),
        Row(AnyValue.double(-.infinity), #"{"doubleValue":"-Infinity"}"#),
        Row(AnyValue.double(3), #"{"doubleValue":3}"#),
        Row(AnyValue.double(-2.5), #"{"doubleValue":-2.5}"#),
        Row(AnyValue.double(0.015), #"{"doubleValue":0.015}"#),
        Row(AnyValue.double(1e-6), #"{"doubleValue":0.000001}"#),
        Row(AnyValue.double(1e-7), #"{"doubleValue":1e-7}"#),
        Row(AnyValue.double(1.5e-10), #"{"doubleValue":1.5e-10}"#),
        Row(AnyValue.double(1e20), #"{"doubleValue":100000000000000000000}"#),
        Row(AnyValue.double(1e21), #"{"doubleValue":1e+21}"#),
        Row(AnyValue.double(1.2345678901234568e20), #"{"doubleValue":123456789012345680000}"#),
        Row(AnyValue.double(1.7976931348623157e308), #"{"doubleValue":1.7976931348623157e+308}"#),
        Row(AnyValue.double(.leastNonzeroMagnitude), #"{"doubleValue":5e-324}"#),
        Row(AnyValue.double(0.1 + 0.2), #"{"doubleValue":0.30000000000000004}"#),
        Row(AnyValue(.array(ArrayValue())), #"{"arrayValue":{}}"#),
        Row(
            AnyValue(.array(ArrayValue(values: [.int(1), AnyValue()]))),
            #"{"arrayValue":{"values":[{"intValue":"1"},{}]}}"#),
        Row(AnyValue(.keyValueList(KeyValueList())), #"{"kvlistValue":{}}"#),
        Row(
            AnyValue(.keyValueList(KeyValueList(values: [KeyValue(key: "a", value: .bool(true))]))),
            #"{"kvlistValue":{"values":[{"key":"a","value":{"boolValue":true}}]}}"#),
        Row(AnyValue(.bytes([])), #"{"bytesValue":""}"#),
        Row(AnyValue(.bytes([0xfb, 0xff, 0xbf, 0])), #"{"bytesValue":"+/+/AA=="}"#),
        Row(AnyValue(.stringIndex(0)), #"{"stringValueStrindex":0}"#),
        Row(AnyValue.string("<>&\u{2028}\u{2029}"), #"{"stringValue":"\u003c\u003e\u0026\u2028\u2029"}"#),
        Row(AnyValue.string("\u{8}\u{c}\n\r\t\"\\/\u{7f}"), "{\"stringValue\":\"\\b\\f\\n\\r\\t\\\"\\\\/\u{7f}\"}"),
        Row(AnyValue.string("\0\u{1}\u{1f}"), #"{"stringValue":"\u0000\u0001\u001f"}"#),
        Row(AnyValue.string("héé 世界 🌍"), #"{"stringValue":"héé 世界 🌍"}"#),
        Row(AnyValue.string("12345678<2345678"), #"{"stringValue":"12345678\u003c2345678"}"#),
    ]

    private static let lookups: [Row] = [
        Row(TraceByIDResponse(), "{}"),
        Row(TraceByIDResponse(trace: Trace(), metrics: TraceByIDMetrics()), #"{"trace":{},"metrics":{}}"#),
        Row(
            TraceByIDResponse(
                trace: Trace(resourceSpans: [ResourceSpans()]),
                metrics: TraceByIDMetrics(
                    inspectedBytes: 22465, backendReads: 1, backendBytes: 2, additionalMetrics: ["b": 2, "a": -1]),
                status: .partial, message: "cut"),
            #"{"trace":{"resourceSpans":[{}]},"metrics":{"inspectedBytes":"22465","backendReads":"1","backendBytes":"2","#
                + #""additionalMetrics":{"a":"-1","b":"2"}},"status":"PARTIAL","message":"cut"}"#),
        Row(TraceByIDResponse(status: PartialStatus(rawValue: 2)), #"{"status":2}"#),
        Row(
            TraceByIDRequest(
                traceID: [1], blockStart: "a", blockEnd: "b", queryMode: "all", allowPartialTrace: true,
                rf1After: WireTimestamp(seconds: 1_700_000_000, nanos: 500_000_000)),
            #"{"traceID":"AQ==","blockStart":"a","blockEnd":"b","queryMode":"all","allowPartialTrace":true,"#
                + #""RF1After":"2023-11-14T22:13:20.5Z"}"#),
        Row(TraceByIDRequest(), #"{"RF1After":"0001-01-01T00:00:00Z"}"#),
        Row(
            SearchRequest(
                tags: ["k": "v"], minDurationMs: 1, maxDurationMs: 2, limit: 3, start: 4, end: 5, query: "{}",
                spansPerSpanSet: 6, skipASTTransformations: ["x"]),
            #"{"Tags":{"k":"v"},"MinDurationMs":1,"MaxDurationMs":2,"Limit":3,"start":4,"end":5,"Query":"{}","#
                + #""SpansPerSpanSet":6,"RF1After":"0001-01-01T00:00:00Z","skipASTTransformations":["x"]}"#),
        Row(SearchResponse(), #"{"traces":[]}"#),
        Row(SearchResponse(metrics: SearchMetrics()), #"{"traces":[],"metrics":{}}"#),
        Row(
            SearchResponse(traces: [
                TraceSearchMetadata(
                    traceID: "abcdef12345678", rootServiceName: "<root span not yet received>", rootTraceName: "r",
                    startTimeUnixNano: 1_795_216_958_000_000_000, durationMs: 8,
                    spanSet: SpanSet(), spanSets: [SpanSet(matched: 2)],
                    serviceStats: ["svc-b": ServiceStats(), "svc-a": ServiceStats(spanCount: 2, errorCount: 1)])
            ]),
            #"{"traces":[{"traceID":"abcdef12345678","rootServiceName":"\u003croot span not yet received\u003e","#
                + #""rootTraceName":"r","startTimeUnixNano":"1795216958000000000","durationMs":8,"spanSet":{},"#
                + #""spanSets":[{"matched":2}],"serviceStats":{"svc-a":{"spanCount":2,"errorCount":1},"svc-b":{}}}]}"#),
        Row(
            SpanSet(
                spans: [
                    SearchSpan(
                        spanID: "01", name: "n", startTimeUnixNano: 1, durationNanos: 2,
                        attributes: [KeyValue(key: "a")])
                ], matched: 1, attributes: [KeyValue(key: "by", value: .double(1.5))]),
            #"{"spans":[{"spanID":"01","name":"n","startTimeUnixNano":"1","durationNanos":"2","attributes":[{"key":"a"}]}],"#
                + #""matched":1,"attributes":[{"key":"by","value":{"doubleValue":1.5}}]}"#),
        Row(
            SearchMetrics(
                inspectedTraces: 1, inspectedBytes: 2, totalBlocks: 3, completedJobs: 4, totalJobs: 5,
                totalBlockBytes: 6,
                inspectedSpans: 7, backendReads: 8, backendBytes: 9, additionalMetrics: ["cacheHits": 0]),
            #"{"inspectedTraces":1,"inspectedBytes":"2","totalBlocks":3,"completedJobs":4,"totalJobs":5,"#
                + #""totalBlockBytes":"6","inspectedSpans":"7","backendReads":"8","backendBytes":"9","#
                + #""additionalMetrics":{"cacheHits":"0"}}"#),
        Row(SearchTagsResponse(), #"{"tagNames":[]}"#),
        Row(
            SearchTagsResponse(tagNames: ["b", "a"], metrics: MetadataMetrics(inspectedBytes: 1)),
            #"{"tagNames":["b","a"],"metrics":{"inspectedBytes":"1"}}"#),
        Row(SearchTagsV2Response(), #"{"scopes":[]}"#),
        Row(
            SearchTagsV2Response(scopes: [SearchTagsV2Scope(name: "span", tags: ["a"]), SearchTagsV2Scope(name: "x")]),
            #"{"scopes":[{"name":"span","tags":["a"]},{"name":"x"}]}"#),
        Row(SearchTagValuesResponse(), #"{"tagValues":[]}"#),
        Row(SearchTagValuesResponse(tagValues: [""]), #"{"tagValues":[""]}"#),
        Row(SearchTagValuesV2Response(), #"{"tagValues":[]}"#),
        Row(
            SearchTagValuesV2Response(
                tagValues: [TagValue(type: "string", value: "a"), TagValue(type: "string")], metrics: MetadataMetrics()),
            #"{"tagValues":[{"type":"string","value":"a"},{"type":"string"}],"metrics":{}}"#),
        Row(
            MetadataMetrics(
                inspectedBytes: 1, totalJobs: 2, completedJobs: 3, totalBlocks: 4, totalBlockBytes: 5, backendReads: 6,
                backendBytes: 7, additionalMetrics: ["z": 1]),
            #"{"inspectedBytes":"1","totalJobs":2,"completedJobs":3,"totalBlocks":4,"totalBlockBytes":"5","#
                + #""backendReads":"6","backendBytes":"7","additionalMetrics":{"z":"1"}}"#),
        Row(
            SearchTagsRequest(scope: "s", query: "q", start: 1, end: 2, maxTagsPerScope: 3, staleValuesThreshold: 4),
            #"{"scope":"s","query":"q","start":1,"end":2,"maxTagsPerScope":3,"staleValuesThreshold":4,"#
                + #""RF1After":"0001-01-01T00:00:00Z"}"#),
        Row(
            SearchTagValuesRequest(tagName: "t", query: "q", start: 1, end: 2, maxTagValues: 3, staleValueThreshold: 4),
            #"{"tagName":"t","query":"q","start":1,"end":2,"maxTagValues":3,"staleValueThreshold":4,"#
                + #""RF1After":"0001-01-01T00:00:00Z"}"#),
    ]

    private static let metrics: [Row] = [
        Row(QueryRangeResponse(), #"{"series":[]}"#),
        Row(
            QueryRangeResponse(
                series: [
                    TimeSeries(
                        labels: [KeyValue(key: "__name__", value: .string("rate"))],
                        samples: [
                            Sample(timestampMs: 1, value: 0), Sample(timestampMs: -2, value: 0.015),
                            Sample(value: .nan),
                        ],
                        exemplars: [Exemplar(labels: [KeyValue(key: "a")], value: -0.0, timestampMs: 3)])
                ], metrics: SearchMetrics(completedJobs: 1), status: .partial, message: "m"),
            #"{"series":[{"labels":[{"key":"__name__","value":{"stringValue":"rate"}}],"samples":[{"timestampMs":"1"},"#
                + #"{"timestampMs":"-2","value":0.015},{"value":"NaN"}],"#
                + #""exemplars":[{"labels":[{"key":"a"}],"timestampMs":"3"}]}],"#
                + #""metrics":{"completedJobs":1},"status":"PARTIAL","message":"m"}"#),
        Row(QueryInstantResponse(metrics: SearchMetrics()), #"{"metrics":{}}"#),
        Row(
            QueryInstantResponse(series: [InstantSeries(labels: [KeyValue(key: "a")], value: 0.00375), InstantSeries()]
            ),
            #"{"series":[{"labels":[{"key":"a"}],"value":0.00375},{}]}"#),
        Row(
            QueryRangeRequest(
                query: "q", start: 1, end: 2, step: 3, queryMode: "m", blockID: "b", startPage: 4, pagesToSearch: 5,
                version: "v", size: 6, footerSize: 7,
                dedicatedColumns: [
                    DedicatedColumn(scope: .event, name: "n", type: .int, options: .blob), DedicatedColumn(),
                    DedicatedColumn(scope: .resource, options: .array),
                ], exemplars: 8, maxSeries: 9, instant: false, skipASTTransformations: ["t"]),
            #"{"query":"q","start":"1","end":"2","step":"3","queryMode":"m","blockID":"b","startPage":4,"pagesToSearch":5,"#
                + #""version":"v","size":"6","footerSize":7,"#
                + #""dedicatedColumns":[{"scope":"EVENT","name":"n","type":"INT","options":"BLOB"},{},"#
                + #"{"scope":"RESOURCE","options":"ARRAY"}],"exemplars":8,"maxSeries":9,"instant":false,"#
                + #""skipASTTransformations":["t"]}"#),
        Row(QueryRangeRequest(instant: true), #"{"instant":true}"#),
        Row(QueryInstantRequest(query: "q", start: 1, end: 2), #"{"query":"q","start":"1","end":"2"}"#),
    ]

    private static var rows: [Row] { trace + values + lookups + metrics }

    @Test func everyMessageWritesExactlyThisJSON() {
        for row in Self.rows {
            #expect(String(decoding: row.message.json, as: UTF8.self) == row.json)
        }
    }

    @Test func everyMessageTypeIsInTheTable() {
        let pinned = Self.rows.reduce(into: Set<String>()) { names, row in collect(row.message, &names) }
        for (name, type) in AnyMessage.all {
            #expect(pinned.contains(String(describing: type)), "\(name) is not pinned")
        }
    }

    @Test func whatIsWrittenReadsBack() throws {
        for row in Self.rows {
            func check<M: WireMessage>(_ message: M) throws {
                let fromJSON = try M.decode(json: Array(row.json.utf8))
                #expect(String(decoding: fromJSON.json, as: UTF8.self) == row.json)
                let fromProtobuf = try M.decode(protobuf: message.protobuf)
                #expect(String(decoding: fromProtobuf.json, as: UTF8.self) == row.json)
            }
            try check(row.message)
        }
    }

    /// The names of the message types within a message, found by reflection.
    private func collect(_ value: Any, _ names: inout Set<String>) {
        if value is any WireMessage { names.insert(String(describing: Swift.type(of: value))) }
        for child in Mirror(reflecting: value).children { collect(child.value, &names) }
    }
}
