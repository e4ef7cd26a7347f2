internal import TempoAPI

/// Why a part of a trace cannot be combined. The part is at fault, not the request.
package struct TracePartError: Error, Sendable, Hashable {
    /// What is wrong with the part.
    package enum Code: Sendable, Hashable {
        /// Not a protobuf message of the expected kind.
        case malformed
        /// 4 GiB or more, or an unreasonable number of spans for its size.
        case tooLarge
    }

    package let code: Code
    /// Whose part it is.
    package let origin: PartOrigin
    /// For the log and the body of a 502.
    package let message: String
}

/// Merges the parts of one trace by copying byte ranges; no object is built for a span.
///
/// A part is read once, when it is folded, into an index of 48 bytes a span. Which parts count, which copies of a span stay
/// and what order everything has is decided in `finish`, in the order of the parts' origins, so the order of folding does
/// not matter (several parts of one origin stay in the order in which they came).
package struct TraceCombiner: Sendable {
    /// What form a part has.
    package enum PartShape: Sendable, Hashable {
        /// `TraceByIDResponse`, the answer of `/api/v2/traces`.
        case response
        /// A bare `Trace`, the answer of `/api/traces`.
        case trace
    }

    /// How to combine.
    package struct Options: Sendable, Hashable {
        /// Most bytes of the merged trace as protobuf; 0 or less: no limit.
        package var maxBytes: Int
        /// A trace message without spans counts as found and makes the answer a combined one. True for queriers; the public
        /// API answers so when it does not have the trace.
        package var emptyTraceCounts: Bool

        package init(maxBytes: Int = 0, emptyTraceCounts: Bool = false) {
            self.maxBytes = maxBytes
            self.emptyTraceCounts = emptyTraceCounts
        }
    }

    let options: Options
    var parts: [TracePart] = []
    var index = TraceIndex()
    private(set) var metrics = TraceByIDMetrics()

    package init(options: Options = Options()) {
        self.options = options
    }

    /// Takes one part. After an error the combiner is as before the call.
    /// - Parameter isCacheHit: of a part from a cache only the counter `engineBytes` counts.
    package mutating func fold(
        _ bytes: [UInt8], shape: PartShape = .response, from origin: PartOrigin, isCacheHit: Bool = false
    ) throws(TracePartError) {
        guard bytes.count < Int(UInt32.max) else {
            throw TracePartError(code: .tooLarge, origin: origin, message: "a part of the trace exceeds 4 GiB")
        }
        let mark = (index.spans.count, index.scopes.count, index.batches.count)
        var scanner = TraceScanner(part: TracePart(origin: origin, bytes: bytes), index: parts.count)
        do {
            // Only the index outlives the closure, and it holds offsets, no pointers.
            let outcome = bytes.withUnsafeBytes { memory -> Result<Void, MalformedWire> in
                do throws(MalformedWire) {
                    switch shape {
                    case .response: try scanner.scanResponse(memory, into: &index)
                    case .trace: try scanner.scanBareTrace(memory, into: &index)
                    }
                    return .success(())
                } catch {
                    return .failure(error)
                }
            }
            try outcome.get()
            let largest = max(index.spans.count, index.scopes.count, index.batches.count)
            guard largest < Int(UInt32.max) else { throw MalformedWire(offset: bytes.count, isTooLarge: true) }
            if let range = scanner.part.metricsRange {
                try add(TraceByIDMetrics.decode(protobuf: Array(bytes[range])), isCacheHit: isCacheHit)
            }
        } catch {
            index.spans.removeLast(index.spans.count - mark.0)
            index.scopes.removeLast(index.scopes.count - mark.1)
            index.batches.removeLast(index.batches.count - mark.2)
            let wire = error as? MalformedWire
            if wire?.isTooLarge == true {
                throw TracePartError(
                    code: .tooLarge, origin: origin, message: "a part of the trace holds too many spans")
            }
            let place = wire.map { " near byte \($0.offset)" } ?? " in its metrics"
            throw TracePartError(
                code: .malformed, origin: origin, message: "the answer is not a valid protobuf trace\(place)")
        }
        parts.append(scanner.part)
    }

    private mutating func add(_ other: TraceByIDMetrics, isCacheHit: Bool) {
        metrics.additionalMetrics.addCounters(other.additionalMetrics, isCacheHit: isCacheHit)
        guard !isCacheHit else { return }
        metrics.inspectedBytes.addSaturating(other.inspectedBytes)
        metrics.backendReads.addSaturating(other.backendReads)
        metrics.backendBytes.addSaturating(other.backendBytes)
    }

    /// Merges what was folded and leaves the combiner empty.
    package mutating func finish() -> MergedTrace {
        // The merger has to be the only owner of the lists, or its first change would copy them.
        var taken = TraceCombiner(options: options)
        swap(&taken, &self)
        let metrics = taken.metrics
        var merger = taken.intoMerger()
        merger.merge()
        return MergedTrace(merger, metrics: metrics)
    }

    private consuming func intoMerger() -> TraceMerger {
        TraceMerger(options: options, parts: parts, index: index)
    }
}
