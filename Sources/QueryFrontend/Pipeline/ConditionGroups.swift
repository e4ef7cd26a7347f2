import TraceQL

/// How many groups of conditions the filter of a tag query comes to when `||` is multiplied out, which a Tempo bounds.
///
/// The count is a lower bound, so that nothing is refused here that a Tempo would take: alternatives on one attribute count
/// as the one list that they may be rewritten to, what stands under `!` counts once, and so does a filter that is only
/// half typed. A target that counts more refuses the query itself, and its text reaches the client.
enum ConditionGroups {
    /// - Parameter limit: `max_condition_groups_per_tag_query`; zero or less: none.
    static func check(_ text: String, limit: Int, parseLimits: ParseLimits) throws(APIError) {
        guard limit > 0, let count = count(text, parseLimits), count > limit else { return }
        throw .badRequest(
            "maximum condition groups reached (limit: \(limit)). Reduce the number of OR conditions in the query")
    }

    /// nil for a text that filters nothing: one that is no valid query, or does not begin with a bare filter.
    static func count(_ text: String, _ limits: ParseLimits = .default) -> Int? {
        guard let query = try? Query.parse(text, limits: limits), (try? query.validate()) != nil,
            case .spansets(let pipeline) = query.orToIn().query.root, let first = pipeline.elements.first,
            case .spanset(let spanset) = first.kind, case .filter(let filter) = spanset.kind
        else { return nil }
        return max(1, count(filter.expression))
    }

    /// Sums and products instead of the expansion itself, which grows exponentially.
    private static func count(_ expression: FieldExpression) -> Int {
        switch expression.kind {
        case .literal, .attribute: return 0
        case .unary, .binary, .nilTest: return 1
        case .logical(let chain):
            var groups = count(chain.first)
            for step in chain.rest {
                let right = count(step.operand)
                if step.isAnd {
                    let (product, overflow) = max(1, groups).multipliedReportingOverflow(by: max(1, right))
                    groups = overflow ? .max : product
                } else {
                    let (sum, overflow) = groups.addingReportingOverflow(right)
                    groups = overflow ? .max : sum
                }
            }
            return groups
        }
    }
}
