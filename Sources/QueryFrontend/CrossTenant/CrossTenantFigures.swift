/// What the evaluation of a search across tenants came to, for the log line.
struct CrossTenantFigures: Sendable {
    /// Whether a search was evaluated across tenants at all.
    var isUsed = false
    /// Traces that might match.
    var candidates = 0
    /// Those of them that were fetched and evaluated.
    var evaluated = 0
    /// Those of them that match.
    var matches = 0
    /// Bytes of trace parts.
    var fetchedBytes = 0
}
