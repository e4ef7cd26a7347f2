/// The protobuf bytes of a merged trace in pieces of at most 64 KB, copied from the parts one piece at a time.
package struct TraceChunks: Sendable, Sequence, IteratorProtocol {
    /// No piece is longer.
    package static let chunkSize = 65_536

    /// Bytes of all pieces together.
    package let byteCount: Int
    private let trace: MergedTrace
    /// What is still to write, the next at the end.
    private var work: [Work]
    /// A range of a part that is being copied.
    private var rawPart = 0
    private var raw = 0..<0
    /// Bytes that were made for this answer and are being copied.
    private var made: [UInt8] = []
    private var madeOffset = 0

    private enum Work {
        case bytes([UInt8])
        case raw(part: UInt32, start: UInt32, end: UInt32)
        case batches(next: Int)
        case scopes(batch: UInt32, next: UInt32)
        case spans(part: UInt32, scope: UInt32, next: UInt32)
    }

    init(_ trace: MergedTrace, head: [UInt8], tail: [UInt8], traceSize: Int) {
        self.trace = trace
        byteCount = head.count + traceSize + tail.count
        work = []
        if !tail.isEmpty { work.append(.bytes(tail)) }
        if let only = trace.passThrough, let range = trace.parts[only].traceRanges.first {
            work.append(Self.raw(UInt32(truncatingIfNeeded: only), range))
        } else {
            work.append(.batches(next: 0))
        }
        if !head.isEmpty { work.append(.bytes(head)) }
    }

    package mutating func next() -> [UInt8]? {
        var output: [UInt8] = []
        output.reserveCapacity(Swift.min(Self.chunkSize, byteCount))
        while output.count < Self.chunkSize {
            let room = Self.chunkSize - output.count
            if madeOffset < made.count {
                let end = Swift.min(madeOffset + room, made.count)
                output.append(contentsOf: made[madeOffset..<end])
                madeOffset = end
            } else if !raw.isEmpty {
                let end = Swift.min(raw.lowerBound + room, raw.upperBound)
                output.append(contentsOf: trace.parts[rawPart].bytes[raw.lowerBound..<end])
                raw = end..<raw.upperBound
            } else if let item = work.popLast() {
                take(item)
            } else {
                break
            }
        }
        return output.isEmpty ? nil : output
    }

    private static func raw(_ part: UInt32, _ range: Range<Int>) -> Work {
        .raw(
            part: part, start: UInt32(truncatingIfNeeded: range.lowerBound),
            end: UInt32(truncatingIfNeeded: range.upperBound))
    }

    private mutating func make(_ body: (inout [UInt8]) -> Void) {
        made.removeAll(keepingCapacity: made.capacity <= Self.chunkSize)
        madeOffset = 0
        body(&made)
    }

    private mutating func take(_ item: Work) {
        switch item {
        case .bytes(let bytes):
            made = bytes
            madeOffset = 0
        case .raw(let part, let start, let end):
            rawPart = Int(part)
            raw = Int(start)..<Int(end)
        case .batches(let next):
            guard next < trace.order.count else { return }
            work.append(.batches(next: next + 1))
            takeBatch(trace.order[next])
        case .scopes(let batch, let next):
            takeScope(batch, next)
        case .spans(let part, let scope, let next):
            takeSpans(part: part, scope: scope, next: next)
        }
    }

    private mutating func takeBatch(_ number: UInt32) {
        let batch = trace.index.batches[Int(number)]
        let content = Int(batch.offset)..<Int(batch.offset) + Int(batch.length)
        if batch.isChanged {
            push(.scopes(batch: number, next: 0), between: content, of: batch.part)
        } else {
            work.append(Self.raw(batch.part, content))
        }
        make { $0.appendFieldHeader(tag: 0x0A, length: batch.encodedLength) }
    }

    private mutating func takeScope(_ number: UInt32, _ next: UInt32) {
        let batch = trace.index.batches[Int(number)]
        guard next < batch.scopeCount else { return }
        work.append(.scopes(batch: number, next: next + 1))
        let scopeNumber = batch.firstScope + next
        let scope = trace.index.scopes[Int(scopeNumber)]
        guard !scope.isRemoved else { return }
        let content = Int(scope.offset)..<Int(scope.offset) + Int(scope.length)
        if scope.isChanged {
            push(.spans(part: batch.part, scope: scopeNumber, next: 0), between: content, of: batch.part)
        } else {
            work.append(Self.raw(batch.part, content))
        }
        make { $0.appendFieldHeader(tag: 0x12, length: scope.encodedLength) }
    }

    /// Fields of a message that are not the repeated children: those before the first child are written before the
    /// children, the rest after them.
    private mutating func push(_ children: Work, between content: Range<Int>, of part: UInt32) {
        var leading: [Range<Int>] = []
        var trailing: [Range<Int>] = []
        trace.parts[Int(part)].bytes.withUnsafeBytes { memory in
            guard var cursor = WireCursor(memory, from: content.lowerBound, to: content.upperBound) else { return }
            var sawChild = false
            while !cursor.isAtEnd {
                let before = cursor.position
                // The fields were read when the part was folded; they are well-formed.
                guard let tag = try? cursor.varint(), (try? cursor.skipValue(ofTag: tag)) != nil else { return }
                let range = before..<cursor.position
                if tag == 0x12 {
                    sawChild = true
                } else if sawChild {
                    Self.append(range, to: &trailing)
                } else {
                    Self.append(range, to: &leading)
                }
            }
        }
        for range in trailing.reversed() { work.append(Self.raw(part, range)) }
        work.append(children)
        for range in leading.reversed() { work.append(Self.raw(part, range)) }
    }

    private static func append(_ range: Range<Int>, to ranges: inout [Range<Int>]) {
        if let last = ranges.last, last.upperBound == range.lowerBound {
            ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
        } else {
            ranges.append(range)
        }
    }

    /// Writes the next span, or as many as stand one behind the other in the part and need no change.
    private mutating func takeSpans(part: UInt32, scope: UInt32, next: UInt32) {
        let record = trace.index.scopes[Int(scope)]
        let end = Int(record.firstSpan) + Int(record.spanCount)
        var i = Int(record.firstSpan) + Int(next)
        while i < end, trace.index.spans[i].flags.contains(.dropped) { i += 1 }
        guard i < end else { return }
        let source = trace.parts[Int(part)]
        let span = trace.index.spans[i]
        if SpanRewriter.needsRewriting(span, sorting: trace.isCombined) {
            work.append(.spans(part: part, scope: scope, next: UInt32(truncatingIfNeeded: i + 1) - record.firstSpan))
            let sorting = trace.isCombined
            make { output in
                output.appendFieldHeader(tag: 0x12, length: SpanRewriter.rewrittenLength(of: span, in: source.bytes))
                SpanRewriter.append(span, of: source, sorting: sorting, to: &output)
            }
            return
        }
        let first = Int(span.offset)
        var last = first + Int(span.length)
        i += 1
        while i < end {
            let following = trace.index.spans[i]
            let header = 1 + varintSize(Int(following.length))
            // A header of the shortest form can be copied along with its span; its length is then what was measured.
            guard Int(following.offset) == last + header,
                !following.flags.contains(.dropped),
                !SpanRewriter.needsRewriting(following, sorting: trace.isCombined)
            else { break }
            last = Int(following.offset) + Int(following.length)
            i += 1
        }
        work.append(.spans(part: part, scope: scope, next: UInt32(truncatingIfNeeded: i) - record.firstSpan))
        work.append(Self.raw(part, first..<last))
        make { $0.appendFieldHeader(tag: 0x12, length: Int(span.length)) }
    }
}
