import Synchronization
import TenantFederation

/// What `/metrics` says about kept answers.
struct CacheMetrics: Sendable {
    private let requests: [Operation: [CacheUse: Counter]]
    private let evictions: Counter
    private let bytes: Gauge
    private let entries: Gauge

    init(_ metrics: FrontendMetrics) {
        requests = Dictionary(
            uniqueKeysWithValues: Operation.allCases.map { operation in
                let counters = CacheUse.allCases.map { ($0, metrics.cacheRequests.with(operation.rawValue, $0.label)) }
                return (operation, Dictionary(uniqueKeysWithValues: counters))
            })
        evictions = metrics.cacheEvictions.with()
        bytes = metrics.cacheBytes.with()
        entries = metrics.cacheEntries.with()
    }

    func used(_ use: CacheUse, _ operation: Operation) { requests[operation]?[use]?.increment() }

    func dropped(_ count: Int) {
        if count > 0 { evictions.increment(by: count) }
    }

    func changed(bytes: Int, entries: Int) {
        if bytes != 0 { self.bytes.add(Double(bytes)) }
        if entries != 0 { self.entries.add(Double(entries)) }
    }
}

extension CacheUse {
    /// The label `result`.
    var label: String {
        switch self {
        case .hit: "hit"
        case .joined: "joined"
        case .miss: "miss"
        case .bypass: "bypass"
        }
    }
}
