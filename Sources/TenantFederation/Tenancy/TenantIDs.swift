/// The tenants of one query: at least one, each once, in byte order.
///
/// The joined header text is deliberately not kept: it must never become a key for limits, metrics or pools.
package struct TenantIDs: Sendable, Hashable, RandomAccessCollection, CustomStringConvertible {
    private let ids: [TenantID]

    /// The one tenant of a deployment without multitenancy.
    package static let singleTenant = TenantIDs(.singleTenant)

    /// A query of one tenant.
    package init(_ tenant: TenantID) {
        ids = [tenant]
    }

    /// Sorts and removes duplicates; nil when there is no tenant at all.
    package init?(_ tenants: some Sequence<TenantID>) {
        var unique: [TenantID] = []
        for tenant in tenants.sorted() where unique.last != tenant { unique.append(tenant) }
        guard !unique.isEmpty else { return nil }
        ids = unique
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { ids.count }
    package subscript(position: Int) -> TenantID { ids[position] }

    /// For people: the names joined by `|`.
    package var description: String { ids.map(\.name).joined(separator: "|") }
}
