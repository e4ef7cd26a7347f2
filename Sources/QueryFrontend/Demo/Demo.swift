import TempoAPI
import TraceStore

/// Fills the embedded store with a made-up shop whose services belong to three tenants, and keeps adding to it.
public struct Demo: Sendable {
    /// Traces of the first fill, and over how many seconds before now they are spread.
    private static let historyCount = 400
    private static let historySeconds: UInt64 = 900
    /// The same traces at every start of a demo whose store is its own.
    private static let fixedSeed: UInt64 = 20_261_121

    private let store: EmbeddedStore
    private let clock: any WallClock
    private let seed: UInt64

    /// - Parameter isFresh: the store is a new one, so that ids may repeat those of an earlier demo.
    public init(store: EmbeddedStore, isFresh: Bool, clock: any WallClock = SystemWallClock()) {
        self.store = store
        self.clock = clock
        seed = isFresh ? Self.fixedSeed : UInt64(bitPattern: clock.unixNanoseconds)
    }

    /// Fills the open store, tells what to ask it, then adds one visit a second until the task is cancelled.
    /// - Parameter tell: gets the id of a trace that all three tenants have a part in.
    /// - Throws: when the store takes no spans.
    public func run(tell: @Sendable (_ traceID: String) -> Void) async throws {
        var random = DemoRandom(seed: seed)
        let now = UInt64(clamping: clock.unixNanoseconds)
        let second: UInt64 = 1_000_000_000
        // Old enough for the window of a search without times, which ends half a minute ago.
        let showpiece = DemoTrace(DemoShop.showpiece(&random), start: now - 120 * second, random: &random)
        var traces = [showpiece]
        for index in 0..<Self.historyCount {
            let age = Self.historySeconds * second / UInt64(Self.historyCount) * UInt64(Self.historyCount - index)
            traces.append(DemoTrace(DemoShop.visit(&random), start: now - age, random: &random))
        }
        try await push(traces)
        tell(showpiece.hexID)
        while true {
            try await Task.sleep(for: .seconds(1))
            let visit = DemoShop.visit(&random)
            let start = UInt64(clamping: clock.unixNanoseconds)
            try await push([DemoTrace(visit, start: start - min(start, 4 * second), random: &random)])
        }
    }

    /// Each team sends what its services did.
    private func push(_ traces: [DemoTrace]) async throws {
        guard let store = store.store else { return }
        for tenant in DemoService.tenants {
            var export = Trace()
            for trace in traces {
                export.resourceSpans += trace.export(tenant: tenant)?.resourceSpans ?? []
            }
            guard !export.resourceSpans.isEmpty else { continue }
            do {
                // An export request has the shape of a trace.
                _ = try await store.push(export.protobuf, encoding: .protobuf, tenant: tenant)
            } catch PushError.overloaded, PushError.storageFailed {
                // The store says so itself; the shop goes on.
                continue
            }
        }
    }

    /// What to ask, one command a line, the questions about several tenants first.
    /// - Parameters:
    ///   - base: where the frontend listens, such as `http://127.0.0.1:3200`.
    ///   - receiver: where the receiver listens; nil without one.
    public static func questions(traceID: String, base: String, receiver: String?) -> String {
        let search = { (tenants: String, query: String) in
            "curl -G -H 'X-Scope-OrgID: \(tenants)' \(base)/api/search --data-urlencode 'q=\(query)'"
        }
        var lines = [
            "A made-up shop: web, gateway and cart send their spans to tenant foo, checkout, payment and fraud-check to bar,",
            "inventory, shipping and mailer to baz. Ask for several tenants as if they were one:", "",
            "  # one sale, from the browser to the parcel",
            "  curl -H 'X-Scope-OrgID: foo|bar|baz' \(base)/api/v2/traces/\(traceID)",
            "  # what went wrong in the last minutes",
            "  " + search("foo|bar", "{ status = error }"),
            "  # pages of foo during which a payment of bar failed",
            "  "
                + search(
                    "foo|bar",
                    #"{ resource.service.name = "web" } >> { resource.service.name = "payment" && status = error }"#),
            "  # how many errors, by service",
            "  curl -G -H 'X-Scope-OrgID: foo|bar' \(base)/api/metrics/query -d since=15m"
                + " --data-urlencode 'q={ status = error } | count_over_time() by (resource.service.name)'",
            "  # all services there are",
            "  curl -H 'X-Scope-OrgID: foo|bar|baz' \(base)/api/v2/search/tag/resource.service.name/values",
            "  # the same sale as one team sees it",
            "  curl -H 'X-Scope-OrgID: foo' \(base)/api/v2/traces/\(traceID)",
        ]
        if let receiver { lines += ["", "Send your own spans (OTLP) to \(receiver)/v1/traces, with X-Scope-OrgID."] }
        lines += ["", "One visit a second is added. Ctrl-C ends the demo."]
        return lines.map { $0 + "\n" }.joined()
    }
}
