import Foundation
import TestSupport
import Testing

/// Two processes with stores as the clusters of a third.
@Suite(.ownThreads, .timeLimit(.minutes(20))) struct StoreClusterTests {
    private static let traceID = "5b8efff798038103d269b633813fc60c"

    private func span(_ number: Int, parent: Int? = nil, service: String) -> StoredSpan {
        let id = { (number: Int) in "00000000000000a\(number)" }
        return StoredSpan(
            traceID: Self.traceID, spanID: id(number), parentID: parent.map(id) ?? "", service: service,
            name: "work of \(service)", start: StoredSpan.recently(UInt64(number) * 1_000_000),
            end: StoredSpan.recently(100_000_000 - UInt64(number)), isError: number == 3,
            texts: ["in.\(service)": "yes"])
    }

    @Test func `traces, searches and tags span clusters and tenants`() throws {
        let east = try RunningStore(RunningStore.Folder())
        defer { east.stop() }
        let west = try RunningStore(RunningStore.Folder())
        defer { west.stop() }
        #expect(try east.push(try StoredSpan.json([span(1, service: "web")]), tenant: "foo").status == 200)
        #expect(try west.push(try StoredSpan.json([span(2, parent: 1, service: "cart")]), tenant: "foo").status == 200)
        #expect(
            try west.push(try StoredSpan.json([span(3, parent: 2, service: "payment")]), tenant: "bar").status == 200)

        let front = try RunningFrontend([.init(name: "east", port: east.port), .init(name: "west", port: west.port)])
        defer { front.stop() }
        let trace = try front.get("/api/v2/traces/\(Self.traceID)", tenants: "foo|bar")
        #expect(try trace.spanNames() == ["work of cart", "work of payment", "work of web"])
        #expect(trace["X-Tempo-Federation"] == "exact")
        #expect(
            try front.get("/api/v2/traces/\(Self.traceID)", tenants: "foo").spanNames() == [
                "work of cart", "work of web",
            ])

        let search = try front.get("/api/search?q=%7B%20status%20%3D%20error%20%7D", tenants: "foo|bar").json()
        let found = try #require(search["traces"]?.elements.first)
        #expect(found["rootServiceName"]?.text == "web", "\(search)")
        #expect(found["rootTraceName"]?.text == "work of web", "\(search)")
        #expect(found["spanSets"]?.elements.first?["matched"]?.integer == 1, "\(search)")

        let tags = try front.get("/api/v2/search/tags?scope=span", tenants: "foo|bar").json()
        #expect(
            tags["scopes"]?.elements.first?["tags"]?.elements.compactMap(\.text) == ["in.cart", "in.payment", "in.web"])
        let values = try front.get("/api/v2/search/tag/resource.service.name/values", tenants: "foo|bar").json()
        #expect(values["tagValues"]?.elements.compactMap { $0["value"]?.text } == ["cart", "payment", "web"])
        // No store and no receiver of its own.
        #expect(!front.process.standardError.contains("otlp_http"))
    }
}
