/// Turns the protobuf bytes of a `Trace` into its JSON in steps, without an object for a span.
///
/// The result equals that of decoding the trace and encoding it as JSON, byte for byte. The bytes are checked when the transcoder is
/// made, so that nothing is sent of an answer that turns out malformed half way.
public struct TraceJSONTranscoder: Sendable {
    private enum State { case start, batches, scopes, spans, done }

    private let trace: [UInt8]
    private let limits: WireLimits
    private let listName: TraceListName
    private let prefix: [UInt8]
    private let suffix: [UInt8]
    private let stepSize: Int
    private var state = State.start
    /// Where the next batch, scope and span are looked for, and whether one has been written already.
    private var batchCursor = Cursor(range: 0..<0)
    private var scopeCursor = Cursor(range: 0..<0)
    private var spanCursor = Cursor(range: 0..<0)
    private var batch: TraceJSONEmitter.Group?
    private var scope: TraceJSONEmitter.Group?

    private struct Cursor {
        var range: Range<Int>
        var isFirst = true

        init(range: Range<Int>) { self.range = range }

        /// The next element of the list, which has field number 1 in a trace and 2 in a batch and a scope.
        mutating func next(_ number: Int, in bytes: UnsafeRawBufferPointer) throws(WireError) -> Range<Int>? {
            var reader = ProtobufReader(bytes, range: range)
            while let field = try reader.next() {
                guard field.number == number else { continue }
                range = reader.offset..<range.upperBound
                return try field.content()
            }
            range = range.upperBound..<range.upperBound
            return nil
        }

        mutating func separate(_ writer: inout JSONWriter) {
            if !isFirst { writer.byte(0x2c) }
            isFirst = false
        }
    }

    /// Transcodes a trace for `/api/traces/{id}` (`listName` `.batches`), or bare.
    /// - Parameter stepSize: a step ends with the span, resource or scope that brings it to this many bytes.
    /// - Throws: ``WireError`` for malformed bytes.
    public init(
        trace: [UInt8], listName: TraceListName, stepSize: Int = 64 << 10, limits: WireLimits = .default
    ) throws(WireError) {
        try self.init(trace, listName, prefix: [], suffix: [], stepSize, limits)
    }

    /// Transcodes a trace for `/api/v2/traces/{id}`: metrics, status and message are those of `response`, the trace is `trace`.
    /// - Throws: ``WireError`` for malformed bytes.
    public init(
        trace: [UInt8], in response: TraceByIDResponse, stepSize: Int = 64 << 10, limits: WireLimits = .default
    ) throws(WireError) {
        let envelope = response.jsonEnvelope
        try self.init(trace, .resourceSpans, prefix: envelope.prefix, suffix: envelope.suffix, stepSize, limits)
    }

    private init(
        _ trace: [UInt8], _ listName: TraceListName, prefix: [UInt8], suffix: [UInt8], _ stepSize: Int,
        _ limits: WireLimits
    ) throws(WireError) {
        try trace.withUnsafeBufferPointer { buffer throws(WireError) in
            try TraceProtobuf.check(UnsafeRawBufferPointer(buffer), limits: limits)
        }
        self.trace = trace
        self.limits = limits
        self.listName = listName
        self.prefix = prefix
        self.suffix = suffix
        // Bounded so that adding it to a size cannot overflow.
        self.stepSize = min(max(stepSize, 1), 1 << 30)
    }

    /// Appends the next piece: at least `stepSize` bytes, unless it is the last one, and at most one span, resource or scope more.
    /// - Returns: false when this was the last piece.
    public mutating func step(into output: inout [UInt8]) throws(WireError) -> Bool {
        guard state != .done else { return false }
        var writer = JSONWriter()
        swap(&writer.output, &output)
        defer { swap(&writer.output, &output) }
        let goal = writer.output.count + stepSize
        let trace = trace
        try trace.withUnsafeBufferPointer { buffer throws(WireError) in
            let bytes = UnsafeRawBufferPointer(buffer)
            var emitter = TraceJSONEmitter(
                bytes: bytes, maxDepth: limits.maxDepth, depth: 0, writer: JSONWriter())
            swap(&emitter.writer, &writer)
            defer { swap(&emitter.writer, &writer) }
            while state != .done, emitter.writer.output.count < goal { try advance(&emitter) }
        }
        return state != .done
    }

    /// Appends all that is left.
    public mutating func appendAll(to output: inout [UInt8]) throws(WireError) {
        while try step(into: &output) {}
    }

    private mutating func advance(_ emitter: inout TraceJSONEmitter) throws(WireError) {
        switch state {
        case .start:
            emitter.writer.output.append(contentsOf: prefix)
            emitter.writer.byte(0x7b)
            batchCursor = Cursor(range: 0..<emitter.bytes.count)
            state = .batches
        case .batches: try nextBatch(&emitter)
        case .scopes: try nextScope(&emitter)
        case .spans:
            guard let range = try spanCursor.next(2, in: emitter.bytes) else {
                if let scope { emitter.close(scope) }
                scope = nil
                state = .scopes
                return
            }
            spanCursor.separate(&emitter.writer)
            emitter.depth = 3
            try emitter.span(range, replacing: .init())
        case .done: break
        }
    }

    private mutating func nextBatch(_ emitter: inout TraceJSONEmitter) throws(WireError) {
        guard let range = try batchCursor.next(1, in: emitter.bytes) else {
            if !batchCursor.isFirst { emitter.writer.byte(0x5d) }
            emitter.writer.byte(0x7d)
            emitter.writer.output.append(contentsOf: suffix)
            state = .done
            return
        }
        if batchCursor.isFirst {
            switch listName {
            case .batches: emitter.writer.literal("\"batches\":[")
            case .resourceSpans: emitter.writer.literal("\"resourceSpans\":[")
            }
        }
        batchCursor.separate(&emitter.writer)
        emitter.depth = 2
        let group = try TraceJSONEmitter.Group(range, in: emitter.bytes)
        try emitter.open(group, isBatch: true)
        if group.list.end > 0 {
            batch = group
            scopeCursor = Cursor(range: group.list.start..<group.list.end)
            state = .scopes
        } else {
            emitter.close(group)
        }
    }

    private mutating func nextScope(_ emitter: inout TraceJSONEmitter) throws(WireError) {
        guard let range = try scopeCursor.next(2, in: emitter.bytes) else {
            if let batch { emitter.close(batch) }
            batch = nil
            state = .batches
            return
        }
        scopeCursor.separate(&emitter.writer)
        emitter.depth = 3
        let group = try TraceJSONEmitter.Group(range, in: emitter.bytes)
        try emitter.open(group, isBatch: false)
        if group.list.end > 0 {
            scope = group
            spanCursor = Cursor(range: group.list.start..<group.list.end)
            state = .spans
        } else {
            emitter.close(group)
        }
    }
}
