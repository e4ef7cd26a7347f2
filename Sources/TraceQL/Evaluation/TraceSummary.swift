/// What a search answer says about a whole trace, whichever of its spans matched.
public struct TraceSummary: Sendable, Hashable {
    /// Counts of one service.
    public struct Service: Sendable, Hashable {
        /// `service.name` of the resource; nil when it is missing or no string, which prints as the empty string.
        public var name: StringRef?
        /// Spans.
        public var spanCount: Int
        /// Spans with status error.
        public var errorCount: Int
    }

    /// The name of the root span; nil when there is no root, which prints as the empty string.
    public var rootName: StringRef?
    /// `service.name` of the root's resource; nil when there is no root or no such string.
    public var rootServiceName: StringRef?
    /// The least start of all spans, in nanoseconds since 1970; 0 without spans.
    public var startUnixNano: UInt64 = 0
    /// The greatest end of all spans; 0 without spans.
    public var endUnixNano: UInt64 = 0
    /// One entry a distinct service name number, in first-seen order. Numbers that mean equal strings have an entry each.
    public var services: [Service] = []

    /// End less start, wrapping. An answer's `durationMs` is this divided by a million, truncated.
    public var durationNanos: UInt64 { endUnixNano &- startUnixNano }

    /// Sums up a trace. The root is the last span in stored order that has no parent id and no `hasChildOfLink`.
    public init(_ table: SpanTable) {
        let extent = TraceExtent(table)
        rootName = extent.rootName
        rootServiceName = extent.rootServiceName
        startUnixNano = extent.startUnixNano
        endUnixNano = extent.endUnixNano
        // By resource first: resources are fewer than spans.
        var counts = ContiguousArray(repeating: (spans: 0, errors: 0), count: table.resourceCount + 1)
        var order: ContiguousArray<Int32> = []
        for span in table.spans {
            let known = span.resource >= 0 && Int(span.resource) < table.resourceCount
            let index = known ? Int(span.resource) : table.resourceCount
            if counts[index].spans == 0 { order.append(Int32(truncatingIfNeeded: index)) }
            counts[index].spans += 1
            if span.status == 2 { counts[index].errors += 1 }
        }
        var places: [StringRef?: Int] = [:]
        for index in order {
            let name = table.serviceName(ofResource: index)
            let place = places[name] ?? services.count
            if place == services.count {
                places[name] = place
                services.append(Service(name: name, spanCount: 0, errorCount: 0))
            }
            services[place].spanCount += counts[Int(index)].spans
            services[place].errorCount += counts[Int(index)].errors
        }
    }
}

/// Time and root of a trace.
struct TraceExtent: Sendable {
    var rootName: StringRef?
    var rootServiceName: StringRef?
    var startUnixNano: UInt64 = 0
    var endUnixNano: UInt64 = 0

    init() {}

    init(_ table: SpanTable) {
        var least = UInt64.max
        for span in table.spans {
            least = min(least, span.startUnixNano)
            endUnixNano = max(endUnixNano, span.endUnixNano)
        }
        if !table.spans.isEmpty { startUnixNano = least }
        if let root = table.spans.last(where: { $0.parentID.isEmpty && !$0.hasChildOfLink }) {
            rootName = root.name
            rootServiceName = table.serviceName(ofResource: root.resource)
        }
    }
}

extension SpanTable {
    /// `service.name` of a resource if it is a string.
    public func serviceName(ofResource index: Int32) -> StringRef? {
        if case .string(let name) = resourceAttributes.value(0, Int(index)) { name } else { nil }
    }
}
