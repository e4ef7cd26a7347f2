package import TempoAPI
package import TraceQL

/// The traces that several places list for filters, asked window by window until the lists are whole: for questions that must
/// not miss a trace.
///
/// A place that lists as many as it was asked for may know more. Its window is cut into smaller ones, which are asked again.
package struct CandidateLists: Sendable {
    /// A time in which a filter is asked for, unix seconds; both ends belong to it.
    package struct Window: Sendable, Hashable {
        package var start: UInt32
        package var end: UInt32

        package init(start: UInt32, end: UInt32) {
            self.start = start
            self.end = max(start, end)
        }

        /// As many windows of about equal width as wanted, none narrower than a second. They touch, so that what lies on an
        /// edge is in both.
        package func cut(into parts: Int) -> [Window] {
            let width = UInt64(end - start)
            let count = min(UInt64(max(1, parts)), max(1, width))
            return (0..<count).map { index in
                Window(
                    start: start + UInt32(width * index / count), end: start + UInt32(width * (index + 1) / count))
            }
        }
    }

    /// What one place is asked.
    package struct Question: Sendable, Hashable {
        package var filter: Int
        /// Which place is asked, a number of the caller's.
        package var place: Int
        package var window: Window

        package init(filter: Int, place: Int, window: Window) {
            self.filter = filter
            self.place = place
            self.window = window
        }
    }

    /// What the lists say about the traces that a rule takes.
    package struct Bounds: Sendable {
        /// Traces that the rule takes for certain.
        package var known: Set<ExactText>
        /// All that it may take; nil: any.
        package var possible: Set<ExactText>?
    }

    private struct List: Sendable {
        var traces: Set<ExactText> = []
        /// Questions whose answers were cut.
        var cut: [Question] = []
        var isHopeless = false

        var isWhole: Bool { cut.isEmpty && !isHopeless }
    }

    private var lists: [List]
    private let maxTraces: Int

    /// - Parameters:
    ///   - filters: how many there are.
    ///   - maxTraces: a filter that lists more is not asked for any further; it does not tell candidates.
    package init(filters: Int, maxTraces: Int) {
        lists = Array(repeating: List(), count: filters)
        self.maxTraces = maxTraces
    }

    /// Takes the answer to a question. Trace ids must be normalized.
    /// - Parameter limit: what was asked for.
    package mutating func fold(_ part: SearchResponse, of question: Question, limit: Int) {
        guard lists.indices.contains(question.filter), !lists[question.filter].isHopeless else { return }
        for trace in part.traces { lists[question.filter].traces.insert(ExactText(trace.traceID)) }
        if part.traces.count >= limit, lists[question.filter].cut.last != question {
            lists[question.filter].cut.append(question)
        }
        if lists[question.filter].traces.count > maxTraces { giveUp(question.filter) }
    }

    private mutating func giveUp(_ filter: Int) {
        // What is known of it is still known, as far as it goes.
        lists[filter].isHopeless = true
        lists[filter].cut = []
    }

    /// The questions to ask next: every window whose answer was cut, in parts. A filter that cannot be listed whole so is
    /// given up.
    /// - Parameters:
    ///   - wanted: the filters that matter.
    ///   - parts: into how many windows one is cut.
    ///   - room: how many questions there may be at most.
    package mutating func nextQuestions(of wanted: Set<Int>, parts: Int, room: Int) -> [Question] {
        var questions: [Question] = []
        for filter in lists.indices where wanted.contains(filter) && !lists[filter].cut.isEmpty {
            let next = lists[filter].cut.flatMap { question in
                question.window.cut(into: parts).map {
                    Question(filter: filter, place: question.place, window: $0)
                }
            }
            let isStuck = lists[filter].cut.contains { $0.window.end - $0.window.start <= 1 }
            if isStuck || questions.count + next.count > room {
                giveUp(filter)
            } else {
                lists[filter].cut = []
                questions += next
            }
        }
        return questions
    }

    /// Whether some trace was listed for a filter.
    package func hasTraces(filter: Int) -> Bool {
        lists.indices.contains(filter) && !lists[filter].traces.isEmpty
    }

    /// - Parameter filters: the numbers here of the filters that the rule speaks of.
    package func bounds(of rule: CandidatePlan.Rule, filters: [Int]) -> Bounds {
        switch rule {
        case .never: return Bounds(known: [], possible: [])
        case .filter(let index):
            guard filters.indices.contains(index), lists.indices.contains(filters[index]) else {
                return Bounds(known: [], possible: nil)
            }
            let list = lists[filters[index]]
            return Bounds(known: list.traces, possible: list.isWhole ? list.traces : nil)
        case .any(let rules):
            var result = Bounds(known: [], possible: [])
            for one in rules.map({ bounds(of: $0, filters: filters) }) {
                result.known.formUnion(one.known)
                if let possible = one.possible { result.possible?.formUnion(possible) } else { result.possible = nil }
            }
            return result
        case .all(let rules):
            let parts = rules.map { bounds(of: $0, filters: filters) }.sorted { $0.known.count < $1.known.count }
            guard var result = parts.first else { return Bounds(known: [], possible: nil) }
            for one in parts.dropFirst() {
                result.known.formIntersection(one.known)
                guard let possible = one.possible else { continue }
                result.possible = result.possible?.intersection(possible) ?? possible
            }
            return result
        }
    }
}
