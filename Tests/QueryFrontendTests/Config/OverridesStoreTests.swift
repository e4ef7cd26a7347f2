import Synchronization
import Testing

@testable import QueryFrontend

struct OverridesStoreTests {
    /// A file whose content changes; nil means it is gone.
    private final class File: Sendable {
        let text: Mutex<String?>
        init(_ text: String) { self.text = Mutex(text) }
        func set(_ new: String?) { text.withLock { $0 = new } }
        func read(_ path: String) throws(FileReadError) -> [UInt8] {
            guard let content = text.withLock({ $0 }) else { throw FileReadError("no such file or directory") }
            return Array(content.utf8)
        }
    }

    private final class Lines: LogSink {
        let lines = Mutex<[String]>([])
        func write(_ line: [UInt8]) { lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
        func count(_ part: String) -> Int { lines.withLock { $0.count { $0.contains(part) } } }
    }

    private static func make(
        _ file: File, metrics: FrontendMetrics? = nil, sink: Lines = Lines(), environment: [String: String] = [:]
    ) throws -> OverridesStore {
        let main = """
            overrides: {per_tenant_override_config: o.yaml, defaults: {read: {max_search_duration: 48h}}}
            federation: {proxy_targets: [{url: 'http://a'}]}
            """
        let loaded = try ConfigurationLoader.load(
            try CommandLineOptions.parse(["-config.file=main", "-config.expand-env"]), environment: environment,
            readFile: { (path: String) throws(FileReadError) in path == "main" ? Array(main.utf8) : try file.read(path)
            })
        return loaded.overridesStore(metrics: metrics, logger: Logger(sink: sink))
    }

    private static let three = """
        overrides:
          a: {read: {max_search_duration: 1h, max_tenants_per_query: 3}}
          b: {global: {max_bytes_per_trace: 7}, read: {max_search_duration: 2h}}
          "*": {read: {max_metrics_duration: 1d}}
          empty:
        """

    @Test func `an entry replaces the whole set, the wildcard stands for the rest`() throws {
        let store = try OverridesStoreTests.make(File(OverridesStoreTests.three))
        #expect(store.limits(for: "a").maxSearchDuration == .seconds(3600))
        #expect(store.limits(for: "a").maxBytesPerTrace == 0)
        #expect(store.limits(for: "b").maxBytesPerTrace == 7)
        #expect(store.limits(for: "other").maxMetricsDuration == .seconds(86_400))
        #expect(store.limits(for: "other").maxSearchDuration == .zero)
        #expect(store.limits(for: "empty") == TenantLimits())
    }

    @Test func `without entry and wildcard the defaults hold`() throws {
        let store = try OverridesStoreTests.make(File("overrides: {a: {}}"))
        #expect(store.limits(for: "b").maxSearchDuration == .seconds(48 * 3600))
        #expect(store.limits(for: "b").maxBytesPerTrace == 5_000_000)
        #expect(try OverridesStoreTests.make(File("")).limits(for: "a").maxConditionGroupsPerTagQuery == 100)
        #expect(OverridesStore().limits(for: "a") == .defaults)
    }

    @Test func `the strictest positive value holds and its tenant is named`() throws {
        let store = try OverridesStoreTests.make(File(OverridesStoreTests.three))
        let search = store.strictest(\.maxSearchDuration, tenants: ["a", "b"])
        #expect(search?.value == .seconds(3600))
        #expect(search?.tenant == "a")
        // Zero is no limit, so it never is the strictest.
        #expect(store.strictest(\.maxBytesPerTrace, tenants: ["a", "b"])?.tenant == "b")
        #expect(store.strictest(\.maxBytesPerTrace, tenants: ["a"]) == nil)
        #expect(store.strictest(\.maxBytesPerTrace, tenants: []) == nil)
        // A tenant without a value of its own has the fallback.
        let fallback = store.strictest(\.maxBytesPerTrace, tenants: ["a", "b"], fallback: 5)
        #expect(fallback?.value == 5)
        #expect(fallback?.tenant == "a")
        let widened = store.strictest(\.maxSearchDuration, tenants: ["b"], fallback: .seconds(60))
        #expect(widened?.value == .seconds(7200))
        // Of equal values the first tenant is named.
        #expect(store.strictest(\.maxMetricsDuration, tenants: ["y", "x"])?.tenant == "y")
        #expect(store.strictest(\.maxTenantsPerQuery, tenants: ["a", "b"])?.value == 3)
    }

    @Test func `a changed file is read, a broken one keeps the old set`() throws {
        let file = File("overrides: {a: {read: {max_search_duration: 1h}}}")
        let metrics = FrontendMetrics()
        let sink = Lines()
        let store = try OverridesStoreTests.make(file, metrics: metrics, sink: sink)
        let isGood = { metrics.runtimeConfigReloadSuccessful.with("overrides").value }
        let hash = { () -> String in
            let text = String(decoding: metrics.registry.expose(), as: UTF8.self)
            return text.split(separator: "\n").filter { $0.hasPrefix("tempo_runtime_config_hash{") }.joined()
        }
        let firstHash = hash()
        #expect(firstHash.contains("config=\"overrides\",sha256=\""))
        #expect(isGood() == 1)
        store.reloadIfChanged()
        #expect(sink.count("reloaded") == 0)

        file.set("overrides: {a: {read: {max_search_duration: 2h}}}")
        store.reloadIfChanged()
        #expect(store.limits(for: "a").maxSearchDuration == .seconds(7200))
        #expect(sink.count("reloaded") == 1)
        #expect(hash() != firstHash)

        file.set("overrides: {a: {raed: {}}}")
        store.reloadIfChanged()
        store.reloadIfChanged()
        #expect(store.limits(for: "a").maxSearchDuration == .seconds(7200))
        #expect(isGood() == 0)
        #expect(sink.count("msg=\"failed to load config\"") == 1)
        #expect(store.lastError?.contains("field raed not found") == true)

        file.set(nil)
        store.reloadIfChanged()
        #expect(store.limits(for: "a").maxSearchDuration == .seconds(7200))
        #expect(store.lastError?.contains("no such file or directory") == true)

        file.set("overrides: {a: {read: {max_search_duration: 2h}}}")
        store.reloadIfChanged()
        #expect(isGood() == 1)
        #expect(store.lastError == nil)
    }

    @Test func `the limits are exposed per tenant`() throws {
        let metrics = FrontendMetrics()
        _ = try OverridesStoreTests.make(File(OverridesStoreTests.three), metrics: metrics)
        let text = String(decoding: metrics.registry.expose(), as: UTF8.self)
        #expect(text.contains("tempo_limits_defaults{limit_name=\"max_bytes_per_trace\"} 5000000\n"))
        #expect(text.contains("tempo_limits_overrides{limit_name=\"max_search_duration\",user=\"a\"} 3600\n"))
    }

    @Test func `the file is expanded like the main one`() throws {
        let store = try OverridesStoreTests.make(
            File("overrides: {${WHO}: {global: {max_bytes_per_trace: 4}}}"), environment: ["WHO": "me"])
        #expect(store.limits(for: "me").maxBytesPerTrace == 4)
    }

    @Test func `hashes are SHA-256`() {
        #expect(SHA256.hexDigest([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            SHA256.hexDigest(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            SHA256.hexDigest(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(
            SHA256.hexDigest([UInt8](repeating: 0x61, count: 1_000))
                == "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3")
    }
}
