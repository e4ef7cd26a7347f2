/// Puts the spans of a trace into stored order: those of equal resources together, within them those of equal scopes, in the order in
/// which resources and scopes first occur; else in order of arrival.
struct StoredOrder {
    private struct Group {
        var resource: Int32
        var scope: Int32
        /// The resource's place among the resources.
        var batch: Int32
        var count: Int32
    }

    private var groups: [Group] = []
    private var batchCount: Int32 = 0
    /// The group of each span.
    private var groupOfSpan: [Int32] = []
    /// Used when there are many groups.
    private var known: [UInt64: Int32] = [:]
    private var batches: [Int32: Int32] = [:]
    private static let maxSearched = 16

    mutating func removeAll() {
        if groups.count > Self.maxSearched {
            known.removeAll(keepingCapacity: true)
            batches.removeAll(keepingCapacity: true)
        }
        groups.removeAll(keepingCapacity: true)
        groupOfSpan.removeAll(keepingCapacity: true)
        batchCount = 0
    }

    /// Adds the next span.
    mutating func append(_ resource: Int32, _ scope: Int32) {
        let group = self.group(resource, scope)
        groups[Int(group)].count += 1
        groupOfSpan.append(group)
    }

    private mutating func group(_ resource: Int32, _ scope: Int32) -> Int32 {
        if let last = groupOfSpan.last, groups[Int(last)].resource == resource, groups[Int(last)].scope == scope {
            return last
        }
        if groups.count <= Self.maxSearched {
            for (index, group) in groups.enumerated() where group.resource == resource && group.scope == scope {
                return Int32(truncatingIfNeeded: index)
            }
            let batch = groups.first { $0.resource == resource }?.batch
            return add(resource, scope, batch: batch)
        }
        if let index = known[Self.key(resource, scope)] { return index }
        return add(resource, scope, batch: batches[resource])
    }

    private static func key(_ resource: Int32, _ scope: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: resource)) << 32 | UInt64(UInt32(bitPattern: scope))
    }

    private mutating func add(_ resource: Int32, _ scope: Int32, batch: Int32?) -> Int32 {
        if batch == nil { batchCount += 1 }
        groups.append(Group(resource: resource, scope: scope, batch: batch ?? batchCount - 1, count: 0))
        if groups.count == Self.maxSearched + 1 {
            for (index, group) in groups.enumerated() { remember(group, index) }
        } else if groups.count > Self.maxSearched {
            remember(groups[groups.count - 1], groups.count - 1)
        }
        return Int32(truncatingIfNeeded: groups.count - 1)
    }

    private mutating func remember(_ group: Group, _ index: Int) {
        known[Self.key(group.resource, group.scope)] = Int32(truncatingIfNeeded: index)
        batches[group.resource] = group.batch
    }

    /// The spans that were added, in stored order.
    func sorted(_ spans: [SpanLocation]) -> [SpanLocation] {
        if groups.count < 2 { return spans }
        let order = groups.indices.sorted { left, right in
            groups[left].batch == groups[right].batch ? left < right : groups[left].batch < groups[right].batch
        }
        var next = [Int](repeating: 0, count: groups.count)
        var position = 0
        for group in order {
            next[group] = position
            position += Int(groups[group].count)
        }
        return [SpanLocation](unsafeUninitializedCapacity: spans.count) { buffer, count in
            // Every place below the count is written once: the groups' counts add up to it.
            for (span, group) in zip(spans, groupOfSpan) {
                buffer.initializeElement(at: next[Int(group)], to: span)
                next[Int(group)] += 1
            }
            count = spans.count
        }
    }
}
