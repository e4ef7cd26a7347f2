import Foundation
import TestSupport
import Testing

/// The embedded store behind every endpoint: what `foo|bar` is answered equals what one tenant with all the spans is.
@Suite(.ownThreads, .timeLimit(.minutes(20))) struct StoreQueryTests {
    private static let shared = "0af7651916cd43dd8448eb211c80319c"

    /// A trace whose spans lie in both tenants, and one trace in each.
    private func spans() -> (foo: [StoredSpan], bar: [StoredSpan]) {
        let start = StoredSpan.recently()
        let milliseconds: (UInt64) -> UInt64 = { start + $0 * 1_000_000 }
        let foo = [
            StoredSpan(
                traceID: Self.shared, spanID: "00f067aa0ba902b7", service: "web", name: "GET /checkout",
                start: milliseconds(0), end: milliseconds(90), texts: ["http.route": "/checkout"]),
            StoredSpan(
                traceID: "11111111111111111111111111111111", spanID: "1111111111111111", service: "web",
                name: "GET /items", start: milliseconds(1000), end: milliseconds(1020),
                texts: ["http.route": "/items"]),
        ]
        let bar = [
            StoredSpan(
                traceID: Self.shared, spanID: "b7ad6b7169203331", parentID: "00f067aa0ba902b7", service: "payment",
                name: "charge", start: milliseconds(20), end: milliseconds(60), isError: true,
                texts: ["card": "visa"]),
            StoredSpan(
                traceID: "22222222222222222222222222222222", spanID: "2222222222222222", service: "payment",
                name: "settle", start: milliseconds(2000), end: milliseconds(2500), texts: ["batch": "7"]),
        ]
        return (foo, bar)
    }

    private func filled(_ folder: RunningStore.Folder) throws -> RunningStore {
        let store = try RunningStore(folder)
        let (foo, bar) = spans()
        #expect(try store.push(try StoredSpan.json(foo), tenant: "foo").status == 200)
        #expect(
            try store.push(StoredSpan.protobuf(bar), tenant: "bar", contentType: "application/x-protobuf").status == 200
        )
        #expect(
            try store.push(StoredSpan.protobuf(foo), tenant: "both", contentType: "application/x-protobuf").status
                == 200)
        #expect(try store.push(try StoredSpan.json(bar), tenant: "both").status == 200)
        return store
    }

    @Test func `a trace over two tenants is one trace`() throws {
        let store = try filled(RunningStore.Folder())
        defer { store.stop() }
        for version in ["/api/traces/", "/api/v2/traces/"] {
            let target = version + Self.shared
            let merged = try store.get(target, tenants: "foo|bar")
            #expect(merged.status == 200)
            #expect(merged["X-Tempo-Federation"] == "exact")
            #expect(try merged.spanNames() == ["GET /checkout", "charge"])
            #expect(try store.get(target, tenants: "foo").spanNames() == ["GET /checkout"])
            #expect(try store.get(target, tenants: "both").spanNames() == ["GET /checkout", "charge"])
        }
        let nowhere = String(repeating: "3", count: 32)
        #expect(try store.get("/api/traces/\(nowhere)", tenants: "foo|bar").status == 404)
        #expect(try store.get("/api/v2/traces/\(nowhere)", tenants: "foo|bar").spanNames() == [])
        #expect(try store.get("/api/traces/\(Self.shared)", tenants: "stranger").status == 404)
    }

    /// Searches whose conditions hold within one span; what relates spans has its own tests.
    private static let searches = [
        "{ }", "{ status = error }", #"{ resource.service.name = "web" }"#, #"{ name =~ "GET.*" }"#,
        #"{ .card = "visa" || .batch = "7" }"#, "{ duration > 50ms } | select(span.card)", "{ kind = consumer }",
    ]

    @Test func `searches of two tenants are answered as of one that has all the spans`() throws {
        let store = try filled(RunningStore.Folder())
        defer { store.stop() }
        var matches = 0
        for query in Self.searches {
            let encoded = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            let target = "/api/search?limit=10&q=\(encoded)"
            let merged = try store.get(target, tenants: "foo|bar")
            #expect(merged.status == 200, "\(query): \(merged.text)")
            let found = try merged.json()["traces"]
            #expect(try found == store.get(target, tenants: "both").json()["traces"], "\(query)")
            matches += found?.elements.count ?? 0
        }
        #expect(matches >= 12)
        let byTags = try store.get("/api/search?tags=card%3Dvisa", tenants: "foo|bar").json()["traces"]
        #expect(byTags?.elements.map { $0["traceID"]?.text } == ["af7651916cd43dd8448eb211c80319c"])
    }

    @Test(arguments: [
        "/api/search/tags", "/api/search/tags?scope=resource", "/api/v2/search/tags", "/api/v2/search/tags?scope=span",
        "/api/search/tag/service.name/values", "/api/v2/search/tag/resource.service.name/values",
        "/api/v2/search/tag/span.card/values", "/api/v2/search/tag/status/values", "/api/v2/search/tag/name/values",
        "/api/v2/search/tag/.http.route/values?q=%7Bname%3D%22GET%20%2Fitems%22%7D",
    ])
    func `names and values of two tenants are those of one that has all the spans`(_ target: String) throws {
        let store = try filled(RunningStore.Folder())
        defer { store.stop() }
        let merged = try store.get(target, tenants: "foo|bar")
        #expect(merged.status == 200, "\(merged.text)")
        #expect(merged["X-Tempo-Federation"] == "exact")
        let lists = ["tagNames", "scopes", "tagValues"]
        let ours = try merged.json()
        let oracle = try store.get(target, tenants: "both").json()
        for list in lists { #expect(ours[list] == oracle[list], "\(merged.text)") }
        #expect(lists.contains { (ours[$0]?.elements.count ?? 0) > 0 }, "\(merged.text)")
    }

    @Test func `bad tenants and bad queries are refused as of a Tempo`() throws {
        let store = try filled(RunningStore.Folder())
        defer { store.stop() }
        let target = "/api/v2/traces/\(Self.shared)"
        #expect(try store.get(target, tenants: nil).status == 401)
        #expect(try store.get(target, tenants: "foo||bar").text == "no org id")
        #expect(try store.get(target, tenants: "foo|b/r").status == 400)
        #expect(try store.get("/api/search?q=%7B%20bad", tenants: "foo|bar").status == 400)
    }

    @Test func `what was taken before a stop is there after the next start`() throws {
        let folder = RunningStore.Folder()
        let first = try filled(folder)
        defer { first.stop() }
        first.process.signal()
        #expect(try first.process.exitCode() == 0)
        let second = try RunningStore(folder)
        defer { second.stop() }
        #expect(
            try second.get("/api/v2/traces/\(Self.shared)", tenants: "foo|bar").spanNames() == [
                "GET /checkout", "charge",
            ])
        // The folder is taken as long as it runs.
        let third = try ServedProcess(
            executable: RunningFrontend.executable(), arguments: ["-config.file={folder}/c.yaml"],
            files: ["c.yaml": RunningStore.configuration(folder)])
        defer { third.stop() }
        #expect(try third.exitCode() == 1)
        #expect(third.standardError.contains("error running Tempo"))
        #expect(third.standardError.contains(folder.path))
    }

    @Test func `verifying a configuration makes no folder`() throws {
        let folder = RunningStore.Folder()
        let process = try ServedProcess(
            executable: RunningFrontend.executable(), arguments: ["-config.file={folder}/c.yaml", "-config.verify"],
            files: ["c.yaml": RunningStore.configuration(folder)])
        defer { process.stop() }
        #expect(try process.exitCode() == 0)
        #expect(!FileManager.default.fileExists(atPath: folder.path))
    }

    @Test func `a store that cannot be opened ends the process and says why`() throws {
        let folder = RunningStore.Folder()
        try "a file".write(to: folder.url, atomically: true, encoding: .utf8)
        let process = try ServedProcess(
            executable: RunningFrontend.executable(), arguments: ["-config.file={folder}/c.yaml"],
            files: ["c.yaml": RunningStore.configuration(folder)])
        defer { process.stop() }
        #expect(try process.exitCode() == 1)
        #expect(process.standardError.contains(folder.path))
    }
}
