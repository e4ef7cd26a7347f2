import TenantFederation

/// The limits that a query obeys: the configuration's, and of the tenants' own the strictest.
extension FrontendService {
    var searchLimits: SearchLimits { SearchLimits(configuration.queryFrontend) }

    /// Names of tenants under which limits are looked up.
    func searchDurationLimit(_ tenants: [String]) -> SearchDurationLimit {
        let limit = SearchDurationLimit.strictest(
            of: tenants.map { ($0, overrides.limits(for: $0).maxSearchDuration) },
            configured: configuration.queryFrontend.search.maxDuration)
        return tenants.count > 1 ? limit : SearchDurationLimit(value: limit.value)
    }

    func strictestLimit(
        _ key: KeyPath<TenantLimits, Int>, _ tenants: [String]
    ) -> (value: Int, tenant: String)? {
        overrides.strictest(key, tenants: tenants)
    }

    func anyLimit(_ key: KeyPath<TenantLimits, Bool>, _ tenants: [String]) -> Bool {
        tenants.contains { overrides.limits(for: $0)[keyPath: key] }
    }
}
