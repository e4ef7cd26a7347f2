import TempoAPI

/// What is still to be asked before every trace of a search's answer is whole.
///
/// A tenant tells only of the traces in which it has a match. The others may hold the root, the first start, the last end and
/// further spans, so they are asked for the header of each trace; a part that tells its duration in whole milliseconds only is
/// asked too where that could change the sum; and a tenant whose answer the limit cut is asked for its matches in the traces
/// that others found. No tenant is asked the same of a trace twice.
package struct SearchCompletion: Sendable {
    package enum Kind: Sendable, Hashable {
        /// The header of each trace: root, start, exact duration, service counts.
        case headers
        /// The matches of the query in these traces.
        case matches
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

    private let origins: [PartOrigin]
    private let asksForMatches: Bool
    private var asked: Set<Asked> = []
    private var failed: [PartOrigin: Set<Kind>] = [:]

    /// - Parameters:
    ///   - origins: all that may hold spans, in the order of the plan.
    ///   - asksForMatches: the query can be asked of single traces, and its answers tell of spans.
    package init(origins: [PartOrigin], asksForMatches: Bool) {
        self.origins = origins
        self.asksForMatches = asksForMatches
    }

    /// The next questions; none: every trace that the answer would hold now is whole, as far as it can be.
    package mutating func next(_ combiner: SearchCombiner) -> [Question] {
        var questions: [Question] = []
        var positions: [PartOrigin: [Kind: Int]] = [:]
        let cut = asksForMatches ? Set(combiner.cutParts) : []
        for trace in combiner.keptTraces() {
            for (origin, kind) in wanted(trace, cut: cut) {
                guard failed[origin]?.contains(kind) != true,
                    asked.insert(Asked(origin: origin, kind: kind, traceID: ExactText(trace.traceID))).inserted
                else { continue }
                if let position = positions[origin]?[kind] {
                    questions[position].traceIDs.append(trace.traceID)
                } else {
                    positions[origin, default: [:]][kind] = questions.count
                    questions.append(Question(origin: origin, kind: kind, traceIDs: [trace.traceID]))
                }
            }
        }
        return questions.sorted { ($0.origin, $0.kind.rank) < ($1.origin, $1.kind.rank) }
    }

    /// An origin that failed is not asked that kind of question again.
    package mutating func noteFailure(_ kind: Kind, of origin: PartOrigin) {
        failed[origin, default: []].insert(kind)
    }

    private func wanted(_ trace: SearchCombiner.KeptTrace, cut: Set<PartOrigin>) -> [(PartOrigin, Kind)] {
        var wanted: [(PartOrigin, Kind)] = []
        let groups = Set(trace.copies.map { SearchTraceMerger.Group($0.origin) })
        for origin in origins where !groups.contains(SearchTraceMerger.Group(origin)) {
            wanted.append((origin, .headers))
        }
        if groups.count > 1, !TraceTimes(trace.copies).isExact {
            let exact = Set(trace.copies.filter { TraceTimes.exactDuration(of: $0) != nil }.map(\.origin))
            for origin in Set(trace.copies.map(\.origin)).subtracting(exact).sorted() {
                wanted.append((origin, .headers))
            }
        }
        // A tenant that has a part of the trace and was cut may have matches in it.
        if !cut.isEmpty {
            let matched = Set(trace.copies.filter { $0.role != .headers }.map(\.origin))
            let holders = Set(trace.copies.map(\.origin))
            for origin in cut.subtracting(matched).intersection(holders).sorted() {
                wanted.append((origin, .matches))
            }
        }
        return wanted
    }
}

extension SearchCompletion.Kind {
    fileprivate var rank: Int {
        switch self {
        case .headers: 0
        case .matches: 1
        }
    }

    /// What the answers to such a question are to the combiner.
    package var role: SearchCombiner.Role {
        switch self {
        case .headers: .headers
        case .matches: .supplement
        }
    }
}
