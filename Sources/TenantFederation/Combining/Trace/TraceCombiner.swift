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

    static func tooManySpans(_ origin: PartOrigin) -> TracePartError {
        TracePartError(code: .tooLarge, origin: origin, message: "a part of the trace holds too many spans")
    }
}

/// Merges the parts of one trace by copying byte ranges; no object is built for a span.
///
/// A part is read once, by `scan`, into an index of 48 bytes a span; that takes time and needs no combiner, so that parts can be
/// scanned side by side. Which parts count, which copies of a span stay
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
        /// A trace message without spans counts as found and makes the answer a combined one. True for parts of queriers;
        /// false for targets, whose public API answers so when it does not have the trace.
        package var emptyTraceCounts: Bool

        /// Spans as they are stored, not as they are shown: client and server spans that share an id keep it, and events and
        /// links keep their order.
        package var keepsStoredForm: Bool

        /// Compare the clocks of the members that the parts come from; nil: do not, which costs nothing.
        package var clockSkew: ClockSkewOptions?

        package init(
            maxBytes: Int = 0, emptyTraceCounts: Bool = false, keepsStoredForm: Bool = false,
            clockSkew: ClockSkewOptions? = nil
        ) {
            self.clockSkew = clockSkew
            self.maxBytes = maxBytes
            self.emptyTraceCounts = emptyTraceCounts
            self.keepsStoredForm = keepsStoredForm
        }
    }

    private let options: Options
    private var parts: [ScannedPart] = []
    /// Records of all indexes, which refer to each other by 32-bit numbers.
    private var entryCount = 0
    private var metrics = TraceByIDMetrics()

    package init(options: Options = Options()) {
        self.options = options
    }

    /// Scans a part and takes it. After an error the combiner is as before the call.
    /// - Parameter isCacheHit: as for `scan`.
    package mutating func fold(
        _ bytes: [UInt8], shape: PartShape = .response, from origin: PartOrigin, isCacheHit: Bool = false
    ) throws(TracePartError) {
        try fold(Self.scan(bytes, shape: shape, from: origin, isCacheHit: isCacheHit))
    }

    /// Takes a part that has been scanned; costs the same whatever the part's size. After an error the combiner is as before
    /// the call.
    package mutating func fold(_ part: ScannedPart) throws(TracePartError) {
        let (sum, overflow) = entryCount.addingReportingOverflow(part.index.entryCount)
        guard !overflow, sum < Int(UInt32.max), parts.count < Int(UInt32.max) else {
            throw .tooManySpans(part.part.origin)
        }
        entryCount = sum
        if let counts = part.metrics { add(counts, isCacheHit: part.isCacheHit) }
        parts.append(part)
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

    /// Joins the indexes of the parts.
    private consuming func intoMerger() -> TraceMerger {
        var joined: [TracePart] = []
        var index = TraceIndex()
        if parts.count > 1 { index.reserve(for: parts.map(\.index)) }
        joined.reserveCapacity(parts.count)
        for i in parts.indices {
            // Each index is given up as soon as it is joined, so that there are never two of all of them.
            var part = TracePart(origin: parts[i].part.origin, bytes: [])
            swap(&part, &parts[i].part)
            index.append(&parts[i].index, of: &part, number: i)
            joined.append(part)
        }
        return TraceMerger(options: options, parts: joined, index: index)
    }
}
