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
        var places: [Int32: Int] = [:]
        var least = UInt64.max
        for span in table.spans {
            least = min(least, span.startUnixNano)
            endUnixNano = max(endUnixNano, span.endUnixNano)
            if span.parentID.isEmpty && !span.hasChildOfLink {
                rootName = span.name
                rootServiceName = table.serviceName(ofResource: span.resource)
            }
            let place: Int
            if let known = places[span.resource] {
                place = known
            } else {
                let name = table.serviceName(ofResource: span.resource)
                if let same = services.firstIndex(where: { $0.name == name }) {
                    place = same
                } else {
                    place = services.count
                    services.append(Service(name: name, spanCount: 0, errorCount: 0))
                }
                places[span.resource] = place
            }
            services[place].spanCount += 1
            if span.status == 2 { services[place].errorCount += 1 }
        }
        if !table.spans.isEmpty { startUnixNano = least }
    }
}

extension SpanTable {
    /// `service.name` of a resource if it is a string.
    public func serviceName(ofResource index: Int32) -> StringRef? {
        if case .string(let name) = resourceAttributes.value(0, Int(index)) { name } else { nil }
    }
}
