package import TempoAPI
package import TraceQL

/// The traces that several tenants name for the filters of a `CandidatePlan`, united by trace id, and which of them may match.
package struct CandidateSets: Sendable {
    /// A trace that may match.
    package struct Candidate: Sendable, Equatable {
        package var traceID: String
        /// The earliest start that a part told, unix nanoseconds: the trace starts then or before. Unknown: the greatest
        /// number.
        package var latestStart: UInt64

        package init(traceID: String, latestStart: UInt64) {
            self.traceID = traceID
            self.latestStart = latestStart
        }
    }

    /// The traces that may match, as far as they are known.
    package struct Result: Sendable {
        /// Newest first, ties by trace id.
        package var candidates: [Candidate]
        /// False when lists that a limit cut, or that failed, may lack traces that match.
        package var isComplete: Bool
        /// All that start later are known, unix nanoseconds; 0 when the result is complete.
        package var horizon: UInt64
    }

    private struct Known {
        var starts: [ExactText: UInt64] = [:]
        var isComplete = true
        var horizon: UInt64 = 0
    }

    private let rule: CandidatePlan.Rule
    private var lists: [Known]

    package init(_ plan: CandidatePlan) {
        rule = plan.rule
        lists = Array(repeating: Known(), count: plan.filters.count)
    }

    /// Takes one tenant's answer for a filter.
    /// - Parameter limit: what it was asked with; an answer that reaches it may have been cut. Answers begin with the newest.
    package mutating func fold(_ part: SearchResponse, filter: Int, limit: Int) {
        guard lists.indices.contains(filter) else { return }
        for trace in part.traces {
            let id = ExactText(trace.traceID)
            let known = lists[filter].starts[id] ?? 0
            let start = trace.startTimeUnixNano
            lists[filter].starts[id] = known == 0 ? start : start == 0 ? known : min(known, start)
        }
        guard part.traces.count >= limit else { return }
        lists[filter].isComplete = false
        // Whoever lists traces without telling when they start may have left out any.
        let starts = part.traces.lazy.map(\.startTimeUnixNano)
        let oldest = starts.contains(0) ? .max : starts.min() ?? .max
        lists[filter].horizon = max(lists[filter].horizon, oldest)
    }

    /// A tenant did not answer for the filter.
    package mutating func noteMissing(filter: Int) {
        guard lists.indices.contains(filter) else { return }
        lists[filter].isComplete = false
        lists[filter].horizon = .max
    }

    /// The filters whose lists were cut, in order.
    package var cutFilters: [Int] { lists.indices.filter { !lists[$0].isComplete } }

    /// What the lists come to.
    package func result() -> Result {
        let known = evaluate(rule)
        let candidates = known.starts.map {
            Candidate(traceID: $0.key.text, latestStart: $0.value == 0 ? .max : $0.value)
        }.sorted { a, b in
            a.latestStart != b.latestStart
                ? a.latestStart > b.latestStart : a.traceID.utf8.lexicographicallyPrecedes(b.traceID.utf8)
        }
        return Result(candidates: candidates, isComplete: known.isComplete, horizon: known.horizon)
    }

    private func evaluate(_ rule: CandidatePlan.Rule) -> Known {
        switch rule {
        case .never: return Known()
        case .filter(let index): return lists.indices.contains(index) ? lists[index] : Known()
        case .any(let rules):
            var result = Known()
            for known in rules.map(evaluate) {
                result.starts.merge(known.starts, uniquingKeysWith: Self.earlier)
                result.isComplete = result.isComplete && known.isComplete
                result.horizon = max(result.horizon, known.horizon)
            }
            return result
        case .all(let rules):
            // A list that lacks traces must not exclude any, as long as another one is whole.
            let parts = rules.map(evaluate)
            let whole = parts.filter(\.isComplete)
            var used = whole.isEmpty ? parts : whole
            guard var result = used.popLast() else { return Known() }
            for known in used {
                var both: [ExactText: UInt64] = [:]
                for (id, start) in result.starts {
                    if let other = known.starts[id] { both[id] = Self.earlier(start, other) }
                }
                result.starts = both
                result.isComplete = result.isComplete && known.isComplete
                result.horizon = max(result.horizon, known.horizon)
            }
            return result
        }
    }

    private static func earlier(_ a: UInt64, _ b: UInt64) -> UInt64 {
        a == 0 ? b : b == 0 ? a : min(a, b)
    }
}
