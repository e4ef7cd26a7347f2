import TestSupport
import Testing

@testable import QueryFrontend

/// The three ways to list clusters: each file reads as it stands, and becomes the same targets.
struct TargetModelTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let yaml: String
        let args: [String]?
        let files: [String: String]?
        /// The whole message of a refusal.
        let error: String?
        /// What differs from the defaults, as `/status/config?mode=diff` shows it; then each target, likewise.
        let diff: String?
        let warnings: [String]?
        let notices: [String]?

        var testDescription: String { name }
    }

    private static func load(_ example: Case) throws(ConfigurationError) -> LoadedConfiguration {
        var files = example.files ?? [:]
        files["f.yaml"] = example.yaml
        return try ConfigurationLoader.load(
            try CommandLineOptions.parse(["-config.file=f.yaml"] + (example.args ?? [])), environment: [:],
            readFile: ConfigurationLoaderTests.files(files))
    }

    private static func diff(_ configuration: FrontendConfiguration) -> String {
        var rest = configuration
        rest.federation.proxyTargets = []
        let fields = FederationConfiguration.ProxyTarget.fields
        return configuration.federation.proxyTargets.reduce(into: rest.yaml(mode: .diff)) { text, target in
            let plain = FederationConfiguration.ProxyTarget(url: target.url)
            text += "-- \(target.url)\n"
            text += fields.rendered(target).difference(from: fields.rendered(plain))?.document ?? ""
        }
    }

    @Test(arguments: try Corpus.load("config-models", in: .module, atLeast: 25, as: Case.self))
    func `a file in another program's words becomes targets`(_ example: Case) {
        do throws(ConfigurationError) {
            let loaded = try Self.load(example)
            #expect(example.error == nil)
            #expect(Self.diff(loaded.configuration) == example.diff)
            #expect(loaded.warnings.map(\.message) == example.warnings ?? [])
            #expect(loaded.notices == example.notices ?? [])
        } catch {
            #expect(error.message == example.error)
        }
    }

    @Test func `what a model becomes reads as the same targets in our own words`() throws {
        for example in try Corpus.load("config-models", in: .module, atLeast: 25, as: Case.self)
        where example.error == nil && !(example.diff ?? "").contains(Secret.mask) {
            var first = try Self.load(example).configuration
            let second = try ConfigurationLoader.load(
                try CommandLineOptions.parse(["-config.file=f.yaml"]), environment: [:],
                readFile: ConfigurationLoaderTests.files(
                    (example.files ?? [:]).merging(["f.yaml": first.yaml()]) { $1 })
            ).configuration
            first.federation.targetModel = .proxyTargets
            #expect(second == first, "\(example.name)")
        }
    }

    @Test func `the example that is printed can be started`() throws {
        let loaded = try ConfigurationLoader.load(
            try CommandLineOptions.parse(["-config.file=f.yaml"]), environment: [:],
            readFile: ConfigurationLoaderTests.files(["f.yaml": CommandLineOptions.exampleConfiguration]))
        #expect(loaded.warnings.isEmpty)
        #expect(loaded.notices.isEmpty)
        #expect(loaded.configuration.federation.proxyTargets.map(\.name) == ["eu", "us"])
        #expect(try CommandLineOptions.parse(["-config.example"]).action == .example)
    }

    @Test(arguments: [
        ("2026-06-01T00:00:00Z", TimeBound.at(1_780_272_000_000_000_000)),
        ("2026-06-01T02:00:00.5+02:00", .at(1_780_272_000_500_000_000)), ("30d", .ago(.seconds(2_592_000))),
        ("-30d", .ago(.seconds(2_592_000))), ("720h", .ago(.seconds(2_592_000))), ("0", .ago(.zero)),
        ("1h30m", .ago(.seconds(5400))),
    ])
    func `bounds are times or durations ago`(_ text: String, _ expected: TimeBound) throws {
        let bound = try #require(TimeBound(text))
        #expect(bound == expected)
        #expect(TimeBound(bound.description) == expected)
    }

    @Test(arguments: ["", "-", "--1d", "30", "1.5h", "2026-06-01", "9999-01-01T00:00:00Z", "-1", "yesterday"])
    func `other texts are no bounds`(_ text: String) {
        #expect(TimeBound(text) == nil)
    }

    @Test func `a bound before all time is the first there is`() {
        let long = Duration.nanoseconds(Int64.max)
        #expect(TimeBound.ago(long).unixNanoseconds(now: -2) == .min)
        #expect(TimeBound.ago(.seconds(1)).unixNanoseconds(now: 5_000_000_000) == 4_000_000_000)
    }
}
