/// The page of `/status/upstreams` for people: one file, no script, nothing from elsewhere, every text escaped.
enum UpstreamsHTML {
    static func page(_ statuses: [UpstreamStatus]) -> String {
        let rows = statuses.map { row($0) }.joined(separator: "\n")
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Upstreams</title>
            <style>
            body { font: 14px/1.4 system-ui, sans-serif; margin: 2em; color: #222; background: #fff; }
            table { border-collapse: collapse; }
            th, td { border-bottom: 1px solid #ddd; padding: .35em .8em; text-align: left; vertical-align: top; }
            td.number { text-align: right; font-variant-numeric: tabular-nums; }
            .good { color: #166534; } .bad { color: #b91c1c; font-weight: 600; } .unknown { color: #666; }
            </style>
            </head>
            <body>
            <h1>Upstreams</h1>
            <table>
            <thead><tr>\(header)</tr></thead>
            <tbody>
            \(rows)
            </tbody>
            </table>
            <p>Latencies in milliseconds, of the answers of the last ten minutes. <a href="?format=json">JSON</a>,
            <a href="?format=text">text</a>.</p>
            </body>
            </html>

            """
    }

    private static let header = [
        "name", "URL", "tenant", "state", "circuit", "in flight", "requests", "failures", "p50", "p95", "p99",
        "version",
        "clock skew ms", "last answer", "errors", "last error",
    ].map { "<th scope=\"col\">\($0)</th>" }.joined()

    private static func row(_ status: UpstreamStatus) -> String {
        let latency = status.latency
        let errors = status.errors.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "\($0.key): \($0.value)" }.joined(separator: ", ")
        let cells = [
            cell(status.name), cell(status.url), cell(status.tenant),
            cell(status.state, ["reachable": "good", "unreachable": "bad"][status.state] ?? "unknown"),
            cell(status.circuit, status.circuit == CircuitBreaker.State.closed.rawValue ? "good" : "bad"),
            number("\(status.inFlight)"), number("\(status.requests)"), number("\(status.failures)"),
            number(latency.map { "\($0.p50)" }), number(latency.map { "\($0.p95)" }),
            number(latency.map { "\($0.p99)" }), cell(status.version ?? ""),
            number(status.clockSkewMs.map { "\($0)" }), cell(status.lastAnswer ?? ""), cell(errors),
            cell(status.lastError.map { "\($0.at) \($0.text)" } ?? ""),
        ]
        return "<tr>" + cells.joined() + "</tr>"
    }

    private static func cell(_ text: String, _ kind: String? = nil) -> String {
        let attribute = kind.map { " class=\"\($0)\"" } ?? ""
        return "<td\(attribute)>\(escape(text))</td>"
    }

    private static func number(_ text: String?) -> String { "<td class=\"number\">\(escape(text ?? ""))</td>" }

    /// Text as the content of an element or a quoted attribute: at most 300 characters, control ones shown as blanks.
    static func escape(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars.prefix(300) {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value): result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
