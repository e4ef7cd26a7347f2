import TestSupport
import Testing

@testable import QueryFrontend

struct URLDenyListTests {
    @Test(arguments: try Corpus.load("service-deny-list", in: .module, atLeast: 44, as: ServiceCase.self))
    func `URLs are denied in their place among the checks`(_ item: ServiceCase) async throws { try await item.check() }

    @Test func `patterns are checked at start, by index`() {
        let key = "query_frontend.url_deny_list"
        #expect(URLDenyList.problems([], key: key).isEmpty)
        #expect(URLDenyList.problems(["", "a|b", "^/api/\\p{Greek}$", "(?s).*"], key: key).isEmpty)
        let bad = ["fine", "a(", "(?=x)", "[z-a]", "\\1", "*", "a{1,1001}", "(a{1,100}){1,100}"]
        let problems = URLDenyList.problems(bad, key: key)
        #expect(problems.count == bad.count - 1)
        for (index, problem) in zip(1..., problems) { #expect(problem.hasPrefix("\(key)[\(index)]: "), "\(problem)") }
        #expect(URLDenyList.problems(Array(repeating: "a", count: 100), key: key).isEmpty)
        #expect(URLDenyList.problems(Array(repeating: "a", count: 101), key: key).count == 1)
        #expect(URLDenyList.problems([String(repeating: "a", count: 4096)], key: key).isEmpty)
        #expect(URLDenyList.problems(["a", String(repeating: "a", count: 4097)], key: key).count == 1)
    }

    @Test func `patterns that would make every request expensive are refused together`() {
        let key = "query_frontend.url_deny_list"
        // No table of states: each step of the text visits all places of the pattern.
        let patterns = (0..<4).map { "(a|b)*a(a|b){\(900 + $0)}" }
        #expect(URLDenyList.problems(Array(patterns.prefix(1)), key: key).isEmpty)
        let problems = URLDenyList.problems(patterns, key: key)
        #expect(problems.count == 1 && problems[0].hasPrefix("\(key): the patterns must not take more than 5000 steps"))
    }

    @Test func `a pattern that slipped past validation denies everything`() {
        #expect(throws: APIError.self) { try URLDenyList(["a("]).check("/api/search") }
        #expect(throws: Never.self) { try URLDenyList([]).check("/api/search") }
    }

    @Test func `hostile patterns and URLs meet in linear time`() {
        let list = URLDenyList(["(a+)+b$", "(.*)*x$", "(a{1,30}){1,30}z", "(a|aa)*Y"])
        let url = "/api/search?q=" + String(repeating: "a", count: 20_000)
        #expect(throws: Never.self) { try list.check(url) }
        #expect(throws: APIError.self) { try list.check(url + "x") }
    }

    @Test func `a line feed is not any character`() {
        #expect(throws: Never.self) { try URLDenyList(["a.b"]).check("a\nb") }
        #expect(throws: APIError.self) { try URLDenyList(["(?s)a.b"]).check("a\nb") }
    }
}
