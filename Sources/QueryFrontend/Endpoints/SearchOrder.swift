import TenantFederation

/// Whether a search wants the newest traces overall, and the conditions that a target is asked with.
struct SearchOrder {
    /// True when `with(most_recent=true)` holds for the query, by its own text or by `federation.newest_first`.
    let isNewestFirst: Bool
    /// `q`, or `tags` and the durations, or legacy tag parameters; and what else a target reads.
    let conditions: [QueryParameter]

    init(_ parameters: SearchParameters, newestFirst: Bool) {
        var conditions: [QueryParameter] = []
        var isNewestFirst = false
        func pass(_ name: String) {
            if let text = parameters.original.text(name) { conditions.append(QueryParameter(name, text)) }
        }
        if let query = parameters.query {
            let hint = MostRecentHint(query)
            isNewestFirst = hint.isSet ?? newestFirst
            conditions.append(QueryParameter("q", newestFirst && hint.isSet == nil ? hint.added : query))
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
