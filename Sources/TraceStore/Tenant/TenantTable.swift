import Synchronization

/// The tenants of a store.
final class TenantTable: Sendable {
    private let tenants = Mutex<[String: Tenant]>([:])

    func find(_ name: String) -> Tenant? { tenants.withLock { $0[name] } }

    /// Sorted.
    func names() -> [String] { tenants.withLock { $0.keys.sorted() } }
}

/// One tenant's spans.
final class Tenant: Sendable {
    /// What it has now.
    func snapshot() -> TenantSnapshot { TenantSnapshot(views: []) }
}
