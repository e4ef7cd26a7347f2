extension RecordedUnion {
    /// What is wrong with an answer, given another that is right; nil when nothing is.
    ///
    /// Order, numbers of `metrics` and exemplars carry no meaning; sums may be off by what additions lose. An answer that a limit
    /// cut holds any of the traces, as many as the limit says, each with the spans that `spss` leaves.
    /// - Parameters:
    ///   - whole: the right answer to the same search without a limit, where a limit may cut.
    public static func fault(
        _ question: Question, _ ours: JSONValue, insteadOf right: JSONValue, whole: JSONValue?
    ) -> String? {
        switch question.kind {
        case .search:
            if let order = faultOfOrder(ours) { return order }
            if question.limit < (whole?["traces"]?.elements.count ?? 0), let whole {
                return QueryAnswerComparison.faultOfCut(
                    ours, of: whole, limit: question.limit, spansPerSet: question.spansPerSet)
            }
            if (ours["metrics"] != nil) != (right["metrics"] != nil) { return "metrics" }
            return difference(
                .object(QueryAnswerComparison.traces(ours)), .object(QueryAnswerComparison.traces(right)))
        case .tags, .values: return difference(QueryAnswerComparison.tags(ours), QueryAnswerComparison.tags(right))
        case .trace:
            let (mine, theirs) = (spans(ours), spans(right))
            if mine == theirs { return nil }
            let odd = mine.keys.filter { theirs[$0] == nil }.map(\.span.compact).sorted()
            return "\(mine.count) spans and not \(theirs.count); not among them: \(odd.joined(separator: ", "))"
        case .metrics: return faultOfSeries(ours, insteadOf: right, isInstant: !question.target.contains("query_range"))
        }
    }

    /// Newest first, ties by id.
    private static func faultOfOrder(_ answer: JSONValue) -> String? {
        let keys = (answer["traces"]?.elements ?? []).map { trace in
            (start: UInt64(trace["startTimeUnixNano"]?.text ?? "") ?? 0, id: trace["traceID"]?.text ?? "")
        }
        for (one, next) in zip(keys, keys.dropFirst())
        where one.start < next.start || (one.start == next.start && one.id >= next.id) {
            return "\(next.id) stands behind \(one.id)"
        }
        return nil
    }

    private static func spans(_ answer: JSONValue) -> [QueryAnswerComparison.PlacedSpan: Int] {
        QueryAnswerComparison.spans(answer["trace"] ?? answer)
    }

    // MARK: Series

    private static func faultOfSeries(
        _ ours: JSONValue, insteadOf right: JSONValue, isInstant: Bool
    ) -> String? {
        if ours["status"] != right["status"] { return "status \(ours["status"] ?? .null)" }
        let (mine, theirs) = (series(ours, isInstant), series(right, isInstant))
        for labels in Set(mine.keys).union(theirs.keys).sorted() {
            guard let left = mine[labels], let right = theirs[labels] else {
                return (mine[labels] == nil ? "no series " : "a series of its own: ") + labels
            }
            guard left.map(\.time) == right.map(\.time) else { return "\(labels): other times" }
            for (one, other) in zip(left, right) {
                let scale = max(one.value.magnitude, other.value.magnitude)
                guard (one.value - other.value).magnitude <= 1e-9 * scale else {
                    return "\(labels) at \(one.time): \(one.value) and not \(other.value)"
                }
            }
        }
        return nil
    }

    /// Samples by the text of the labels.
    private static func series(_ answer: JSONValue, _ isInstant: Bool) -> [String: [(time: Int64, value: Double)]] {
        let all = (answer["series"]?.elements ?? []).map { series -> (String, [(time: Int64, value: Double)]) in
            let labels = (series["labels"] ?? .array([])).compact
            if isInstant { return (labels, [(0, number(series["value"]))]) }
            let samples = (series["samples"]?.elements ?? []).map {
                (time: $0["timestampMs"]?.integer ?? -1, value: number($0["value"]))
            }
            return (labels, samples)
        }
        return Dictionary(all, uniquingKeysWith: { first, _ in first })
    }

    /// A zero is left out in JSON; what is no number is a text.
    private static func number(_ value: JSONValue?) -> Double {
        switch value {
        case .number(let number)?: number
        case .string(let text)?: Double(text) ?? .greatestFiniteMagnitude
        default: 0
        }
    }

    // MARK: Values

    /// Where two values differ first; nil: nowhere.
    public static func difference(_ a: JSONValue, _ b: JSONValue, _ path: String = "") -> String? {
        if a == b { return nil }
        switch (a, b) {
        case (.object(let left), .object(let right)):
            for key in Set(left.keys).union(right.keys).sorted() where left[key] != right[key] {
                return difference(left[key] ?? .null, right[key] ?? .null, path + "." + key)
            }
        case (.array(let left), .array(let right)) where left.count == right.count:
            for (index, pair) in zip(left, right).enumerated() where pair.0 != pair.1 {
                return difference(pair.0, pair.1, path + "[\(index)]")
            }
        default: break
        }
        return "\(path): \(a) and not \(b)"
    }
}
