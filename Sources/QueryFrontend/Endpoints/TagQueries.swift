import TenantFederation

/// From the parameters of the tag endpoints to the questions for targets.
extension FrontendService {
    func planTagNames(
        _ scope: inout QueryScope, version: APIVersion
    ) throws -> (plan: QueryPlan, query: TagNamesQuery, parameters: TagsParameters) {
        let parameters = try TagsParameters.parse(
            version: version, query: scope.query, limits: searchLimits, now: scope.nowUnixNanoseconds,
            checks: checks(scope))
        let plan = try planQuery(&scope)
        try parameters.checkAfterTenants(maxSearchDuration: searchDurationLimit(scope.tenants))
        var query = TagNamesQuery(
            parameters: Self.passed(["scope", "q", "limit", "maxStaleValues"], of: parameters.original),
            start: try parameters.range.uint32("start", parameters.range.start),
            end: try parameters.range.uint32("end", parameters.range.end))
        query.hasWindow = Self.namesWindow(parameters.original)
        return (plan, query, parameters)
    }

    func planTagValues(
        _ scope: inout QueryScope, tag: String, version: APIVersion
    ) throws -> (plan: QueryPlan, query: TagValuesQuery, parameters: TagValuesParameters) {
        let parameters = try TagValuesParameters.parse(
            version: version, tagName: tag, query: scope.query, limits: searchLimits, now: scope.nowUnixNanoseconds,
            checks: checks(scope))
        let plan = try planQuery(&scope)
        try parameters.checkAfterTenants(
            maxSearchDuration: searchDurationLimit(scope.tenants), checks: textChecks)
        var query = TagValuesQuery(
            tagName: tag, parameters: Self.passed(["q", "limit", "maxStaleValues"], of: parameters.original),
            start: try parameters.range.uint32("start", parameters.range.start),
            end: try parameters.range.uint32("end", parameters.range.end))
        query.hasWindow = Self.namesWindow(parameters.original)
        return (plan, query, parameters)
    }

    private static func namesWindow(_ items: QueryItems) -> Bool {
        ["start", "end", "since"].contains { items.value($0) != nil }
    }

    private static func passed(_ names: [String], of items: QueryItems) -> [QueryParameter] {
        names.compactMap { name in items.text(name).map { QueryParameter(name, $0) } }
    }
}
