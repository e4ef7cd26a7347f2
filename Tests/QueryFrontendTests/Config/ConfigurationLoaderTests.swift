import Synchronization
import TestSupport
import Testing

@testable import QueryFrontend

struct ConfigurationLoaderTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        var name: String
        var yaml: String
        var args: [String]
        var env: [String: String]
        var files: [String: String]
        /// What `/status/config?mode=diff` shows, the target of the harness left out.
        var diff: String?
        var error: String?
        var code: String?
        var warnings: [String]
        var notices: [String]

        var testDescription: String { name }
    }

    /// A file system of texts.
    static func files(_ texts: [String: String]) -> @Sendable (String) throws(FileReadError) -> [UInt8] {
        { (path: String) throws(FileReadError) in
            guard let text = texts[path] else { throw FileReadError("no such file or directory") }
            return Array(text.utf8)
        }
    }

    static let someTarget = "federation: {proxy_targets: [{url: 'http://harness:1'}]}\n"

    private static func load(_ example: Case) throws(ConfigurationError) -> LoadedConfiguration {
        var files = example.files
        let needsTarget = example.error == nil && !example.yaml.contains("federation:")
        let isOverridesCase = example.code == "overrides"
        files["tempo.yaml"] = example.yaml + (needsTarget || isOverridesCase ? someTarget : "")
        return try ConfigurationLoader.load(
            try CommandLineOptions.parse(["-config.file=tempo.yaml"] + example.args), environment: example.env,
            readFile: self.files(files))
    }

    @Test(arguments: try Corpus.load("config-load", in: .module, atLeast: 45, as: Case.self))
    func `loads or refuses files with the texts that operators know`(_ example: Case) throws {
        do throws(ConfigurationError) {
            let loaded = try ConfigurationLoaderTests.load(example)
            var base = FrontendConfiguration()
            if !example.yaml.contains("federation:") {
                base.federation.proxyTargets = loaded.configuration.federation.proxyTargets
            }
            let fields = FrontendConfiguration.fields
            let diff = fields.rendered(loaded.configuration).difference(from: fields.rendered(base))
            #expect(diff?.document ?? "" == example.diff)
            #expect(loaded.warnings.map(\.message) == example.warnings)
            #expect(loaded.notices == example.notices)
        } catch {
            #expect(error.message == example.error)
            #expect(error.code.name == example.code)
            #expect(error.exitCode == 1)
        }
    }

    @Test func `defaults are Tempo's`() throws {
        let text = FrontendConfiguration().yaml(mode: .defaults)
        for line in [
            "  http_listen_port: 3200\n", "  http_server_idle_timeout: 2m0s\n", "  max_outstanding_per_tenant: 2000\n",
            "    max_result_limit: 262144\n", "    max_duration: 168h0m0s\n", "    query_shards: 50\n",
            "      max_bytes_per_tag_values_query: 1000000\n", "      max_bytes_per_trace: 5000000\n",
            "  max_query_expression_size_bytes: 131072\n", "  per_tenant_override_period: 10s\n",
            "    max_exemplars: 100\n", "  max_tenants: 100\n", "  max_concurrent_requests_per_query: 20\n",
        ] {
            #expect(text.contains(line), "\(line)")
        }
    }

    @Test func `the full text reads back as the same configuration`() throws {
        let file = """
            multitenancy_enabled: true
            http_api_prefix: "/a b"
            server: {log_level: error}
            query_frontend: {allowed_headers: [yes, "1", x-y], search: {throughput_bytes_slo: 1.25}}
            overrides: {defaults: {read: {max_search_duration: 10d}}}
            federation: {proxy_targets: [{name: "no", url: "http://h/p"}]}
            """.replacing("/a b", with: "/a-b")
        let read = { (text: String) throws(ConfigurationError) -> FrontendConfiguration in
            try ConfigurationLoader.load(
                try CommandLineOptions.parse(["-config.file=f"]), environment: [:],
                readFile: ConfigurationLoaderTests.files(["f": text])
            ).configuration
        }
        let first = try read(file)
        #expect(first.queryFrontend.allowedHeaders == ["yes", "1", "x-y"])
        #expect(try read(first.yaml()) == first)
        #expect(first.yaml(mode: .diff).contains("max_search_duration: 10d"))
        #expect(FrontendConfiguration().yaml(mode: .diff) == "{}\n")
    }

    @Test func `warnings are logged under a heading, notices at info`() throws {
        final class Lines: LogSink {
            let lines = Mutex<[String]>([])
            func write(_ line: [UInt8]) { lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
        }
        let sink = Lines()
        let loaded = try ConfigurationLoader.load(
            try CommandLineOptions.parse(["-config.file=f", "-mem-ballast-size-mbs=1"]), environment: [:],
            readFile: ConfigurationLoaderTests.files(["f": "storage: {}\n" + ConfigurationLoaderTests.someTarget]))
        loaded.log(to: Logger(sink: sink))
        let lines = sink.lines.withLock { $0 }
        #expect(lines.count == 3)
        #expect(lines.first?.contains("msg=\"-- CONFIGURATION WARNINGS --\"\n") == true)
        #expect(lines.dropFirst().first?.contains("level=warn ") == true)
        #expect(lines.dropFirst().first?.contains(" explain=\"this program needs no memory ballast") == true)
        #expect(lines.last?.contains("level=info ") == true)
        #expect(lines.last?.hasSuffix("msg=\"blocks of other targets were ignored: storage\"\n") == true)
    }

    @Test func `the file in the repository's root is what it says`() throws {
        // Beside this file: Tests/QueryFrontendTests/Config.
        let path = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined() + "/tempo.yaml"
        let loaded = try ConfigurationLoader.load(
            try CommandLineOptions.parse(["-config.file=\(path)"]), environment: [:])
        #expect(loaded.warnings.isEmpty)
        #expect(loaded.notices.isEmpty)
        #expect(loaded.configuration.multitenancyEnabled)
        #expect(loaded.configuration.usesStore)
        #expect(loaded.configuration.storage.path == StorageConfiguration.defaultPath)
    }

    @Test func `every key is rendered and read by the same table`() throws {
        // A key that is rendered but not read back, or the reverse, would make this file fail.
        var configuration = FrontendConfiguration()
        configuration.federation.proxyTargets = [.init(name: "a", url: try TargetURL("http://a"))]
        let loaded = try ConfigurationLoader.load(
            try CommandLineOptions.parse(["-config.file=f"]), environment: [:],
            readFile: ConfigurationLoaderTests.files(["f": configuration.yaml()]))
        #expect(loaded.configuration == configuration)
    }

    @Test func `a real file is read, and its absence has the system's words`() throws {
        #expect(throws: FileReadError("no such file or directory")) { try FileReader.read("/nonexistent/x") }
        #expect(throws: FileReadError("is a directory")) { try FileReader.read("/") }
        #expect(throws: FileReadError("invalid argument")) { try FileReader.read("a\0b") }
        #expect(try FileReader.read(#filePath).starts(with: Array("import Synchronization".utf8)))
    }
}
