package import TempoAPI

/// The trace of several parts, ready to be written. Holds the parts' bytes and an index; the answer is made piece by piece
/// while it is sent.
package struct MergedTrace: Sendable {
    let parts: [TracePart]
    let index: TraceIndex
    let order: [UInt32]
    let passThrough: Int?
    /// The parts that the answer is made of.
    let steps: [Int]
    /// More than one part was combined: events and links of spans are sorted too.
    let isCombined: Bool

    /// At least one part holds something of the trace.
    package let isFound: Bool
    /// Spans of the answer.
    package let spanCount: Int
    /// Copies of spans that were left out because another copy stays.
    package let duplicateSpans: Int
    /// What the spans tell of the clocks of the members that hold them; nil unless it was asked for and there are several.
    package let clockSkew: ClockSkewReport?
    /// Bytes of the `Trace` message.
    package let protobufSize: Int
    /// The limit `maxBytes` was crossed; parts behind the one that crossed it are left out.
    package let isOverLimit: Bool
    /// The parts that call themselves partial for another reason than the trace's size, by origin, with their messages (which
    /// may be empty): the answer lacks what these parts lack, but was not cut.
    package let partialReasons: [(origin: PartOrigin, message: String)]
    /// Sums over all parts, those left out included.
    package let metrics: TraceByIDMetrics
    private let maxBytes: Int
    /// What the first of the parts says that were cut by size before they came here.
    private let sizeMessage: String?
    private var notes: [String] = []

    init(_ merger: consuming TraceMerger, metrics: TraceByIDMetrics) {
        isCombined = merger.isCombined && !merger.options.keepsStoredForm
        isFound = !merger.steps.isEmpty
        spanCount = merger.spanCount
        duplicateSpans = merger.duplicates
        clockSkew = merger.clockSkew
        protobufSize = merger.protobufSize
        isOverLimit = merger.isOverLimit
        passThrough = merger.passThrough
        steps = merger.steps
        let partial = merger.parts.filter(\.isPartial).map { (origin: $0.origin, message: $0.message) }
            .sorted { $0.origin < $1.origin }
        sizeMessage = partial.first { Self.tellsOfSize($0.message) }?.message
        partialReasons = partial.filter { !Self.tellsOfSize($0.message) }
        maxBytes = max(merger.options.maxBytes, 0)
        parts = merger.parts
        index = merger.index
        order = merger.order
        self.metrics = metrics
    }

    /// Something was cut, a part was partial, or `markPartial` was called.
    package var isPartial: Bool { isCutBySize || !partialReasons.isEmpty || !notes.isEmpty }

    /// Here or before a part came here.
    private var isCutBySize: Bool { isOverLimit || sizeMessage != nil }

    /// The `status` of a v2 answer.
    package var status: PartialStatus { isPartial ? .partial : .complete }

    /// The `message` of a v2 answer: Tempo's text when the size cut something, then what parts say that were partial for
    /// other reasons, then the notes, joined by `; `. Texts that repeat stand once.
    package var message: String {
        var texts: [String] = []
        if isCutBySize {
            let ours = "Trace exceeds maximum size of \(maxBytes) bytes, a partial trace is returned"
            // Without a limit of our own it was a target's, and the target says which.
            texts.append(maxBytes > 0 ? ours : sizeMessage ?? ours)
        }
        for text in partialReasons.map(\.message) + notes where !text.isEmpty && !texts.contains(text) {
            texts.append(text)
        }
        return texts.joined(separator: "; ")
    }

    /// What a v1 answer is instead of the trace when something was cut by size: 422 with this text, as v1 has no way to say
    /// that it is partial. The number is our limit, or without one that of the target that cut the trace (0 when it does not
    /// say). A part that is partial for another reason does not make the trace too large; see `partialReasons`.
    package var tooLargeText: String? {
        guard isCutBySize else { return nil }
        let limit = maxBytes > 0 ? maxBytes : sizeMessage.flatMap { Self.limit(in: $0) } ?? 0
        return "trace exceeds max size (max bytes: \(limit))"
    }

    /// Within the text that Tempo, and we, give to a trace that was cut by size.
    private static let sizeText = "exceeds maximum size of "

    private static func tellsOfSize(_ message: String) -> Bool {
        message.contains("exceeds maximum size")
    }

    /// The bytes that a message gives as the limit.
    private static func limit(in message: String) -> Int? {
        guard let range = message.firstRange(of: sizeText) else { return nil }
        return Int(message[range.upperBound...].prefix { $0.isASCII && $0.isNumber })
    }

    /// Makes a v2 answer partial for a reason outside the combiner, such as a tenant that did not answer.
    package mutating func markPartial(_ note: String) {
        notes.append(note)
    }

    /// The body of a v1 answer: the `Trace` message, empty when nobody has the trace.
    package func protobufTrace() -> TraceChunks {
        TraceChunks(self, head: [], tail: [], traceSize: protobufSize)
    }

    /// The body of a v2 answer: a `TraceByIDResponse`, with an empty trace when nobody has it.
    package func protobufResponse() -> TraceChunks {
        var head: [UInt8] = []
        head.appendFieldHeader(tag: 0x0A, length: protobufSize)
        let tail = TraceByIDResponse(metrics: metrics, status: status, message: message).protobuf
        return TraceChunks(self, head: head, tail: tail, traceSize: protobufSize)
    }

    /// The body of a v1 answer as JSON: `{"batches":[...]}`, `{}` when nobody has the trace.
    /// - Throws: when a part is malformed below what merging looks at; nothing has been written then.
    package func jsonTrace() throws(TracePartError) -> TraceJSONChunks {
        try TraceJSONChunks(self, listName: "\"batches\":[", prefix: [], suffix: [])
    }

    /// The body of a v2 answer as JSON: `{"trace":{"resourceSpans":[...]},"metrics":{...}}`, with status and message when
    /// it is partial.
    /// - Parameter members: JSON members, without braces, that the object `metrics` has besides its own.
    /// - Throws: as `jsonTrace`.
    package func jsonResponse(addingToMetrics members: [UInt8] = []) throws(TracePartError) -> TraceJSONChunks {
        var envelope = TraceByIDResponse(metrics: metrics, status: status, message: message).jsonEnvelope
        let head = Array(",\"metrics\":{".utf8)
        if !members.isEmpty, envelope.suffix.starts(with: head) {
            let isEmpty = envelope.suffix.dropFirst(head.count).first == UInt8(ascii: "}")
            envelope.suffix.insert(contentsOf: members + (isEmpty ? [] : [UInt8(ascii: ",")]), at: head.count)
        }
        return try TraceJSONChunks(
            self, listName: "\"resourceSpans\":[", prefix: envelope.prefix, suffix: envelope.suffix)
    }
}
