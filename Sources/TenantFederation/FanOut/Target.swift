/// One upstream as the configuration names it, with what decides which tenants it is asked for.
package struct Target: Sendable {
    package var upstream: any Upstream
    /// The tenants this target is always asked as; empty: the tenants of the query.
    package var fixedTenants: [String]
    /// Targets with the same number hold the same spans.
    package var replicaGroup: Int?

    package init(upstream: any Upstream, fixedTenants: [String] = [], replicaGroup: Int? = nil) {
        self.upstream = upstream
        self.fixedTenants = fixedTenants
        self.replicaGroup = replicaGroup
    }
}

/// One question to one target for one tenant.
package struct SubRequest: Sendable {
    package var upstream: any Upstream
    /// The tenant to ask as; nil: none is sent.
    package var tenant: String?
    package var origin: PartOrigin
    /// Which question of the query it is, where a query asks each (target, tenant) several at once.
    package var question = 0

    package init(upstream: any Upstream, tenant: String?, origin: PartOrigin) {
        self.upstream = upstream
        self.tenant = tenant
        self.origin = origin
    }

    /// How messages name it: `target` alone, or `tenant@target`.
    package var label: String {
        guard let tenant else { return upstream.name }
        return tenant + "@" + upstream.name
    }
}
