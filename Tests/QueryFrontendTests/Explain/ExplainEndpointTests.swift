import HTTPTransport
import TestSupport
import Testing

@testable import QueryFrontend

struct ExplainEndpointTests {
    @Test(arguments: try Corpus.load("service-explain", in: .module, atLeast: 20, as: ServiceCase.self))
    func `a query is explained as JSON`(_ item: ServiceCase) async throws { try await item.check() }

    @Test(arguments: [
        ("", "q=%7B%20.a%20%3D%20%22b%20c%26%22%20%7D"), ("", "q={}&limit=7&spss=0&start=1700000000&end=1700003600"),
        ("", "q={}|by(.x)&since=1h&x=1"), ("federation: {newest_first: true}", "q={}&limit=3"),
        ("federation: {newest_first: true}", "q={}with(most_recent=false)&query={}"),
    ])
    func `what is listed is what a search sends`(_ settings: String, _ query: String) async throws {
        let targets = """
            multitenancy_enabled: true
            federation:
              newest_first: \(settings.isEmpty ? "false" : "true")
              proxy_targets:
              - {name: one, url: 'http://one/p'}
              - {name: two, url: 'http://two', tenant: b}
              - {name: three, url: 'http://three', replica_of: one}
            """
        let harness = try ServiceHarness(targets) { _ in .json(#"{"traces":[],"metrics":{}}"#) }
        let explained = try await harness.get("/api/federation/explain?" + query, tenant: "b|a|c")
        #expect(explained.status == 200, "\(explained.text)")
        #expect(harness.transport.requests.isEmpty)
        let listed = try #require(explained.json?["subRequests"]?.elements).map { request in
            ["target", "tenant", "method", "path", "query"].map { request[$0]?.text ?? "" }
        }
        #expect(try await harness.get("/api/search?" + query, tenant: "b|a|c").status == 200)
        let sent = harness.transport.requests.map { [$0.target, $0.tenant ?? "", $0.method, $0.path, $0.query] }
        #expect(listed.count == 7)
        #expect(Set(listed) == Set(sent))
        #expect(listed.count == sent.count)
    }

    @Test(arguments: [
        ("{ .a = 1 } >> { .b = 2 }", 14), ("{ traceDuration > 1s }", 7),
        // One tenant has spans of it, at two targets, and nobody else is asked.
        (#"{ resource.__tenant_id__ = "a" } >> { resource.__tenant_id__ = "a" && .b = 2 }"#, 2),
        (#"{ resource.__tenant_id__ = "a" && .b = 2 }"#, 2),
    ])
    func `so are the filters of a search that is evaluated here`(_ query: String, _ count: Int) async throws {
        let harness = try ServiceHarness(
            """
            multitenancy_enabled: true
            federation:
              proxy_targets:
              - {name: one, url: 'http://one/p'}
              - {name: two, url: 'http://two', tenant: b}
              - {name: three, url: 'http://three', replica_of: one}
            """
        ) { _ in .json(#"{"traces":[],"metrics":{}}"#) }
        let items = QueryItems([("q", query)]).encoded
        let explained = try await harness.get("/api/federation/explain?" + items, tenant: "b|a|c")
        let listed = try #require(explained.json?["subRequests"]?.elements).map { request in
            ["target", "tenant", "path", "query"].map { request[$0]?.text ?? "" }
        }
        let answer = try await harness.get("/api/search?" + items, tenant: "b|a|c")
        #expect(answer.status == 200, "\(answer.text)")
        let sent = harness.transport.requests.map { [$0.target, $0.tenant ?? "", $0.path, $0.query] }
        #expect(Set(listed) == Set(sent))
        #expect(listed.count == sent.count && listed.count == count)
    }

    @Test func `the embedded store's sub-requests are listed like a target's`() async throws {
        let house = try StoreHarness()
        let q = QueryItems([("q", "{ .a = 1 } >> { .b = 2 }")]).encoded
        let answer = try await house.get("/api/federation/explain?" + q, "a|b")
        let requests = try #require(answer.json?["subRequests"]?.elements)
        #expect(requests.map { $0["target"]?.text } == ["store", "store", "store", "store"])
        #expect(requests.map { $0["tenant"]?.text } == ["a", "b", "a", "b"])
        #expect(answer.json?["evaluation"]?["lookup"]?.text?.hasPrefix("/api/v2/traces/ID?start=") == true)
    }

    @Test func `an explanation is no answer of several parts and names no credential`() async throws {
        let config = """
            multitenancy_enabled: true
            federation:
              proxy_targets:
              - {name: one, url: 'http://one', basic_auth: {username: u, password: hunter2}, headers: {X-Api-Key: k3y}}
              - {name: two, url: 'http://two'}
            """
        let harness = try ServiceHarness(config) { _ in .text(500, "") }
        let answer = try await harness.get(
            "/api/federation/explain?q={}", tenant: "a|b", fields: [("Authorization", "Bearer s3cret")])
        #expect(answer.status == 200)
        #expect(answer.fields["Content-Type"] == "application/json")
        #expect(answer.fields["X-Tempo-Federation"] == nil)
        #expect(answer.isCompressible)
        for secret in ["hunter2", "k3y", "s3cret", "dTpodW50ZXIy"] { #expect(!answer.text.contains(secret)) }
        #expect(harness.log.lines.joined().contains("tenant=a|b"))
    }

    @Test func `the size of an explanation is bounded`() async throws {
        let harness = try ServiceHarness(ServiceHarness.twoTargets) { _ in .text(500, "") }
        let query = "{ .a = `" + String(repeating: "x", count: 100_000) + "` }"
        let tenants = (0..<100).map(String.init)
        let target = "/api/federation/explain?" + QueryItems([("q", query)]).encoded
        let few = try await harness.get(target, tenant: tenants.prefix(10).joined(separator: "|"))
        #expect(few.status == 200)
        let many = try await harness.get(target, tenant: tenants.joined(separator: "|"))
        #expect(many.status == 400)
        #expect(many.text == "the explanation would be larger than 4194304 bytes; ask for fewer tenants")
    }

    @Test func `large queries of every shape are explained in bounded time`() async throws {
        let harness = try ServiceHarness { _ in .text(500, "") }
        for query in [
            "{ " + (0..<5000).map { ".a\($0) = \($0)" }.joined(separator: " || ") + " }",
            "{ " + (0..<5000).map { "span:childCount > \($0)" }.joined(separator: " && ") + " }",
            (0..<40).map { "{ .a = \($0) }" }.joined(separator: " && "),
            (0..<2000).map { "{ .a = \($0) } > {}" }.joined(separator: "|"),
            (0..<2000).map { "{ .a = \($0) }" }.joined(separator: "|\n"),
        ] {
            let target = "/api/federation/explain?" + QueryItems([("q", query)]).encoded
            let answer = try await harness.get(target)
            #expect(answer.status == 200, "\(answer.text.prefix(200))")
            #expect(answer.body.count < 32 * query.utf8.count)
        }
    }
}
