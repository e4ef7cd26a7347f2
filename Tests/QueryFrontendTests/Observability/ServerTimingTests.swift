import TempoAPI
import TenantFederation
import Testing

@testable import QueryFrontend

struct ServerTimingTests {
    /// Nobody asks it here.
    private struct Named: Upstream {
        struct Unasked: Error {}
        let name: String
        let capabilities = UpstreamCapabilities()
        private func nothing<Part>() -> PartialAnswers<Part> { PartialAnswers(single: { throw Unasked() }) }
        func trace(_: TraceLookup, _: SubRequestContext) -> PartialAnswers<TraceAnswer> { nothing() }
        func search(_: SearchQuery, _: SubRequestContext) -> PartialAnswers<SearchResponse> { nothing() }
        func tagNames(_: TagNamesQuery, _: SubRequestContext) -> PartialAnswers<SearchTagsResponse> { nothing() }
        func scopedTagNames(_: TagNamesQuery, _: SubRequestContext) -> PartialAnswers<SearchTagsV2Response> {
            nothing()
        }
        func tagValues(_: TagValuesQuery, _: SubRequestContext) -> PartialAnswers<SearchTagValuesResponse> {
            nothing()
        }
        func typedTagValues(_: TagValuesQuery, _: SubRequestContext) -> PartialAnswers<SearchTagValuesV2Response> {
            nothing()
        }
    }

    private static let start = ContinuousClock.now

    private static func outcome(
        _ target: String, tenant: String? = "a", from: Int, to: Int,
        _ change: (inout SubRequestOutcome) -> Void = { _ in }
    ) -> SubRequestOutcome {
        let subRequest = SubRequest(
            upstream: Named(name: target), tenant: tenant, origin: PartOrigin(tenantRank: 0, targetRank: 0))
        var outcome = SubRequestOutcome(
            subRequest: subRequest, error: nil, started: start + .milliseconds(from), elapsed: .milliseconds(to - from),
            receivedBytes: 0, attempts: 1)
        change(&outcome)
        return outcome
    }

    @Test func `members are told once, the slowest first, with what befell them`() {
        let field = ServerTiming.field(
            [
                Self.outcome("eu", from: 0, to: 10), Self.outcome("eu", from: 5, to: 20),
                Self.outcome("eu", from: 30, to: 31),
                Self.outcome("us", from: 0, to: 40) {
                    $0.error = UpstreamError(.timeout, message: "x", target: "us")
                    $0.attempts = 3
                    $0.retries = 1
                    $0.hedges = 1
                },
                Self.outcome("cached", tenant: nil, from: 0, to: 1) {
                    $0.isCached = true
                    $0.attempts = 0
                },
            ], total: .microseconds(41_250))
        #expect(
            field
                == "total;dur=41.250, a_us;dur=40.000;desc=\"a@us, timeout, 3 attempts, retried, hedged\", "
                + "a_eu;dur=21.000;desc=\"a@eu, 3 questions\", cached;dur=1.000;desc=\"cached, cached\"")
    }

    @Test func `nobody asked, nothing told`() {
        #expect(ServerTiming.field([], total: .seconds(1)) == nil)
        #expect(
            ServerTiming.field([Self.outcome("old", from: 0, to: 0) { $0.isLeftOut = true }], total: .milliseconds(1))
                == "total;dur=1.000")
    }

    @Test func `the field is bounded, whatever members there are`() throws {
        let many = (0..<1000).map { Self.outcome("target\($0)", from: 0, to: $0 + 1) }
        let field = try #require(ServerTiming.field(many, total: .seconds(1)))
        #expect(field.utf8.count <= ServerTiming.maxBytes)
        #expect(field.hasPrefix("total;dur=1000.000, a_target999;dur=1000.000;desc=\"a@target999\", a_target998;"))
        #expect(field.hasSuffix(", more;desc=\"+980 more\""))
        let long = (0..<1000).map { Self.outcome(String(repeating: "\"", count: 120) + "\($0)", from: 0, to: 1) }
        let escaped = try #require(ServerTiming.field(long, total: .seconds(1)))
        #expect(escaped.utf8.count <= ServerTiming.maxBytes)
        #expect(escaped.contains("more;desc=\"+9"))
    }

    @Test func `names are tokens and descriptions quoted text of ASCII`() {
        for (label, name) in [
            ("a@eu", "a_eu"), ("9@eu", "m_9_eu"), ("", "m_"), ("total", "m_total"), ("more", "m_more"),
            ("caf\u{E9} \u{1F600}", "caf_______"), ("x\r\ny", "x__y"), ("a.b-c_d", "a.b-c_d"), ("_x", "m__x"),
            (String(repeating: "x", count: 100), String(repeating: "x", count: 64)),
        ] {
            #expect(ServerTiming.name(label) == name)
        }
        #expect(ServerTiming.quoted(#"a"b\c"#) == #"a\"b\\c"#)
        #expect(ServerTiming.quoted("a\r\nb\u{E9}\u{0}") == "a??b??")
    }

    @Test func `durations are decimals of three digits within bounds`() {
        for (duration, text) in [
            (Duration.zero, "0.000"), (.microseconds(1), "0.001"), (.nanoseconds(999), "0.000"),
            (.milliseconds(1234), "1234.000"), (.seconds(-1), "0.000"), (.seconds(Int64.max), "1000000000000.000"),
        ] {
            #expect(ServerTiming.milliseconds(duration) == text)
        }
    }
}
