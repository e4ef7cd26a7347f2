import TempoAPI

/// Something that a service does: one span, and what it calls while it does it, in order.
struct DemoOperation {
    struct Event {
        var name: String
        /// Where in the span: 0 its start, 1 its end.
        var position: Double
        var attributes: [KeyValue]
    }

    var service: DemoService
    var name: String
    var kind = SpanKind.server
    /// Milliseconds of its own, besides what it waits for.
    var work: Double
    var attributes: [KeyValue] = []
    var events: [Event] = []
    var links: [SpanLink] = []
    /// The message of an error status.
    var error: String?
    var calls: [DemoCall] = []

    mutating func fail(_ message: String, type: String) {
        error = message
        events.append(
            Event(
                name: "exception", position: 0.9,
                attributes: [
                    .text("exception.type", type), .text("exception.message", message),
                    .text("exception.stacktrace", "at shop.\(service.name).\(name.replacing(" ", with: "_"))"),
                ]))
    }

    mutating func call(_ operation: DemoOperation, timesOut: Bool = false) {
        calls.append(DemoCall(way: .remote(timesOut: timesOut), operation: operation))
    }

    mutating func run(_ operation: DemoOperation) { calls.append(DemoCall(way: .local, operation: operation)) }

    mutating func enqueue(_ operation: DemoOperation, to name: String, delay: Double) {
        calls.append(DemoCall(way: .queued(name: name, delay: delay), operation: operation))
    }
}

/// One operation calls another.
struct DemoCall {
    /// How an operation reaches the one that it calls.
    enum Way {
        /// A span of its own in the same service.
        case local
        /// A client span here, a server span there.
        case remote(timesOut: Bool)
        /// A producer span here; there, after a while, a consumer span that links back to it. Nobody waits for it.
        case queued(name: String, delay: Double)
    }

    var way: Way
    var operation: DemoOperation
}
