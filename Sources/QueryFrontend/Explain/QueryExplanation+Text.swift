import TraceQL

extension QueryExplanation {
    /// The explanation for people, a line feed at its end.
    var text: String {
        var text = "canonical: \(canonical)\n"
        text += "kind: \(kind.rawValue)\n"
        text += federationText
        if let necessaryConditions {
            text += "necessary conditions:\n"
            text += "  trace: \(necessaryConditions.trace)\n"
            text += "  span: \(necessaryConditions.span)\n"
        } else {
            text += "necessary conditions: too large to be spelled out\n"
        }
        for storage in storageConditions { text += storage.text }
        if let tenants { text += "tenants: \(tenants.joined(separator: "|"))\n" }
        if let subRequests {
            text += "sub-requests: \(subRequests.count)\n"
            for request in subRequests {
                let tenant = request.tenant.map { "tenant \($0)" } ?? "no tenant"
                text += "  target \(request.target), \(tenant): \(request.method) \(request.path)?\(request.query)\n"
            }
        }
        if let evaluation { text += evaluation.text }
        if let completion {
            text +=
                "then, of every tenant that may hold another part of a trace, \(completion.start)..\(completion.end):\n"
            text += "  headers: \(completion.headers)\n"
            if let matches = completion.matches { text += "  matches, where the limit cut: \(matches)\n" }
        }
        for mark in marks ?? [] { text += "\(mark.level): \(mark.text)\n" }
        if let refusal { text += "refused: \(refusal.status) \(refusal.message)\n" }
        return text
    }

    private var federationText: String {
        guard !federation.separable else {
            return "federation: separable, the parts of a trace may be evaluated one by one\n"
        }
        let lines = SourceLines(Array(query.utf8))
        let place = evaluation == nil ? "evaluated inside each tenant" : "evaluated on whole traces"
        var text = "federation: not separable, \(place)\n"
        for reason in federation.reasons {
            text +=
                "  line \(reason.line), col \(reason.column), bytes \(reason.start)..<\(reason.end): \(reason.text): "
            text += lines.excerpt(SourceRange(reason.start, reason.end)) + "\n"
        }
        return text
    }
}

extension QueryExplanation.Evaluation {
    fileprivate var text: String {
        var text = "then evaluated here: every trace found by \(candidates) is fetched whole from all of them\n"
        for subQuery in subQueries ?? [] {
            text += "  counted: \(subQuery.query): \(subQuery.reasons.joined(separator: "; "))\n"
        }
        for (index, filter) in filters.enumerated() { text += "  filter \(index + 1): \(filter)\n" }
        if everyTrace == true { text += "  no condition on a span tells: every trace of the window is a candidate\n" }
        if let durations, let headers {
            text += "  of these only traces that last \(durations), as the headers of all parts tell: \(headers)\n"
        }
        if let lookup, let maxConcurrentFetches, let limit {
            text += "  fetched from each by \(lookup), \(maxConcurrentFetches) at once, the newest first, "
            text += "until \(newestFirst == true ? "the newest " : "")\(limit) match\n"
        }
        text += "  parts from \(start)..\(end), "
        text += "at most \(maxCandidateTraces) traces and \(maxBytes) bytes\n"
        if let listLimit { text += "  at most \(listLimit) traces of each list\n" }
        if let pastBounds { text += "  past these bounds: \(pastBounds)\n" }
        return text
    }
}

extension QueryExplanation.Storage {
    fileprivate var text: String {
        var text = "storage conditions of \(fragment)\n"
        text += conditions.isEmpty ? "  none\n" : "  \(allConditions ? "all" : "any") of:\n"
        for condition in conditions { text += "    \(condition.text)\n" }
        if secondPassSelectsAll { text += "  then everything of the spans that match\n" }
        if !secondPass.isEmpty { text += "  then of the spans that match:\n" }
        for condition in secondPass { text += "    \(condition.text)\n" }
        return text
    }
}

extension QueryExplanation.Condition {
    fileprivate var text: String {
        guard let values else { return "\(test) \(attribute)" }
        let list = values.joined(separator: ", ")
        return "\(attribute) \(test) \(values.count == 1 ? list : "[\(list)]")"
    }
}
