import TenantFederation
import TraceQL

/// Whether a search wants the newest traces overall, and the conditions that a target is asked with.
struct SearchOrder {
    /// True when `with(most_recent=true)` holds for the query, by its own text or by `federation.newest_first`.
    let isNewestFirst: Bool
    /// `q`, or `tags` and the durations, or legacy tag parameters; and what else a target reads.
    let conditions: [QueryParameter]

    /// - Parameter parsed: the query's tree; nil for a search by tags.
    init(_ parameters: SearchParameters, parsed: Query?, newestFirst: Bool) {
        var conditions: [QueryParameter] = []
        var isNewestFirst = false
        func pass(_ name: String) {
            if let text = parameters.original.text(name) { conditions.append(QueryParameter(name, text)) }
        }
        if let query = parameters.query {
            let hint = MostRecentHint(parsed)
            isNewestFirst = hint.isSet ?? newestFirst
            let isAdded = newestFirst && hint.isSet == nil
            conditions.append(QueryParameter("q", isAdded ? hint.added ?? query : query))
        } else if parameters.rawTags != nil {
            pass("tags")
        } else {
            for tag in parameters.tags { conditions.append(QueryParameter(tag.key, tag.value)) }
        }
        for name in ["query", "minDuration", "maxDuration", "skip_ast_transformations"] { pass(name) }
        self.isNewestFirst = isNewestFirst
        self.conditions = conditions
    }
}
