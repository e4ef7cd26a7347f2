/// Empty values that stand for "not known here": a tenant that holds a trace without its root gives an empty root name, which says
/// nothing when another tenant knows a name.
struct UnknownValues<Value: Hashable & Sendable>: Sendable {
    var isOn = false
    private var holders: [Value: Set<PartOrigin>] = [:]
    private var knowing: Set<PartOrigin> = []

    mutating func note(empty: [Value], known: Bool, from origin: PartOrigin) {
        guard isOn else { return }
        if known { knowing.insert(origin) }
        for value in empty { holders[value, default: []].insert(origin) }
    }

    /// Empty values of parts for which some other part knows better.
    var superseded: Set<Value> {
        Set(holders.filter { _, origins in knowing.contains { origins != [$0] } }.keys)
    }
}
