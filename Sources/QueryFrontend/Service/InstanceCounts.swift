import TenantFederation

/// How many targets had a part in an answer. A target counts once, however many tenants it was asked for.
struct InstanceCounts: Sendable, Equatable {
    /// Of a trace lookup only.
    struct Trace: Sendable, Equatable {
        var instancesWithTrace: Int
        var instancesNotFound: Int
        var totalSpans: Int
    }

    var queried: Int
    /// Those that answered everything they were asked; that they do not have the trace is an answer.
    var responded: Int
    var failed: Int
    /// The answer lacks something.
    var isPartial: Bool
    /// nil where nobody counted.
    var trace: Trace?

    /// - Parameters:
    ///   - holders: ranks of the targets that gave spans of the trace; nil: no lookup, or not known.
    init(_ outcomes: [SubRequestOutcome], isPartial: Bool, holders: Set<Int>? = nil, totalSpans: Int = 0) {
        var asked: Set<Int> = []
        var failing: Set<Int> = []
        for outcome in outcomes where outcome.wasAsked {
            asked.insert(outcome.subRequest.origin.targetRank)
            if outcome.error != nil { failing.insert(outcome.subRequest.origin.targetRank) }
        }
        queried = asked.count
        failed = failing.count
        responded = asked.count - failing.count
        self.isPartial = isPartial
        trace = holders.map { holders in
            Trace(
                instancesWithTrace: holders.count,
                instancesNotFound: asked.subtracting(failing).subtracting(holders).count, totalSpans: totalSpans)
        }
    }

    /// As fields of the response.
    var fields: [(String, String)] {
        let prefix = "X-Tempo-Federation-"
        var fields = [
            (prefix + "Instances-Queried", "\(queried)"), (prefix + "Instances-Responded", "\(responded)"),
            (prefix + "Instances-Failed", "\(failed)"), (prefix + "Partial-Response", "\(isPartial)"),
        ]
        if let trace {
            fields += [
                (prefix + "Instances-With-Trace", "\(trace.instancesWithTrace)"),
                (prefix + "Instances-Not-Found", "\(trace.instancesNotFound)"),
                (prefix + "Total-Spans", "\(trace.totalSpans)"),
            ]
        }
        return fields
    }

    /// As members of the object `metrics` of a v2 lookup in JSON, without braces.
    var metricsMembers: String {
        var text = #""instancesQueried":\#(queried),"instancesResponded":\#(responded)"#
        if let trace {
            text +=
                #","instancesWithTrace":\#(trace.instancesWithTrace),"instancesNotFound":\#(trace.instancesNotFound)"#
        }
        text += #","instancesFailed":\#(failed)"#
        if let trace { text += #","totalSpans":\#(trace.totalSpans)"# }
        return text + #","partialResponse":\#(isPartial)"#
    }
}

extension SubRequestOutcome {
    /// False where the question could be answered, with nothing, without asking anybody.
    var wasAsked: Bool { !isLeftOut && (attempts > 0 || isCached || error != nil) }
}
