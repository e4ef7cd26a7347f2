import Synchronization

/// The tenants of a store.
final class TenantTable: Sendable {
    private let tenants = Mutex<[String: Tenant]>([:])
    private let maxTenants: Int
    private let hash = ByteHash.random()
    let identifiers = ViewIdentifiers()

    init(maxTenants: Int) { self.maxTenants = maxTenants }

    /// What texts are hashed with.
    var textHash: ByteHash { hash }

    func find(_ name: String) -> Tenant? { tenants.withLock { $0[name] } }

    /// The tenant, which is added when it is new.
    /// - Returns: nil when there are too many.
    func findOrAdd(_ name: String) -> Tenant? {
        tenants.withLock { tenants in
            if let known = tenants[name] { return known }
            guard tenants.count < maxTenants else { return nil }
            return add(name, to: &tenants)
        }
    }

    /// The tenant of data that is there already, however many there are.
    func findOrAddFound(_ name: String) -> Tenant {
        tenants.withLock { tenants in tenants[name] ?? add(name, to: &tenants) }
    }

    private func add(_ name: String, to tenants: inout [String: Tenant]) -> Tenant {
        let tenant = Tenant(name: name, hash: hash, identifiers: identifiers)
        tenants[name] = tenant
        return tenant
    }

    /// Forgets a tenant that has nothing.
    func removeIfEmpty(_ tenant: Tenant) {
        tenants.withLock { tenants in
            if tenants[tenant.name] === tenant, tenant.retireIfEmpty() { tenants[tenant.name] = nil }
        }
    }

    /// Sorted by name.
    func all() -> [Tenant] { tenants.withLock { $0.values.sorted { $0.name < $1.name } } }
}
