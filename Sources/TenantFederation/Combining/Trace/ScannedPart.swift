internal import TempoAPI

/// A part of a trace that has been read: its bytes and the index of what they hold.
package struct ScannedPart: Sendable {
    var part: TracePart
    /// Numbered from 0, as if the part were the only one.
    var index: TraceIndex
    let metrics: TraceByIDMetrics?
    let isCacheHit: Bool
}

extension TraceCombiner {
    /// Reads a part, which takes time in proportion to its size.
    /// - Parameter isCacheHit: of a querier's part from a cache only the counter `engineBytes` counts. Targets never say so.
    package static func scan(
        _ bytes: [UInt8], shape: PartShape = .response, from origin: PartOrigin, isCacheHit: Bool = false
    ) throws(TracePartError) -> ScannedPart {
        guard bytes.count < Int(UInt32.max) else {
            throw TracePartError(code: .tooLarge, origin: origin, message: "a part of the trace exceeds 4 GiB")
        }
        var index = TraceIndex()
        var scanner = TraceScanner(part: TracePart(origin: origin, bytes: bytes))
        do throws(MalformedWire) {
            // Only the index outlives the closure, and it holds offsets, no pointers.
            try bytes.withUnsafeBufferPointer { buffer throws(MalformedWire) in
                let memory = UnsafeRawBufferPointer(buffer)
                switch shape {
                case .response: try scanner.scanResponse(memory, into: &index)
                case .trace: try scanner.scanBareTrace(memory, into: &index)
                }
            }
        } catch {
            if error.isTooLarge { throw .tooManySpans(origin) }
            throw malformed(origin, "near byte \(error.offset)")
        }
        var metrics: TraceByIDMetrics?
        if let range = scanner.part.metricsRange {
            do throws(WireError) {
                metrics = try TraceByIDMetrics.decode(protobuf: Array(bytes[range]))
            } catch {
                throw malformed(origin, "in its metrics")
            }
        }
        return ScannedPart(part: scanner.part, index: index, metrics: metrics, isCacheHit: isCacheHit)
    }

    private static func malformed(_ origin: PartOrigin, _ place: String) -> TracePartError {
        TracePartError(
            code: .malformed, origin: origin, message: "the answer is not a valid protobuf trace \(place)")
    }
}

extension TraceIndex {
    /// Records of all three lists.
    var entryCount: Int { spans.count + scopes.count + batches.count }

    mutating func reserve(for others: [TraceIndex]) {
        spans.reserveCapacity(others.reduce(0) { $0 + $1.spans.count })
        scopes.reserveCapacity(others.reduce(0) { $0 + $1.scopes.count })
        batches.reserveCapacity(others.reduce(0) { $0 + $1.batches.count })
    }

    /// Moves the index of a part behind what is here, and tells the part where its share is.
    mutating func append(_ other: inout TraceIndex, of part: inout TracePart, number: Int) {
        let (firstSpan, firstScope, firstBatch) = (spans.count, scopes.count, batches.count)
        part.spans = firstSpan..<firstSpan + other.spans.count
        part.scopes = firstScope..<firstScope + other.scopes.count
        part.batches = firstBatch..<firstBatch + other.batches.count
        var taken = TraceIndex()
        swap(&taken, &other)
        guard number > 0 else {
            if spans.capacity < taken.spans.count { self = taken } else { appendAll(taken) }
            return
        }
        appendAll(taken)
        for i in part.scopes { scopes[i].firstSpan += UInt32(truncatingIfNeeded: firstSpan) }
        for i in part.batches {
            batches[i].part = UInt32(truncatingIfNeeded: number)
            batches[i].firstScope += UInt32(truncatingIfNeeded: firstScope)
        }
    }

    private mutating func appendAll(_ other: TraceIndex) {
        spans.append(contentsOf: other.spans)
        scopes.append(contentsOf: other.scopes)
        batches.append(contentsOf: other.batches)
    }
}
