import Foundation
import TestSupport
import Testing

/// The configuration files of the repository, each checked and started as it is but for its ports.
@Suite(.ownThreads) struct ExampleFileTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let file: String
        var arguments: [String] = []
        var environment: [String: String] = [:]
        let tenants: String?
        /// Names of services that the trace has when all targets have answered.
        let services: [String]
        /// Of the answer.
        let instances: String
        var testDescription: String { file }
    }

    static let examples = [
        Example(
            file: "Examples/federation-frontend.yaml", tenants: nil, services: ["ruby", "jade"], instances: "2"),
        Example(file: "Examples/federated-querier.yaml", tenants: nil, services: ["ruby", "jade"], instances: "2"),
        Example(
            file: "Examples/two-clusters.yaml", arguments: ["-config.expand-env=true"],
            environment: ["US_PASSWORD": "other"], tenants: nil, services: ["ruby", "jade"], instances: "2"),
        Example(
            file: "Examples/replay.yaml", tenants: "ruby|jade|onyx", services: ["ruby", "jade", "onyx"], instances: "1"),
    ]

    private static func text(of file: String) throws -> String {
        // Beside this file: Tests/EndToEndTests.
        let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
        return try String(contentsOfFile: root + "/" + file, encoding: .utf8)
    }

    private static func verify(_ text: String, _ arguments: [String], _ environment: [String: String]) throws -> (
        code: Int32, errors: String
    ) {
        let process = try ServedProcess(
            executable: RunningFrontend.executable(),
            arguments: ["-config.file={folder}/f.yaml", "-config.verify=true"] + arguments, files: ["f.yaml": text],
            environment: environment)
        defer { process.stop() }
        return (try process.exitCode(within: 60), process.standardError)
    }

    /// Spans of each tenant in the recorded trace, by asking its cluster alone.
    private static func spanIDs(_ response: RawResponse) throws -> Set<String> {
        let pattern = try Regex(#""spanId":"([^"]+)""#)
        return Set(response.text.matches(of: pattern).map { String(response.text[$0.range]) })
    }

    @Test(arguments: examples)
    func `a file of the examples is checked, started, asked and stopped`(_ example: Example) throws {
        let text = try Self.text(of: example.file)
        let verified = try Self.verify(text, example.arguments, example.environment)
        #expect(verified.code == 0, "\(verified.errors)")

        let ruby = try RunningReplay(tenant: "ruby")
        defer { ruby.stop() }
        let jade = try RunningReplay(tenant: "jade")
        defer { jade.stop() }
        let process = try ServedProcess(
            executable: RunningFrontend.executable(),
            arguments: ["-config.file={folder}/f.yaml", "-server.http-listen-port=0"] + example.arguments,
            files: [
                "f.yaml": text.replacingOccurrences(of: "127.0.0.1:3201", with: "127.0.0.1:\(ruby.port)")
                    .replacingOccurrences(of: "127.0.0.1:3202", with: "127.0.0.1:\(jade.port)")
            ], environment: example.environment)
        defer { process.stop() }
        let line = try process.waitForLine(containing: "server listening")
        let port = try ServedProcess.port(in: line, after: "http=")
        #expect(try RawConnection.request(port: port, "/ready").status == 200)

        let trace = "/api/v2/traces/4dc2a627940eee3cba6f875c2e84496e"
        let answer = try RawConnection.request(
            port: port, trace, fields: example.tenants.map { [("X-Scope-OrgID", $0)] } ?? [], timeout: 60)
        #expect(answer.status == 200)
        #expect(answer["X-Tempo-Federation"] == "exact")
        #expect(answer["X-Tempo-Federation-Instances-Responded"] == example.instances)
        var expected: Set<String> = []
        for tenant in example.services {
            expected.formUnion(try Self.spanIDs(try ruby.get(trace, tenant: tenant)))
        }
        #expect(!expected.isEmpty)
        #expect(try Self.spanIDs(answer) == expected)

        process.signal()
        #expect(try process.exitCode(within: 30) == 0)
    }

    @Test func `the file in the repository's root stores and answers`() throws {
        let text = try Self.text(of: "tempo.yaml")
        #expect(try Self.verify(text, [], [:]).code == 0)
        let process = try ServedProcess(
            executable: RunningFrontend.executable(),
            arguments: [
                "-config.file={folder}/f.yaml", "-server.http-listen-port=0",
                "-storage.trace.local.path={folder}/spans",
            ], files: ["f.yaml": text.replacingOccurrences(of: "127.0.0.1:4318", with: "127.0.0.1:0")])
        defer { process.stop() }
        _ = try process.waitForLine(containing: "msg=ready")
        let line = try process.waitForLine(containing: "server listening")
        let port = try ServedProcess.port(in: line, after: "http=")
        #expect(try RawConnection.request(port: port, "/ready").status == 200)
        let tags = try RawConnection.request(port: port, "/api/v2/search/tags", fields: [("X-Scope-OrgID", "a")])
        #expect(tags.status == 200)
        process.signal()
        #expect(try process.exitCode(within: 30) == 0)
    }

    @Test(arguments: ["999.1.1.1", "localhost:3200", "[::1]", "no.such.host.invalid"])
    func `an address that a start refuses is refused before`(_ address: String) throws {
        let verified = try Self.verify("server: {http_listen_address: '\(address)'}\n", [], [:])
        #expect(verified.code == 1)
        #expect(verified.errors.contains("cannot resolve \(address)"), "\(verified.errors)")
    }

    @Test func `the printed example is a file that can be checked`() throws {
        let process = try ServedProcess(executable: RunningFrontend.executable(), arguments: ["-config.example"])
        defer { process.stop() }
        #expect(try process.exitCode(within: 60) == 0)
        let verified = try Self.verify(process.standardOutput, [], [:])
        #expect(verified.code == 0, "\(verified.errors)")
    }
}
