import TraceQL

/// Reading of queries as Grafana sends them, and matching of attributes.
enum TraceQLBenchmark {
    /// About 100, 200 and 300 bytes.
    private static let queries = [
        #"{resource.service.name="checkout" && status=error && duration>250ms && span.http.status_code>=500}"#,
        #"{resource.service.name=~"checkout|cart|payment" && name="POST /api/v1/orders" && span.http.method="POST" "#
            + #"&& duration>100ms} | select(span.http.status_code, resource.k8s.pod.name, span.user.id, status)"#,
        #"({resource.service.namespace="shop" && resource.service.name="frontend" && nestedSetParent<0} >> "#
            + #"{resource.service.name=~"payment.*" && kind=server && status=error && span.http.status_code>=500 && "#
            + #"span.db.system="postgres"}) | by(resource.service.name) | count() > 2 | "#
            + #"select(duration, statusMessage)"#,
    ]

    private static let attribute = Array("https://shop.example.com/api/v1/orders/3f9c2a71?expand=items".utf8)
    private static let patterns = [
        "https://shop.*", ".*/api/v1/orders/.*", ".*(checkout|orders|payment).*", "https?://[a-z.]+/api/v[0-9]+/.*",
        ".*items", "GET|POST|PUT",
    ]

    static func run() throws {
        var sink = 0
        print("\nparse and validate a query, one core")
        for query in queries {
            let bytes = Array(query.utf8)
            let rounds = 1000
            let time = try Measurement(minimumSeconds: 0.5) {
                for _ in 0..<rounds {
                    let parsed = try Query.parse(utf8: bytes)
                    try parsed.validate()
                    sink &+= parsed.hints.count + 1
                }
            }
            let microseconds = time.seconds / Double(rounds) * 1e6
            Report.line("\(bytes.count) bytes", Report.number(microseconds, digits: 2) + " us", "wanted below 10")
        }

        print("\nmatch an attribute of \(attribute.count) bytes")
        for pattern in patterns {
            let expression = try RegularExpression(pattern)
            let rounds = 10_000
            let time = Measurement(minimumSeconds: 0.3) {
                for _ in 0..<rounds { sink &+= expression.matches(attribute) ? 1 : 2 }
            }
            let nanoseconds = time.seconds / Double(rounds) * 1e9
            Report.line(pattern, Report.number(nanoseconds) + " ns", "wanted below 200")
        }

        print("\nsearch a text that a backtracking matcher never gets through")
        // A search that starts anew at every letter; the last one keeps nearly all of its 900 counts alive all the time.
        for (pattern, letter, count) in [
            ("(a+)+b", "a", 20_000), ("(.*)*x", "y", 20_000), ("(a{1,30}){1,30}b", "a", 2000),
        ] {
            let expression = try RegularExpression(pattern, purpose: .searching)
            func seconds(_ count: Int) -> Double {
                let text = Array(String(repeating: letter, count: count).utf8)
                return Measurement(minimumSeconds: 0.3, minimumRuns: 20) { sink &+= expression.search(text) ? 1 : 2 }
                    .seconds
            }
            let once = seconds(count)
            let twice = seconds(2 * count)
            Report.line(
                pattern, Report.number(twice / once, digits: 2) + " x",
                "for \(2 * count) bytes instead of \(count); wanted about 2; "
                    + "\(Report.number(once / Double(count) * 1e9, digits: 2)) ns a byte")
        }
        if sink == 0 { print("nothing was measured") }
    }
}
