import HTTPTransport
import TenantFederation

/// One query on its way through the frontend: the request, what was settled about it so far, and what its log line says.
struct QueryScope {
    let request: HTTPServerRequest
    let target: RequestTarget
    let route: Route
    let query: QueryItems
    let format: ContentNegotiation
    let operation: Operation
    let started: ContinuousClock.Instant
    let nowUnixNanoseconds: Int64
    /// The instant at which the client must have its answer.
    let deadline: ContinuousClock.Instant

    /// Bytes of upstream answers that the query may hold.
    let budget: ByteBudget

    /// What the loss of a member means.
    var partialPolicy: PartialPolicy

    // Settled while the query runs.
    var tenants: [String] = []
    var plan: QueryPlan?
    var outcomes: [SubRequestOutcome] = []
    var mark = FederationMark()
    var inspectedBytes: UInt64 = 0
    var duplicateSpans = 0
    /// What a trace tells of the clocks of its targets, for the header field and the log; nil: nothing.
    var clockSkew: String?
    /// Sub-requests that completed the traces of a search; they are among the outcomes.
    var headerSubRequests = 0
    /// Ranks of the targets that gave spans of the trace that is looked up; nil: no lookup, or not known.
    var traceHolders: Set<Int>?
    /// Spans of the trace that is answered.
    var totalSpans = 0
    /// All zero unless the search was evaluated here.
    var crossTenant = CrossTenantFigures()

    /// How many targets had a part in the answer so far.
    var instances: InstanceCounts {
        InstanceCounts(outcomes, isPartial: mark.level == .partial, holders: traceHolders, totalSpans: totalSpans)
    }

    /// A trace lookup always tells how many targets answered; other queries where there are several sub-requests.
    var instanceFields: [(String, String)] {
        guard let plan, !plan.isSingle || operation == .traces else { return [] }
        return instances.fields
    }

    /// Answers of several sub-requests say how they were made; that of a single one is the target's own, and says so where it is
    /// less than what was asked for.
    var federationFields: [(String, String)] {
        guard let plan, !plan.isSingle || outcomes.contains(where: { !$0.notes.isEmpty }) else { return [] }
        var fields = [("X-Tempo-Federation", mark.level.text)]
        if let reason = mark.reasonText { fields.append(("X-Tempo-Federation-Reason", reason)) }
        if let clockSkew { fields.append(("X-Tempo-Federation-Clock-Skew", clockSkew)) }
        return fields
    }
}
