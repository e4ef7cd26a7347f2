import TenantFederation
import TraceQL
import Testing

@testable import QueryFrontend

struct CacheKeyTests {
    private static let life = AnswerLife(ResultCacheConfiguration())
    private static let salt = [UInt8](repeating: 9, count: 32)

    private static func keys(target: String = "one", sendsAuthorization: Bool = true) -> CacheKeys {
        CacheKeys(
            target: target, sendsAuthorization: sendsAuthorization, salt: salt,
            texts: CanonicalTexts(limits: .default), life: life)
    }

    private static func context(_ tenant: String?, _ fields: [(String, String)] = []) -> SubRequestContext {
        SubRequestContext(
            tenant: tenant, deadline: .now, forwardedFields: fields.map { ForwardedField(name: $0.0, value: $0.1) })
    }

    private static func search(
        _ query: String, limit: UInt32 = 20, spss: UInt32 = 3, start: UInt32 = 1, end: UInt32 = 2
    ) -> SearchQuery {
        SearchQuery(
            conditions: [QueryParameter("q", query)], limit: limit, spansPerSpanSet: spss, start: start, end: end)
    }

    private static func series(
        _ text: String, start: Int64 = 1, end: Int64 = 2, step: Int64 = 3, instant: Bool = false, exemplars: UInt32 = 0,
        _ parameters: [QueryParameter] = []
    ) -> SeriesQuery {
        SeriesQuery(
            text: text, start: start, end: end, step: step, isInstant: instant, exemplars: exemplars,
            parameters: parameters)
    }

    /// Every question differs from every other in one thing.
    @Test func `different questions have different keys`() throws {
        let a = Self.context("a")
        let keys = Self.keys()
        let lookup = TraceLookup(traceID: "0123")
        let names = TagNamesQuery(parameters: [], start: 1, end: 2)
        let values = TagValuesQuery(tagName: "x", parameters: [], start: 1, end: 2)
        let all: [CacheKey?] = [
            keys.trace(lookup, a), keys.trace(lookup, Self.context("b")), keys.trace(lookup, Self.context(nil)),
            keys.trace(lookup, Self.context("")), Self.keys(target: "two").trace(lookup, a),
            keys.trace(TraceLookup(traceID: "0124"), a),
            keys.trace(TraceLookup(traceID: "0123", parameters: [QueryParameter("start", "1")]), a),
            keys.trace(TraceLookup(traceID: "0123", parameters: [QueryParameter("end", "1")]), a),
            keys.trace(lookup, Self.context("a", [("Authorization", "x")])),
            keys.trace(lookup, Self.context("a", [("Authorization", "y")])),
            keys.trace(lookup, Self.context("a", [("X-Team", "x")])),
            keys.trace(lookup, Self.context("a", [("X-Team", "")])),
            keys.trace(lookup, Self.context("a", [("X-Team", "x"), ("Authorization", "x")])),
            keys.search(Self.search("{ .a = 1 }"), a), keys.search(Self.search("{ .a = 1 }", limit: 21), a),
            keys.search(Self.search("{ .a = 1 }", spss: 4), a), keys.search(Self.search("{ .a = 1 }", start: 0), a),
            keys.search(Self.search("{ .a = 1 }", end: 3), a), keys.search(Self.search("{ .a = 1.0 }"), a),
            keys.search(Self.search("{ .a = `1` }"), a), keys.search(Self.search("{ .a != 1 }"), a),
            keys.search(Self.search("{ .a = 1 } with (most_recent=true)"), a),
            keys.search(Self.search("{ span.a = 1 }"), a), keys.search(Self.search("{ .a = 1 } | count() > 1"), a),
            keys.search(
                SearchQuery(
                    conditions: [QueryParameter("tags", "a=1")], limit: 20, spansPerSpanSet: 3, start: 1, end: 2), a),
            keys.tagNames(names, isScoped: false, at: 0, a), keys.tagNames(names, isScoped: true, at: 0, a),
            keys.tagNames(TagNamesQuery(parameters: [], start: 1, end: 3), isScoped: true, at: 0, a),
            keys.tagNames(
                TagNamesQuery(parameters: [QueryParameter("scope", "span")], start: 1, end: 2), isScoped: true, at: 0, a
            ),
            keys.tagValues(values, isTyped: false, at: 0, a), keys.tagValues(values, isTyped: true, at: 0, a),
            keys.tagValues(TagValuesQuery(tagName: "y", parameters: [], start: 1, end: 2), isTyped: true, at: 0, a),
            keys.tagValues(
                TagValuesQuery(tagName: "x", parameters: [QueryParameter("q", "{}")], start: 1, end: 2), isTyped: true,
                at: 0, a),
            keys.series(Self.series("{} | rate()"), a), keys.series(Self.series("{} | rate()", start: 0), a),
            keys.series(Self.series("{} | rate()", end: 3), a), keys.series(Self.series("{} | rate()", step: 4), a),
            keys.series(Self.series("{} | rate()", instant: true), a),
            keys.series(Self.series("{} | rate()", exemplars: 1), a),
            keys.series(Self.series("{} | rate() by (.a)"), a),
            keys.series(Self.series("{} | rate()", [QueryParameter("x", "1")]), a),
        ]
        let present = all.compactMap { $0 }
        #expect(present.count == all.count)
        #expect(Set(present).count == present.count)
    }

    @Test(arguments: [
        ("{ .a = 1 }", "{.a=1}"), ("{ .a = 1 && .b = 2 }", "{ ( .a = 1 ) && (.b=2) }"),
        ("{ name = `x` }", "{name=\"x\"}"), ("{ duration > 60s }", "{ duration > 1m }"),
        ("{ .a = 5 }", "{ .a = 2 + 3 }"),
    ])
    func `one question in two spellings has one key`(_ one: String, _ other: String) throws {
        let keys = Self.keys()
        let first = try #require(keys.search(Self.search(one), Self.context("a")))
        #expect(first == keys.search(Self.search(other), Self.context("a")))
        let rate = try #require(keys.series(Self.series(one + " | rate()"), Self.context("a")))
        #expect(rate == keys.series(Self.series(other + "|rate()"), Self.context("a")))
    }

    @Test func `what is no query is known by its letters`() {
        let keys = Self.keys()
        let texts = ["", " ", "{", "{ ", "{ .a = 1 } with", "\0", "{ .a = \"", "nonsense"]
        let all = texts.compactMap { keys.search(Self.search($0), Self.context("a")) }
        #expect(Set(all).count == texts.count)
    }

    @Test func `trace context is no part of a key, and an Authorization only where it goes to the target`() {
        let lookup = TraceLookup(traceID: "0123")
        let traced = Self.context(
            "a", [("traceparent", "1"), ("tracestate", "2"), ("Baggage", "3"), ("uber-trace-id", "4")])
        #expect(Self.keys().trace(lookup, traced) == Self.keys().trace(lookup, Self.context("a")))
        let closed = Self.keys(sendsAuthorization: false)
        #expect(
            closed.trace(lookup, Self.context("a", [("authorization", "x")]))
                == closed.trace(lookup, Self.context("a", [("Authorization", "y")])))
        #expect(
            closed.trace(lookup, Self.context("a", [("X-User", "x")]))
                != closed.trace(lookup, Self.context("a", [("X-User", "y")])))
    }

    @Test func `a credential does not stand in a key, and another process has other keys`() throws {
        let secret = "Bearer very-secret-token"
        let context = Self.context("a", [("Authorization", secret)])
        let key = try #require(Self.keys().trace(TraceLookup(traceID: "0123"), context))
        #expect(!key.text.contains("secret"))
        let other = CacheKeys(
            target: "one", sendsAuthorization: true, salt: CacheKeys.randomSalt(),
            texts: CanonicalTexts(limits: .default), life: Self.life)
        #expect(other.trace(TraceLookup(traceID: "0123"), context) != key)
        #expect(CacheKeys.randomSalt() != CacheKeys.randomSalt())
        #expect(CacheKeys.randomSalt().count == 32)
    }

    @Test func `an answer got with credentials of our own is not given with others`() throws {
        func key(_ own: String?) throws -> CacheKey {
            let keys = CacheKeys(
                target: "one", sendsAuthorization: false, ownAuthorization: { own }, salt: Self.salt,
                texts: CanonicalTexts(limits: .default), life: Self.life)
            return try #require(keys.trace(TraceLookup(traceID: "0123"), Self.context("a")))
        }
        #expect(try key("Bearer x") == key("Bearer x"))
        #expect(try Set([key(nil), key(""), key("Bearer x"), key("Bearer y")]).count == 4)
        #expect(try !key("Bearer very-secret-token").text.contains("secret"))
    }

    /// Questions for tags up to now, with windows that move; 900 s ago nothing moves any more.
    @Test func `the windows of tags are not told apart while they move within a step`() {
        let keys = Self.keys()
        let now: Int64 = 1_795_220_040
        func key(_ start: Int64, _ end: Int64) -> CacheKey? {
            keys.tagNames(
                TagNamesQuery(parameters: [], start: UInt32(start), end: UInt32(end)), isScoped: true,
                at: now * 1_000_000_000, Self.context("a"))
        }
        #expect(now % 60 == 0)
        let base = key(now - 3600, now)
        #expect(key(now - 3600 + 59, now + 59) == base)
        #expect(key(now - 3600 + 60, now + 60) != base)
        #expect(key(now - 3600 - 1, now - 1) != base)
        #expect(key(now - 3601, now) != base)
        let closed = now - 900
        #expect(key(closed - 10, closed) != key(closed - 9, closed + 1))
        #expect(key(closed - 10, closed) != key(closed - 11, closed - 1))
        #expect(key(closed - 10, closed + 1) == key(closed - 9, closed + 2))
        // What looks the same as numbers is not the same window.
        let moving = TagWindow(start: 10, end: 130, step: 60, closed: 0)
        #expect(moving != TagWindow(start: moving.first, end: moving.last, step: 60, closed: 1000))
        #expect(!TagWindow(start: 5, end: 4, step: 60, closed: 0).isMoving)
    }

    /// Names that run into each other when they are only joined.
    @Test func `fields cannot run into each other`() {
        let pieces = ["", "a", "aa", "aaa", "a|a", "\0", "a\0", "\0a", "\u{1}\0\0\0\0\0\0\0a"]
        var seen: [CacheKey: String] = [:]
        for target in pieces {
            for tenant in pieces.map(Optional.some) + [nil] {
                for name in pieces {
                    for value in pieces {
                        let lookup = TraceLookup(traceID: name, parameters: [QueryParameter(value, name)])
                        guard let key = Self.keys(target: target).trace(lookup, Self.context(tenant)) else {
                            Issue.record("no key")
                            return
                        }
                        let question =
                            "\(target.debugDescription) \(tenant.debugDescription) \(name.debugDescription)"
                            + " \(value.debugDescription)"
                        #expect(seen.updateValue(question, forKey: key) == nil, "\(question)")
                    }
                }
            }
        }
    }

    @Test(arguments: 0..<10) func `random fields of a caller never share`(_ seed: Int) {
        var generator = CacheTestGenerator(state: UInt64(seed))
        let alphabet = ["", "a", "b", ":", "\0", ",", "a:b"]
        var seen: [CacheKey: [ForwardedField]] = [:]
        for _ in 0..<400 {
            let fields = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                ForwardedField(
                    name: "x-" + (alphabet.randomElement(using: &generator) ?? ""),
                    value: alphabet.randomElement(using: &generator) ?? "")
            }
            let context = SubRequestContext(tenant: "a", deadline: .now, forwardedFields: fields)
            guard let key = Self.keys().trace(TraceLookup(traceID: "1"), context) else {
                Issue.record("no key")
                return
            }
            if let other = seen.updateValue(fields, forKey: key) { #expect(other == fields) }
        }
        #expect(seen.count > 100)
    }

    @Test func `a question that is too long has no key`() {
        let long = String(repeating: "x", count: CacheKey.maxBytes)
        let keys = Self.keys()
        #expect(keys.search(Self.search(long), Self.context("a")) == nil)
        #expect(keys.search(Self.search("{}"), Self.context(long)) == nil)
        #expect(keys.search(Self.search("{}"), Self.context("a", [("X-Big", long)])) == nil)
        let many = TraceLookup(
            traceID: "1", parameters: (0..<10_000).map { QueryParameter("start", "\($0)") })
        #expect(keys.trace(many, Self.context("a")) == nil)
        // And just fits.
        let short = String(repeating: "x", count: CacheKey.maxBytes - 512)
        #expect(keys.search(Self.search(short), Self.context("a")) != nil)
    }

    @Test func `many texts are known for a while only`() {
        let texts = CanonicalTexts(limits: .default)
        for number in 0..<(3 * CanonicalTexts.maxKnown) {
            #expect(texts.canonical("{.a=\(number)}") == "{ .a = \(number) }")
        }
        #expect(texts.canonical("{ .a = " + String(repeating: "1", count: CanonicalTexts.maxTextBytes) + "}") == nil)
    }
}
