import HTTPTransport
import Synchronization
import TestSupport
import Testing

@testable import QueryFrontend

/// What files may say about TLS, and what is found out before anything is opened.
struct TLSConfigurationTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let yaml: String
        /// The whole message of a refusal.
        let error: String?
        /// The beginnings of the warnings.
        let warnings: [String]?
        /// Parts of what `/status/config?mode=diff` shows.
        let show: [String]?

        var testDescription: String { name }
    }

    /// The certificates of `TestSupport` by their names, and texts.
    static func files(
        _ texts: [String: String]
    ) -> @Sendable (String) throws(FileReadError) -> [UInt8] {
        { (path: String) throws(FileReadError) in
            if let text = texts[path] { return Array(text.utf8) }
            guard let pem = try? TestCertificates.pem(path) else { throw FileReadError("no such file or directory") }
            return pem
        }
    }

    static func load(_ yaml: String) throws(ConfigurationError) -> LoadedConfiguration {
        try ConfigurationLoader.load(
            try CommandLineOptions.parse(["-config.file=f.yaml"]), environment: [:], readFile: files(["f.yaml": yaml]))
    }

    @Test(arguments: try Corpus.load("config-tls", in: .module, atLeast: 35, as: Case.self))
    func `files are taken or refused with all that is wrong`(_ example: Case) throws {
        do throws(ConfigurationError) {
            let loaded = try Self.load(example.yaml)
            #expect(example.error == nil)
            #expect(loaded.warnings.map(\.message) == example.warnings ?? [])
            let shown = loaded.configuration.yaml(mode: .diff)
            for part in example.show ?? [] { #expect(shown.contains(part), "\(part) in \(shown)") }
            let hasTLS = loaded.configuration.server.httpTLS.isEnabled || example.yaml.contains("https:")
            #expect((loaded.tls != nil) == (hasTLS || example.yaml.contains("receivers")))
        } catch {
            #expect(error.message == example.error)
        }
    }

    @Test func `certificates and keys may stand in the file itself, and are never shown`() throws {
        func block(_ name: String) throws -> String {
            let text = String(decoding: try TestCertificates.pem(name), as: UTF8.self)
            return "|\n" + text.split(separator: "\n").map { "      " + $0 + "\n" }.joined()
        }
        let yaml = """
            server:
              http_tls_config:
                client_auth_type: VerifyClientCertIfGiven
                cert: \(try block("server.pem"))
                key: \(try block("server.key"))
                client_ca: \(try block("ca.pem"))
            federation: {proxy_targets: [{name: t, url: 'http://t'}]}
            """
        let loaded = try Self.load(yaml)
        #expect(loaded.tls?.server != nil)
        for mode in [FrontendConfiguration.YAMLMode.full, .diff] {
            let shown = loaded.configuration.yaml(mode: mode)
            #expect(shown.contains("key: \"********\""))
            #expect(!shown.contains("BEGIN"))
            for line in try TestCertificates.pem("server.key").split(separator: UInt8(ascii: "\n")) {
                #expect(!shown.contains(String(decoding: line, as: UTF8.self)))
            }
        }
        var dumped = ""
        dump(loaded.configuration, to: &dumped)
        #expect(!dumped.contains("BEGIN"))
        let broken = yaml.replacing("BEGIN PRIVATE", with: "BEGIN PIRATE")
        let error = #expect(throws: ConfigurationError.self) { try Self.load(broken) }
        #expect(error?.message.contains("no private key in PEM form") == true)
        #expect(error?.message.contains("PIRATE") == false)
    }

    @Test func `a file of Grafana Enterprise Traces with https reads as it stands`() throws {
        let loaded = try Self.load(
            """
            auth_enabled: false
            target: federation-frontend
            federation:
              proxy_targets:
                - name: own-data-center
                  url: http://get/tempo
                - name: grafana-cloud
                  url: https://tempo.example/tempo
                  basic_auth: { username: "1234", password: "t0ken" }
                  tls_insecure_skip_verify: false
            """)
        let target = loaded.configuration.federation.proxyTargets[1]
        #expect(target.url.description == "https://tempo.example/tempo")
        #expect(target.url.port == 443)
        #expect(target.url.authority == "tempo.example")
        let tls = try #require(loaded.tls)
        #expect(tls.target(target) != nil)
        #expect(tls.target(loaded.configuration.federation.proxyTargets[0]) == nil)
    }

    @Test func `the warning about unchecked certificates names what is at stake`() throws {
        let cases = [
            ("forward_authorization: false", "what is sent"), ("timeout: 1s", "the caller's Authorization included"),
            ("basic_auth: {username: u, password: p}", "the target's credentials included"),
            ("bearer_token: x", "the target's credentials included"),
            ("headers: {Authorization: x}", "the target's credentials included"),
        ]
        for (key, text) in cases {
            let loaded = try Self.load(
                "federation: {proxy_targets: [{name: t, url: 'https://t', tls_insecure_skip_verify: true, \(key)}]}")
            #expect(loaded.warnings.first?.explanation.hasSuffix(text) == true, "\(key)")
        }
    }

    @Test func `certificates are read again when they change, and what is broken changes nothing`() throws {
        let names = Mutex(["cert": "server.pem", "key": "server.key", "ca": "ca.pem"])
        let readFile: @Sendable (String) throws(FileReadError) -> [UInt8] = { (path: String) throws(FileReadError) in
            guard let name = names.withLock({ $0[path] }), let pem = try? TestCertificates.pem(name) else {
                throw FileReadError("no such file or directory")
            }
            return pem
        }
        var configuration = FrontendConfiguration()
        configuration.server.httpTLS.certFile = "cert"
        configuration.server.httpTLS.keyFile = "key"
        var target = FederationConfiguration.ProxyTarget(name: "t", url: try TargetURL("https://t"))
        target.tls.caPath = "ca"
        configuration.federation.proxyTargets = [target]
        let contexts = try TLSContexts(configuration, readFile: readFile)
        let log = CollectedLog()
        let logger = Logger(level: .info, format: .logfmt, sink: log)
        var seen = 0
        func news() -> [String] {
            contexts.reloadIfChanged(logger: logger)
            let lines = log.lines
            defer { seen = lines.count }
            return Array(lines[seen...])
        }
        #expect(news().isEmpty)
        names.withLock { $0["cert"] = "rsa.pem" }
        #expect(news().first?.contains("does not belong") == true)
        #expect(news().isEmpty)
        names.withLock { $0["key"] = "rsa.key" }
        #expect(news().first?.contains("read again") == true)
        #expect(news().isEmpty)
        names.withLock { $0["ca"] = nil }
        #expect(news().first?.contains("tls_ca_path: open ca: no such file") == true)
        names.withLock { $0["ca"] = "other-ca.pem" }
        #expect(news().first?.contains("proxy_targets[t]") == true)
    }
}
