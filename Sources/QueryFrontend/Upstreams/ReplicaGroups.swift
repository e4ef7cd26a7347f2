/// Numbers the groups of targets that hold the same spans: a target and all that are `replica_of` it.
struct ReplicaGroups {
    private let groups: [Int?]

    init(_ targets: [FederationConfiguration.ProxyTarget]) {
        let hasReplicas = Set(targets.map(\.replicaOf).filter { !$0.isEmpty })
        groups = targets.enumerated().map { index, target in
            if !target.replicaOf.isEmpty { return targets.firstIndex { $0.name == target.replicaOf } }
            return hasReplicas.contains(target.name) ? index : nil
        }
    }

    subscript(index: Int) -> Int? { groups[index] }
}
