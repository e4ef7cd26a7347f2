/// How answers are compared: lists that carry no order as sets, numbers of `metrics` not at all.
public enum QueryAnswerComparison {
    /// The traces of a search answer by id, each in a form in which equal answers are equal.
    public static func traces(_ response: JSONValue) -> [String: JSONValue] {
        var traces: [String: JSONValue] = [:]
        for trace in response["traces"]?.elements ?? [] {
            guard case .object(var members) = trace, let id = members["traceID"]?.text else { continue }
            // The deprecated member repeats the first of the sets, whose order carries no meaning.
            members["spanSet"] = .bool(members["spanSet"] != nil)
            if let sets = members["spanSets"]?.elements {
                members["spanSets"] = .array(sets.map(spanSet))
            }
            traces[id] = JSONValue.object(members).sortingLists(["spanSets"])
        }
        return traces
    }

    private static func spanSet(_ set: JSONValue) -> JSONValue {
        guard case .object(var members) = set else { return set }
        members["spans"] = .array((members["spans"]?.elements ?? []).map { $0.sortingLists(["attributes"]) })
        return JSONValue.object(members).sortingLists(["spans", "attributes"])
    }

    /// What is wrong with an answer that a limit or spss cut, given the uncut one; nil when nothing is.
    ///
    /// Any traces may be left out, as many as the limit says; of every span set any spans beyond `spansPerSet`.
    public static func faultOfCut(_ cut: JSONValue, of whole: JSONValue, limit: Int, spansPerSet: Int) -> String? {
        let (kept, all) = (traces(cut), traces(whole))
        guard kept.count == min(limit, all.count) else { return "\(kept.count) traces" }
        for (id, trace) in kept {
            guard let other = all[id] else { return "\(id) does not match" }
            if trace.removing("spanSets") != other.removing("spanSets") { return "\(id): \(trace.compact)" }
            let sets = trace["spanSets"]?.elements ?? []
            let others = other["spanSets"]?.elements ?? []
            guard sets.count == others.count else { return "\(id): \(sets.count) span sets" }
            for set in sets {
                guard
                    let match = others.first(where: { $0.removing("spans") == set.removing("spans") }),
                    let matched = match["matched"]?.integer
                else { return "\(id): no such span set: \(set.compact)" }
                let spans = set["spans"]?.elements ?? []
                guard spans.count == min(spansPerSet, Int(matched)) else { return "\(id): \(spans.count) spans" }
                let known = Set(match["spans"]?.elements ?? [])
                guard Set(spans).count == spans.count, spans.allSatisfy(known.contains) else {
                    return "\(id): other spans"
                }
            }
        }
        return nil
    }

    /// A span with all that tells where it came from; batches and scopes may be cut differently.
    public struct PlacedSpan: Hashable {
        /// What recorded it.
        public let resource: JSONValue
        /// The instrumentation scope.
        public let scope: JSONValue
        /// The span itself.
        public let span: JSONValue
    }

    /// How often each span of a trace occurs.
    public static func spans(_ trace: JSONValue) -> [PlacedSpan: Int] {
        var found: [PlacedSpan: Int] = [:]
        for batch in (trace["resourceSpans"] ?? trace["batches"])?.elements ?? [] {
            let resource = (batch["resource"] ?? .null).sortingLists(["attributes"])
            for scope in batch["scopeSpans"]?.elements ?? [] {
                let origin = (scope["scope"] ?? .null).sortingLists(["attributes"])
                for span in scope["spans"]?.elements ?? [] {
                    let placed = PlacedSpan(
                        resource: resource, scope: origin, span: span.sortingLists(["attributes"]))
                    found[placed, default: 0] += 1
                }
            }
        }
        return found
    }

    /// Tag names, scopes and values: everything is a set.
    public static func tags(_ response: JSONValue) -> JSONValue {
        guard case .object(var members) = response else { return response }
        members["metrics"] = .bool(members["metrics"] != nil)
        if let scopes = members["scopes"]?.elements {
            members["scopes"] = .array(scopes.map { $0.sortingLists(["tags"]) })
        }
        return JSONValue.object(members).sortingLists(["scopes", "tagNames", "tagValues"])
    }
}
