import TempoAPI

/// A trace of the shop, laid out in time.
struct DemoTrace {
    let id: [UInt8]
    /// Unix nanoseconds of the first start and the last end.
    let start: UInt64
    private(set) var end: UInt64
    private(set) var spans: [(service: DemoService, span: TraceSpan)] = []

    init(_ root: DemoOperation, start: UInt64, random: inout DemoRandom) {
        id = random.bytes(16)
        self.start = start
        end = start
        _ = lay(root, at: start, parent: [], links: [], random: &random)
    }

    /// The id as URLs spell it.
    var hexID: String { id.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

    /// What one team's collector would send: the spans of its services, nil when there are none.
    func export(tenant: String) -> Trace? {
        var order: [DemoService] = []
        var byService: [DemoService: [TraceSpan]] = [:]
        for (service, span) in spans where service.tenant == tenant {
            if byService[service] == nil { order.append(service) }
            byService[service, default: []].append(span)
        }
        guard !order.isEmpty else { return nil }
        return Trace(
            resourceSpans: order.map { service in
                ResourceSpans(
                    resource: service.resource,
                    scopeSpans: [ScopeSpans(scope: service.scope, spans: byService[service] ?? [])])
            })
    }

    private static func nanoseconds(_ milliseconds: Double) -> UInt64 { UInt64(max(0, milliseconds) * 1_000_000) }

    /// Writes the spans of an operation and of all that it calls.
    /// - Returns: its span id and its end.
    private mutating func lay(
        _ operation: DemoOperation, at start: UInt64, parent: [UInt8], links: [SpanLink], random: inout DemoRandom
    ) -> (id: [UInt8], end: UInt64) {
        let spanID = random.bytes(8)
        let share = Self.nanoseconds(operation.work) / UInt64(operation.calls.count + 1)
        let place = spans.count
        spans.append((operation.service, TraceSpan()))
        var now = start
        for call in operation.calls {
            let callee = call.operation
            now += share
            switch call.way {
            case .local:
                now = lay(callee, at: now, parent: spanID, links: [], random: &random).end
            case .remote(let timesOut):
                now = self.call(
                    callee, from: operation.service, at: now, timesOut: timesOut, parent: spanID, random: &random)
            case .queued(let name, let delay):
                now = send(
                    callee, through: name, delay, from: operation.service, at: now, parent: spanID, random: &random)
            }
        }
        now += share
        let events = operation.events.map { event in
            SpanEvent(
                timeUnixNano: start + UInt64(Double(now - start) * event.position), name: event.name,
                attributes: event.attributes)
        }
        spans[place].span = TraceSpan(
            traceID: id, spanID: spanID, parentSpanID: parent, flags: 0x101, name: operation.name,
            kind: operation.kind, startTimeUnixNano: start, endTimeUnixNano: now, attributes: operation.attributes,
            events: events, links: operation.links + links, status: Self.status(operation.error))
        end = max(end, now)
        return (spanID, now)
    }

    private static func status(_ error: String?) -> SpanStatus? {
        error.map { SpanStatus(message: $0, code: .error) }
    }

    /// The client's span around a call, and the network's time on both sides of it.
    private mutating func call(
        _ callee: DemoOperation, from service: DemoService, at start: UInt64, timesOut: Bool, parent: [UInt8],
        random: inout DemoRandom
    ) -> UInt64 {
        let spanID = random.bytes(8)
        let network = Self.nanoseconds(random.milliseconds(0.4))
        let place = spans.count
        spans.append((service, TraceSpan()))
        var finish = lay(callee, at: start + network, parent: spanID, links: [], random: &random).end + network
        var error = callee.error == nil ? nil : "\(callee.service.name) failed"
        if timesOut {
            // The caller gives up before the answer is there.
            finish = start + (finish - start) / 2
            error = "deadline exceeded"
        }
        spans[place].span = TraceSpan(
            traceID: id, spanID: spanID, parentSpanID: parent, flags: 0x101, name: callee.name, kind: .client,
            startTimeUnixNano: start, endTimeUnixNano: finish,
            attributes: [.text("peer.service", callee.service.name)]
                + callee.attributes.filter { $0.key.hasPrefix("http.") },
            status: Self.status(error))
        end = max(end, finish)
        return finish
    }

    /// The producer's span; the consumer works later.
    private mutating func send(
        _ callee: DemoOperation, through queue: String, _ delay: Double, from service: DemoService, at start: UInt64,
        parent: [UInt8], random: inout DemoRandom
    ) -> UInt64 {
        let spanID = random.bytes(8)
        let finish = start + Self.nanoseconds(random.milliseconds(0.8))
        let attributes: [KeyValue] = [
            .text("messaging.system", "kafka"), .text("messaging.destination.name", queue),
        ]
        spans.append(
            (
                service,
                TraceSpan(
                    traceID: id, spanID: spanID, parentSpanID: parent, flags: 0x101, name: "\(queue) publish",
                    kind: .producer, startTimeUnixNano: start, endTimeUnixNano: finish, attributes: attributes)
            ))
        var consumer = callee
        consumer.kind = .consumer
        consumer.attributes += attributes
        let link = SpanLink(traceID: id, spanID: spanID, attributes: [.text("messaging.operation", "process")])
        _ = lay(
            consumer, at: finish + Self.nanoseconds(random.milliseconds(delay)), parent: spanID, links: [link],
            random: &random)
        return finish
    }
}
