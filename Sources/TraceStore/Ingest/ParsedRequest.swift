/// A piece of the request's bytes.
struct ByteSpan: BitwiseCopyable {
    var offset: UInt32 = 0
    var count: UInt32 = 0

    init() {}

    init(_ range: Range<Int>) {
        offset = UInt32(truncatingIfNeeded: range.lowerBound)
        count = UInt32(truncatingIfNeeded: range.count)
    }

    var range: Range<Int> { Int(offset)..<Int(offset) + Int(count) }
}

/// A range of one of the request's lists.
struct ListSpan: BitwiseCopyable {
    var first: UInt32 = 0
    var count: UInt32 = 0
    var range: Range<Int> { Int(first)..<Int(first) + Int(count) }
}

/// An attribute whose key and text lie in the request's bytes.
struct ParsedAttribute: BitwiseCopyable {
    var key = ByteSpan()
    /// The content of a string, bytes or list value.
    var text = ByteSpan()
    /// The value of a bool, int or double: as ``ValueType`` says.
    var number: UInt64 = 0
    /// Of key, type and value.
    var hash: UInt32 = 0
    var type = ValueType.absent
}

struct ParsedResource {
    var attributes = ListSpan()
    var droppedAttributes: UInt32 = 0
    var schemaURL = ByteSpan()
    /// Fields of number 3, tags included.
    var entityRefs: [UInt8] = []
}

struct ParsedScope {
    var name = ByteSpan()
    var version = ByteSpan()
    var attributes = ListSpan()
    var droppedAttributes: UInt32 = 0
    var schemaURL = ByteSpan()
}

struct ParsedSpan: BitwiseCopyable {
    var resource: UInt32 = 0
    var scope: UInt32 = 0
    var traceID = TraceID(high: 0, low: 0)
    var spanID: UInt64 = 0
    var parentSpanID: UInt64 = 0
    var hasParent = false
    var start: UInt64 = 0
    var end: UInt64 = 0
    var name = ByteSpan()
    var kind: Int32 = 0
    var statusCode: Int32 = 0
    var statusMessage = ByteSpan()
    var traceState = ByteSpan()
    var flags: UInt32 = 0
    var droppedAttributes: UInt32 = 0
    var droppedEvents: UInt32 = 0
    var droppedLinks: UInt32 = 0
    var attributes = ListSpan()
    var events = ListSpan()
    var links = ListSpan()
}

struct ParsedEvent: BitwiseCopyable {
    var time: UInt64 = 0
    var name = ByteSpan()
    var attributes = ListSpan()
    var droppedAttributes: UInt32 = 0
}

struct ParsedLink: BitwiseCopyable {
    var traceID = TraceID(high: 0, low: 0)
    var spanID: UInt64 = 0
    /// As ``SegmentColumns/linkPresence``.
    var presence: UInt8 = 0
    var traceState = ByteSpan()
    var attributes = ListSpan()
    var droppedAttributes: UInt32 = 0
    var flags: UInt32 = 0
}

/// A whole export request, checked, as flat lists whose texts lie in the request's bytes.
struct ParsedRequest {
    var resources: [ParsedResource] = []
    var scopes: [ParsedScope] = []
    var spans: [ParsedSpan] = []
    var events: [ParsedEvent] = []
    var links: [ParsedLink] = []
    var spanAttributes: [ParsedAttribute] = []
    var eventAttributes: [ParsedAttribute] = []
    var linkAttributes: [ParsedAttribute] = []
    /// Of resources and scopes.
    var sharedAttributes: [ParsedAttribute] = []
    /// Spans that are not in ``spans`` because of their ids.
    var rejected = RejectedSpans()
}

/// How many spans were rejected, and why.
struct RejectedSpans: Equatable {
    var badTraceID = 0
    var badSpanID = 0
    var badParentID = 0

    var count: Int { badTraceID + badSpanID + badParentID }

    /// For `partial_success`; empty when nothing was rejected.
    var message: String {
        var reasons: [String] = []
        if badTraceID > 0 { reasons.append("\(badTraceID) without a trace id of 16 bytes that are not all zero") }
        if badSpanID > 0 { reasons.append("\(badSpanID) without a span id of 8 bytes that are not all zero") }
        if badParentID > 0 { reasons.append("\(badParentID) with a parent span id that is neither empty nor 8 bytes") }
        return reasons.isEmpty ? "" : "rejected spans: " + reasons.joined(separator: ", ")
    }
}
