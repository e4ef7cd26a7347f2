package import TempoAPI

/// Merges the search answers of several tenants into the answer that one tenant holding all spans would give.
///
/// Every part counts, whenever it arrives: nothing is cut before `finish`, which takes the copies of a trace in the order
/// of their origins. Several parts of one origin (a tenant asked again with a doubled limit) are taken as one.
package struct SearchCombiner: Sendable {
    /// What Tempo writes for a trace whose root nobody has seen.
    package static let rootPlaceholder = "<root span not yet received>"

    /// How to combine.
    package struct Options: Sendable, Hashable {
        /// Most traces of the answer; 0: no limit.
        package var limit: Int
        /// Most spans of a span set that was united from several parts; 0: no limit.
        package var spansPerSpanSet: Int
        /// Fill trace ids with zeros to 32 digits (`left_pad_trace_ids`).
        package var padTraceIDs: Bool
        /// The parts come from queriers, which do not count jobs: a part with metrics is one completed job, and the totals
        /// come through `addJobs`. False, as for all targets: the parts come from Tempo's public API and their counts are
        /// added up.
        package var partsAreJobs: Bool
        /// Of the search, unix nanoseconds. It decides about traces that were found beside it; nil: there are none.
        package var window: ClosedRange<UInt64>?

        package init(
            limit: Int, spansPerSpanSet: Int = 0, padTraceIDs: Bool = false, partsAreJobs: Bool = false,
            window: ClosedRange<UInt64>? = nil
        ) {
            self.limit = limit
            self.spansPerSpanSet = spansPerSpanSet
            self.padTraceIDs = padTraceIDs
            self.partsAreJobs = partsAreJobs
            self.window = window
        }
    }

    /// What a part is to the search.
    package enum Role: Sendable, Hashable {
        /// The answer to the search.
        case matches
        /// Headers of traces that other tenants found (`{ trace:id = "..." }`): they complete root, start, duration and
        /// service counts, but find nothing by themselves. With `| by(trace:duration)` the duration is exact.
        case headers
        /// Matches in traces that other tenants found, of a tenant whose own answer the limit cut. They find nothing new.
        case supplement
        /// Matches in parts of traces that lie beside the window of the search, before or after it. Such a trace belongs to the
        /// answer when all its parts together reach into the window.
        case beside
        /// The spans without a parent of traces whose parts tell of several roots. They find nothing by themselves.
        case roots

        /// Whether the span sets of the part are of the query.
        var isOfQuery: Bool { self != .headers && self != .roots }
    }

    /// One answer's entry for a trace.
    struct Copy: Sendable {
        var origin: PartOrigin
        /// Order among the parts of one origin.
        var sequence: Int
        var role: Role
        var trace: TraceSearchMetadata
    }

    private struct Answer {
        var count: Int
        var limit: Int
        var oldestStart: UInt64
    }

    let options: Options
    private var positions: [ExactText: Int] = [:]
    private(set) var copies: [[Copy]] = []
    private var answers: [PartOrigin: Answer] = [:]
    private var sequence = 0
    /// The origins that may have more matches beside the window than they told.
    package private(set) var cutBeside: Set<PartOrigin> = []
    /// Of those whose answer in a wider window was cut: the earliest start of a trace in it, unix nanoseconds; 0: unknown.
    private(set) var cutWideAt: [PartOrigin: UInt64] = [:]
    /// Of these, the ones whose answer told of traces beside the window: they may have more matches in it.
    package private(set) var cutByBeside: Set<PartOrigin> = []
    private var metrics = SearchMetrics()
    /// Bytes that were read to complete traces. The counts of the answer are those of the search itself.
    package private(set) var completionBytes: UInt64 = 0

    package init(options: Options) {
        self.options = options
    }

    /// Takes one part.
    /// - Parameter limitAsked: the `limit` that the part was asked with; an answer that reaches it may have been cut. Nil:
    ///   the limit of the query.
    /// - Parameter isCacheHit: of a querier's part from a cache only the counter `engineBytes` counts. Targets never say so.
    package mutating func fold(
        _ part: SearchResponse, from origin: PartOrigin, role: Role = .matches, limitAsked: Int? = nil,
        isCacheHit: Bool = false
    ) {
        sequence += 1
        for trace in part.traces {
            let copy = Copy(origin: origin, sequence: sequence, role: role, trace: trace)
            if let position = positions[ExactText(trace.traceID)] {
                copies[position].append(copy)
            } else {
                positions[ExactText(trace.traceID)] = copies.count
                copies.append([copy])
            }
        }
        if role == .matches {
            let oldest = part.traces.lazy.map(\.startTimeUnixNano).filter { $0 > 0 }.min() ?? 0
            answers[origin] = Answer(
                count: part.traces.count, limit: limitAsked ?? options.limit, oldestStart: oldest)
        }
        if role == .beside, let limitAsked, part.traces.count >= limitAsked { cutBeside.insert(origin) }
        guard let counts = part.metrics else { return }
        if role == .matches {
            add(counts, isCacheHit: isCacheHit)
        } else {
            completionBytes.addSaturating(counts.inspectedBytes)
        }
    }

    /// Takes an answer to the search in a window wider than its own. Traces beside the window are kept apart (`Role.beside`); one
    /// that does not lie in the wider window either is taken for what its target took it for.
    package mutating func fold(_ part: SearchResponse, from origin: PartOrigin, askedIn wider: ClosedRange<UInt64>?) {
        guard let window = options.window, let wider, wider != window else { return fold(part, from: origin) }
        var (inside, beside) = (part, SearchResponse())
        inside.traces = part.traces.filter { trace in
            let times = TraceTimes([Copy(origin: origin, sequence: 0, role: .matches, trace: trace)])
            if times.reach(into: window) == .inside || times.reach(into: wider) == .outside { return true }
            beside.traces.append(trace)
            return false
        }
        fold(inside, from: origin)
        fold(beside, from: origin, role: .beside)
        guard options.limit > 0, part.traces.count >= options.limit else { return }
        answers[origin]?.count = part.traces.count
        cutWideAt[origin] = part.traces.lazy.map(\.startTimeUnixNano).min() ?? 0
        if !beside.traces.isEmpty { cutByBeside.insert(origin) }
    }

    /// An origin did not tell its matches beside the window.
    package mutating func noteCutBeside(_ origin: PartOrigin) { cutBeside.insert(origin) }

    /// Adds the job counts of one tenant (parts of queriers only; targets send these counts themselves).
    package mutating func addJobs(totalBlocks: UInt32, totalJobs: UInt32, totalBlockBytes: UInt64) {
        metrics.totalBlocks.addSaturating(totalBlocks)
        metrics.totalJobs.addSaturating(totalJobs)
        metrics.totalBlockBytes.addSaturating(totalBlockBytes)
    }

    private mutating func add(_ other: SearchMetrics, isCacheHit: Bool) {
        if options.partsAreJobs {
            metrics.completedJobs.addSaturating(1)
        } else {
            metrics.completedJobs.addSaturating(other.completedJobs)
            metrics.inspectedSpans.addSaturating(other.inspectedSpans)
            addJobs(
                totalBlocks: other.totalBlocks, totalJobs: other.totalJobs, totalBlockBytes: other.totalBlockBytes)
        }
        metrics.additionalMetrics.addCounters(other.additionalMetrics, isCacheHit: isCacheHit)
        guard !isCacheHit else { return }
        metrics.inspectedTraces.addSaturating(other.inspectedTraces)
        metrics.inspectedBytes.addSaturating(other.inspectedBytes)
        metrics.backendReads.addSaturating(other.backendReads)
        metrics.backendBytes.addSaturating(other.backendBytes)
    }

    /// The origins whose last answer reached the limit that it was asked with, so that it may have held more.
    package var cutParts: [PartOrigin] {
        answers.filter { $0.value.limit > 0 && $0.value.count >= $0.value.limit }.map(\.key).sorted()
    }

    /// For a search of the newest traces: the origins that have to be asked again with a greater limit, because they were
    /// cut at a trace that is newer than the last one that the answer would keep. Empty: the answer is the newest overall.
    package func needsMore() -> [PartOrigin] {
        let cut = cutParts
        guard !cut.isEmpty else { return [] }
        let kept = mergedTraces()
        let oldestKept = kept.last?.startTimeUnixNano ?? 0
        let isFull = options.limit > 0 && kept.count >= options.limit
        return cut.filter { origin in
            !isFull || oldestKept < (answers[origin]?.oldestStart ?? 0)
        }
    }

    /// Ids of the traces that the answer would hold now, and the origins that reported each: who else could complete it.
    package func reporters() -> [(traceID: String, origins: [PartOrigin])] {
        keptTraces().map { ($0.traceID, Set($0.copies.map(\.origin)).sorted()) }
    }

    /// A trace that the answer would hold now, with all that is known of it.
    struct KeptTrace: Sendable {
        var traceID: String
        var copies: [Copy]
    }

    /// The traces that the answer would hold now, in its order.
    func keptTraces() -> [KeptTrace] {
        mergedTraces(padding: false).map { trace in
            KeptTrace(
                traceID: trace.traceID, copies: positions[ExactText(trace.traceID)].map { copies[$0] } ?? [])
        }
    }

    /// When the traces start that the answer would hold now, in its order.
    func keptStarts() -> [UInt64] { mergedTraces(padding: false).map(\.startTimeUnixNano) }

    /// The merged answer.
    package func finish() -> SearchResponse {
        SearchResponse(traces: mergedTraces(), metrics: metrics)
    }

    private func mergedTraces(padding: Bool? = nil) -> [TraceSearchMetadata] {
        let merger = SearchTraceMerger(spansPerSpanSet: options.spansPerSpanSet, window: options.window)
        var traces = copies.compactMap { merger.merge($0) }
        traces.sort { a, b in
            a.startTimeUnixNano != b.startTimeUnixNano
                ? a.startTimeUnixNano > b.startTimeUnixNano : a.traceID.utf8.lexicographicallyPrecedes(b.traceID.utf8)
        }
        if options.limit > 0, traces.count > options.limit { traces.removeLast(traces.count - options.limit) }
        if padding ?? options.padTraceIDs {
            for i in traces.indices {
                let missing = 32 - traces[i].traceID.utf8.count
                if missing > 0 { traces[i].traceID = String(repeating: "0", count: missing) + traces[i].traceID }
            }
        }
        return traces
    }
}
