import HTTPTransport
import TempoAPI
import TestSupport
import TraceQL

@testable import QueryFrontend

/// Random traces whose spans lie apart in several tenants of one or more targets, and whole in the tenant `whole` of the first.
struct SplitWorld: Sendable {
    /// What is odd about the traces and about how they are held.
    struct Oddities: OptionSet {
        let rawValue: Int
        /// Spans that several hold.
        static let duplicates = Oddities(rawValue: 1)
        /// Client and server with one id, or three spans.
        static let sharedIDs = Oddities(rawValue: 2)
        /// Ends before starts.
        static let backwardTimes = Oddities(rawValue: 4)
        /// Seconds rather than milliseconds between the spans of a trace.
        static let longTraces = Oddities(rawValue: 8)
    }

    /// Windows of seconds around all traces.
    static let window = (start: 1_699_999_000, end: 1_700_001_000)

    private(set) var targets = MemoryTargets()
    let tenants: [String]
    let targetCount: Int

    init(seed: UInt64, traces: Int, targetCount: Int = 1, oddities: Oddities = []) throws {
        var shapes: TraceGenerator.Oddities = [.brokenTrees, .mixedValues]
        if oddities.contains(.sharedIDs) { shapes.insert(.sharedIDs) }
        if oddities.contains(.backwardTimes) { shapes.insert(.backwardTimes) }
        var generator = TraceGenerator(seed: seed, oddities: shapes)
        let count = generator.random.count(2...5)
        tenants = (0..<count).map { "t\($0)" }
        self.targetCount = targetCount
        for _ in 0..<traces {
            var trace = generator.trace()
            if oddities.contains(.longTraces) { Self.stretch(&trace) }
            try targets.add(trace, to: Self.asker("whole", target: 0))
            var parts = generator.split(trace, into: count * targetCount)
            if oddities.contains(.duplicates) {
                for span in trace.spans where generator.random.chance(40) {
                    let place = generator.random.count(0...(count * targetCount - 1))
                    if parts[place]?.spans.contains(span) == true { continue }
                    parts[place, default: TraceModel(id: trace.id, spans: [])].spans.append(span)
                }
            }
            for (place, part) in parts.sorted(by: { $0.key < $1.key }) {
                try targets.add(part, to: Self.asker("t\(place % count)", target: place / count))
            }
        }
    }

    /// Windows of seconds cut through it afterwards.
    private static func stretch(_ trace: inout TraceModel) {
        let start = trace.spans.map(\.startUnixNano).min() ?? 0
        for index in trace.spans.indices {
            let offset = (trace.spans[index].startUnixNano - start) * 60
            trace.spans[index].startUnixNano += offset
            for event in trace.spans[index].events.indices {
                trace.spans[index].events[event].timeUnixNano += offset
            }
        }
    }

    private static func asker(_ tenant: String, target: Int) -> String { "\(tenant)@target\(target)" }

    /// A frontend before the targets.
    func harness() throws -> ServiceHarness {
        let list = (0..<targetCount).map { "{name: target\($0), url: 'http://target\($0)'}" }.joined(separator: ", ")
        let targets = targets
        return try ServiceHarness(
            """
            multitenancy_enabled: true
            query_frontend: {search: {max_spans_per_span_set: 0}}
            server: {http_server_write_timeout: 30m}
            federation: {proxy_targets: [\(list)]}
            """
        ) { targets.answer($0) }
    }

    /// The path of a search.
    static func path(
        _ query: String, limit: Int = 1000, spss: Int = 0, window: (start: Int, end: Int) = Self.window
    ) -> String {
        path([("q", query)], limit: limit, spss: spss, window: window)
    }

    /// - Parameter conditions: what a trace must be like, as parameters.
    static func path(
        _ conditions: [(String, String)], limit: Int = 1000, spss: Int = 0, window: (start: Int, end: Int) = Self.window
    ) -> String {
        let items =
            conditions + [
                ("limit", "\(limit)"), ("spss", "\(spss)"), ("start", "\(window.start)"), ("end", "\(window.end)"),
            ]
        return "/api/search?" + QueryItems(items).encoded
    }

    /// As `X-Scope-OrgID`.
    var allTenants: String { tenants.joined(separator: "|") }
}
