import Foundation

extension TraceModel {
    /// An OTLP/JSON ExportTraceServiceRequest with the spans of these traces, in order: neighbours with the same resource
    /// and scope share a batch.
    public static func otlpJSON(_ traces: [TraceModel]) throws -> [UInt8] {
        var batches: [[String: Any]] = []
        var last: (resource: [AttributeModel], scope: ScopeModel?)?
        for trace in traces {
            for span in trace.spans {
                let json = span.otlpJSON(trace.id)
                if let last, last.resource == span.resource, last.scope == span.scope {
                    var scopes = batches[batches.count - 1]["scopeSpans"] as? [[String: Any]] ?? []
                    var spans = scopes[0]["spans"] as? [[String: Any]] ?? []
                    spans.append(json)
                    scopes[0]["spans"] = spans
                    batches[batches.count - 1]["scopeSpans"] = scopes
                    continue
                }
                last = (span.resource, span.scope)
                var scoped: [String: Any] = ["spans": [json]]
                if let scope = span.scope {
                    scoped["scope"] = [
                        "name": scope.name, "version": scope.version, "attributes": scope.attributes.map(\.otlpJSON),
                    ]
                }
                batches.append([
                    "resource": ["attributes": span.resource.map(\.otlpJSON)], "scopeSpans": [scoped],
                ])
            }
        }
        return Array(try JSONSerialization.data(withJSONObject: ["resourceSpans": batches], options: [.sortedKeys]))
    }
}

extension SpanModel {
    fileprivate func otlpJSON(_ traceID: [UInt8]) -> [String: Any] {
        var result: [String: Any] = [
            "traceId": traceID.hex, "spanId": id.hex, "name": name, "kind": kind,
            "startTimeUnixNano": String(startUnixNano), "endTimeUnixNano": String(startUnixNano &+ durationNanos),
            "attributes": attributes.map(\.otlpJSON),
        ]
        if !parentID.isEmpty { result["parentSpanId"] = parentID.hex }
        if status != 0 || !statusMessage.isEmpty { result["status"] = ["code": status, "message": statusMessage] }
        if !events.isEmpty {
            result["events"] = events.map {
                ["name": $0.name, "timeUnixNano": String($0.timeUnixNano), "attributes": $0.attributes.map(\.otlpJSON)]
                    as [String: Any]
            }
        }
        if !links.isEmpty {
            result["links"] = links.map {
                ["traceId": $0.traceID.hex, "spanId": $0.spanID.hex, "attributes": $0.attributes.map(\.otlpJSON)]
                    as [String: Any]
            }
        }
        return result
    }
}

extension AttributeModel {
    fileprivate var otlpJSON: [String: Any] { ["key": key, "value": value.otlpJSON] }
}

extension ValueModel {
    fileprivate var otlpJSON: [String: Any] {
        switch self {
        case .string(let text): ["stringValue": text]
        case .int(let number): ["intValue": String(number)]
        case .double(let number):
            // JSON has no such numbers; OTLP writes them as text.
            ["doubleValue": number.isFinite ? number : number.isNaN ? "NaN" : number > 0 ? "Infinity" : "-Infinity"]
        case .bool(let flag): ["boolValue": flag]
        case .array(let values): ["arrayValue": ["values": values.map(\.otlpJSON)]]
        case .bytes(let bytes): ["bytesValue": Data(bytes).base64EncodedString()]
        case .keyValues(let attributes): ["kvlistValue": ["values": attributes.map(\.otlpJSON)]]
        case .empty: [:]
        }
    }
}
