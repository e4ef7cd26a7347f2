import Foundation
import TestSupport
import Testing

/// Three processes with stores behind TLS are the clusters of a fourth; one more holds everything and says what is right.
@Suite(.ownThreads, .timeLimit(.minutes(10))) struct TLSClusterTests {
    /// A cluster as the frontend in front sees it.
    private struct Cluster {
        let name: String
        /// Scheme and host by which it is asked.
        let address: String
        /// Lines of its entry in `proxy_targets`.
        let target: [String]
        /// Entries of its own `server` block.
        let server: [String]
        let folder = RunningStore.Folder()

        func start(port: Int = 0) throws -> RunningStore {
            try RunningStore(folder, RunningStore.Settings(server: server, port: port))
        }
    }

    private static func clusters() throws -> [Cluster] {
        let path = TestCertificates.path
        let authority = try path("ca.pem")
        return [
            // Asked by address, told who is trusted by flat keys.
            Cluster(
                name: "north", address: "https://127.0.0.1", target: ["tls_ca_path: '\(authority)'"],
                server: [
                    "http_tls_config: {cert_file: '\(try path("server.pem"))', key_file: '\(try path("server.key"))'}"
                ]),
            // Wants a certificate of its client; asked by a name.
            Cluster(
                name: "south", address: "https://localhost",
                target: [
                    "tls: {ca_file: '\(authority)', cert_file: '\(try path("client.pem"))', "
                        + "key_file: '\(try path("client.key"))'}"
                ],
                server: [
                    "http_tls_config: {cert_file: '\(try path("server.pem"))', key_file: '\(try path("server.key"))', "
                        + "client_auth_type: RequireAndVerifyClientCert, client_ca_file: '\(authority)'}"
                ]),
            // Has a certificate for another name, below an intermediate one, and TLS 1.3 only.
            Cluster(
                name: "west", address: "https://127.0.0.1",
                target: ["tls_ca_path: '\(authority)'", "tls_server_name: localhost"],
                server: [
                    "tls_min_version: VersionTLS13",
                    "http_tls_config: {cert_file: '\(try path("chain.pem"))', key_file: '\(try path("leaf.key"))'}",
                ]),
        ]
    }

    private static let traceID = "5b8efff798038103d269b633813fc60c"

    /// Twelve traces whose spans go round the clusters; of the first, each cluster has a part that the others call.
    private static func spans() -> [[StoredSpan]] {
        var parts: [[StoredSpan]] = [[], [], []]
        let services = ["web", "cart", "payment"]
        let base = StoredSpan.recently()
        for trace in 0..<12 {
            for number in 0..<3 where trace == 0 || (trace + number) % 4 != 0 {
                let start = base + UInt64(trace) * 1_000_000_000 + UInt64(number) * 1_000_000
                parts[(trace + number) % 3].append(
                    StoredSpan(
                        traceID: trace == 0 ? traceID : String(format: "5b8efff798038103d269b633813fc%03x", trace),
                        spanID: String(format: "00000000000%02x%03x", trace + 1, number + 1),
                        parentID: number == 0 ? "" : String(format: "00000000000%02x%03x", trace + 1, number),
                        service: services[number], name: "work of \(services[number])", start: start,
                        end: start + UInt64(50 - 10 * number) * 1_000_000, isError: number == 2 && trace % 2 == 0,
                        texts: ["in.\(services[number])": "\(trace)"]))
            }
        }
        return parts
    }

    private static var questions: [String] {
        let end = Int(Date().timeIntervalSince1970) - 30
        let window = "start=\(end - 300)&end=\(end)"
        func query(_ text: String) -> String {
            "q=" + (text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
        }
        return [
            "/api/v2/traces/\(traceID)", "/api/traces/\(traceID)", "/api/v2/traces/00000000000000000000000000000001",
            "/api/search?limit=100&\(query("{}"))&\(window)",
            "/api/search?limit=100&\(query("{ status = error }"))&\(window)",
            // These relate spans of different clusters.
            "/api/search?limit=100&\(query(#"{ resource.service.name = "web" } >> { status = error }"#))&\(window)",
            "/api/search?limit=100&\(query(#"{ span.in.web = "0" } && { span.in.payment = "0" }"#))&\(window)",
            "/api/search?limit=100&\(query("{ rootServiceName = \"web\" } | count() > 2"))&\(window)",
            "/api/v2/search/tags?\(window)", "/api/search/tags?\(window)",
            "/api/v2/search/tag/resource.service.name/values?\(window)",
            "/api/v2/search/tag/span.in.payment/values?\(window)",
            "/api/metrics/query_range?step=60&\(query("{} | rate() by (resource.service.name)"))&\(window)",
            "/api/metrics/query_range?step=60&\(query("{} | avg_over_time(duration)"))&\(window)",
            "/api/metrics/query?\(query("{ status = error } | count_over_time()"))&\(window)",
        ]
    }

    /// The parts of an answer that do not say how it was found, lists in one order. Which exemplars a series shows is chosen anew
    /// over all clusters, so they are left out.
    private func content(_ response: RawResponse) throws -> String {
        #expect(response.status == 200 || response.status == 404, "\(response.status) \(response.text)")
        guard response["Content-Type"]?.contains("json") == true else { return "\(response.status) \(response.text)" }
        return "\(response.status) \(sorted(try response.json().removing("metrics")))"
    }

    private func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): .array(elements.map { sorted($0) }.sorted { "\($0)" < "\($1)" })
        case .object(let members):
            .object(members.filter { $0.key != "exemplars" }.mapValues { sorted($0) })
        default: value
        }
    }

    @Test func `three clusters behind TLS answer as one process that holds everything`() throws {
        let clusters = try Self.clusters()
        var stores = try clusters.map { try $0.start() }
        defer { for store in stores { store.stop() } }
        let whole = try RunningStore(RunningStore.Folder())
        defer { whole.stop() }
        for (store, part) in zip(stores, Self.spans()) {
            #expect(try store.push(try StoredSpan.json(part), tenant: "foo").status == 200)
            #expect(try whole.push(try StoredSpan.json(part), tenant: "foo").status == 200)
        }
        // Nobody without TLS, or without a certificate where one is wanted, is answered.
        #expect(
            try stores[0].get("/ready", tenants: nil).text == "Client sent an HTTP request to an HTTPS server.\n")

        let targets = zip(clusters, stores).map { cluster, store in
            RunningFrontend.Target(
                name: cluster.name, port: store.port, address: cluster.address, more: cluster.target)
        }
        let strict = try RunningFrontend(targets)
        defer { strict.stop() }
        let lenient = try RunningFrontend(targets, .init(allowPartial: true))
        defer { lenient.stop() }

        func compare(_ front: RunningFrontend) throws {
            for question in Self.questions {
                let answer = try front.get(question, tenants: "foo")
                let (ours, right) = (try content(answer), try content(whole.get(question, tenants: "foo")))
                #expect(ours == right, "\(question)")
                #expect(answer["X-Tempo-Federation"] == "exact", "\(question)")
            }
        }
        try compare(strict)
        try compare(lenient)

        // One cluster is gone: without leave to answer in part the query fails and names it.
        let trace = "/api/v2/traces/\(Self.traceID)"
        let port = stores[1].port
        stores[1].process.signal(SIGKILL)
        _ = try stores[1].process.exitCode()
        let refused = try strict.get(trace, tenants: "foo")
        #expect(refused.status == 502, "\(refused.status) \(refused.text)")
        #expect(refused.text.contains("south"), "\(refused.text)")
        let partial = try lenient.get(trace, tenants: "foo")
        #expect(partial.status == 200)
        #expect(partial["X-Tempo-Federation"] == "partial")
        #expect(partial["X-Tempo-Federation-Reason"]?.contains("south") == true)
        #expect(try partial.spanNames() == ["work of payment", "work of web"])

        // It comes back, on the same port, with what it had.
        stores[1] = try clusters[1].start(port: port)
        let deadline = Date(timeIntervalSinceNow: 60)
        for front in [strict, lenient] {
            while try front.get(trace, tenants: "foo")["X-Tempo-Federation"] != "exact" {
                guard Date() < deadline else { break }
                usleep(50_000)
            }
            try compare(front)
        }
    }

    @Test func `a cluster that is not who it should be is not asked`() throws {
        let clusters = try Self.clusters()
        let store = try clusters[1].start()
        defer { store.stop() }
        #expect(
            try store.push(try StoredSpan.json(Self.spans()[1]), tenant: "foo").status == 200)
        let authority = try TestCertificates.path("ca.pem")
        let certificate =
            "tls_cert_path: '\(try TestCertificates.path("client.pem"))'\n      "
            + "tls_key_path: '\(try TestCertificates.path("client.key"))'"
        let cases: [(String, [String], String)] = [
            (
                "another CA", ["tls_ca_path: '\(try TestCertificates.path("other-ca.pem"))'", certificate],
                "certificate verify failed"
            ),
            (
                "another name", ["tls_ca_path: '\(authority)'", "tls_server_name: elsewhere.example", certificate],
                "hostname mismatch"
            ),
            ("no certificate of ours", ["tls_ca_path: '\(authority)'"], "certificate required"),
        ]
        for (name, lines, text) in cases {
            let front = try RunningFrontend([
                .init(name: "south", port: store.port, address: "https://127.0.0.1", more: lines)
            ])
            defer { front.stop() }
            let answer = try front.get("/api/v2/traces/\(Self.traceID)", tenants: "foo")
            #expect(answer.status == 502, "\(name): \(answer.status) \(answer.text)")
            #expect(answer.text.contains(text), "\(name): \(answer.text)")
        }
    }

    @Test func `what is wrong with certificates ends the start, and verification says the same`() throws {
        let configuration = """
            server: {http_listen_address: 127.0.0.1, http_listen_port: 0, http_tls_config: {cert_file: '\(try TestCertificates.path("server.pem"))', key_file: '\(try TestCertificates.path("client.key"))'}}
            federation: {proxy_targets: [{name: t, url: 'http://127.0.0.1:1'}]}
            """
        for arguments in [[], ["-config.verify=true"]] {
            let process = try ServedProcess(
                executable: RunningFrontend.executable(), arguments: ["-config.file={folder}/f.yaml"] + arguments,
                files: ["f.yaml": configuration])
            #expect(try process.exitCode() == 1)
            #expect(process.standardError.contains("the private key does not belong to the certificate"))
            #expect(!process.standardError.contains("server listening"))
        }
    }
}
