import Foundation
import TestSupport
import Testing

/// `-demo`: from nothing to an answer for several tenants.
@Suite(.ownThreads, .timeLimit(.minutes(20))) struct DemoTests {
    @Test func `the demo answers the questions that it prints`() throws {
        let process = try ServedProcess(
            executable: RunningFrontend.executable(), arguments: ["-demo", "-config.file={folder}/c.yaml"],
            files: [
                "c.yaml": """
                server: {http_listen_address: 127.0.0.1, http_listen_port: 0}
                distributor: {receivers: {otlp: {protocols: {http: {endpoint: '127.0.0.1:0'}}}}}
                """
            ])
        defer { process.stop() }
        let listening = try process.waitForLine(containing: "server listening")
        let port = try ServedProcess.port(in: listening, after: " http=")
        let folder = try #require(listening.components(separatedBy: " store=").last?.prefix { $0 != " " })
        let filled = try process.waitForLine(containing: "demo filled")
        let trace = try #require(filled.components(separatedBy: "trace=").last)
        var parts = 0
        for tenant in ["foo", "bar", "baz"] {
            let part = try RawConnection.request(
                port: port, "/api/v2/traces/\(trace)", fields: [("X-Scope-OrgID", tenant)], timeout: 60)
            parts += try part.spanNames().count
            #expect(try part.spanNames().isEmpty == false, "\(tenant)")
        }
        let whole = try RawConnection.request(
            port: port, "/api/v2/traces/\(trace)", fields: [("X-Scope-OrgID", "foo|bar|baz")], timeout: 60)
        #expect(try whole.spanNames().count == parts)
        let errors = try RawConnection.request(
            port: port, "/api/search?q=%7B%20status%20%3D%20error%20%7D", fields: [("X-Scope-OrgID", "foo|bar")],
            timeout: 60)
        #expect(try errors.json()["traces"]?.elements.count ?? 0 >= 10)
        process.signal()
        #expect(try process.exitCode() == 0)
        let text = process.standardOutput
        #expect(text.components(separatedBy: "  curl ").count >= 6, "\(text)")
        #expect(
            text.contains("'X-Scope-OrgID: foo|bar|baz' http://127.0.0.1:\(port)/api/v2/traces/\(trace)"), "\(text)")
        #expect(!FileManager.default.fileExists(atPath: String(folder)))
    }
}
