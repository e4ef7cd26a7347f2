import TempoAPI

/// Merges the copies of one trace that several parts reported, so that the result is what one tenant with all spans would report:
/// a root that anybody knows, the time from the first start to the last end, counts that add up, spans that are united. Copies of
/// the same spans (replicas) are not counted twice.
struct SearchTraceMerger {
    let spansPerSpanSet: Int
    /// Decides about traces that were found beside it, unix nanoseconds.
    let window: ClosedRange<UInt64>?

    /// Parts that hold the same spans: those of one origin, and the replicas of one tenant. Their counts are not added.
    enum Group: Hashable {
        case target(tenant: Int, target: Int)
        case replicas(tenant: Int, group: Int)

        init(_ origin: PartOrigin) {
            if let group = origin.replicaGroup {
                self = .replicas(tenant: origin.tenantRank, group: group)
            } else {
                self = .target(tenant: origin.tenantRank, target: origin.targetRank)
            }
        }
    }

    /// Nil when nobody reported the trace as a match in the window, unless it was found beside it and is known to reach into it.
    func merge(_ unordered: [SearchCombiner.Copy]) -> TraceSearchMetadata? {
        guard Self.isFound(unordered, in: window) else { return nil }
        let copies = unordered.sorted { ($0.origin, $0.sequence) < ($1.origin, $1.sequence) }
        let matches = copies.filter(\.role.isOfQuery)
        guard var result = (matches.first { $0.role == .matches } ?? matches.first)?.trace else { return nil }
        mergeRoot(copies, into: &result)
        if copies.count > 1 {
            mergeTimes(copies, into: &result)
            // A search by `tags` counts no services; headers must not add what it did not ask for.
            if matches.contains(where: { !$0.trace.serviceStats.isEmpty }) {
                result.serviceStats = mergedServiceStats(copies)
            }
        }
        if matches.count > 1 {
            result.spanSets = mergedSpanSets(matches)
            if let first = result.spanSets.first { result.spanSet = first }
        }
        return result
    }

    private static func isFound(_ copies: [SearchCombiner.Copy], in window: ClosedRange<UInt64>?) -> Bool {
        if copies.contains(where: { $0.role == .matches }) { return true }
        guard let window, copies.contains(where: { $0.role == .beside }) else { return false }
        return TraceTimes(copies).reach(into: window) == .inside
    }

    private func mergeRoot(_ copies: [SearchCombiner.Copy], into result: inout TraceSearchMetadata) {
        let root = SearchRoots(copies).root
        let serviceName = root?.serviceName ?? ""
        result.rootServiceName = serviceName.isEmpty ? SearchCombiner.rootPlaceholder : serviceName
        result.rootTraceName = root?.name ?? ""
    }

    private func mergeTimes(_ copies: [SearchCombiner.Copy], into result: inout TraceSearchMetadata) {
        let times = TraceTimes(copies)
        result.startTimeUnixNano = times.start
        result.durationMs = times.durationMs
    }

    /// Tenants do not share spans, so their counts add up; replicas hold the same spans, so the greater count is the truth.
    private func mergedServiceStats(_ copies: [SearchCombiner.Copy]) -> TextMap<ServiceStats> {
        var groups: [Group: TextMap<ServiceStats>] = [:]
        for copy in copies {
            groups[Group(copy.origin), default: [:]].merge(copy.trace.serviceStats) { a, b in
                ServiceStats(spanCount: max(a.spanCount, b.spanCount), errorCount: max(a.errorCount, b.errorCount))
            }
        }
        var sums: TextMap<ServiceStats> = [:]
        for stats in groups.values {
            sums.merge(stats) { a, b in
                var sum = a
                sum.spanCount.addSaturating(b.spanCount)
                sum.errorCount.addSaturating(b.errorCount)
                return sum
            }
        }
        return sums
    }

    // MARK: Span sets

    private struct SpanSetKey: Hashable {
        /// The `by(...)` attributes as protobuf: name and typed value.
        var attributes: [UInt8]
        /// Several sets of one answer with the same attributes stay apart.
        var occurrence: Int
    }

    private struct SpanSetPart {
        var group: Group
        var set: SpanSet
    }

    private func mergedSpanSets(_ copies: [SearchCombiner.Copy]) -> [SpanSet] {
        var order: [SpanSetKey] = []
        var parts: [SpanSetKey: [SpanSetPart]] = [:]
        for copy in copies {
            var seen: [[UInt8]: Int] = [:]
            for set in copy.trace.spanSets {
                var bytes: [UInt8] = []
                for attribute in set.attributes where attribute.key.hasPrefix("by") {
                    bytes.appendVarint(UInt64(attribute.protobufSize))
                    attribute.appendProtobuf(to: &bytes)
                }
                let key = SpanSetKey(attributes: bytes, occurrence: seen[bytes, default: 0])
                seen[bytes, default: 0] += 1
                if parts[key] == nil { order.append(key) }
                parts[key, default: []].append(SpanSetPart(group: Group(copy.origin), set: set))
            }
        }
        return order.compactMap { key in parts[key].flatMap(unite) }
    }

    private func unite(_ parts: [SpanSetPart]) -> SpanSet? {
        guard var result = parts.first?.set else { return nil }
        guard parts.count > 1 else { return result }
        var union = SpanUnion()
        var groupOrder: [Group] = []
        var matched: [Group: UInt32] = [:]
        var seen: [Group: Set<Int>] = [:]
        for part in parts {
            if matched[part.group] == nil { groupOrder.append(part.group) }
            for span in part.set.spans { seen[part.group, default: []].insert(union.insert(span)) }
            matched[part.group] = max(matched[part.group] ?? 0, part.set.matched)
        }
        var total: UInt32 = 0
        var known: Set<Int> = []
        var duplicates = 0
        for group in groupOrder {
            let spans = seen[group] ?? []
            // Replicas may each show other spans of the same set; there are at least as many matches as spans seen.
            total.addSaturating(max(matched[group] ?? 0, UInt32(clamping: spans.count)))
            duplicates += spans.count - spans.subtracting(known).count
            known.formUnion(spans)
        }
        total -= min(total, UInt32(clamping: duplicates))
        result.attributes = mergedAttributes(parts, total: total)
        result.matched = total
        result.spans = union.sorted(limit: spansPerSpanSet)
        return result
    }

    /// The attributes of the first part, then those that only others have. `count()` is the number of matches; other
    /// aggregates of parts say nothing about the whole and stay the first part's.
    private func mergedAttributes(_ parts: [SpanSetPart], total: UInt32) -> [KeyValue] {
        var result: [KeyValue] = []
        var names: Set<ExactText> = []
        for part in parts {
            for attribute in part.set.attributes where names.insert(ExactText(attribute.key)).inserted {
                result.append(attribute)
            }
        }
        let countsMatches = parts.allSatisfy { part in
            part.set.attributes.contains {
                $0.key == "count()" && $0.value?.value == .int(Int64(part.set.matched))
            }
        }
        if countsMatches, let i = result.firstIndex(where: { $0.key == "count()" }) {
            result[i].value = AnyValue(.int(Int64(total)))
        }
        return result
    }
}
