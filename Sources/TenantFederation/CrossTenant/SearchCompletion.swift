import TempoAPI

/// What is still to be asked before every trace of a search's answer is whole.
///
/// A tenant tells only of the traces in which it has a match. The others may hold the root, the first start, the last end and
/// further spans, so they are asked for the header of each trace; a part that tells its duration in whole milliseconds only is
/// asked too where that could change the sum; and a tenant whose answer the limit cut is asked for its matches in the traces
/// that others found, as is one whose part of them lies beside the window. Traces of which only parts beside the window match
/// are asked for of the others: they belong to the answer when the whole reaches into the window. No tenant is asked the same
/// of a trace twice.
package struct SearchCompletion: Sendable {
    package enum Kind: Sendable, Hashable {
        /// The header of each trace: root, start, exact duration, service counts.
        case headers
        /// The matches of the query in these traces.
        case matches
        /// The same with more spans of each, of traces in which parts hold spans in common.
        case allMatches
        /// The spans without a parent of these traces.
        case roots
    }

    /// One question to one origin about several traces.
    package struct Question: Sendable {
        package var origin: PartOrigin
        package var kind: Kind
        /// In the order of the answer.
        package var traceIDs: [String]
    }

    private struct Asked: Hashable {
        var origin: PartOrigin
        var kind: Kind
        var traceID: ExactText
    }

    /// Most traces found beside the window that others are asked about.
    package static let maxUndecided = 500

    private let origins: [PartOrigin]
    private let asksForMatches: Bool
    private let isNewestFirst: Bool
    /// The origins that told all their matches before the window, and after it.
    private var told: [Side: Set<PartOrigin>] = [:]
    private var undecided: Set<ExactText> = []
    /// Whether traces found beside the window were more than are asked about.
    package private(set) var isUndecidedCut = false
    private var asked: Set<Asked> = []
    private var failed: [PartOrigin: Set<Kind>] = [:]

    /// - Parameters:
    ///   - origins: all that may hold spans, in the order of the plan.
    ///   - asksForMatches: the query can be asked of single traces, and its answers tell of spans.
    ///   - isNewestFirst: the newest traces are wanted, not any.
    package init(origins: [PartOrigin], asksForMatches: Bool, isNewestFirst: Bool = false) {
        self.origins = origins
        self.asksForMatches = asksForMatches
        self.isNewestFirst = isNewestFirst
    }

    /// The next questions; none: every trace that the answer would hold now is whole, as far as it can be.
    package mutating func next(_ combiner: SearchCombiner) -> [Question] {
        var questions: [Question] = []
        var positions: [PartOrigin: [Kind: Int]] = [:]
        func ask(_ wanted: [(PartOrigin, Kind)], _ traceID: String) {
            for (origin, kind) in wanted {
                guard failed[origin]?.contains(kind) != true,
                    asked.insert(Asked(origin: origin, kind: kind, traceID: ExactText(traceID))).inserted
                else { continue }
                if let position = positions[origin]?[kind] {
                    questions[position].traceIDs.append(traceID)
                } else {
                    positions[origin, default: [:]][kind] = questions.count
                    questions.append(Question(origin: origin, kind: kind, traceIDs: [traceID]))
                }
            }
        }
        let cut = asksForMatches ? Set(combiner.cutParts) : []
        let window = combiner.options.window
        for trace in combiner.keptTraces() {
            let parts = Set(trace.copies.map { SearchTraceMerger.Group($0.origin) })
            let needsExactTimes = parts.count > 1 && !TraceTimes(trace.copies).isExact
            ask(
                wantedHeaders(trace, needsExactTimes: needsExactTimes) + wantedMatches(trace, cut: cut, window)
                    + wantedSpans(trace) + SearchRoots(trace.copies).undated.map { ($0, .roots) }, trace.traceID)
        }
        for trace in combiner.undecidedTraces(isNewestFirst: isNewestFirst) {
            guard undecided.count < Self.maxUndecided || undecided.contains(ExactText(trace.traceID)) else {
                isUndecidedCut = true
                break
            }
            undecided.insert(ExactText(trace.traceID))
            let isClose = window.map { TraceTimes(trace.copies).reach(into: $0) == .unknown } ?? false
            ask(wantedHeaders(trace, needsExactTimes: isClose), trace.traceID)
        }
        return questions.sorted { ($0.origin, $0.kind.rank) < ($1.origin, $1.kind.rank) }
    }

    /// A side of the window.
    package enum Side: Sendable, Hashable { case before, after }

    /// Origins told all their matches in parts of traces that lie beside the window.
    package mutating func noteTold(_ side: Side, by origins: some Sequence<PartOrigin>) {
        told[side, default: []].formUnion(origins)
    }

    /// An origin that failed is not asked that kind of question again.
    package mutating func noteFailure(_ kind: Kind, of origin: PartOrigin) {
        failed[origin, default: []].insert(kind)
    }

    /// Of those who told nothing of the trace; and of the others where their times are told too coarsely.
    private func wantedHeaders(
        _ trace: SearchCombiner.KeptTrace, needsExactTimes: Bool
    ) -> [(PartOrigin, Kind)] {
        var wanted: [(PartOrigin, Kind)] = []
        let groups = Set(trace.copies.map { SearchTraceMerger.Group($0.origin) })
        for origin in origins where !groups.contains(SearchTraceMerger.Group(origin)) {
            wanted.append((origin, .headers))
        }
        if needsExactTimes {
            let exact = Set(trace.copies.filter { TraceTimes.exactDuration(of: $0) != nil }.map(\.origin))
            for origin in Set(trace.copies.map(\.origin)).subtracting(exact).sorted() {
                wanted.append((origin, .headers))
            }
        }
        return wanted
    }

    /// Where parts show spans in common they may have more of them, which count once: who did not list all its matches is asked.
    private func wantedSpans(_ trace: SearchCombiner.KeptTrace) -> [(PartOrigin, Kind)] {
        guard asksForMatches else { return [] }
        let matches = trace.copies.filter(\.role.isOfQuery)
        let cut = Set(matches.map(\.origin)).filter { origin in
            matches.contains { $0.origin == origin && $0.trace.spanSets.contains { Int($0.matched) > $0.spans.count } }
        }
        guard !cut.isEmpty else { return [] }
        var holders: [SharedSpan: SearchTraceMerger.Group] = [:]
        for copy in matches {
            let group = SearchTraceMerger.Group(copy.origin)
            for span in copy.trace.spanSets.flatMap(\.spans) {
                let key = SharedSpan(id: ExactText(span.spanID), start: span.startTimeUnixNano)
                guard holders.updateValue(group, forKey: key).map({ $0 == group }) ?? true else {
                    return cut.sorted().map { ($0, .allMatches) }
                }
            }
        }
        return []
    }

    private struct SharedSpan: Hashable {
        var id: ExactText
        var start: UInt64
    }

    /// A tenant that has a part of the trace and was cut may have matches in it; so may one whose part lies beside the window.
    private func wantedMatches(
        _ trace: SearchCombiner.KeptTrace, cut: Set<PartOrigin>, _ window: ClosedRange<UInt64>?
    ) -> [(PartOrigin, Kind)] {
        guard asksForMatches, !cut.isEmpty || window != nil else { return [] }
        let matched = Set(trace.copies.filter(\.role.isOfQuery).map(\.origin))
        let holders = Set(trace.copies.map(\.origin)).subtracting(matched)
        return holders.filter { origin in
            if cut.contains(origin) { return true }
            guard let window else { return false }
            let times = TraceTimes(trace.copies.filter { $0.origin == origin })
            guard times.reach(into: window) != .inside else { return false }
            return told[times.start > window.upperBound ? .after : .before]?.contains(origin) != true
        }.sorted().map { ($0, .matches) }
    }
}

extension SearchCompletion.Kind {
    fileprivate var rank: Int {
        switch self {
        case .headers: 0
        case .matches: 1
        case .allMatches: 2
        case .roots: 3
        }
    }

    /// What the answers to such a question are to the combiner.
    package var role: SearchCombiner.Role {
        switch self {
        case .headers: .headers
        case .matches, .allMatches: .supplement
        case .roots: .roots
        }
    }
}
