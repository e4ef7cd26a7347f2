import Foundation
import TestSupport
import Testing

/// Queries that would take the stack of a careless parser: refused or read without it, and the process goes on.
@Suite(.ownThreads) struct NestedQueryTests {
    private static let deep: [(name: String, query: String, status: Int)] = [
        // These leave no nesting in the tree, and are read without recursion.
        ("500 parentheses in a filter", "{ " + repeated("(", 500) + "true" + repeated(")", 500) + " }", 200),
        ("2000 negations", "{ " + repeated("!", 2000) + "true }", 200),
        ("2000 signs", "{ " + repeated("-", 2000) + "1 = 1 }", 200),
        // These do not.
        ("2000 parentheses around a filter", repeated("(", 2000) + "{}" + repeated(")", 2000), 400),
        ("2000 open parentheses", repeated("(", 2000), 400),
        ("2000 open parentheses in a filter", "{ " + repeated("(", 2000), 400),
        ("150 structural operators, each in parentheses", repeated("({}>", 150) + "{}" + repeated(")", 150), 400),
        ("150 open structural operators", repeated("({}>", 150), 400),
        ("2000 groups of a regular expression", "{ .a =~ \"" + repeated("(", 2000) + repeated(")", 2000) + "\" }", 400),
    ]

    private static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return byte < 16 ? "%0" + digits : "%" + digits
        }.joined()
    }

    @Test func `a deeply nested query does not end the process, and what nests too deep is refused`() throws {
        let upstream = try ScriptedUpstream { .answer(HandMadeAnswers.good($0)) }
        defer { upstream.stop() }
        let frontend = try RunningFrontend([.init(name: "one", port: upstream.port)])
        defer { frontend.stop() }
        for (name, query, status) in Self.deep {
            let asked = upstream.searches
            let target = "/api/search?start=1&end=100&q=" + Self.encoded(query)
            let answer = try frontend.get(target, tenants: "a|b")
            #expect(answer.status == status, "\(name): \(answer.status) \(answer.text.prefix(200))")
            #expect(upstream.searches - asked == (status == 200 ? 2 : 0), "\(name)")
        }
        let asked = upstream.searches
        let good = try frontend.get("/api/search?start=1&end=100&q=%7B%7D", tenants: "a|b")
        #expect(good.status == 200, "\(good.text.prefix(200))")
        #expect(upstream.searches - asked == 2)
    }
}

extension ScriptedUpstream {
    /// Requests but for those for the headers of what was found.
    fileprivate var searches: Int { requests.count { !$0.completesTraces } }
}
