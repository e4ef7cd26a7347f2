import Foundation
import TestSupport
import Testing

/// The program as an operator meets it: flags, exit codes, stopping.
@Suite(.ownThreads) struct ProcessTests {
    private static let target = "/api/v2/traces/\(HandMadeAnswers.traceID)"

    /// Runs the binary to its end.
    private func run(_ arguments: [String], files: [String: String] = [:], environment: [String: String] = [:]) throws
        -> (code: Int32, output: String, errors: String)
    {
        let process = try ServedProcess(
            executable: RunningFrontend.executable(), arguments: arguments, files: files, environment: environment)
        defer { process.stop() }
        let code = try process.exitCode(within: 60)
        return (code, process.standardOutput, process.standardError)
    }

    @Test func `a stop signal lets running queries end and exits with 0`() throws {
        let upstream = try ScriptedUpstream { .gated("answers", .answer(HandMadeAnswers.good($0))) }
        defer { upstream.stop() }
        let frontend = try RunningFrontend([.init(name: "one", port: upstream.port)])
        defer { frontend.stop() }
        let idle = try RawConnection(port: frontend.port)
        #expect(try idle.exchange("GET", "/api/echo").status == 200)
        let connection = try RawConnection(port: frontend.port)
        try connection.send("GET \(Self.target) HTTP/1.1\r\nHost: x\r\nX-Scope-OrgID: a|b\r\n\r\n")
        #expect(upstream.waitForRequests(2))
        frontend.process.signal()
        // An idle connection has nothing to wait for; its end shows that the signal has arrived.
        #expect(idle.closedByPeer())
        upstream.open(gate: "answers")
        let answer = try connection.response()
        #expect(answer.status == 200)
        #expect(answer.text.contains("work of b"))
        #expect(connection.closedByPeer())
        #expect(try frontend.process.exitCode() == 0)
    }

    @Test func `a query that never ends does not hold the process past its drain time`() throws {
        let upstream = try ScriptedUpstream { _ in .silence }
        defer { upstream.stop() }
        let frontend = try RunningFrontend([.init(name: "one", port: upstream.port)], .init(drainTime: "1s"))
        defer { frontend.stop() }
        let connection = try RawConnection(port: frontend.port)
        try connection.send("GET \(Self.target) HTTP/1.1\r\nHost: x\r\nX-Scope-OrgID: a\r\n\r\n")
        #expect(upstream.waitForRequests(1))
        frontend.process.signal()
        #expect(try frontend.process.exitCode(within: 20) == 0)
        #expect(connection.closedByPeer())
        #expect(upstream.waitForOpenConnections(atMost: 0))
    }

    @Test func `a stop signal while idle ends the process at once`() throws {
        for signal in [SIGTERM, SIGINT] {
            let frontend = try RunningFrontend([.init(name: "one", port: ScriptedUpstream.refusedPort())])
            defer { frontend.stop() }
            frontend.process.signal(signal)
            #expect(try frontend.process.exitCode(within: 20) == 0)
        }
    }

    @Test func `a second stop signal ends the process during its shutdown delay`() throws {
        let frontend = try RunningFrontend(
            [.init(name: "one", port: ScriptedUpstream.refusedPort())], .init(root: ["shutdown_delay: 10m"]))
        defer { frontend.stop() }
        frontend.process.signal()
        _ = try frontend.process.waitForLine(containing: "received SIGINT/SIGTERM")
        // The listener stays open during the delay and says that it is about to go.
        #expect(try frontend.get("/ready", tenants: nil).status == 503)
        frontend.process.signal()
        #expect(try frontend.process.exitCode(within: 60) == 1)
        #expect(frontend.process.standardError.contains("second stop signal"))
    }

    @Test func `verify accepts a good file and says what is wrong with a bad one`() throws {
        let good = RunningFrontend.configuration([.init(name: "one", port: 3201)])
        for flag in ["-config.verify", "--config.verify", "-config.verify=true"] {
            let result = try run(["-config.file={folder}/c.yaml", flag], files: ["c.yaml": good])
            #expect(result.code == 0, "\(flag): \(result.errors)")
        }
        let bad: [(text: String, says: [String])] = [
            (good + "max_retriess: 3\n", ["max_retriess", "c.yaml"]),
            (good + "server:\n  http_listen_port: 1\n", ["server"]),
            (good.replacingOccurrences(of: "http://127.0.0.1:3201", with: "ftp://tempo.example"), ["https://"]),
            (
                good.replacingOccurrences(of: "http_listen_port: 0", with: "http_listen_port: many"),
                ["c.yaml", "line 4", "many"]
            ),
            (good + "query_frontend:\n  url_deny_list: ['a.*', 'a(']\n", ["url_deny_list[1]", "a("]),
            ("multitenancy_enabled: [true\n", ["c.yaml"]),
        ]
        for (text, says) in bad {
            let result = try run(["-config.file={folder}/c.yaml", "-config.verify"], files: ["c.yaml": text])
            #expect(result.code != 0, "accepted: \(text)")
            for word in says { #expect((result.errors + result.output).contains(word), "\(word): \(result.errors)") }
        }
        let missing = try run(["-config.file={folder}/none.yaml", "-config.verify"])
        #expect(missing.code != 0)
        #expect((missing.errors + missing.output).contains("none.yaml"))
    }

    @Test func `variables of the environment are put in when asked for`() throws {
        let text = RunningFrontend.configuration([.init(name: "one", port: 3201)])
            .replacingOccurrences(of: "127.0.0.1:3201", with: "${UPSTREAM_HOST:-127.0.0.1}:${UPSTREAM_PORT}")
        let with = try run(
            ["-config.file={folder}/c.yaml", "-config.expand-env=true", "-config.verify"], files: ["c.yaml": text],
            environment: ["UPSTREAM_PORT": "3201"])
        #expect(with.code == 0, "\(with.errors)")
        let without = try run(["-config.file={folder}/c.yaml", "-config.verify"], files: ["c.yaml": text])
        #expect(without.code != 0)
    }

    @Test func `version and help print and exit with 0`() throws {
        for flag in ["-version", "--version"] {
            let version = try run([flag])
            #expect(version.code == 0)
            #expect((version.output + version.errors).contains("tempo-query-frontend"))
        }
        for flag in ["-help", "--help", "-h"] {
            let help = try run([flag])
            #expect(help.code == 0, "\(flag)")
            for name in ["config.file", "config.verify", "config.expand-env", "version", "health"] {
                #expect((help.output + help.errors).contains(name), "\(flag) does not name \(name)")
            }
        }
        let unknown = try run(["-no-such-flag"])
        #expect(unknown.code != 0)
        #expect((unknown.output + unknown.errors).contains("no-such-flag"))
    }

    @Test func `the word traceql explains a query instead of serving`() throws {
        let good = try run(["traceql", "-tenants=a", "{ .a = 1 }"])
        #expect(good.code == 0)
        #expect(good.output.hasPrefix("canonical: { .a = 1 }\n"))
        #expect(good.errors == "")
        let bad = try run(["traceql", "{ .a = }"])
        #expect(bad.code == 1)
        #expect(bad.errors == "parse error at line 1, col 8: syntax error: unexpected }\n{ .a = }\n       ^\n")
        #expect(try run(["traceql"]).code == 2)
        #expect(try run(["-help"]).output.contains("traceql QUERY"))
    }

    @Test func `the health probe tells a ready server from none`() throws {
        let frontend = try RunningFrontend([.init(name: "one", port: ScriptedUpstream.refusedPort())])
        defer { frontend.stop() }
        let ready = try run(["-health", "-health.url", "http://127.0.0.1:\(frontend.port)/ready"])
        #expect(ready.code == 0, "\(ready.errors)")
        let gone = try ScriptedUpstream.refusedPort()
        #expect(try run(["-health", "-health.url", "http://127.0.0.1:\(gone)/ready"]).code != 0)
    }

    @Test func `a taken port is told, not waited for`() throws {
        let frontend = try RunningFrontend([.init(name: "one", port: ScriptedUpstream.refusedPort())])
        defer { frontend.stop() }
        let text = RunningFrontend.configuration([.init(name: "one", port: 3201)])
            .replacingOccurrences(of: "http_listen_port: 0", with: "http_listen_port: \(frontend.port)")
        let result = try run(["-config.file={folder}/c.yaml"], files: ["c.yaml": text])
        #expect(result.code != 0)
        #expect(!result.errors.isEmpty)
    }

    @Test func `secrets of the configuration are not shown`() throws {
        let upstream = try ScriptedUpstream { .answer(HandMadeAnswers.good($0)) }
        defer { upstream.stop() }
        let frontend = try RunningFrontend([
            .init(
                name: "one", port: upstream.port,
                more: [
                    "basic_auth:", "  username: us", "  password: hunter2-secret", "headers:",
                    "  X-Api-Key: key-secret",
                ])
        ])
        defer { frontend.stop() }
        _ = try frontend.get(Self.target, tenants: "a|b")
        #expect(upstream.requests.allSatisfy { $0["X-Api-Key"] == "key-secret" })
        for target in ["/status", "/status/config", "/status/upstreams", "/metrics"] {
            let answer = try frontend.get(target, tenants: nil)
            #expect(answer.status == 200, "\(target)")
            #expect(!answer.text.contains("secret"), "\(target) shows a secret")
        }
        #expect(!frontend.process.standardError.contains("secret"))
    }

    @Test func `one line is logged for each query`() throws {
        let upstream = try ScriptedUpstream { .answer(HandMadeAnswers.good($0)) }
        defer { upstream.stop() }
        let frontend = try RunningFrontend([.init(name: "one", port: upstream.port)])
        defer { frontend.stop() }
        _ = try frontend.get(Self.target, tenants: "alpha|beta")
        let line = try frontend.process.waitForLine(containing: "alpha", seconds: 20)
        for word in ["beta", "status=200"] { #expect(line.contains(word), "\(line)") }
        let metrics = try frontend.get("/metrics", tenants: nil).text
        #expect(metrics.contains("tempo_query_frontend"))
    }
}
