internal import TempoAPI

/// The JSON of a merged trace in pieces of about 64 KB (a piece ends with the span that fills it), straight from the parts'
/// protobuf bytes.
package struct TraceJSONChunks: Sendable {
    private enum State { case start, batches, scopes, spans, done }

    private let trace: MergedTrace
    private let prefix: [UInt8]
    private let suffix: [UInt8]
    private let listName: StaticString
    private var state = State.start
    private var nextBatch = 0
    private var nextScope = 0
    private var nextSpan = 0
    private var isFirstScope = true
    private var isFirstSpan = true
    /// The object of the batch, or of the scope, that is being written has a member already.
    private var batchHasMember = false
    private var scopeHasMember = false
    private var scratch: [UInt8] = []

    /// - Throws: when a part is malformed below what merging looks at, so that nothing is sent of an answer that breaks off.
    init(_ trace: MergedTrace, listName: StaticString, prefix: [UInt8], suffix: [UInt8]) throws(TracePartError) {
        self.trace = trace
        self.listName = listName
        self.prefix = prefix
        self.suffix = suffix
        for part in trace.steps.map({ trace.parts[$0] }) {
            let isSound = part.bytes.withUnsafeBytes { memory in
                part.traceRanges.allSatisfy { range in
                    let content = UnsafeRawBufferPointer(rebasing: memory[range])
                    return (try? TraceProtobuf.check(content, limits: Self.limits)) != nil
                }
            }
            guard isSound else {
                throw TracePartError(
                    code: .malformed, origin: part.origin, message: "the answer is not a valid protobuf trace")
            }
        }
    }

    /// The parts are in memory already, whatever their size.
    private static let limits = WireLimits(maxBytes: .max, maxElements: .max)

    /// The next piece; nil after the last.
    package mutating func next() throws(TracePartError) -> [UInt8]? {
        guard state != .done else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(TraceChunks.chunkSize + TraceChunks.chunkSize / 8)
        while state != .done, output.count < TraceChunks.chunkSize {
            do throws(WireError) {
                try advance(&output)
            } catch {
                // Everything was checked before the first piece; this is for the compiler.
                state = .done
                throw TracePartError(
                    code: .malformed, origin: trace.parts[part].origin, message: "the answer cannot be written as JSON")
            }
        }
        return output
    }

    private var batch: BatchRecord { trace.index.batches[Int(trace.order[nextBatch])] }
    private var scope: ScopeRecord { trace.index.scopes[Int(batch.firstScope) + nextScope] }
    private var part: Int { nextBatch < trace.order.count ? Int(batch.part) : 0 }

    private mutating func advance(_ output: inout [UInt8]) throws(WireError) {
        switch state {
        case .start:
            output.append(contentsOf: prefix)
            output.append(UInt8(ascii: "{"))
            state = .batches
        case .batches:
            try advanceBatches(&output)
        case .scopes:
            try advanceScopes(&output)
        case .spans:
            try advanceSpans(&output)
        case .done:
            break
        }
    }

    private mutating func advanceBatches(_ output: inout [UInt8]) throws(WireError) {
        guard nextBatch < trace.order.count else {
            if nextBatch > 0 { output.append(UInt8(ascii: "]")) }
            output.append(UInt8(ascii: "}"))
            output.append(contentsOf: suffix)
            state = .done
            return
        }
        if nextBatch == 0 {
            output.appendLiteral(listName)
        } else {
            output.append(UInt8(ascii: ","))
        }
        let record = batch
        output.append(UInt8(ascii: "{"))
        batchHasMember = try appendOwner(
            "\"resource\":", offset: record.offset, length: record.length, to: &output
        ) { memory, output, limits throws(WireError) in
            try TraceJSONFragments.appendResource(memory, to: &output, limits: limits)
        }
        nextScope = 0
        isFirstScope = true
        state = .scopes
    }

    private mutating func advanceScopes(_ output: inout [UInt8]) throws(WireError) {
        let record = batch
        while nextScope < Int(record.scopeCount), scope.isRemoved { nextScope += 1 }
        guard nextScope < Int(record.scopeCount) else {
            if !isFirstScope { output.append(UInt8(ascii: "]")) }
            appendSchemaURL(
                offset: record.offset, length: record.length, needsComma: batchHasMember, to: &output)
            output.append(UInt8(ascii: "}"))
            nextBatch += 1
            state = .batches
            return
        }
        if isFirstScope {
            if batchHasMember { output.append(UInt8(ascii: ",")) }
            batchHasMember = true
            output.appendLiteral("\"scopeSpans\":[")
        } else {
            output.append(UInt8(ascii: ","))
        }
        isFirstScope = false
        let current = scope
        output.append(UInt8(ascii: "{"))
        scopeHasMember = try appendOwner(
            "\"scope\":", offset: current.offset, length: current.length, to: &output
        ) { memory, output, limits throws(WireError) in
            try TraceJSONFragments.appendScope(memory, to: &output, limits: limits)
        }
        nextSpan = 0
        isFirstSpan = true
        state = .spans
    }

    private mutating func advanceSpans(_ output: inout [UInt8]) throws(WireError) {
        let record = scope
        let source = trace.parts[part]
        let bytes = source.bytes
        while nextSpan < Int(record.spanCount), output.count < TraceChunks.chunkSize {
            let span = trace.index.spans[Int(record.firstSpan) + nextSpan]
            nextSpan += 1
            guard !span.flags.contains(.dropped) else { continue }
            if isFirstSpan {
                if scopeHasMember { output.append(UInt8(ascii: ",")) }
                scopeHasMember = true
                output.appendLiteral("\"spans\":[")
            } else {
                output.append(UInt8(ascii: ","))
            }
            isFirstSpan = false
            if SpanRewriter.needsRewriting(span, sorting: trace.isCombined) {
                scratch.removeAll(keepingCapacity: scratch.capacity <= TraceChunks.chunkSize)
                SpanRewriter.append(span, of: source, sorting: trace.isCombined, to: &scratch)
                try Self.appendSpan(scratch, 0..<scratch.count, to: &output)
            } else {
                let start = Int(span.offset)
                try Self.appendSpan(bytes, start..<start + Int(span.length), to: &output)
            }
        }
        guard nextSpan >= Int(record.spanCount) else { return }
        if !isFirstSpan { output.append(UInt8(ascii: "]")) }
        appendSchemaURL(
            offset: record.offset, length: record.length, needsComma: scopeHasMember, to: &output)
        output.append(UInt8(ascii: "}"))
        nextScope += 1
        state = .scopes
    }

    private static func appendSpan(
        _ bytes: [UInt8], _ range: Range<Int>, to output: inout [UInt8]
    ) throws(WireError) {
        try bytes.withUnsafeBufferPointer { buffer throws(WireError) in
            let memory = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[range])
            try TraceJSONFragments.appendSpan(memory, to: &output, limits: limits)
        }
    }

    private typealias Fragment = (UnsafeRawBufferPointer, inout [UInt8], WireLimits) throws(WireError) -> Void

    /// Appends field 1 of a batch or scope, if it is there. Several of them are one message in pieces.
    private func appendOwner(
        _ key: StaticString, offset: UInt32, length: UInt32, to output: inout [UInt8], _ fragment: Fragment
    ) throws(WireError) -> Bool {
        let bytes = trace.parts[part].bytes
        var pieces = fields(0x0A, offset: offset, length: length)
        guard var range = pieces.popLast() else { return false }
        output.appendLiteral(key)
        var source = bytes
        if !pieces.isEmpty {
            source = pieces.flatMap { bytes[$0] } + bytes[range]
            range = 0..<source.count
        }
        try source.withUnsafeBufferPointer { buffer throws(WireError) in
            let memory = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[range])
            try fragment(memory, &output, Self.limits)
        }
        return true
    }

    private func appendSchemaURL(offset: UInt32, length: UInt32, needsComma: Bool, to output: inout [UInt8]) {
        guard let range = fields(0x1A, offset: offset, length: length).last, !range.isEmpty else { return }
        if needsComma { output.append(UInt8(ascii: ",")) }
        output.appendLiteral("\"schemaUrl\":")
        trace.parts[part].bytes.withUnsafeBytes { memory in
            TraceJSONFragments.appendString(UnsafeRawBufferPointer(rebasing: memory[range]), to: &output)
        }
    }

    /// The contents of all fields with this tag.
    private func fields(_ wanted: UInt64, offset: UInt32, length: UInt32) -> [Range<Int>] {
        trace.parts[part].bytes.withUnsafeBytes { memory in
            var found: [Range<Int>] = []
            let start = Int(offset)
            guard var cursor = WireCursor(memory, from: start, to: start + Int(length)) else { return [] }
            while !cursor.isAtEnd {
                // The fields were read when the part was folded; they are well-formed.
                guard let tag = try? cursor.varint() else { return found }
                if tag & 7 == 2 {
                    guard let range = try? cursor.lengthDelimited() else { return found }
                    if tag == wanted { found.append(range.start..<range.end) }
                } else {
                    guard (try? cursor.skipValue(ofTag: tag)) != nil else { return found }
                }
            }
            return found
        }
    }
}

extension [UInt8] {
    mutating func appendLiteral(_ text: StaticString) {
        text.withUTF8Buffer { append(contentsOf: $0) }
    }
}
