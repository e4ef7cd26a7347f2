import TenantFederation

extension QueryScope {
    /// What the header says of kept answers: `hit` when every sub-request had one, `partial-hit` when some had, `miss` when none
    /// had; nil when nothing keeps the answers of those that were asked.
    var cacheUse: String? {
        let uses = outcomes.compactMap(\.cacheUse)
        guard !uses.isEmpty else { return nil }
        let hits = uses.count { $0 == .hit }
        if hits == 0 { return "miss" }
        return hits == outcomes.count ? "hit" : "partial-hit"
    }
}

extension [SubRequestOutcome] {
    /// Bytes that targets sent, without what was kept or asked by another query.
    var bytesOfTargets: Int {
        reduce(0) { $0 + ($1.cacheUse == .hit || $1.cacheUse == .joined ? 0 : $1.receivedBytes) }
    }

    /// Sub-requests that no target was asked for.
    var sparedCount: Int { count { $0.cacheUse == .hit || $0.cacheUse == .joined } }
}
