/// The longest range that the tenants of one query may ask for.
struct SearchDurationLimit: Sendable, Equatable {
    /// Zero is no maximum.
    let value: Duration
    /// Whose override it is; nil for the limit of the configuration.
    let tenant: String?

    init(value: Duration, tenant: String? = nil) {
        self.value = value
        self.tenant = tenant
    }

    /// The strictest limit of several tenants: a tenant's own value holds where it is set (not zero), else the configured one.
    /// Of equal values the configured one is named first, then the first tenant. The tenant of a query that has but one is not
    /// named: its refusal reads as Tempo's.
    static func strictest(
        of overrides: [(tenant: String, maxSearchDuration: Duration)], configured: Duration
    ) -> SearchDurationLimit {
        let own = overrides.filter { $0.maxSearchDuration != .zero }
        var candidates = own.map { SearchDurationLimit(value: $0.maxSearchDuration, tenant: $0.tenant) }
        if own.count < overrides.count || overrides.isEmpty {
            candidates.insert(SearchDurationLimit(value: configured), at: 0)
        }
        guard let strictest = candidates.filter({ $0.value != .zero }).min(by: { $0.value < $1.value }) else {
            return SearchDurationLimit(value: .zero)
        }
        return overrides.count == 1 ? SearchDurationLimit(value: strictest.value) : strictest
    }

    /// Refuses a range of whole Unix seconds that is too long. A range that runs backwards counts as endless, as in Tempo,
    /// whose unsigned difference wraps; without a limit it has its own refusal.
    func check(start: UInt32, end: UInt32) throws(APIError) {
        let isTooLong = start > end || Duration.seconds(Int64(end) - Int64(start)) > value
        guard value != .zero, isTooLong else {
            if start > end { throw .startNotBeforeEnd(start: Int64(start), end: Int64(end)) }
            return
        }
        let source = tenant.map { " (max_search_duration of tenant \($0))" } ?? ""
        throw .badRequest(
            "range specified by start and end exceeds \(GoDuration.format(value)). "
                + "received start=\(start) end=\(end)\(source)")
    }
}

extension APIError {
    static func startNotBeforeEnd(start: Int64, end: Int64) -> APIError {
        .badRequest("http parameter start must be before end. received start=\(start) end=\(end)")
    }
}
