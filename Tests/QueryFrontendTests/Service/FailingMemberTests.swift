import HTTPTransport
import TestSupport
import Testing

@testable import QueryFrontend

/// What a client and an operator see of members that fail.
@Suite(.timeLimit(.minutes(20))) struct FailingMemberTests {
    private static let names = ["one", "two", "three"]

    private static func configuration(partial: Bool, more: String = "") -> String {
        let targets = names.map { "{name: \($0), url: 'http://\($0)'\(more)}" }.joined(separator: ", ")
        return """
            multitenancy_enabled: true
            federation: {allow_partial_responses: \(partial), proxy_targets: [\(targets)]}
            """
    }

    private static let tags = "/api/v2/search/tags"
    private static let good = ScriptedAnswer.json(#"{"scopes": [{"name": "span", "tags": ["x"]}]}"#)

    @Test func `a dead member is left alone after a while, and asked again when it is back`() async throws {
        let clock = ManualClock(movesItself: true)
        let two = AnswerList([.fault(.connect)])
        let harness = try ServiceHarness(Self.configuration(partial: true), targetClock: clock) { request in
            guard request.target == "two" else { return Self.good }
            let answer = try two.next()
            return answer.status == 200 ? Self.good : answer
        }
        for _ in 0..<3 {
            let answer = try await harness.get(Self.tags)
            #expect(answer.status == 200)
            #expect(answer.fields["X-Tempo-Federation"] == "partial")
        }
        // Five attempts failed: nobody asks it any more, and the answer says why it is missing.
        let asked = harness.transport.requests.count
        let answer = try await harness.get(Self.tags)
        #expect(answer.fields["X-Tempo-Federation-Reason"] == "missing a@two: circuit open")
        #expect(harness.transport.requests.count == asked + 2)
        #expect(answer.fields["Server-Timing"]?.contains("desc=\"a@two, circuit open\"") == true)
        #expect(harness.log.lines.last?.contains("failed=\"a@two=circuit open\"") == true)
        let page = try await harness.get("/status/upstreams?format=json", tenant: nil)
        let status = try #require(page.json?["upstreams"]?.elements.first { $0["name"]?.text == "two" })
        #expect(status["circuit"]?.text == "open")
        #expect(status["errors"]?["circuit open"]?.integer == 1)
        #expect(status["last_error"]?["text"]?.text == "scripted connect")
        #expect(status["errors"]?["unreachable"]?.integer == 3)
        #expect(status["in_flight"]?.integer == 0)
        // It is back.
        two.set([.status(200)])
        clock.advance(.seconds(1))
        let whole = try await harness.get(Self.tags)
        #expect(whole.fields["X-Tempo-Federation"] == "exact")
        #expect(harness.transport.requests.contains { $0.target == "two" && $0.path == "/api/echo" })
    }

    @Test func `without partial answers the error names the member that is left alone`() async throws {
        let harness = try ServiceHarness(
            Self.configuration(partial: false, more: ", breaker: {failures: 1}, retries: 1")
        ) { request in
            if request.target == "two" { throw HTTPClientError(code: .connect, message: "connection refused") }
            return Self.good
        }
        #expect(try await harness.get(Self.tags).status == 502)
        let answer = try await harness.get(Self.tags)
        #expect(answer.status == 502)
        #expect(answer.text.contains("target two is not asked: circuit open after repeated failures"))
        #expect(answer.text.contains("connection refused"))
        #expect(answer.fields["Server-Timing"]?.contains("a_two") == true)
    }

    @Test func `a lookup that found nothing and lacks a member says so in the log too`() async throws {
        let harness = try ServiceHarness(Self.configuration(partial: true)) { request in
            if request.target == "two" { throw HTTPClientError(code: .connect, message: "connection refused") }
            return ScriptedAnswer(status: 404)
        }
        let answer = try await harness.get("/api/traces/0a0102030405060708090a0b0c0d0e0f")
        #expect(answer.status == 404)
        #expect(answer.fields["X-Tempo-Federation"] == "partial")
        let line = try #require(harness.log.lines.last)
        #expect(line.contains("federation=partial"))
        #expect(line.contains("reason=\"missing a@two: unreachable\""))
        #expect(line.contains("retried=1"))
    }

    @Test func `every answer made of sub-requests says how long its members took`() async throws {
        let harness = try ServiceHarness { _ in Self.good }
        let single = try await harness.get(Self.tags)
        #expect(single.fields.all("Server-Timing").count == 1)
        let field = try #require(single.fields["Server-Timing"])
        #expect(field.hasPrefix("total;dur="))
        #expect(field.contains(", a_one;dur="))
        #expect(field.contains("desc=\"a@one\""))
        #expect(try await harness.get("/api/echo").fields["Server-Timing"] == nil)
        #expect(try await harness.get("/api/search?limit=x").fields["Server-Timing"] == nil)
    }

    @Test func `a target with no room is a 429 or missing`() async throws {
        for partial in [false, true] {
            let gate = Gate()
            let clock = ManualClock()
            let harness = try ServiceHarness(
                Self.configuration(partial: partial, more: ", max_concurrent: 1"), targetClock: clock
            ) { request in
                if request.target == "two" { try await gate.wait() }
                return Self.good
            }
            let first = Task { try await harness.get(Self.tags) }
            await harness.transport.received(3)
            let second = Task { try await harness.get(Self.tags) }
            await clock.sleepers(1)
            // The deadline of the query, by the write timeout.
            clock.advance(.seconds(7200))
            let answer = try await second.value
            #expect(answer.status == (partial ? 200 : 429), "\(answer.text)")
            if partial { #expect(answer.fields["X-Tempo-Federation-Reason"] == "missing a@two: status 429") }
            gate.open()
            #expect(try await first.value.status == 200)
            #expect(harness.transport.inFlight == 0)
        }
    }

    // MARK: Pages

    @Test func `the page has the form that is liked best`() async throws {
        let harness = try ServiceHarness { _ in Self.good }
        for (query, accept, type) in [
            ("", nil, "text/plain"), ("", "*/*", "text/plain"),
            ("", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"),
            ("", "application/json", "application/json"),
            ("", "application/json;q=0.5, text/html;q=0.4", "application/json"),
            ("", "image/png", "text/plain"), ("", "text/html;q=0", "text/plain"),
            ("", "text/html;q=x, text/plain;q=0.1", "text/plain"),
            ("?format=json", "text/html", "application/json"), ("?format=html", nil, "text/html; charset=utf-8"),
            ("?format=text", "text/html", "text/plain"),
        ] as [(String, String?, String)] {
            let answer = try await harness.get(
                "/status/upstreams" + query, tenant: nil, fields: accept.map { [("Accept", $0)] } ?? [])
            #expect(answer.status == 200)
            #expect(answer.fields["Content-Type"] == type, "\(query) \(accept ?? "-")")
            #expect(answer.fields["Cache-Control"] == "no-store")
        }
        #expect(try await harness.get("/status/upstreams?format=xml", tenant: nil).status == 400)
    }

    @Test func `the page for people escapes all it shows and fetches nothing`() async throws {
        let harness = try ServiceHarness(
            """
            multitenancy_enabled: true
            federation:
              proxy_targets:
                - {name: "<b>&\\"'", url: 'http://one/p', basic_auth: {username: u, password: hunter2}}
            """
        ) { _ in throw HTTPClientError(code: .connect, message: "<script>alert(1)</script>") }
        _ = try await harness.get(Self.tags)
        let page = try await harness.get("/status/upstreams?format=html", tenant: nil)
        #expect(page.text.contains("<td>&lt;b&gt;&amp;&quot;&#39;</td>"))
        #expect(page.text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
        #expect(page.text.contains("http://one/p"))
        for forbidden in ["<b>", "<script", "hunter2", "src=", "@import", "url("] {
            #expect(!page.text.contains(forbidden), "\(forbidden)")
        }
        #expect(page.fields["Content-Security-Policy"]?.hasPrefix("default-src 'none'") == true)
    }

    @Test func `figures of the answers stand in the JSON`() async throws {
        let clock = ManualClock()
        let harness = try ServiceHarness(
            "federation: {proxy_targets: [{name: one, url: 'http://one', timeout: 7s}]}", targetClock: clock
        ) { _ in
            clock.advance(.milliseconds(12))
            return Self.good
        }
        for _ in 0..<10 { _ = try await harness.get(Self.tags) }
        harness.service.exchanges.first?.state.note(version: "2.9.0")
        harness.service.exchanges.first?.state.note(clockSkew: .milliseconds(-150))
        let page = try await harness.get("/status/upstreams?format=json", tenant: nil)
        let one = try #require(page.json?["upstreams"]?.elements.first)
        #expect(one["state"]?.text == "reachable")
        #expect(one["circuit"]?.text == "closed")
        #expect(one["version"]?.text == "2.9.0")
        #expect(page.text.contains("\"clock_skew_ms\" : -150"))
        #expect(one["requests"]?.integer == 10)
        for percentile in ["p50", "p95", "p99"] {
            #expect(one["latency"]?[percentile]?.integer == 12)
            #expect(one["latency_by_operation"]?["metadata"]?[percentile]?.integer == 12)
        }
        #expect(one["latency"]?["count"]?.integer == 10)
        #expect(one["last_answer"]?.text == "2026-11-21T00:13:20Z")
        let instances = try await harness.get("/api/status/instances", tenant: nil)
        #expect(instances.fields["Content-Type"] == "application/json")
        let instance = try #require(instances.json?["instances"]?.elements.first)
        #expect(instance["name"]?.text == "one")
        #expect(instance["endpoint"]?.text == "http://one")
        #expect(instance["org_id"]?.text?.isEmpty == true)
        #expect(instance["timeout"]?.text == "7s")
        #expect(instance["healthy"] == .bool(true))
        #expect(instances.json?["total"]?.integer == 1)
    }
}
