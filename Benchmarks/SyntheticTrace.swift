import TempoAPI

/// Traces of the kind that a web shop's services emit: twenty services a tenant, about 270 bytes a span.
enum SyntheticTrace {
    static let tenants = ["red", "green", "blue"]

    /// The answer of `/api/v2/traces/{id}` for one tenant.
    /// - Parameter spanCount: spans of this tenant; ids of tenants never meet.
    static func response(tenant: String, spanCount: Int) -> [UInt8] {
        let tenantNumber = UInt8(tenants.firstIndex(of: tenant) ?? 0)
        let traceID: [UInt8] = (0..<16).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ spanCount) }
        let start: UInt64 = 1_795_222_900_000_000_000
        let batches = (0..<min(20, spanCount)).map { service in
            let spans = stride(from: service, to: spanCount, by: 20).map { number -> TraceSpan in
                var span = TraceSpan()
                span.traceID = traceID
                span.spanID = id(number, tenantNumber)
                if number > 0 { span.parentSpanID = id(number / 2, tenantNumber) }
                span.name = "op-\(number)"
                span.kind = SpanKind(rawValue: Int32(number % 5 + 1))
                span.startTimeUnixNano = start + UInt64(number) * 1_000_000 + UInt64(tenantNumber)
                span.endTimeUnixNano = span.startTimeUnixNano + 5_000_000
                span.attributes = [
                    text("db.statement", "select * from items where id = \(number)"),
                    KeyValue(key: "retry", value: AnyValue(.bool(number % 3 == 0))),
                    KeyValue(key: "ratio", value: AnyValue(.double(Double(number) / 7))),
                    text("http.method", "GET"),
                    text("http.url", "https://example.org/api/v1/items/\(number)?page=\(number % 7)"),
                    KeyValue(key: "http.status_code", value: AnyValue(.int(200))),
                ]
                if number % 4 == 0 {
                    span.events = [
                        SpanEvent(
                            timeUnixNano: span.startTimeUnixNano + 10, name: "start",
                            attributes: [KeyValue(key: "n", value: AnyValue(.int(1)))])
                    ]
                }
                span.status = SpanStatus()
                return span
            }
            let resource = Resource(attributes: [
                text("host.name", "node-\(service)"), text("k8s.pod.name", "\(tenant)-svc-\(service)-abcde"),
                text("service.name", "\(tenant)-svc-\(service)"),
            ])
            return ResourceSpans(
                resource: resource,
                scopeSpans: [ScopeSpans(scope: InstrumentationScope(name: "gen", version: "1"), spans: spans)])
        }
        return TraceByIDResponse(trace: Trace(resourceSpans: batches), metrics: TraceByIDMetrics()).protobuf
    }

    private static func text(_ key: String, _ value: String) -> KeyValue {
        KeyValue(key: key, value: AnyValue(.string(value)))
    }

    private static func id(_ number: Int, _ tenant: UInt8) -> [UInt8] {
        let mixed = (UInt64(number) &+ 1) &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(tenant) &* 0x1234_5678_9ABC_DEF1
        return withUnsafeBytes(of: mixed.bigEndian, Array.init)
    }
}
